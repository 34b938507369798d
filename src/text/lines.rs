//! Lines that are here whole, each with the newline that ends it.

use std::iter::from_fn;

use memchr::{memchr, memchr_iter, memrchr};

/// How many bytes of lines are taken at a time: with their replies and their records they stay in a first-level
/// cache, which has 32 KiB or more, while one pass after the other goes over them.
const BATCH: usize = 8 * 1024;

/// How many of `bytes` are whole lines.
pub(crate) fn whole_len(bytes: &[u8]) -> usize {
    memrchr(b'\n', bytes).map_or(0, |last| last + 1)
}

/// The lines, a batch at a time. A longer line is a batch of its own.
pub(crate) fn batches(mut lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    from_fn(move || {
        let len = match whole_len(&lines[..lines.len().min(BATCH)]) {
            0 => memchr(b'\n', lines)? + 1,
            len => len,
        };
        let (batch, later) = lines.split_at(len);
        lines = later;
        Some(batch)
    })
}

/// How many lines there are.
pub(crate) fn count(lines: &[u8]) -> usize {
    memchr_iter(b'\n', lines).count()
}

/// Each line, without its newline.
pub(crate) fn each(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(b'\n', lines).map(move |end| {
        let line = &lines[start..end];
        start = end + 1;
        line
    })
}
