//! The output of a child process, read in the background while the child writes it.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

use super::DEADLINE;

/// Everything that a child has written so far to one of its streams.
pub(crate) struct CapturedOutput(Arc<(Mutex<Captured>, Condvar)>);

#[derive(Default)]
struct Captured {
    bytes: Vec<u8>,
    has_ended: bool,
}

impl CapturedOutput {
    /// Starts to read a child's stream. A stream that is not piped counts as empty.
    pub(crate) fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let has_ended = stream.is_none();
        let shared = Arc::new((Mutex::new(Captured { bytes: Vec::new(), has_ended }), Condvar::new()));
        if let Some(stream) = stream {
            let shared = Arc::clone(&shared);
            thread::spawn(move || read_to_end(stream, &shared));
        }
        Self(shared)
    }

    /// Waits for a whole line that `is_wanted`, and returns the line.
    #[track_caller]
    pub(crate) fn until_line(&self, is_wanted: impl Fn(&str) -> bool) -> String {
        self.until(|text| {
            let whole_lines = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
            whole_lines.lines().find(|line| is_wanted(line)).map(str::to_owned)
        })
    }

    /// Waits until the output contains `wanted`, and returns everything that has been written by then.
    #[track_caller]
    pub(crate) fn until_text(&self, wanted: &str) -> String {
        self.until(|text| text.contains(wanted).then(|| text.to_owned()))
    }

    /// Waits until `find` finds something in the output, and returns what it found.
    #[track_caller]
    pub(crate) fn until<T>(&self, find: impl Fn(&str) -> Option<T>) -> T {
        let (captured, changed) = &*self.0;
        let end = Instant::now() + DEADLINE;
        let mut captured = captured.lock().unwrap();
        loop {
            if let Some(found) = find(&valid_text(&captured.bytes)) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || captured.has_ended {
                let text = valid_text(&captured.bytes);
                // A panic with the lock would poison it, and the reading thread would panic too.
                drop(captured);
                panic!("the expected output did not come; there is: {text:?}");
            }
            captured = changed.wait_timeout(captured, left).unwrap().0;
        }
    }

    /// Waits for the end of the output, and returns all of it as text.
    #[track_caller]
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes()).expect("the output is UTF-8")
    }

    /// Waits for the end of the output, and returns all of its bytes.
    #[track_caller]
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let (captured, changed) = &*self.0;
        let (captured, timeout) = changed
            .wait_timeout_while(captured.lock().unwrap(), DEADLINE, |captured| !captured.has_ended)
            .unwrap();
        assert!(!timeout.timed_out(), "the output did not end");
        captured.bytes.clone()
    }

    /// Returns what has been written so far.
    #[cfg(unix)]
    pub(crate) fn so_far(&self) -> String {
        valid_text(&self.0.0.lock().unwrap().bytes)
    }
}

fn read_to_end(mut stream: impl Read, (captured, changed): &(Mutex<Captured>, Condvar)) {
    let mut buffer = [0; 8 * 1024];
    loop {
        // A pseudoterminal ends with an error.
        let read = stream.read(&mut buffer).unwrap_or(0);
        let mut captured = captured.lock().unwrap();
        captured.bytes.extend_from_slice(&buffer[..read]);
        captured.has_ended = read == 0;
        changed.notify_all();
        if read == 0 {
            return;
        }
    }
}

/// Returns `bytes` as text, without a last character of which only a part has come.
fn valid_text(bytes: &[u8]) -> String {
    let whole = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    };
    String::from_utf8(whole.to_owned()).expect("the output is UTF-8")
}
