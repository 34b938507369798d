//! Fuzzes a whole connection in-process: any bytes in any segments, in both modes, with any end. The replies, their
//! times, the counters and the log are compared with a model of `docs/wire.md`.
//!
//! The clock is paused: it advances only when no task can run. So a server that hangs is found at once, and all
//! times are exact. After each piece that it sends, the client waits until the server has read all of it, so that
//! the model knows which bytes arrive together. A client that sends all at once does not wait; then the size of the
//! pipe decides.

#![no_main]

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf, split};
use tokio::time::{Instant, sleep, timeout};
use upcase::internals::escape_line;
use upcase_fuzz::Input;
use upcase_fuzz::model::Model;
use upcase_fuzz::reference::{complete_chars, trim};
use upcase_fuzz::scenario::{Ending, Scenario};
use upcase_fuzz::server::{Ended, LOGGED_MAX, Server, take_log};

/// The shortest wait. The paused clock advances only when all tasks wait, so after a tick the server has done all it
/// can.
const TICK: Duration = Duration::from_millis(1);

/// The longest time that the server lives after its last reply (`TIME_MAX` in `src/serve/linger.rs`), and a tick.
const LINGER_MAX: Duration = Duration::from_millis(30_001);

/// Longer than any scenario: a connection that is still open then has hung.
const SCENARIO_MAX: Duration = Duration::from_hours(1);

fuzz_target!(|bytes: &[u8]| {
    let scenario = Scenario::read(Input::new(bytes));
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O needs nothing from the system")
        .block_on(run(&scenario));
});

async fn run(scenario: &Scenario) {
    let (server, stream) = Server::start(scenario.config, scenario.pipe_size, scenario.has_log);
    let (reader, writer) = split(stream);
    let client = Client { scenario, server, model: Model::new(scenario.config), writer };
    let (model, ended) = timeout(SCENARIO_MAX, async {
        if scenario.never_reads { client.run_without_reading(reader).await } else { client.run(reader).await }
    })
    .await
    .expect("the connection does not hang");

    let log = if scenario.has_log { take_log().await } else { String::new() };
    assert_eq!(ended.totals.connections, 1);
    if let Some(model) = model {
        check_totals(scenario, &model, &ended);
        if scenario.has_log && !may_lose_bytes(scenario) {
            assert_eq!(log, expected_log(&model));
        }
    }
}

struct Client<'a> {
    scenario: &'a Scenario,
    server: Server,
    model: Model,
    writer: WriteHalf<DuplexStream>,
}

impl Client<'_> {
    /// Runs the scenario, reads all replies, and checks them.
    async fn run(mut self, reader: ReadHalf<DuplexStream>) -> (Option<Model>, Ended) {
        let replies = Arc::new(Mutex::new(Replies::default()));
        let reading = tokio::spawn(read_replies(reader, Arc::clone(&replies)));
        self.send_segments(&replies).await;
        match self.scenario.ending {
            Ending::HalfClose => {
                self.model.half_close();
                // The server may have closed already.
                let _ = self.writer.shutdown().await;
            }
            Ending::Leave => {
                reading.abort();
                let has_read_all = reading.await.is_ok();
                return self.leave(&replies, has_read_all).await;
            }
            Ending::Silence => {}
        }

        let last_action = Instant::now();
        let ended = self.server.ended().await;
        ended.result.as_ref().expect("the client has done nothing wrong");
        reading.await.expect("the replies have an end");
        self.model.check_deadline();
        let replies = replies.lock().expect("no task has panicked");
        self.model.check_replies(&replies.bytes);
        let expected_end = self.model.end();
        let end = replies.end.expect("the replies have an end");
        assert!(
            end >= expected_end && end <= expected_end + TICK,
            "the replies ended {:?} too late, or {:?} too early",
            end.saturating_duration_since(expected_end),
            expected_end.saturating_duration_since(end)
        );
        let latest = if self.scenario.ending == Ending::HalfClose {
            last_action.max(expected_end) + TICK
        } else {
            expected_end + LINGER_MAX
        };
        assert!(ended.at <= latest, "the server ended {:?} too late", ended.at - latest);
        (Some(self.model), ended)
    }

    async fn send_segments(&mut self, replies: &Mutex<Replies>) {
        let check_replies_so_far =
            |model: &Model| model.check_replies_so_far(&replies.lock().expect("no task has panicked").bytes);
        for (at, (text, wait)) in self.scenario.segments.iter().enumerate() {
            if at == self.scenario.shutdown_before {
                self.server.shut_down();
                self.model.shut_down();
                sleep(TICK).await;
                self.model.check_deadline();
            }
            for piece in text.chunks(self.scenario.pipe_size) {
                self.model.receive(piece);
                let sent = self.writer.write_all(piece).await;
                assert!(sent.is_ok() || self.model.has_ended(), "the server closed before the end");
                if !self.scenario.sends_at_once {
                    sleep(TICK).await;
                }
            }
            if !self.scenario.sends_at_once {
                check_replies_so_far(&self.model);
                if !wait.is_zero() {
                    sleep(*wait).await;
                    self.model.check_deadline();
                    check_replies_so_far(&self.model);
                }
            }
        }
    }

    /// Closes both directions.
    async fn leave(mut self, replies: &Mutex<Replies>, has_read_all: bool) -> (Option<Model>, Ended) {
        let expected_end = if self.model.has_ended() { self.model.end() } else { Instant::now() };
        self.model.half_close();
        drop(self.writer);
        let ended = self.server.ended().await;
        assert!(
            ended.at <= expected_end.max(Instant::now()) + TICK,
            "the server waits for a client that left"
        );
        if has_read_all {
            self.model.check_replies(&replies.lock().expect("no task has panicked").bytes);
        } else if let Err(error) = &ended.result {
            assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
        }
        (Some(self.model), ended)
    }

    /// Sends all bytes that the server accepts, reads nothing, and checks that the server gives up in time.
    async fn run_without_reading(mut self, reader: ReadHalf<DuplexStream>) -> (Option<Model>, Ended) {
        for (at, (text, wait)) in self.scenario.segments.iter().enumerate() {
            if at == self.scenario.shutdown_before {
                self.server.shut_down();
            }
            if self.writer.write_all(text).await.is_err() {
                break;
            }
            sleep(*wait).await;
        }
        if self.scenario.ending == Ending::HalfClose {
            let _ = self.writer.shutdown().await;
        }
        let last_action = Instant::now();
        let stream = (self.scenario.ending != Ending::Leave).then_some((reader, self.writer));
        let ended = self.server.ended().await;
        drop(stream);
        // The server waits for the client to read, and then perhaps for more bytes.
        let latest = last_action + 2 * self.scenario.config.idle_timeout + LINGER_MAX;
        assert!(ended.at <= latest, "the server ended {:?} too late", ended.at - latest);
        if let Err(error) = &ended.result {
            assert!(matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::BrokenPipe), "{error}");
        }
        (None, ended)
    }
}

/// The bytes that the client has read, and the time of their end.
#[derive(Debug, Default)]
struct Replies {
    bytes: Vec<u8>,
    end: Option<Instant>,
}

async fn read_replies(mut reader: ReadHalf<DuplexStream>, replies: Arc<Mutex<Replies>>) {
    let mut bytes = [0; 4096];
    loop {
        let read = reader.read(&mut bytes).await.expect("the pipe does not fail");
        let mut replies = replies.lock().expect("no task has panicked");
        replies.bytes.extend_from_slice(&bytes[..read]);
        if read == 0 {
            replies.end = Some(Instant::now());
            return;
        }
    }
}

/// Returns true if the client left before the server had read everything.
fn may_lose_bytes(scenario: &Scenario) -> bool {
    scenario.sends_at_once && scenario.ending == Ending::Leave
}

fn check_totals(scenario: &Scenario, model: &Model, ended: &Ended) {
    let expected = (model.messages().len() as u64, model.bytes() as u64);
    let totals = (ended.totals.messages, ended.totals.bytes);
    if may_lose_bytes(scenario) {
        assert!(
            totals.0 <= expected.0 && totals.1 <= expected.1,
            "{totals:?}, at most {expected:?} expected"
        );
    } else {
        assert_eq!(totals, expected, "messages and bytes");
    }
}

/// Returns the log of the model's messages: one record for each, in order, with the beginning of the message.
fn expected_log(model: &Model) -> String {
    let mut log = String::new();
    for message in model.messages() {
        let message = trim(message);
        let beginning = match message.get(..LOGGED_MAX) {
            Some(beginning) if message.len() > LOGGED_MAX => complete_chars(beginning),
            _ => message,
        };
        let _ = write!(log, "Received from 127.0.0.1:\n{}", escape_line(beginning));
        let more = message.len() - beginning.len();
        if more > 0 {
            let _ = write!(log, "… ({more} byte{} more)", if more == 1 { "" } else { "s" });
        }
        log.push('\n');
    }
    log
}
