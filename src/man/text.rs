//! The text of the manual pages beside names, options, examples and environment, which come from the command line.
//!
//! The pages show `this` in bold.

use crate::cli::help::{Example, SEND_EXAMPLES, SERVE_EXAMPLES, UPCASE_EXAMPLES};

/// The text of one page.
pub(super) struct Text {
    pub(super) description: &'static [Part],
    pub(super) wire: &'static [Part],
    /// The meaning of exit status 0.
    pub(super) success: &'static str,
    pub(super) examples: &'static [Example],
    pub(super) see_also: &'static str,
}

/// A part of a section.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Paragraph(&'static str),
    /// A term, and its meaning.
    Term(&'static str, &'static str),
}

use Part::{Paragraph, Term};

/// `upcase(1)`.
pub(super) const UPCASE: Text = Text {
    description: &[
        Paragraph(
            "`upcase serve` listens on 127.0.0.1, port 8080, prints each message with the address of its sender, and \
             replies with the message in upper case. `upcase send` sends a message, and prints what was sent and \
             received. upcase is for people who learn or teach TCP, and for engineers who need an endpoint to test a \
             network path: an upper-cased reply proves that an application answered.",
        ),
        Paragraph(
            "Messages and replies go to standard output, everything else to standard error. Output is in Portuguese, \
             or with `--lang en` in English, whatever the locale.",
        ),
    ],
    wire: &[
        Paragraph(
            "A message is what a client sends. The reply is the message without the ASCII white space at both ends, in \
             upper case by Unicode's full mapping for the root locale. Bytes that are not valid UTF-8 pass through \
             unchanged. A message may have any length.",
        ),
        Paragraph(
            "By default a connection carries one message: one line, or all that the client sends before it \
             half-closes or is silent. With `serve --keep-alive` each line is a message. `upcase-serve`(1) describes \
             when the reply comes, and `upcase-send`(1) when the reply is complete.",
        ),
    ],
    success: "Success.",
    examples: UPCASE_EXAMPLES,
    see_also: "`nc`(1), `socat`(1), `upcase-send`(1), `upcase-serve`(1)",
};

/// `upcase-serve(1)`.
pub(super) const SERVE: Text = Text {
    description: &[
        Paragraph(
            "Listens until SIGINT or SIGTERM, and serves many connections at once. Prints each message on standard \
             output in two lines: the address of the sender, then the message with control characters escaped. Of a \
             message over 1,024 bytes, the server prints the beginning, and how many bytes more there were. Everything \
             else goes to standard error.",
        ),
        Paragraph(
            "At the first signal the server accepts no more connections, finishes open replies within `--grace`, and \
             prints how much it served. A second signal ends the server at once.",
        ),
    ],
    wire: &[
        Paragraph(
            "The reply is the message without the ASCII white space at both ends, in upper case. By default a \
             connection carries one message. The client's behaviour decides when the reply comes:",
        ),
        Term(
            "The client sends one line that ends in a newline",
            "The server replies at once, without a newline, and closes the connection.",
        ),
        Term("The client half-closes", "The server replies to what has arrived, and closes the connection."),
        Term(
            "The client sends several lines",
            "The server sends the reply while the text arrives. The message ends when the client half-closes, or when \
             nothing arrives for `--pause`.",
        ),
        Term(
            "The client sends text without a newline, and then nothing",
            "The server replies after `--pause`, and closes the connection.",
        ),
        Term(
            "The client leaves, or resets the connection, without a byte",
            "The server counts a connection, but no message and no error.",
        ),
        Paragraph(
            "With `--keep-alive` each line is a message, and each reply ends in a newline, until the client \
             half-closes or is silent for `--idle-timeout`. Lines may be pipelined: the replies come in order.",
        ),
        Paragraph(
            "The server does not read from a client that does not read its replies, and closes an idle connection \
             after `--idle-timeout`.",
        ),
    ],
    success: "SIGINT or SIGTERM ended the server.",
    examples: SERVE_EXAMPLES,
    see_also: "`nc`(1), `socat`(1), `upcase`(1), `upcase-send`(1)",
};

/// `upcase-send(1)`.
pub(super) const SEND: Text = Text {
    description: &[
        Paragraph(
            "Connects to a server, sends a message, and prints on standard output what was sent and received. The \
             server may be `upcase serve`, or any server that replies to each line or closes after its reply. If a \
             reply is not the message in upper case, `send` warns, or fails with `--check`.",
        ),
        Paragraph(
            "Without a message, each line of standard input is a message. At a terminal, `send` prompts for lines, \
             which can be edited. The arrow keys bring back earlier lines.",
        ),
    ],
    wire: &[
        Paragraph(
            "`send` adds a newline to the message, and does not half-close the connection: some proxies drop a \
             connection that is half-closed. The reply is complete when the server closes the connection, when as many \
             lines came back as were sent, or when the reply equals the message in upper case.",
        ),
        Paragraph(
            "Several messages share one connection while the server keeps it open. Otherwise each message has its \
             own. If the server closes a shared connection without a byte of a reply, `send` sends the message once \
             more on a new connection.",
        ),
        Paragraph("Only `--file` half-closes, since nothing else marks the end of a file."),
    ],
    success: "Each message got its reply; with `--check` or `--count`, the right reply.",
    examples: SEND_EXAMPLES,
    see_also: "`nc`(1), `socat`(1), `upcase`(1), `upcase-serve`(1)",
};
