//! The file to send, or standard input, read by a thread of its own.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use crate::error::{Error, Result};
use crate::stdio::NOT_READY_BACKOFF;

/// A file to send, or standard input. A thread reads ahead by one chunk.
///
/// (tokio's files and standard input also use threads, and panic where the system refuses them.)
pub(super) struct Source {
    path: PathBuf,
    /// The size in bytes, if it is known.
    pub(super) size: Option<u64>,
    chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
}

impl Source {
    /// Opens the file at `path`, or standard input for `-`, to be read in chunks of at most `chunk_size`.
    ///
    /// # Errors
    /// [`Error::ReadFile`], or [`Error::StartThread`] if the system refuses the thread.
    pub(super) async fn open(path: &Path, chunk_size: usize) -> Result<Self> {
        let (opened, size) = oneshot::channel();
        let (sender, chunks) = mpsc::channel(1);
        let path = path.to_owned();
        let to_open = path.clone();
        let read = move || match open(&to_open) {
            Ok((reader, size)) => {
                let _ = opened.send(Ok(size));
                read_chunks(reader, chunk_size, &sender);
            }
            Err(error) => drop(opened.send(Err(error))),
        };
        thread::Builder::new().name("file".into()).spawn(read).map_err(Error::StartThread)?;
        match size.await.unwrap_or_else(|_| Err(io::Error::other("the reading thread ended"))) {
            Ok(size) => Ok(Self { path, size, chunks }),
            Err(source) => Err(Error::ReadFile { path, source }),
        }
    }

    /// Returns the next bytes, as many as one read gives; none at the end. A call that is dropped loses no bytes.
    ///
    /// # Errors
    /// [`Error::ReadFile`].
    pub(super) async fn next_chunk(&mut self) -> Result<Vec<u8>> {
        let chunk = self.chunks.recv().await.unwrap_or_else(|| Ok(Vec::new()));
        chunk.map_err(|source| Error::ReadFile { path: self.path.clone(), source })
    }
}

/// Opens a file, and returns its size, if it has one.
fn open(path: &Path) -> io::Result<(Box<dyn Read>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    // Windows would say that a directory may not be opened.
    if path.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    // Devices and pipes have no size.
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}

/// Reads until the end or an error, or until nobody needs more.
fn read_chunks(mut reader: impl Read, chunk_size: usize, chunks: &mpsc::Sender<io::Result<Vec<u8>>>) {
    let mut is_last = false;
    while !is_last {
        let mut chunk = vec![0; chunk_size];
        let read = match reader.read(&mut chunk) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // Another process made standard input non-blocking.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                thread::sleep(NOT_READY_BACKOFF);
                continue;
            }
            read => read,
        };
        is_last = matches!(read, Ok(0) | Err(_));
        let chunk = read.map(|read| {
            chunk.truncate(read);
            chunk
        });
        is_last |= chunks.blocking_send(chunk).is_err();
    }
}
