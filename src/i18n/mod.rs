//! All that the program says at run time, in Portuguese and in English.
//!
//! Help texts, and the errors of the command line that go with them, are clap's and in English.

mod errors;
mod figures;
mod send;
mod serve;

use std::fmt::Display;

fn count(number: u64, one: impl Display, many: impl Display) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}
