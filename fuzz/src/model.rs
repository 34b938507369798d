//! The reference model of a connection: the messages that the client has sent, the replies that are due, and the time
//! when the server is done, as `docs/wire.md` says.
//!
//! The model knows which bytes arrived together, and when. It keeps all of them: it has no buffers and no timers.

use tokio::time::Instant;

use crate::reference::{complete_chars, has_long_whitespace_at_end, is_reply, trim, uppercase};
use crate::server::{ConnectionConfig, HELD_REPLY_MAX};

/// Bytes of upper case to which one byte can grow: the two bytes of `ΐ` become six.
const UPPERCASE_GROWTH: usize = 3;

/// The largest number of messages whose replies are checked after each segment. More are checked only at the end,
/// because the check takes time.
const CHECKED_MAX: usize = 500;

/// The expected state of a connection.
#[derive(Debug)]
pub struct Model {
    config: ConnectionConfig,
    is_shutting_down: bool,
    received: Vec<u8>,
    has_newline: bool,
    /// The time from which the current timeout counts.
    last_event: Instant,
    end: Option<Instant>,
}

impl Model {
    /// Creates the model of a connection that begins now.
    #[must_use]
    pub fn new(config: ConnectionConfig) -> Self {
        Self {
            config,
            is_shutting_down: false,
            received: Vec::new(),
            has_newline: false,
            last_event: Instant::now(),
            end: None,
        }
    }

    /// The client's bytes arrive, all at the same time.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.check_deadline();
        if self.has_ended() || bytes.is_empty() {
            return;
        }
        self.received.extend_from_slice(bytes);
        self.last_event = Instant::now();
        let newline = bytes.iter().position(|&byte| byte == b'\n');
        let is_one_line = !self.has_newline && newline == Some(bytes.len() - 1);
        self.has_newline |= newline.is_some();
        if !self.config.keep_alive && is_one_line {
            self.end = Some(self.last_event);
        }
        self.check_deadline();
    }

    /// Ends the connection if its deadline has passed.
    pub fn check_deadline(&mut self) {
        let deadline = self.deadline();
        if deadline <= Instant::now() {
            self.end.get_or_insert(deadline);
        }
    }

    /// The client half-closes.
    pub fn half_close(&mut self) {
        self.check_deadline();
        self.end.get_or_insert(Instant::now());
    }

    /// The server's shutdown starts.
    pub fn shut_down(&mut self) {
        self.check_deadline();
        self.is_shutting_down = true;
        self.last_event = Instant::now();
        self.check_deadline();
    }

    /// Returns the time when the last reply is due, if the client sends nothing more.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.end.unwrap_or_else(|| self.deadline())
    }

    /// Returns true if the last message has ended.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Returns the number of bytes that the server has read.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.received.len()
    }

    /// Returns the messages that have arrived. The last one may be incomplete.
    #[must_use]
    pub fn messages(&self) -> Vec<&[u8]> {
        if self.config.keep_alive {
            self.received.split_inclusive(|&byte| byte == b'\n').collect()
        } else {
            self.received.chunks(self.received.len().max(1)).collect()
        }
    }

    /// Checks all replies of a connection that has ended.
    ///
    /// # Panics
    /// If a reply is not the expected one.
    pub fn check_replies(&self, replies: &[u8]) {
        let messages = self.messages();
        if self.config.keep_alive {
            let replies: Vec<_> = replies.split_inclusive(|&byte| byte == b'\n').collect();
            assert_eq!(replies.len(), messages.len(), "replies to {messages:?}");
            for (reply, message) in replies.iter().zip(messages) {
                let reply = reply.strip_suffix(b"\n").expect("a reply is a line");
                assert!(is_reply(reply, message), "{reply:?} is not the reply to {message:?}");
            }
        } else {
            let message = messages.first().copied().unwrap_or_default();
            assert!(is_reply(replies, message), "{replies:?} is not the reply to {message:?}");
        }
    }

    /// Checks the replies of an open connection: the bytes that are due now have arrived, and no byte that is not
    /// certain yet.
    ///
    /// # Panics
    /// If a reply is not the expected one.
    pub fn check_replies_so_far(&self, replies: &[u8]) {
        if self.has_ended() {
            return self.check_replies(replies);
        }
        let messages = self.messages();
        if messages.len() > CHECKED_MAX || messages.iter().any(|message| has_long_whitespace_at_end(message))
        {
            return;
        }
        let (mut certain, mut due, mut open_message) = (Vec::new(), 0, &[][..]);
        for message in messages {
            if self.config.keep_alive && message.ends_with(b"\n") {
                certain.extend(uppercase(trim(message)));
                certain.push(b'\n');
                due = certain.len();
            } else {
                certain.extend(uppercase(complete_chars(trim(message))));
                if !self.config.keep_alive && self.has_newline {
                    due = certain.len();
                }
                open_message = message;
            }
        }
        assert!(replies.len() >= due, "{replies:?} arrived, but {due} bytes are due");
        assert!(certain.starts_with(replies), "{replies:?} arrived, but only {certain:?} is certain");
        let held = certain.len() - replies.len();
        assert!(held <= UPPERCASE_GROWTH * HELD_REPLY_MAX, "{held} bytes are held back");
        if UPPERCASE_GROWTH * open_message.len() <= HELD_REPLY_MAX {
            assert_eq!(replies.len(), due, "a short reply arrives as a whole");
        }
    }

    fn deadline(&self) -> Instant {
        let ConnectionConfig { keep_alive, pause, idle_timeout } = self.config;
        let is_within_message = match self.received.last() {
            None => false,
            Some(last) => !keep_alive || *last != b'\n',
        };
        let timeout = match (is_within_message, self.is_shutting_down) {
            (false, true) => return self.last_event,
            (false, false) => idle_timeout,
            (true, false) if keep_alive => idle_timeout,
            (true, _) => pause.min(idle_timeout),
        };
        self.last_event + timeout
    }
}
