//! Standard streams that another process made non-blocking: they work like blocking ones.

use std::io::{Read as _, Write as _, pipe};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionbio;

use crate::support::proc::waits;
use crate::support::{DEADLINE, NEVER, Process, Server, upcase};

/// Waits until the process has tried in vain to use a stream, and tries again; or has given up.
fn until_tried(process: &mut Process) {
    /// More often than the process waits for anything else.
    const WAITS: u64 = 100;
    let end = Instant::now() + DEADLINE;
    let before = waits(process.pid());
    while !process.has_ended() && waits(process.pid()) < before + WAITS {
        assert!(Instant::now() < end, "the process does not try again");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn line_that_arrives_late_is_read() {
    let server = Server::start(&[]);
    for args in [&[][..], &["--file", "-"]] {
        let (reader, mut writer) = pipe().unwrap();
        ioctl_fionbio(&reader, true).unwrap();
        let send = ["send", "--format", "raw", "--timeout", NEVER, "--port", &server.port()];
        let mut sending = Process::start(upcase(&send).args(args).stdin(reader));
        until_tried(&mut sending);
        writer.write_all(b"late\n").unwrap();
        drop(writer);
        let ended = sending.finish();
        assert_eq!((ended.code, &ended.stdout[..]), (Some(0), "LATE"), "{args:?}: {}", ended.stderr);
    }
}

#[test]
fn reply_is_written_completely_for_a_slow_reader() {
    let server = Server::start_without_timeouts(&["--quiet"]);
    // More than a pipe holds.
    let line = "test message ".repeat(30_000);
    for args in [&[][..], &["--file", "-"]] {
        let (mut reader, writer) = pipe().unwrap();
        ioctl_fionbio(&writer, true).unwrap();
        let send = ["send", "--format", "raw", "--timeout", NEVER, "--port", &server.port()];
        let mut sending = Process::start(upcase(&send).args(args).stdin(Stdio::piped()).stdout(writer));
        sending.feed(line.as_bytes());
        until_tried(&mut sending);
        let mut reply = String::new();
        reader.read_to_string(&mut reply).unwrap();
        assert_eq!(sending.finish().code, Some(0), "{args:?}");
        assert!(reply == line.trim_end().to_uppercase(), "{args:?}: {} of {} bytes", reply.len(), line.len());
    }
}
