//! The actions of a client of the target `connection`, as a fuzzed input describes them.

use std::mem;
use std::time::Duration;

use crate::Input;
use crate::server::{ConnectionConfig, READ_SIZE};

/// Bytes that a pipe holds. The small ones split everything; the large ones are around the size of a read.
const PIPE_SIZES: [usize; 12] =
    [1, 2, 3, 7, 8, 64, 1000, 4096, 16 * 1024, READ_SIZE, READ_SIZE + 1, 2 * READ_SIZE + READ_SIZE / 2];

/// The largest pipe that the server empties in one read, and whose read shows that the pipe is empty.
const EMPTIED_PIPE_MAX: usize = READ_SIZE - 1;

/// Repetitions of a segment's text. The largest fills a read with a text of one byte, except for a newline.
const REPETITIONS: [usize; 6] = [1, 1, 1, 40, 1000, READ_SIZE - 1];

/// The largest number of bytes that a client sends: two full reads and more. Longer texts find nothing else, and take
/// time.
const TEXT_MAX: usize = 2 * READ_SIZE + READ_SIZE / 8;

/// The largest number of pieces of the pipe's size, for the same reason.
const PIECES_MAX: usize = 512;

/// The largest number of bytes sent to a server with a log. Their records always fit into the log's queue: a wait for
/// the log's thread, which runs in real time, would look like a server that hangs.
const LOGGED_TEXT_MAX: usize = 4 * 1024;

/// The largest number of segments, without the last, which is the rest of the input.
const SEGMENTS_MAX: u8 = 10;

const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(1), Duration::ZERO, Duration::from_secs(40)];
const IDLE_TIMEOUTS: [Duration; 3] =
    [Duration::from_secs(30), Duration::from_secs(30), Duration::from_millis(300)];

/// Waits after a segment; the next segment follows the first of them directly. No sum of waits equals one of the
/// timeouts above, because then the order of the two would be random.
const WAITS: [Option<Duration>; 6] = [
    None,
    Some(Duration::ZERO),
    Some(Duration::ZERO),
    Some(Duration::from_millis(602)),
    Some(Duration::from_millis(1502)),
    Some(Duration::from_millis(31_002)),
];

/// The server's configuration and the actions of its client.
#[derive(Debug)]
pub struct Scenario {
    /// The configuration of the connection.
    pub config: ConnectionConfig,
    /// Bytes that the pipe holds in each direction.
    pub pipe_size: usize,
    /// The client sends all text at once, and does not wait until it has arrived.
    pub sends_at_once: bool,
    /// The client reads nothing.
    pub never_reads: bool,
    /// The server has a log.
    pub has_log: bool,
    /// Texts that the client sends, and the wait after each.
    pub segments: Vec<(Vec<u8>, Duration)>,
    /// The shutdown starts before this segment.
    pub shutdown_before: usize,
    /// The client's last action.
    pub ending: Ending,
}

/// The last action of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client half-closes, and reads to the end.
    HalfClose,
    /// The client closes both directions.
    Leave,
    /// The client only reads.
    Silence,
}

impl Scenario {
    /// Reads a scenario from a fuzzed input.
    #[must_use]
    pub fn read(mut input: Input) -> Self {
        let flags = input.byte();
        let has = |flag: u8| flags & (1 << flag) != 0;
        let mut scenario = Self {
            sends_at_once: has(1),
            pipe_size: input.choose(&PIPE_SIZES),
            config: ConnectionConfig {
                keep_alive: has(0),
                pause: input.choose(&PAUSES),
                idle_timeout: input.choose(&IDLE_TIMEOUTS),
            },
            never_reads: has(2) && has(3),
            has_log: has(4) && has(5),
            segments: Vec::new(),
            shutdown_before: usize::from(input.byte() % (2 * SEGMENTS_MAX)),
            ending: input.choose(&[Ending::HalfClose, Ending::Leave, Ending::Silence]),
        };
        if scenario.sends_at_once {
            scenario.pipe_size = scenario.pipe_size.min(EMPTIED_PIPE_MAX);
            // The order of the client's next bytes and of the end of an empty pause, or of a shutdown, would be
            // random.
            scenario.config.pause = scenario.config.pause.max(PAUSES[0]);
            scenario.shutdown_before = usize::MAX;
        }
        let repeats = has(6) && has(7); // rarely, because long texts take time
        scenario.segments = scenario.read_segments(input, repeats);
        scenario
    }

    fn read_segments(&self, mut input: Input, repeats: bool) -> Vec<(Vec<u8>, Duration)> {
        let forms: Vec<_> = (0..input.byte() % SEGMENTS_MAX)
            .map(|_| {
                let length = usize::from(input.byte());
                let repetitions = if repeats { input.choose(&REPETITIONS) } else { 1 };
                (length, repetitions, input.choose(&WAITS))
            })
            .collect();

        let text_max = if self.has_log { LOGGED_TEXT_MAX } else { TEXT_MAX };
        let mut room = text_max.min(self.pipe_size * PIECES_MAX);
        let (mut segments, mut segment, mut rest) = (Vec::new(), Vec::new(), input.rest());
        for (length, repetitions, wait) in forms {
            let text;
            (text, rest) = rest.split_at(length.min(rest.len()));
            let repetitions = repetitions.min(room.checked_div(text.len()).unwrap_or_default());
            room -= text.len() * repetitions;
            segment.extend(text.repeat(repetitions));
            if let Some(wait) = wait {
                segments.push((mem::take(&mut segment), wait));
            }
        }
        segment.extend_from_slice(&rest[..room.min(rest.len())]);
        segments.push((segment, Duration::ZERO));
        if self.sends_at_once {
            let text = segments.into_iter().flat_map(|(text, _)| text).collect();
            segments = vec![(text, Duration::ZERO)];
        }
        segments
    }
}
