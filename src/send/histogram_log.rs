//! The log of `--histogram`: HdrHistogram's interval log, which its tools plot and merge.

use std::fs::File;
use std::io::{self, LineWriter};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, IntervalLogWriterError, Tag};

use super::stats::Stats;
use crate::error::{Error, Result};

/// The interval log of a run. Another thread compresses and writes the histograms, so that they delay no message.
#[derive(Debug)]
pub(super) struct HistogramLog {
    path: PathBuf,
    started: Instant,
    /// The end of the last interval, since the start.
    logged: Duration,
    intervals: Sender<Interval>,
    writer: JoinHandle<io::Result<()>>,
}

/// The times of one kind that were measured within an interval.
struct Interval {
    tag: &'static str,
    /// Since the start of the run.
    start: Duration,
    length: Duration,
    times: Histogram<u64>,
}

impl HistogramLog {
    /// Creates the file, and starts the log of a run that starts now.
    ///
    /// # Errors
    /// Fails if the file can't be created, or the system refuses the thread.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(|source| Error::WriteFile { path: path.to_owned(), source })?;
        let (intervals, receiver) = mpsc::channel();
        let started = SystemTime::now();
        let writer = thread::Builder::new()
            .name("histogram".into())
            .spawn(move || write(file, started, &receiver))
            .map_err(Error::StartThread)?;
        Ok(Self { path: path.to_owned(), started: Instant::now(), logged: Duration::ZERO, intervals, writer })
    }

    /// Logs the times since the last call.
    pub(super) fn log(&mut self, stats: &mut Stats) {
        let start = self.logged;
        self.logged = self.started.elapsed();
        let length = self.logged.saturating_sub(start);
        let kinds = [
            ("connect", &mut stats.connect_times),
            ("service", &mut stats.reply_times),
            ("response", &mut stats.response_times),
        ];
        for (tag, times) in kinds {
            if let Some(times) = times.take_interval() {
                // A writer that has failed returns its error at the end.
                let _ = self.intervals.send(Interval { tag, start, length, times });
            }
        }
    }

    /// Waits until the log is written.
    ///
    /// # Errors
    /// Fails if the file could not be written.
    pub(super) fn finish(self) -> Result<()> {
        drop(self.intervals);
        let written = self.writer.join().unwrap_or_else(|_| Err(io::Error::other("the writer has failed")));
        written.map_err(|source| Error::WriteFile { path: self.path, source })
    }
}

/// Writes the log until its sender is dropped.
fn write(file: File, started: SystemTime, intervals: &Receiver<Interval>) -> io::Result<()> {
    /// By convention a log has nanoseconds, and its readable column has milliseconds.
    const NANOSECONDS_PER_MILLISECOND: f64 = 1e6;

    // Each line reaches the file at once: what is logged survives a crash.
    let mut file = LineWriter::new(file);
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("[Histogram log format version 1.3]")
        .add_comment("[upcase send: times in nanoseconds]")
        .with_start_time(started)
        .with_base_time(started)
        .with_max_value_divisor(NANOSECONDS_PER_MILLISECOND)
        .begin_log_with(&mut file, &mut serializer)?;
    for Interval { tag, start, length, times } in intervals {
        log.write_histogram(&times, start, length, Tag::new(tag)).map_err(|error| match error {
            IntervalLogWriterError::IoError(error) => error,
            IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
        })?;
    }
    Ok(())
}
