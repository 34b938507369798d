//! A conversation in-process, for any bytes in any segments, in both modes, against the design's tables.
//!
//! The clock stands still but for waits, so that a server that hangs is found at once, and every moment is exact.
//! Between its segments the client waits until the server has taken all there is: so it is known what arrives
//! together. Only a client in haste does not, and there the pipe's size says what does.

#![no_main]

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use upcase::cli::LogFormat;
use upcase::i18n::Language;
use upcase::escape::escape_line;
use upcase::terminal::Terminal;
use upcase::serve::connection::converse;
use upcase::serve::log::Log;
use upcase::serve::service::{Rules, Service, Tally};
use upcase_fuzz::Input;
use upcase_fuzz::definition::{strip, whole_characters};
use upcase_fuzz::model::Model;

/// Sizes of the pipe: the small ones tear everything apart, the large ones are around what the server reads at once
/// (64 KiB).
const PIPES: [usize; 12] = [1, 2, 3, 7, 8, 64, 1000, 4096, 16 * 1024, 64 * 1024, 64 * 1024 + 1, 160 * 1024];

/// The largest pipe that the server empties in one read, and sees that it has.
const READ_WHOLE_MAX: usize = 64 * 1024 - 1;

/// How often a client that repeats itself says a segment's text: so often that it is larger than any buffer.
const TIMES: [usize; 6] = [1, 1, 1, 40, 1000, 65_535];

/// All that a client sends is kept below this: more of the same finds nothing more, and takes time.
const TEXT_MAX: usize = 140 * 1024;

/// And it is kept below so many pieces of the pipe's size, for the same reason.
const PIECES_MAX: usize = 512;

/// As much as a log takes that is not written yet, whatever the text: else a wait for its thread, which lives on the
/// real clock, would look like a hang.
const LOGGED_TEXT_MAX: usize = 4 * 1024;

const SEGMENTS_MAX: u8 = 10;

const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(1), Duration::ZERO, Duration::from_secs(40)];
const IDLE_TIMEOUTS: [Duration; 3] =
    [Duration::from_secs(30), Duration::from_secs(30), Duration::from_millis(300)];

/// How long the client waits after a segment, at most. No sum of a conversation's waits is one of the above: which
/// comes first would then be left to chance.
const WAITS: [Option<Duration>; 6] = [
    // The next segment arrives together with this one.
    None,
    Some(Duration::ZERO),
    Some(Duration::ZERO),
    Some(Duration::from_millis(602)),
    Some(Duration::from_millis(1502)),
    Some(Duration::from_millis(31_002)),
];

/// The shortest wait there is: time passes only when nobody has anything left to do.
const TICK: Duration = Duration::from_millis(1);

/// The longest that the server may live on after its reply, and a tick.
const LINGER_MAX: Duration = Duration::from_millis(30_001);

/// Longer than any conversation: what is still not over has hung.
const FOREVER: Duration = Duration::from_hours(1);

/// What the client does, and when.
#[derive(Debug)]
struct Script {
    rules: Rules,
    pipe: usize,
    /// Says all in one go, and does not wait until it has arrived.
    in_haste: bool,
    /// Never reads.
    is_deaf: bool,
    has_log: bool,
    segments: Vec<(Vec<u8>, Duration)>,
    /// The server is told to stop before this segment.
    stop_before: usize,
    ending: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    HalfClose,
    Leave,
    Silence,
}

impl Script {
    fn read(mut input: Input) -> Self {
        let flags = input.byte();
        let has = |flag: u8| flags & (1 << flag) != 0;
        let in_haste = has(1);
        let pipe = input.choose(&PIPES);
        let mut script = Self {
            rules: Rules {
                keep_alive: has(0),
                pause: input.choose(&PAUSES),
                idle_timeout: input.choose(&IDLE_TIMEOUTS),
            },
            pipe: if in_haste { pipe.min(READ_WHOLE_MAX) } else { pipe },
            in_haste,
            is_deaf: has(2) && has(3),
            has_log: has(4) && has(5),
            segments: Vec::new(),
            stop_before: usize::from(input.byte() % (2 * SEGMENTS_MAX)),
            ending: input.choose(&[Ending::HalfClose, Ending::Leave, Ending::Silence]),
        };
        if in_haste {
            // What comes first, the client's next bytes or the end of no pause at all, or of the server's time, would
            // be left to chance.
            script.rules.pause = script.rules.pause.max(PAUSES[0]);
            script.stop_before = usize::MAX;
        }
        let segments = input.byte() % SEGMENTS_MAX;
        // Seldom, as it takes time.
        let repeats = has(6) && has(7);
        let forms: Vec<_> = (0..segments)
            .map(|_| {
                let size = usize::from(input.byte());
                let times = if repeats { input.choose(&TIMES) } else { 1 };
                (size, times, input.choose(&WAITS))
            })
            .collect();
        let text_max = if script.has_log { LOGGED_TEXT_MAX } else { TEXT_MAX };
        let mut room = text_max.min(script.pipe * PIECES_MAX);
        let mut rest = input.rest();
        let mut said = Vec::new();
        for (size, times, wait) in forms {
            let text;
            (text, rest) = rest.split_at(size.min(rest.len()));
            let times = times.min(room.checked_div(text.len()).unwrap_or_default());
            room -= text.len() * times;
            said.extend(text.repeat(times));
            if let Some(wait) = wait {
                script.segments.push((std::mem::take(&mut said), wait));
            }
        }
        said.extend_from_slice(&rest[..room.min(rest.len())]);
        script.segments.push((said, Duration::ZERO));
        if in_haste {
            let text = script.segments.into_iter().flat_map(|(text, _)| text).collect();
            script.segments = vec![(text, Duration::ZERO)];
        }
        script
    }
}

fuzz_target!(|bytes: &[u8]| {
    let script = Script::read(Input::new(bytes));
    let shown = Shown::default();
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("it needs nothing of the system")
        .block_on(hold(&script, &shown));
    // The log's thread ends by itself; what it still holds until then would look like a leak.
    while Arc::strong_count(&shown.0) > 1 {
        thread::yield_now();
    }
});

async fn hold(script: &Script, shown: &Shown) {
    let log = if script.has_log {
        Log::new(shown.clone(), LogFormat::Text, Terminal::plain(Language::Pt))
    } else {
        Log::none()
    };
    let (stop, stopping) = watch::channel(false);
    let service = Arc::new(Service { rules: script.rules, log, tally: Tally::default(), stopping });
    let (client, server) = duplex(script.pipe);
    let shared = Arc::clone(&service);
    let server = tokio::spawn(async move {
        let result = converse(server, "127.0.0.1:1".parse().expect("it is one"), &shared).await;
        (result, Instant::now())
    });

    let (reader, writer) = split(client);
    let talk = Talk { script, stop, model: Model::new(script.rules), writer };
    let talked = async {
        if script.is_deaf {
            talk.hear_nothing(reader, server).await
        } else {
            talk.hear_all(reader, server).await
        }
    };
    let model = timeout(FOREVER, talked).await.expect("it hangs");

    assert_eq!(service.tally.connections.get(), 1);
    service.log.close().await;
    if let Some(model) = model {
        judge_tally(script, &model, &service.tally);
        if script.has_log {
            judge_log(script, &model, &shown.0.lock().expect("nobody has panicked"));
        }
    }
}

struct Talk<'a> {
    script: &'a Script,
    stop: watch::Sender<bool>,
    model: Model,
    writer: WriteHalf<DuplexStream>,
}

type Server = JoinHandle<(io::Result<()>, Instant)>;

impl Talk<'_> {
    /// A client that reads all that comes.
    async fn hear_all(mut self, reader: ReadHalf<DuplexStream>, server: Server) -> Option<Model> {
        let heard = Arc::new(Mutex::new(Heard::default()));
        let ears = tokio::spawn(listen(reader, Arc::clone(&heard)));
        let judge_so_far =
            |model: &Model| model.judge_so_far(&heard.lock().expect("nobody has panicked").bytes);

        for (at, (text, wait)) in self.script.segments.iter().enumerate() {
            if at == self.script.stop_before {
                self.stop.send_replace(true);
                self.model.stop();
                sleep(TICK).await;
                self.model.be_quiet();
            }
            for piece in text.chunks(self.script.pipe) {
                self.model.arrive(piece);
                let said = self.writer.write_all(piece).await;
                assert!(said.is_ok() || self.model.has_ended(), "the server is gone before its end");
                if !self.script.in_haste {
                    sleep(TICK).await;
                }
            }
            if !self.script.in_haste {
                judge_so_far(&self.model);
                if !wait.is_zero() {
                    sleep(*wait).await;
                    self.model.be_quiet();
                    judge_so_far(&self.model);
                }
            }
        }

        match self.script.ending {
            Ending::HalfClose => {
                self.model.half_close();
                // The server may be gone.
                let _ = self.writer.shutdown().await;
            }
            Ending::Leave => {
                ears.abort();
                let heard_it_end = ears.await.is_ok();
                let end = if self.model.has_ended() { self.model.end() } else { Instant::now() };
                self.model.half_close();
                drop(self.writer);
                let (result, ended) = server.await.expect("the server does not panic");
                assert!(ended <= end.max(Instant::now()) + TICK, "a client that left is waited for");
                if heard_it_end {
                    self.model.judge(&heard.lock().expect("nobody has panicked").bytes);
                } else if let Err(error) = result {
                    assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
                }
                return Some(self.model);
            }
            Ending::Silence => {}
        }
        let left = Instant::now();
        let (result, ended) = server.await.expect("the server does not panic");
        result.expect("the client has done nothing wrong");
        ears.await.expect("it reads to the end");
        self.model.be_quiet();
        let heard = heard.lock().expect("nobody has panicked");
        self.model.judge(&heard.bytes);
        let end = self.model.end();
        let heard_end = heard.end.expect("the reply has an end");
        assert!(
            heard_end >= end && heard_end <= end + TICK,
            "the reply ended {:?} too late, or {:?} too early",
            heard_end.saturating_duration_since(end),
            end.saturating_duration_since(heard_end)
        );
        let last =
            if self.script.ending == Ending::HalfClose { left.max(end) + TICK } else { end + LINGER_MAX };
        assert!(ended <= last, "the server lives on for {:?}", ended - last);
        Some(self.model)
    }

    /// A client that says all that the server takes, and reads nothing: the server gives up in time.
    async fn hear_nothing(mut self, reader: ReadHalf<DuplexStream>, server: Server) -> Option<Model> {
        for (at, (text, wait)) in self.script.segments.iter().enumerate() {
            if at == self.script.stop_before {
                self.stop.send_replace(true);
            }
            if self.writer.write_all(text).await.is_err() {
                break;
            }
            sleep(*wait).await;
        }
        if self.script.ending == Ending::HalfClose {
            let _ = self.writer.shutdown().await;
        }
        let left = Instant::now();
        let both = (self.script.ending != Ending::Leave).then_some((reader, self.writer));
        let (result, ended) = server.await.expect("the server does not panic");
        drop(both);
        // First for what it should read, and then perhaps for more to come, the server waits for a client.
        let patience = self.script.rules.idle_timeout * 2;
        assert!(ended <= left + patience + LINGER_MAX, "the server lives on for {:?}", ended - left);
        if let Err(error) = result {
            assert!(matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::BrokenPipe), "{error}");
        }
        None
    }
}

/// What the client has read, and when there was an end.
#[derive(Debug, Default)]
struct Heard {
    bytes: Vec<u8>,
    end: Option<Instant>,
}

async fn listen(mut reader: ReadHalf<DuplexStream>, heard: Arc<Mutex<Heard>>) {
    let mut bytes = [0; 4096];
    loop {
        let read = reader.read(&mut bytes).await.expect("the pipe does not fail");
        let mut heard = heard.lock().expect("nobody has panicked");
        heard.bytes.extend_from_slice(&bytes[..read]);
        if read == 0 {
            heard.end = Some(Instant::now());
            return;
        }
    }
}

/// A log that can be read.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<Vec<u8>>>);

impl Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody has panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether the client left while something of it was on its way: it may then be lost.
fn may_be_lost(script: &Script) -> bool {
    script.in_haste && script.ending == Ending::Leave
}

fn judge_tally(script: &Script, model: &Model, tally: &Tally) {
    let (messages, bytes) = (model.messages().len() as u64, model.bytes() as u64);
    if may_be_lost(script) {
        assert!(tally.messages.get() <= messages && tally.bytes.get() <= bytes, "{tally:?}");
    } else {
        assert_eq!((tally.messages.get(), tally.bytes.get()), (messages, bytes));
    }
}

/// Each message is shown once, in order, and as much of it as is to be.
fn judge_log(script: &Script, model: &Model, shown: &[u8]) {
    const SHOWN_MAX: usize = 1024;

    let mut expected = String::new();
    for message in model.messages() {
        let message = strip(message);
        let beginning = match message.get(..SHOWN_MAX) {
            Some(beginning) if message.len() > SHOWN_MAX => whole_characters(beginning),
            _ => message,
        };
        let _ = write!(expected, "Recebido de 127.0.0.1:\n{}", escape_line(beginning));
        let more = message.len() - beginning.len();
        if more > 0 {
            let _ = write!(expected, "… (mais {more} byte{})", if more == 1 { "" } else { "s" });
        }
        expected.push('\n');
    }
    let shown = str::from_utf8(shown).expect("what is shown is text");
    if !may_be_lost(script) {
        assert_eq!(shown, expected);
    }
}
