//! A child's output, read as it comes, and waited for.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

use super::DEADLINE;

/// What a child has written so far to one of its streams.
pub(crate) struct Output(Arc<(Mutex<Seen>, Condvar)>);

#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    ended: bool,
}

impl Output {
    /// Reads a child's stream from now on.
    pub(crate) fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let mut stream = stream.expect("it is piped");
        let seen = Arc::<(Mutex<Seen>, Condvar)>::default();
        let ours = Self(Arc::clone(&seen));
        thread::spawn(move || {
            let mut buffer = [0; 8 * 1024];
            loop {
                let read = stream.read(&mut buffer).unwrap_or(0);
                let mut now = seen.0.lock().unwrap();
                now.bytes.extend_from_slice(&buffer[..read]);
                now.ended = read == 0;
                seen.1.notify_all();
                if now.ended {
                    return;
                }
            }
        });
        ours
    }

    /// Waits for a line that is as wanted, and gives it.
    #[track_caller]
    pub(crate) fn until_line(&self, wanted: impl Fn(&str) -> bool) -> String {
        self.until(|text| {
            let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
            whole.lines().find(|line| wanted(line)).map(str::to_owned)
        })
    }

    /// Waits until this text is a part of it, and gives all that there is then.
    #[track_caller]
    pub(crate) fn until_text(&self, wanted: &str) -> String {
        self.until(|text| text.contains(wanted).then(|| text.to_owned()))
    }

    /// Waits for its end, and gives all of it.
    #[track_caller]
    pub(crate) fn whole(&self) -> String {
        let (seen, changed) = &*self.0;
        let (seen, late) =
            changed.wait_timeout_while(seen.lock().unwrap(), DEADLINE, |seen| !seen.ended).unwrap();
        assert!(!late.timed_out(), "the stream did not end");
        text(&seen.bytes)
    }

    /// All that there is now.
    pub(crate) fn so_far(&self) -> String {
        text_so_far(&self.0.0.lock().unwrap().bytes)
    }

    /// Waits until something is found in it, and gives that.
    #[track_caller]
    pub(crate) fn until<T>(&self, find: impl Fn(&str) -> Option<T>) -> T {
        let (seen, changed) = &*self.0;
        let end = Instant::now() + DEADLINE;
        let mut seen = seen.lock().unwrap();
        loop {
            if let Some(found) = find(&text_so_far(&seen.bytes)) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || seen.ended {
                let came = text_so_far(&seen.bytes);
                // Or the reader would find the lock poisoned, and say so beside this.
                drop(seen);
                panic!("it did not come; there is: {came:?}");
            }
            seen = changed.wait_timeout(seen, left).unwrap().0;
        }
    }
}

/// What has come so far: of the last character it may be a part.
fn text_so_far(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => text(&bytes[..error.valid_up_to()]),
        _ => text(bytes),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_owned()).expect("what is shown is UTF-8")
}
