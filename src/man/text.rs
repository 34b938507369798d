//! The sections of the manual pages that the help does not have.
//!
//! [`section`](super::section) describes the format.

/// The text of one page.
pub(super) struct Text {
    pub(super) wire: &'static str,
    /// The meaning of exit status 0.
    pub(super) success: &'static str,
    pub(super) see_also: &'static str,
}

/// The meanings of the other exit statuses.
pub(super) const ERROR_STATUS: &str =
    "  1  An error. Standard error names the error, its causes and, if there is one, a hint.
  2  The command line is wrong.
  130, 143, 129  SIGINT, SIGTERM or SIGHUP cut off the command.";

/// `upcase(1)`.
pub(super) const UPCASE: Text = Text {
    wire: "\
A message is what a client sends. The reply is the message without the ASCII white space at both ends, in \
upper case by Unicode's full mapping for the root locale. Bytes that are not valid UTF-8 pass through \
unchanged. A message may have any length.
By default a connection carries one message: one line, or all that the client sends before it half-closes or \
is silent. With `serve --keep-alive` each line is a message. `upcase-serve`(1) describes when the reply \
comes, and `upcase-send`(1) when the reply is complete.",
    success: "Success.",
    see_also: "`nc`(1), `socat`(1), `upcase-send`(1), `upcase-serve`(1)",
};

/// `upcase-serve(1)`.
pub(super) const SERVE: Text = Text {
    wire: "\
Without `--keep-alive`, the client's behaviour decides when the reply comes:
  The client sends one line that ends in a newline
    The server replies at once, without a newline, and closes the connection.
  The client half-closes
    The server replies to what has arrived, and closes the connection.
  The client sends several lines
    The server sends the reply while the text arrives. The message ends when the client half-closes, or when \
nothing arrives for `--pause`.
  The client sends text without a newline, and then nothing
    The server replies after `--pause`, and closes the connection.
  The client leaves, or resets the connection, without a byte
    The server counts a connection, but no message and no error.
The server does not read from a client that does not read its replies.",
    success: "SIGINT, SIGTERM or SIGHUP ended the server.",
    see_also: "`nc`(1), `socat`(1), `upcase`(1), `upcase-send`(1)",
};

/// `upcase-send(1)`.
pub(super) const SEND: Text = Text {
    wire: "\
`send` adds a newline to the message, and does not half-close the connection, except with `--file`: some proxies \
drop a connection that is half-closed. The reply is complete when the server closes the connection, when as many lines came \
back as were sent, or when the reply equals the message in upper case.
Several messages share one connection while the server keeps it open. Otherwise each message has its own. If \
the server closes a shared connection without a byte of a reply, `send` sends the message once more on a new \
connection.",
    success: "Each message got its reply; with `--check` or `--count`, the right reply.",
    see_also: "`nc`(1), `socat`(1), `upcase`(1), `upcase-serve`(1)",
};
