//! Writing to the standard streams: also to one that is non-blocking, and to two that are one file.

use std::io::{self, ErrorKind, Write};
use std::ops::Range;
#[cfg(unix)]
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

/// Pause before the next attempt where another process made a stream non-blocking, and the stream is not ready.
pub(crate) const NOT_READY_BACKOFF: Duration = Duration::from_millis(5);

/// Writes the `stderr_ranges` of `bytes` to standard error, whose errors are ignored, and the rest to `output`.
///
/// Returns the first error of `output`.
pub(super) fn write_both(
    output: &mut impl Write,
    bytes: &[u8],
    stderr_ranges: &[Range<usize>],
) -> io::Result<()> {
    let (mut written, mut result) = (0, Ok(()));
    for range in stderr_ranges {
        result = result.and(write_whole(output, &bytes[written..range.start]));
        // The lock keeps the lines of several threads apart.
        let _ = write_all(&mut io::stderr().lock(), &bytes[range.clone()]);
        written = range.end;
    }
    result.and(write_whole(output, &bytes[written..]))
}

/// Writes all bytes to standard output. No line on standard error gets between them if both streams are one file or pipe
/// (`2>&1 | jq`): a pipe takes only 4 KiB at once (`PIPE_BUF` in pipe(7)).
pub(crate) fn write_whole(output: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let _stderr = (!bytes.is_empty() && are_one_file()).then(|| io::stderr().lock());
    write_all(output, bytes)
}

/// Returns whether standard output and standard error are the same file, pipe or terminal.
#[cfg(unix)]
fn are_one_file() -> bool {
    use std::fs::File;
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;

    static ARE_ONE_FILE: LazyLock<bool> = LazyLock::new(|| {
        let streams = [io::stdout().as_fd().try_clone_to_owned(), io::stderr().as_fd().try_clone_to_owned()];
        let [out, err] = streams.map(|stream| {
            let metadata = File::from(stream.ok()?).metadata().ok()?;
            Some((metadata.dev(), metadata.ino()))
        });
        out.is_some() && out == err
    });
    *ARE_ONE_FILE
}

/// Returns false: not known.
#[cfg(not(unix))]
const fn are_one_file() -> bool {
    false
}

/// Writes like [`Write::write_all`], and waits where a non-blocking output is full.
fn write_all(output: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(NOT_READY_BACKOFF),
            Err(error) => return Err(error),
        }
    }
    loop {
        // Standard output buffers the end of a line that it could not write.
        match output.flush() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(NOT_READY_BACKOFF),
            flushed => return flushed,
        }
    }
}
