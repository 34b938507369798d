//! Markdown tables with aligned columns, and the format of their numbers.

use super::results::Summary;

/// Rows of cells below a heading.
#[derive(Debug)]
pub(super) struct Table(Vec<Vec<String>>);

impl Table {
    pub(super) fn new(headings: Vec<String>) -> Self {
        Self(vec![headings])
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.0.push(cells);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.len() == 1
    }

    /// Prints the table. The first column is aligned to the left, the others to the right.
    pub(super) fn print(&self) {
        let columns = self.0[0].len();
        let width = |column: usize| self.0.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<_> = (0..columns).map(width).collect();
        for (number, row) in self.0.iter().enumerate() {
            print!("|");
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                if column == 0 {
                    print!(" {cell:<width$} |");
                } else {
                    print!(" {cell:>width$} |");
                }
            }
            println!();
            if number == 0 {
                let rule = |(column, &width): (usize, &usize)| {
                    let dashes = "-".repeat(width);
                    if column == 0 { format!(" {dashes} |") } else { format!(" {dashes}:|") }
                };
                println!("|{}", widths.iter().enumerate().map(rule).collect::<String>());
            }
        }
    }
}

/// Formats a summary as its median, followed by the minimum and the maximum if they differ.
pub(super) fn median_and_range(Summary { median, min, max, .. }: Summary) -> String {
    let (median, min, max) = (number(median), number(min), number(max));
    if min == max { median } else { format!("{median} ({min}–{max})") }
}

/// Formats a number with three significant digits, or as an integer if it has more digits.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        size if value.fract() == 0.0 || size >= 100.0 => group_thousands(&format!("{value:.0}")),
        size if size < 1.0 => format!("{value:.3}"),
        size if size < 10.0 => format!("{value:.2}"),
        _ => format!("{value:.1}"),
    }
}

fn group_thousands(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
