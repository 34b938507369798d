//! What the design's tables say about a conversation: which messages the client has sent, what is due to it, and
//! when the server is done.
//!
//! It goes by what has arrived together and at what time, and keeps all of it: no buffers, no deadlines to miss.

use tokio::time::Instant;
use upcase::serve::service::Rules;

use crate::definition::{has_long_tail, is_reply, strip, upper, whole_characters};

/// How much of a reply may be kept together while its message has no end.
const KEPT_MAX: usize = 16 * 1024;

/// So many messages are judged again after each segment; more of them only at the end, as that takes time.
const JUDGED_MAX: usize = 500;

/// What the server should have made of its client so far.
#[derive(Debug)]
pub struct Model {
    rules: Rules,
    stopping: bool,
    /// All that it has taken.
    taken: Vec<u8>,
    has_newline: bool,
    /// When it last had a reason to wait anew.
    since: Instant,
    ended: Option<Instant>,
}

impl Model {
    /// A conversation that begins now.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            stopping: false,
            taken: Vec::new(),
            has_newline: false,
            since: Instant::now(),
            ended: None,
        }
    }

    /// Bytes arrive, at once.
    pub fn arrive(&mut self, piece: &[u8]) {
        self.be_quiet();
        if self.ended.is_some() || piece.is_empty() {
            return;
        }
        self.taken.extend_from_slice(piece);
        self.since = Instant::now();
        let newline = piece.iter().position(|&byte| byte == b'\n');
        let is_one_line = !self.has_newline && newline == Some(piece.len() - 1);
        self.has_newline |= newline.is_some();
        if !self.rules.keep_alive && is_one_line {
            self.ended = Some(self.since);
        }
        self.be_quiet();
    }

    /// Nothing has come until now.
    pub fn be_quiet(&mut self) {
        let deadline = self.deadline();
        if deadline <= Instant::now() {
            self.ended.get_or_insert(deadline);
        }
    }

    /// The client ends what it sends.
    pub fn half_close(&mut self) {
        self.be_quiet();
        self.ended.get_or_insert(Instant::now());
    }

    /// The server is told to stop.
    pub fn stop(&mut self) {
        self.be_quiet();
        self.stopping = true;
        self.since = Instant::now();
        self.be_quiet();
    }

    /// When the server is done, or will be if nothing more comes.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.ended.unwrap_or_else(|| self.deadline())
    }

    /// Whether it is done.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// How many bytes it has taken.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.taken.len()
    }

    /// The messages that have come, the last of them perhaps without its end.
    #[must_use]
    pub fn messages(&self) -> Vec<&[u8]> {
        if self.rules.keep_alive {
            self.taken.split_inclusive(|&byte| byte == b'\n').collect()
        } else {
            self.taken.chunks(self.taken.len().max(1)).collect()
        }
    }

    /// Holds what the client has heard up to the end against what it should have.
    ///
    /// # Panics
    /// When it is something else.
    pub fn judge(&self, heard: &[u8]) {
        let messages = self.messages();
        if self.rules.keep_alive {
            let replies: Vec<_> = heard.split_inclusive(|&byte| byte == b'\n').collect();
            assert_eq!(replies.len(), messages.len(), "replies to {messages:?}");
            for (reply, message) in replies.iter().zip(messages) {
                let reply = reply.strip_suffix(b"\n").expect("a reply is a line");
                assert!(is_reply(reply, message), "{reply:?} came for {message:?}");
            }
        } else {
            let message = messages.first().copied().unwrap_or_default();
            assert!(is_reply(heard, message), "{heard:?} came for {message:?}");
        }
    }

    /// Holds what the client has heard so far against what is due by now, and against what can be known by now.
    ///
    /// # Panics
    /// When it is less than the one, or other than the other.
    pub fn judge_so_far(&self, heard: &[u8]) {
        if self.ended.is_some() {
            return self.judge(heard);
        }
        let messages = self.messages();
        if messages.len() > JUDGED_MAX || messages.iter().any(|message| has_long_tail(message)) {
            return;
        }
        let (mut known, mut due) = (Vec::new(), 0);
        for message in messages {
            if self.rules.keep_alive && message.ends_with(b"\n") {
                known.extend(upper(strip(message)));
                known.push(b'\n');
                due = known.len();
            } else {
                known.extend(upper(whole_characters(strip(message))));
                if !self.rules.keep_alive && self.has_newline {
                    due = known.len();
                }
            }
        }
        assert!(heard.len() >= due, "{heard:?} came, and {due} bytes were due");
        assert!(known.starts_with(heard), "{heard:?} came, and only {known:?} can be known");
        let kept = known.len() - heard.len();
        assert!(kept <= KEPT_MAX, "{kept} bytes are kept back");
        if known.len() - due <= KEPT_MAX {
            assert_eq!(heard.len(), due, "a short reply comes in one");
        }
    }

    /// Until when more is waited for.
    fn deadline(&self) -> Instant {
        let Rules { keep_alive, pause, idle_timeout } = self.rules;
        let has_begun = match self.taken.last() {
            None => false,
            Some(last) => !keep_alive || *last != b'\n',
        };
        let patience = match (has_begun, self.stopping) {
            (false, true) => return self.since,
            (false, false) => idle_timeout,
            (true, false) if keep_alive => idle_timeout,
            (true, _) => pause.min(idle_timeout),
        };
        self.since + patience
    }
}
