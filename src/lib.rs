//! `upcase`: a TCP service that answers in upper case, and its client.

pub mod case;
pub mod strip;
