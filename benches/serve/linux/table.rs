//! Tables that can be read as they are, and pasted where Markdown is understood.

/// Rows of cells under a heading.
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

    /// Prints it, with the first column to the left and all others to the right.
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

/// A number to three digits at least, and to the unit where there are more.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        below if below < 10.0 && value.fract() != 0.0 => format!("{value:.2}"),
        below if below < 100.0 && value.fract() != 0.0 => format!("{value:.1}"),
        _ => thousands(&format!("{value:.0}")),
    }
}

fn thousands(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
