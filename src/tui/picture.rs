//! A screen as a picture: SVG for pages, plain text for mails. For the screens in the documentation, and for
//! a report of what somebody saw.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use ratatui::text::Span;

use super::caps::ThemeName;

/// A cell, in pixels.
const WIDE: usize = 9;
const HIGH: usize = 18;
/// From the top of a cell to the line that letters stand on.
const BASE: usize = 13;
/// Around the screen.
const MARGIN: usize = 10;
const FONTS: &str = "'DejaVu Sans Mono','Cascadia Mono',Menlo,Consolas,'Liberation Mono',monospace";

/// What the sixteen colours of a terminal look like.
struct Palette {
    ink: &'static str,
    paper: &'static str,
    colors: [&'static str; 16],
}

const DARK: Palette = Palette {
    ink: "#d8dee9",
    paper: "#14181f",
    colors: [
        "#2e3440", "#f07178", "#a3d977", "#ffcb6b", "#82aaff", "#d49bf0", "#6fd3e0", "#c8ced8", "#68707f",
        "#ff8b92", "#bdf28f", "#ffd98a", "#9cbcff", "#e2b4fa", "#8ee6f0", "#ffffff",
    ],
};

const LIGHT: Palette = Palette {
    ink: "#24292f",
    paper: "#ffffff",
    colors: [
        "#24292f", "#b3261e", "#1a7f37", "#8a6100", "#0b57b7", "#8536b8", "#0f6f7d", "#6e7781", "#57606a",
        "#d1352b", "#2c974b", "#a87400", "#2b74da", "#a14bd6", "#1b8a9a", "#8c959f",
    ],
};

impl Palette {
    fn of(theme: ThemeName) -> &'static Self {
        match theme {
            ThemeName::Dark => &DARK,
            ThemeName::Light | ThemeName::Mono => &LIGHT,
        }
    }

    fn color(&self, color: Color) -> Option<String> {
        let number = match color {
            Color::Reset => return None,
            Color::Rgb(red, green, blue) => return Some(format!("#{red:02x}{green:02x}{blue:02x}")),
            Color::Indexed(number) => usize::from(number),
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 8,
            Color::LightRed => 9,
            Color::LightGreen => 10,
            Color::LightYellow => 11,
            Color::LightBlue => 12,
            Color::LightMagenta => 13,
            Color::LightCyan => 14,
            Color::White => 15,
        };
        Some(match self.colors.get(number) {
            Some(color) => (*color).to_owned(),
            None => indexed(number),
        })
    }
}

/// A colour of the cube of 216, or one of the 24 greys behind it.
fn indexed(number: usize) -> String {
    let level = |step: usize| if step == 0 { 0 } else { 55 + 40 * step };
    match number {
        16..232 => {
            let at = number - 16;
            format!("#{:02x}{:02x}{:02x}", level(at / 36), level(at / 6 % 6), level(at % 6))
        }
        _ => {
            let grey = 8 + 10 * number.saturating_sub(232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    }
}

/// How a cell looks, its text aside.
#[derive(Clone, PartialEq, Eq)]
struct Look {
    ink: Option<String>,
    paper: Option<String>,
    bold: bool,
    dim: bool,
    underlined: bool,
    slanted: bool,
}

impl Look {
    fn of(cell: &Cell, palette: &Palette) -> Self {
        let has = |modifier| cell.modifier.contains(modifier);
        let (mut ink, mut paper) = (palette.color(cell.fg), palette.color(cell.bg));
        if has(Modifier::REVERSED) {
            (ink, paper) = (
                Some(paper.unwrap_or_else(|| palette.paper.to_owned())),
                Some(ink.unwrap_or_else(|| palette.ink.to_owned())),
            );
        }
        Self {
            ink,
            paper,
            bold: has(Modifier::BOLD),
            dim: has(Modifier::DIM),
            underlined: has(Modifier::UNDERLINED),
            slanted: has(Modifier::ITALIC),
        }
    }

    fn attributes(&self) -> String {
        let mut text = String::new();
        if let Some(ink) = &self.ink {
            let _ = write!(text, " fill=\"{ink}\"");
        }
        for (is, attribute) in [
            (self.bold, " font-weight=\"bold\""),
            (self.dim, " opacity=\"0.6\""),
            (self.underlined, " text-decoration=\"underline\""),
            (self.slanted, " font-style=\"italic\""),
        ] {
            if is {
                text.push_str(attribute);
            }
        }
        text
    }
}

/// The screen as SVG. Frames are drawn as lines, and each run of text is as long as its cells, so that
/// everything stands where it stood, whatever font the viewer has.
pub fn svg(buffer: &Buffer, theme: ThemeName) -> String {
    let palette = Palette::of(theme);
    let area = buffer.area;
    let width = usize::from(area.width) * WIDE + 2 * MARGIN;
    let height = usize::from(area.height) * HIGH + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" font-size=\"15\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{}\"/>\n<g fill=\"{}\">\n",
        palette.paper, palette.ink
    );
    for row in 0..area.height {
        let runs = runs(buffer, row, palette);
        let y = MARGIN + usize::from(row) * HIGH;
        for run in &runs {
            if let Some(paper) = &run.look.paper {
                let (x, wide) = (MARGIN + run.column * WIDE, run.columns * WIDE);
                let _ = writeln!(
                    svg,
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{HIGH}\" fill=\"{paper}\"/>"
                );
            }
        }
        for run in &runs {
            draw(&mut svg, run, y, palette.ink);
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Cells side by side that look the same.
struct Run {
    column: usize,
    columns: usize,
    text: String,
    look: Look,
    /// The lines of a frame; `None`: text.
    frame: Option<&'static str>,
}

fn runs(buffer: &Buffer, row: u16, palette: &Palette) -> Vec<Run> {
    let area = buffer.area;
    let mut runs: Vec<Run> = Vec::new();
    let mut column = 0;
    while column < area.width {
        let cell = &buffer[(area.x + column, area.y + row)];
        let wide = columns(cell.symbol());
        let frame = frame(cell.symbol());
        let look = Look::of(cell, palette);
        let symbol = if cell.symbol().is_empty() { " " } else { cell.symbol() };
        match runs.last_mut() {
            Some(run)
                if run.look == look
                    && run.frame == frame
                    && wide == 1
                    && run.text.is_ascii() == symbol.is_ascii() =>
            {
                run.text.push_str(symbol);
                run.columns += 1;
            }
            _ => runs.push(Run {
                column: usize::from(column),
                columns: wide,
                text: symbol.to_owned(),
                look,
                frame,
            }),
        }
        column += u16::try_from(wide).unwrap_or(1);
    }
    runs
}

fn columns(symbol: &str) -> usize {
    Span::raw(symbol).width().max(1)
}

/// Which lines a symbol of a frame has from the middle of its cell: to the left, right, top, bottom.
fn frame(symbol: &str) -> Option<&'static str> {
    Some(match symbol {
        "─" => "lr",
        "│" => "tb",
        "┌" => "rb",
        "┐" => "lb",
        "└" => "rt",
        "┘" => "lt",
        "├" => "rtb",
        "┤" => "ltb",
        "┬" => "lrb",
        "┴" => "lrt",
        "┼" => "lrtb",
        // A whole cell: the scrollbar.
        "█" => "",
        _ => return None,
    })
}

fn draw(svg: &mut String, run: &Run, y: usize, ink: &str) {
    if let Some(sides) = run.frame {
        let x = MARGIN + run.column * WIDE;
        lines(svg, run, sides, (x, y), ink);
        return;
    }
    if run.text.trim().is_empty() && !run.look.underlined {
        return;
    }
    // Not every viewer keeps spaces at the ends.
    let text = if run.look.underlined { run.text.as_str() } else { run.text.trim_matches(' ') };
    let before = run.text.find(|symbol| symbol != ' ').filter(|_| !run.look.underlined).unwrap_or(0);
    let columns = run.columns - (run.text.len() - text.len());
    let x = MARGIN + (run.column + before) * WIDE;
    let text = escaped(text);
    let (base, wide, look) = (y + BASE, columns * WIDE, run.look.attributes());
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{base}\" textLength=\"{wide}\" lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\"{look}>{text}</text>"
    );
}

fn lines(svg: &mut String, run: &Run, sides: &str, (x, y): (usize, usize), ink: &str) {
    let ink = run.look.ink.as_deref().unwrap_or(ink);
    if sides.is_empty() {
        let wide = run.columns * WIDE;
        let dim = if run.look.dim { " opacity=\"0.6\"" } else { "" };
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{HIGH}\" fill=\"{ink}\"{dim}/>"
        );
        return;
    }
    let stroke = if run.look.bold { 2 } else { 1 };
    let mut path = String::new();
    let middle = |cell: usize| (2 * (x + cell * WIDE) + WIDE, 2 * y + HIGH);
    if sides == "lr" {
        let (_, middle) = middle(0);
        let _ = write!(path, "M{x} {}h{}", halves(middle), run.columns * WIDE);
    } else {
        for cell in 0..run.columns {
            let (across, down) = middle(cell);
            for side in sides.chars() {
                let (h, v) = match side {
                    'l' => (format!("H{}", x + cell * WIDE), None),
                    'r' => (format!("H{}", x + (cell + 1) * WIDE), None),
                    't' => (String::new(), Some(y)),
                    _ => (String::new(), Some(y + HIGH)),
                };
                let v = v.map_or_else(String::new, |to| format!("V{to}"));
                let _ = write!(path, "M{} {}{h}{v}", halves(across), halves(down));
            }
        }
    }
    let dim = if run.look.dim { " opacity=\"0.6\"" } else { "" };
    let _ = writeln!(
        svg,
        "<path d=\"{path}\" stroke=\"{ink}\" stroke-width=\"{stroke}\" stroke-linecap=\"square\" fill=\"none\"{dim}/>"
    );
}

/// A number that was counted in halves.
fn halves(twice: usize) -> String {
    match twice % 2 {
        0 => format!("{}", twice / 2),
        _ => format!("{}.5", twice / 2),
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML has no place for the others.
            symbol if symbol.is_control() => escaped.push('?'),
            symbol => escaped.push(symbol),
        }
    }
    escaped
}

/// The screen as text: a line a row, none ended by spaces.
pub fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut text = String::new();
    for y in area.top()..area.bottom() {
        let mut line = String::new();
        let mut x = area.left();
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(if symbol.is_empty() { " " } else { symbol });
            x += u16::try_from(columns(symbol)).unwrap_or(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn sample() -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 3));
        buffer.set_string(0, 0, "┌──────────┐", Style::new().add_modifier(Modifier::DIM));
        buffer.set_string(0, 1, "│a<b & 日本│", Style::new());
        buffer.set_string(0, 2, "ok", Style::new().fg(Color::Green).add_modifier(Modifier::BOLD));
        buffer.set_string(3, 2, "here", Style::new().add_modifier(Modifier::REVERSED | Modifier::UNDERLINED));
        buffer
    }

    #[test]
    fn text_has_the_rows_as_they_are_read() {
        assert_eq!(text(&sample()), "┌──────────┐\n│a<b & 日本│\nok here\n");
    }

    #[test]
    fn everything_stands_on_the_grid() {
        let svg = svg(&sample(), ThemeName::Dark);
        assert!(svg.contains("width=\"128\" height=\"74\""), "{svg}");
        // A run is as long as its cells.
        assert!(svg.contains("textLength=\"45\""), "{svg}");
        assert!(svg.contains(">a&lt;b &amp;</text>"), "{svg}");
        assert!(svg.contains("fill=\"#a3d977\" font-weight=\"bold\">ok</text>"), "{svg}");
        // Reversed: the paper is where the ink was.
        assert!(svg.contains("width=\"36\" height=\"18\" fill=\"#d8dee9\"/>"), "{svg}");
        // The frame is one line from edge to edge.
        assert!(svg.contains("M19 19h90"), "{svg}");
        assert!(svg.contains("opacity=\"0.6\""), "{svg}");
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }

    #[test]
    fn every_colour_has_its_value() {
        let palette = Palette::of(ThemeName::Light);
        assert_eq!(palette.color(Color::Reset), None);
        for (color, value) in [
            (Color::Black, "#24292f"),
            (Color::White, "#8c959f"),
            (Color::Rgb(1, 2, 255), "#0102ff"),
            (Color::Indexed(16), "#000000"),
            (Color::Indexed(231), "#ffffff"),
            (Color::Indexed(232), "#080808"),
            (Color::Indexed(255), "#eeeeee"),
        ] {
            assert_eq!(palette.color(color).as_deref(), Some(value), "{color:?}");
        }
    }
}
