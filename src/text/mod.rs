//! Pure functions over bytes of text: no I/O.

pub mod trim;
pub mod uppercase;
