//! A screen as text, and its looks as letters.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use sentinel_updater::tui::caps::Caps;
use sentinel_updater::tui::model::Model;
use sentinel_updater::tui::view;

/// The screen of a model.
pub fn draw(model: &Model, size: (u16, u16), caps: Caps) -> Buffer {
    let mut model = model.clone();
    model.size = size;
    model.caps = caps;
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    view::draw(&model, &mut buffer);
    buffer
}

/// Its text, a line a row, without spaces at the ends.
pub fn text(model: &Model, size: (u16, u16), caps: Caps) -> String {
    rows(&draw(model, size, caps), |cell| cell.symbol().to_owned())
}

/// Its looks: a letter for each cell that is not plain. Colours are letters (r, g, y, b, m, c), large when
/// bold; without one: `B` bold, `.` dim; `#` reversed, `_` underlined.
pub fn styles(model: &Model, size: (u16, u16), caps: Caps) -> String {
    let buffer = draw(model, size, caps);
    rows(&buffer, |cell| letter(cell).to_string())
}

fn letter(cell: &Cell) -> char {
    let has = |modifier| cell.modifier.contains(modifier);
    let colour = match cell.fg {
        Color::Reset => None,
        Color::Red => Some('r'),
        Color::Green => Some('g'),
        Color::Yellow => Some('y'),
        Color::Blue => Some('b'),
        Color::Magenta => Some('m'),
        Color::Cyan => Some('c'),
        other => panic!("an unexpected colour: {other:?}"),
    };
    match colour {
        _ if has(Modifier::REVERSED) => '#',
        _ if has(Modifier::UNDERLINED) => '_',
        Some(letter) if has(Modifier::BOLD) => letter.to_ascii_uppercase(),
        Some(letter) => letter,
        None if has(Modifier::BOLD) => 'B',
        None if has(Modifier::DIM) && cell.symbol() != " " => '.',
        None => ' ',
    }
}

fn rows(buffer: &Buffer, of: impl Fn(&Cell) -> String) -> String {
    let area = buffer.area;
    let mut text = String::new();
    for y in area.top()..area.bottom() {
        let mut row = String::new();
        let mut x = area.left();
        while x < area.right() {
            let cell = &buffer[(x, y)];
            row.push_str(&of(cell));
            x += ratatui::text::Span::raw(cell.symbol()).width().max(1) as u16;
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}
