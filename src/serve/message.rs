//! One message on its way: its bytes come in pieces, its reply and its record come out. No I/O.

use super::record::Preview;
use crate::text::trim::Trimmer;
use crate::text::uppercase::Uppercaser;

/// A message of which some bytes have come.
#[derive(Debug)]
pub(super) struct Message {
    strip: Trimmer,
    upper: Uppercaser,
    preview: Preview,
}

impl Message {
    /// A message that is about to come, and how it will be shown.
    pub(super) fn new(preview: Preview) -> Self {
        Self { strip: Trimmer::default(), upper: Uppercaser::default(), preview }
    }

    /// Appends to `reply` what is certain of it with these bytes.
    pub(super) fn push(&mut self, bytes: &[u8], reply: &mut Vec<u8>) {
        let Self { strip, upper, preview } = self;
        strip.push(bytes, |text| {
            preview.push(text);
            upper.push(text, reply);
        });
    }

    /// Appends to `reply` the rest of it, with `bytes` as the last of the message; gives what is to be shown.
    pub(super) fn finish(mut self, bytes: &[u8], reply: &mut Vec<u8>) -> Preview {
        let Self { strip, upper, preview } = &mut self;
        strip.finish(bytes, |text| {
            preview.push(text);
            upper.push(text, reply);
        });
        upper.finish(reply);
        self.preview
    }
}
