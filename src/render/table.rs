//! Columns that line up.

/// A table in the making: rows of cells, one line each.
#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table whose first row are its headings.
    pub fn with_headings(headings: &[&str]) -> Self {
        let mut table = Self::default();
        table.row(headings.iter().map(|heading| (*heading).to_owned()));
        table
    }

    /// Adds a row; the rows need not have the same number of cells.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table as text: cells left-aligned with two spaces between them, each line ended by a line
    /// feed and none by spaces. Each line begins with `indent` spaces.
    pub fn text(&self, indent: usize) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| self.rows.iter().filter_map(|row| row.get(column)).map(|c| width(c)).max())
            .map(Option::unwrap_or_default)
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = " ".repeat(indent);
            for (cell, widest) in row.iter().zip(&widths) {
                // A column that is empty in every row takes no room.
                if *widest > 0 {
                    line.push_str(cell);
                    line.push_str(&" ".repeat(widest - width(cell) + 2));
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// How many columns of a terminal a clean line takes: East Asian wide characters and emoji take two,
/// combining marks none.
pub fn width(text: &str) -> usize {
    text.chars()
        .map(|c| match u32::from(c) {
            0x0300..=0x036f | 0x20d0..=0x20ff | 0xfe20..=0xfe2f => 0,
            0x1100..=0x115f
            | 0x2e80..=0x303e
            | 0x3041..=0xa4cf
            | 0xac00..=0xd7a3
            | 0xf900..=0xfaff
            | 0xfe30..=0xfe6f
            | 0xff00..=0xff60
            | 0xffe0..=0xffe6
            | 0x1f300..=0x1f64f
            | 0x1f900..=0x1f9ff
            | 0x20000..=0x3fffd => 2,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(table: &mut Table, cells: &[&str]) {
        table.row(cells.iter().map(|cell| (*cell).to_owned()));
    }

    #[test]
    fn columns_line_up_and_no_line_ends_in_spaces() {
        let mut table = Table::with_headings(&["NAME", "", "NOTE"]);
        row(&mut table, &["a", "", "short"]);
        row(&mut table, &["longer", "", ""]);
        row(&mut table, &["漢字", "", "wide"]);
        row(&mut table, &["only"]);
        assert_eq!(table.text(2), "  NAME    NOTE\n  a       short\n  longer\n  漢字    wide\n  only\n");
        assert_eq!(Table::default().text(0), "");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(width("abc"), 3);
        assert_eq!(width("é"), 1);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(width("漢字"), 4);
    }
}
