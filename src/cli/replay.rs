//! `tui --replay`: a record instead of a service.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::args::Tui;
use super::exit::Exit;
use super::{Call, Ended};
use crate::host::files;
use crate::model::{Class, Failure, Outcome};
use crate::tui::caps::{Caps, Colors, ThemeName};
use crate::tui::msg::Msg;
use crate::tui::replay::{self, Timed};
use crate::tui::{self, Options, picture, update, view};

/// What a screen has that nobody gave a size.
const SIZE: (u16, u16) = (80, 24);

/// Shows the record in `file`, or prints one screen of it.
pub(super) fn run(call: &Call<'_>, request: &Tui, file: &Path, options: Options) -> Ended {
    let record = read(file)?;
    if request.once {
        return once(call, request, &record, options);
    }
    Ok(Exit::of_ending(tui::show_record(options, &record, request.at)?))
}

fn read(file: &Path) -> Outcome<Vec<Timed>> {
    let open = File::open(file).map_err(|error| Failure::io("open", file, &error))?;
    replay::parse(BufReader::new(open))
        .map_err(|failure| failure.context(format!("cannot show `{}`", file.display())))
}

/// One screen, as text on standard output or as a picture in a new file.
fn once(call: &Call<'_>, request: &Tui, record: &[Timed], options: Options) -> Ended {
    let theme = options.theme.unwrap_or(ThemeName::Dark);
    let colors = if theme == ThemeName::Mono { Colors::None } else { Colors::Many };
    let caps = Caps { colors, theme, ascii: options.ascii };
    let size = request.size.unwrap_or(SIZE);
    let mut model = replay::fold(record, caps, size, request.at);
    model.read_only |= options.read_only;
    for key in keys(request.keys.as_deref().unwrap_or_default())? {
        // What a key asks of the world outside is not done.
        drop(update::update(&mut model, Msg::Key(key)));
    }
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    view::draw(&model, &mut buffer);
    match &request.svg {
        Some(path) => files::write_new(path, picture::svg(&buffer, theme).as_bytes())?,
        None => call.console.print(&picture::text(&buffer))?,
    }
    Ok(Exit::Done)
}

/// Keys as they are written: one symbol each, or a name in angle brackets: `<Enter>`, `<Esc>`, `<Tab>`, `<Up>`,
/// `<Down>`, `<Left>`, `<Right>`, `<PgUp>`, `<PgDn>`, `<Home>`, `<End>`, `<C-p>`.
fn keys(text: &str) -> Outcome<Vec<KeyEvent>> {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(symbol) = rest.chars().next() {
        if let Some((name, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            keys.push(named(name)?);
            rest = after;
        } else {
            let code = KeyCode::Char(symbol);
            keys.push(if symbol.is_uppercase() {
                KeyEvent::new(code, KeyModifiers::SHIFT)
            } else {
                plain(code)
            });
            rest = &rest[symbol.len_utf8()..];
        }
    }
    Ok(keys)
}

fn named(name: &str) -> Outcome<KeyEvent> {
    let code = match name {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        _ => {
            let mut symbols = name.strip_prefix("C-").unwrap_or_default().chars();
            if let (Some(symbol), None) = (symbols.next(), symbols.next()) {
                return Ok(KeyEvent::new(KeyCode::Char(symbol), KeyModifiers::CONTROL));
            }
            return Err(Failure::new(Class::Usage, format!("there is no key `<{name}>`"))
                .hint("names are Enter, Esc, Tab, Up, Down, Left, Right, PgUp, PgDn, Home, End, and C-x for ctrl and x"));
        }
    };
    Ok(KeyEvent::new(code, KeyModifiers::NONE))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_symbols_and_names() {
        let codes =
            |text| keys(text).unwrap().into_iter().map(|key| (key.code, key.modifiers)).collect::<Vec<_>>();
        assert_eq!(
            codes("4?G<Enter><C-p>"),
            [
                (KeyCode::Char('4'), KeyModifiers::NONE),
                (KeyCode::Char('?'), KeyModifiers::NONE),
                (KeyCode::Char('G'), KeyModifiers::SHIFT),
                (KeyCode::Enter, KeyModifiers::NONE),
                (KeyCode::Char('p'), KeyModifiers::CONTROL),
            ]
        );
        assert_eq!(codes("<"), [(KeyCode::Char('<'), KeyModifiers::NONE)]);
        assert_eq!(keys("<Nope>").unwrap_err().class, Class::Usage);
    }
}
