//! Columns, laid out as by Go's `tabwriter` with Juju's settings.
//!
//! A tab ends a cell. A column spans consecutive lines that have its cell; its width is that of its widest cell plus
//! two spaces. The text after a line's last tab belongs to no column. A line of a single cell ends all columns.

use std::fmt::Write as _;

use super::colour::{Colours, Paint, width};

/// Spaces after a cell, or before it in right-aligned columns.
const PADDING: usize = 2;

/// A table that is being written.
#[derive(Debug, Default)]
pub struct Table {
    colours: Colours,
    /// Whether all columns are right-aligned.
    right_aligned: bool,
    out: String,
    lines: Vec<Vec<String>>,
    cell: String,
    right_columns: Vec<usize>,
}

impl Table {
    /// A table with or without colours.
    pub fn new(colours: Colours) -> Table {
        Table { colours, lines: vec![Vec::new()], ..Table::default() }
    }

    /// End the current columns. All following ones are right-aligned.
    pub fn align_all_right(&mut self) {
        self.flush();
        self.right_aligned = true;
    }

    /// Right-align one column, for as long as the current columns last.
    pub fn align_right(&mut self, column: usize) {
        self.right_columns.push(column);
    }

    /// Write text. Tabs end cells, and line breaks end lines.
    pub fn write(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\t' => self.end_cell(),
                '\n' => {
                    self.end_cell();
                    let cells = self.lines.last().map_or(0, Vec::len);
                    self.lines.push(Vec::new());
                    if cells == 1 {
                        self.flush();
                    }
                }
                // Go's tabwriter treats these as separators; replace them to keep the columns intact.
                '\u{b}' | '\u{c}' => self.cell.push(' '),
                _ => self.cell.push(character),
            }
        }
    }

    /// Write text in a style.
    pub fn paint(&mut self, paint: Paint, text: &str) {
        let code = paint.code().filter(|_| self.colours == Colours::On);
        if let Some(code) = code {
            self.cell.push_str(code);
        }
        self.write(text);
        if code.is_some() {
            self.cell.push_str(Paint::RESET);
        }
    }

    /// Write cells.
    pub fn cells(&mut self, cells: &[&str]) {
        for cell in cells {
            self.write(cell);
            self.end_cell();
        }
    }

    /// Write a cell in a style.
    pub fn painted(&mut self, paint: Paint, cell: &str) {
        self.paint(paint, &format!("{cell}\t"));
    }

    /// Write a status as a cell, in its colour.
    pub fn status(&mut self, status: &str) {
        self.painted(Paint::of_status(status), status);
    }

    /// Write cells and end the line. The last cell belongs to no column.
    pub fn line(&mut self, cells: &[&str]) {
        self.write(&cells.join("\t"));
        self.write("\n");
    }

    /// Write the column headings, after a blank line.
    pub fn further_headers(&mut self, headers: &[&str]) {
        self.write("\n");
        self.headers(headers);
    }

    /// Write the column headings.
    pub fn headers(&mut self, headers: &[&str]) {
        for (place, header) in headers.iter().enumerate() {
            let tab = if place + 1 < headers.len() { "\t" } else { "" };
            self.paint(Paint::Bold, &format!("{header}{tab}"));
        }
        self.write("\n");
    }

    /// End all columns.
    pub fn flush(&mut self) {
        if !self.cell.is_empty() {
            self.end_cell();
        }
        let lines = std::mem::replace(&mut self.lines, vec![Vec::new()]);
        let widths = column_widths(&lines);
        let count = lines.len();
        for (number, line) in lines.iter().enumerate() {
            for (column, cell) in line.iter().enumerate() {
                let column_width = widths[number].get(column).copied();
                self.write_cell(cell, column, column_width);
            }
            if number + 1 < count {
                self.out.push('\n');
            }
        }
        self.right_columns.clear();
    }

    /// Write one cell, padded if it is in a column.
    fn write_cell(&mut self, cell: &str, column: usize, column_width: Option<usize>) {
        let spaces = |size: usize| " ".repeat(size);
        let Some(column_width) = column_width else {
            return self.out.push_str(cell);
        };
        let padding = column_width - width(cell);
        _ = if self.right_aligned {
            write!(self.out, "{}{cell}", spaces(padding))
        } else if self.right_columns.contains(&column) && !cell.is_empty() {
            write!(self.out, "{}{cell}{}", spaces(padding - PADDING), spaces(PADDING))
        } else {
            write!(self.out, "{cell}{}", spaces(padding))
        };
    }

    pub fn finish(mut self) -> String {
        self.flush();
        self.out
    }

    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        match self.lines.last_mut() {
            Some(line) => line.push(cell),
            None => self.lines.push(vec![cell]),
        }
    }
}

/// For each line, the widths of its columns.
fn column_widths(lines: &[Vec<String>]) -> Vec<Vec<usize>> {
    let mut widths: Vec<Vec<usize>> = vec![Vec::new(); lines.len()];
    let column_count = lines.iter().map(Vec::len).max().unwrap_or_default();
    for column in 0..column_count {
        let has_column = |line: &Vec<String>| column + 1 < line.len();
        let mut start = 0;
        while start < lines.len() {
            let end = start + lines[start..].iter().take_while(|line| has_column(line)).count();
            if end == start {
                start += 1;
                continue;
            }
            let widest = lines[start..end].iter().map(|line| width(&line[column])).max().unwrap_or_default();
            for line in &mut widths[start..end] {
                line.push(widest + PADDING);
            }
            start = end;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lay_out(text: &str) -> String {
        let mut table = Table::new(Colours::Off);
        table.write(text);
        table.finish()
    }

    #[test]
    fn a_column_is_as_wide_as_its_widest_cell() {
        assert_eq!(lay_out("a\tbb\tc\nlonger\tb\tlast one\n"), "a       bb  c\nlonger  b   last one\n");
    }

    #[test]
    fn a_cell_without_a_tab_is_in_no_column() {
        assert_eq!(
            lay_out("name\tvalue\nx\ta very long value\ny\t\n"),
            "name  value\nx     a very long value\ny     \n"
        );
    }

    #[test]
    fn a_column_ends_with_a_line_that_lacks_it() {
        assert_eq!(lay_out("a\tb\n\nlonger\tb\n"), "a  b\n\nlonger  b\n");
        assert_eq!(lay_out("a\tb\tc\nx\ty\nlonger\tbbb\tc\n"), "a       b  c\nx       y\nlonger  bbb  c\n");
    }

    #[test]
    fn a_column_can_be_right_aligned() {
        let mut table = Table::new(Colours::Off);
        table.line(&["App", "Scale", "Charm"]);
        table.align_right(1);
        table.line(&["mysql", "1/2", "mysql"]);
        table.line(&["", "1", ""]);
        assert_eq!(table.finish(), "App    Scale  Charm\nmysql    1/2  mysql\n           1  \n");
    }

    #[test]
    fn colours_do_not_widen_columns() {
        let mut table = Table::new(Colours::On);
        table.status("active");
        table.write("x\n");
        table.cells(&["a"]);
        table.write("y\n");
        assert_eq!(table.finish(), "\u{1b}[32mactive  \u{1b}[0mx\na       y\n");
    }
}
