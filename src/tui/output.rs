//! Frames to the terminal: only what differs from the last one, in one write, shown at one stroke; and
//! nothing at all when nothing differs.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Rect, Size};
use ratatui::{Frame, Terminal};

/// The terminal shows what is between these two at one stroke (DEC mode 2026). Others ignore them.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// What the library ends a frame with, and the one part of it that is needed.
const RESETS: &[u8] = b"\x1b[39m\x1b[49m\x1b[59m\x1b[0m";
const RESET: &[u8] = b"\x1b[0m";

/// What takes whole frames: a write a frame.
pub type Out = Box<dyn FnMut(&[u8]) -> io::Result<()>>;

/// The screen.
pub struct Screen {
    terminal: Terminal<Painter>,
    sheet: Sheet,
    out: Out,
}

/// What a frame cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Bytes written; 0: nothing differed.
    pub bytes: usize,
    /// How long the terminal took to take them.
    pub took: Duration,
}

impl Screen {
    /// An empty screen of so many columns and rows.
    ///
    /// # Errors
    /// None in practice: nothing is written yet.
    pub fn new(size: (u16, u16), out: Out) -> io::Result<Self> {
        let sheet = Sheet::default();
        let painter =
            Painter { ink: CrosstermBackend::new(sheet.clone()), sheet: sheet.clone(), size: size.into() };
        Ok(Self { terminal: Terminal::new(painter)?, sheet, out })
    }

    /// The terminal has another size, or shows something else than we drew: the next frame is a whole one.
    ///
    /// # Errors
    /// None in practice: nothing is written yet.
    pub fn renew(&mut self, size: (u16, u16)) -> io::Result<()> {
        self.terminal.backend_mut().size = size.into();
        self.terminal.resize(Rect::new(0, 0, size.0, size.1))
    }

    /// Draws a frame.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Frame<'_>)) -> io::Result<Cost> {
        paint(&mut self.terminal.get_frame());
        self.terminal.flush()?;
        self.terminal.swap_buffers();
        let mut sheet = self.sheet.0.borrow_mut();
        if sheet.len() <= BEGIN.len() {
            return Ok(Cost::default());
        }
        if sheet.ends_with(RESETS) {
            let length = sheet.len() - RESETS.len();
            sheet.truncate(length);
            sheet.extend_from_slice(RESET);
        }
        sheet.extend_from_slice(END);
        let began = Instant::now();
        let written = (self.out)(&sheet);
        let cost = Cost { bytes: sheet.len(), took: began.elapsed() };
        sheet.clear();
        written.map(|()| cost)
    }
}

/// Collects a frame.
#[derive(Clone, Default)]
struct Sheet(Rc<RefCell<Vec<u8>>>);

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut sheet = self.0.borrow_mut();
        if sheet.is_empty() {
            sheet.extend_from_slice(BEGIN);
        }
        sheet.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Turns cells into bytes. Writes nothing for no cells, keeps the cursor hidden, and asks the terminal
/// nothing.
struct Painter {
    ink: CrosstermBackend<Sheet>,
    sheet: Sheet,
    size: Size,
}

/// A cell that the cursor is sent to, and over how many columns of the same row, where that says it shorter.
struct Jump {
    column: u16,
    row: u16,
    over: u16,
}

/// Jumps to the right over cells that stay as they are: most of a log that scrolls. Only behind ASCII, whose
/// width no terminal disputes.
fn jumps(cells: &[(u16, u16, &Cell)]) -> Vec<Jump> {
    let mut jumps = Vec::new();
    let mut last: Option<(u16, u16)> = None;
    let mut is_sure = false;
    for &(column, row, cell) in cells {
        match last {
            Some((before, same)) if same == row && column == before + 1 => {}
            Some((before, same)) if same == row && column > before && is_sure => {
                jumps.push(Jump { column, row, over: column - before - 1 });
            }
            _ => is_sure = true,
        }
        is_sure &= cell.symbol().len() == 1;
        last = Some((column, row));
    }
    jumps
}

/// Says the jumps in what was drawn from `begin` on as steps to the right, half as long.
fn shorten(sheet: &mut Vec<u8>, begin: usize, jumps: &[Jump]) {
    let drawn = sheet.split_off(begin);
    let mut rest = &drawn[..];
    for jump in jumps {
        let long = format!("\x1b[{};{}H", jump.row + 1, jump.column + 1);
        let Some(at) = rest.windows(long.len()).position(|bytes| bytes == long.as_bytes()) else { continue };
        sheet.extend_from_slice(&rest[..at]);
        let step = if jump.over == 1 { "\x1b[C".to_owned() } else { format!("\x1b[{}C", jump.over) };
        sheet.extend_from_slice(step.as_bytes());
        rest = &rest[at + long.len()..];
    }
    sheet.extend_from_slice(rest);
}

impl Backend for Painter {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let cells: Vec<(u16, u16, &Cell)> = content.collect();
        if cells.is_empty() {
            return Ok(());
        }
        let begin = self.sheet.0.borrow().len();
        self.ink.draw(cells.iter().copied())?;
        shorten(&mut self.sheet.0.borrow_mut(), begin, &jumps(&cells));
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, _position: P) -> io::Result<()> {
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.ink.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.ink.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ratatui::text::Text;

    use super::*;

    fn parser(rows: u16, columns: u16) -> vt100::Parser {
        vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0)
    }

    type Writes = Rc<RefCell<Vec<Vec<u8>>>>;

    fn screen() -> (Screen, Writes) {
        let writes = Writes::default();
        let taken = writes.clone();
        let out: Out = Box::new(move |bytes| {
            taken.borrow_mut().push(bytes.to_vec());
            Ok(())
        });
        (Screen::new((20, 4), out).unwrap(), writes)
    }

    #[test]
    fn a_frame_is_one_write_and_an_equal_one_is_none() {
        let (mut screen, writes) = screen();
        let first = screen.draw(|frame| frame.render_widget("hello", frame.area())).unwrap();
        assert_eq!(writes.borrow().len(), 1);
        let bytes = writes.borrow()[0].clone();
        assert!(bytes.starts_with(BEGIN) && bytes.ends_with(END) && first.bytes == bytes.len());
        let mut parser = parser(4, 20);
        parser.process(&bytes);
        assert_eq!(parser.screen().contents(), "hello");

        let second = screen.draw(|frame| frame.render_widget("hello", frame.area())).unwrap();
        assert_eq!((second, writes.borrow().len()), (Cost::default(), 1));

        screen.draw(|frame| frame.render_widget("hallo", frame.area())).unwrap();
        assert!(writes.borrow()[1].len() < 50, "only what differs");
        parser.process(&writes.borrow()[1]);
        assert_eq!(parser.screen().contents(), "hallo");
    }

    #[test]
    fn after_a_change_of_size_everything_is_drawn() {
        let (mut screen, writes) = screen();
        screen.draw(|frame| frame.render_widget("hello", frame.area())).unwrap();
        screen.renew((10, 2)).unwrap();
        assert_eq!(writes.borrow().len(), 1, "clearing waits for the frame");
        screen.draw(|frame| frame.render_widget("hello", frame.area())).unwrap();
        let mut parser = parser(2, 10);
        parser.process(b"rubbish");
        parser.process(&writes.borrow()[1]);
        assert_eq!(parser.screen().contents(), "hello");
    }

    #[test]
    fn cells_that_stay_are_stepped_over_and_all_others_are_right() {
        let (mut screen, writes) = screen();
        let mut parser = parser(4, 20);
        let screens = [
            "abcdefgh 12345\nwide: 宽 abc",
            "abXdefgH 1Z345\nwide: 宽 aXc",
            "a-Xd-fgH 1Z-45\n-ide: 长 a-c",
            "éb-d-égH 1-Z45\n-idé: - -a-c\nrow",
        ];
        for text in screens {
            screen.draw(|frame| frame.render_widget(Text::raw(text), frame.area())).unwrap();
            parser.process(writes.borrow().last().unwrap());
            assert_eq!(parser.screen().contents(), text);
        }
        let second = String::from_utf8(writes.borrow()[1].clone()).unwrap();
        assert!(second.contains("\x1b[1;3HX\x1b[4CH\x1b[2CZ"), "{second:?}");
    }

    #[test]
    fn a_terminal_that_is_gone_is_an_error() {
        let out: Out = Box::new(|_| Err(io::ErrorKind::BrokenPipe.into()));
        let mut screen = Screen::new((20, 4), out).unwrap();
        assert!(screen.draw(|frame| frame.render_widget("hello", frame.area())).is_err());
    }
}
