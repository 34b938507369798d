//! What the manual pages say beside what the command line says of itself. `This` is shown in bold.

/// What a page says.
pub(super) struct Text {
    pub(super) description: &'static [Part],
    /// Behind the options, in this order: titles, and what stands under them.
    pub(super) sections: &'static [(&'static str, &'static [Part])],
}

/// A part of a section.
pub(super) enum Part {
    Paragraph(&'static str),
    /// A term, and what it means.
    Term(&'static str, &'static str),
    /// What is to be done, and the lines to type.
    Example(&'static str, &'static str),
}

use Part::{Example, Paragraph, Term};

/// `upcase(1)`.
pub(super) const UPCASE: Text = Text {
    description: &[
        Paragraph(
            "`upcase serve` listens on 127.0.0.1, port 8080, shows each message with the address of who sent it, \
             and answers with the message in upper case. `upcase send` sends a message, and shows what was sent and \
             what was received. It is for those who learn or teach TCP, and for those who need an endpoint to try a \
             path through a network with: an upper-cased reply proves that an application answered.",
        ),
        Paragraph(
            "Messages and replies are shown on standard output, all else on standard error. What the program says \
             is in Portuguese, whatever the locale, or with `--lang en` in English.",
        ),
    ],
    sections: &[
        (
            "THE WIRE",
            &[
                Paragraph(
                    "A message is what a client sends. The reply is the message without the ASCII white space at \
                     both ends, in upper case: Unicode's full mapping for the root locale. Bytes that are no UTF-8 \
                     pass unchanged, and a message may have any length.",
                ),
                Paragraph(
                    "By default a connection carries one message: one line, or all that comes before the client \
                     half-closes or falls silent. With `serve --keep-alive` each line is a message. \
                     `upcase-serve`(1) tells when the reply comes, `upcase-send`(1) when it is complete.",
                ),
            ],
        ),
        ("EXIT STATUS", &[Term("0", "All went well."), FAILED, WRONG]),
        ("ENVIRONMENT", ENVIRONMENT),
        (
            "EXAMPLES",
            &[
                Example("Serve in one terminal:", "upcase serve"),
                Example("Send from another:", "upcase send \"mensagem de teste\""),
                Example("Complete options and commands in this bash:", "eval \"$(upcase completions bash)\""),
                Example("Read a page that is not installed:", "upcase man upcase-send | man -l -"),
            ],
        ),
        ("SEE ALSO", &[Paragraph("`nc`(1), `socat`(1), `upcase-send`(1), `upcase-serve`(1)")]),
    ],
};

/// `upcase-serve(1)`.
pub(super) const SERVE: Text = Text {
    description: &[
        Paragraph(
            "Listens until it is stopped, and holds many conversations at once. For each message it shows, \
             on standard output, who sent it and the message, on one line and with control characters escaped; of a \
             message over 1,024 bytes, the beginning. All else is said on standard error.",
        ),
        Paragraph(
            "SIGINT or SIGTERM stops it: it takes no more connections, finishes the replies under way within \
             `--grace`, and says how much it served. A second signal stops it at once.",
        ),
    ],
    sections: &[
        (
            "THE WIRE",
            &[
                Paragraph(
                    "The reply is the message without the ASCII white space at both ends, in upper case. By default \
                     a connection carries one message, and it depends on the client when the reply comes:",
                ),
                Term(
                    "It sends one line, ended by a newline",
                    "The reply comes at once, with no newline, and the connection is closed.",
                ),
                Term("It half-closes", "What has come is replied to, and the connection is closed."),
                Term(
                    "It sends several lines",
                    "With a newline inside what has arrived, the reply comes as the text arrives. The message ends \
                     when the client half-closes, or when nothing comes for `--pause`.",
                ),
                Term(
                    "It sends text with no newline, and then nothing",
                    "The reply comes after `--pause`, and the connection is closed.",
                ),
                Term(
                    "It leaves, or resets, without a byte",
                    "That is a connection, but no message and no error.",
                ),
                Paragraph(
                    "With `--keep-alive` each line is a message and gets its reply line, ended by a newline, until \
                     the client half-closes or is silent for `--idle-timeout`. Lines may be pipelined: replies come \
                     in order.",
                ),
                Paragraph(
                    "A client that does not read its replies is not read from. One that does nothing is closed \
                     after `--idle-timeout`.",
                ),
            ],
        ),
        ("EXIT STATUS", &[Term("0", "It was stopped by SIGINT or SIGTERM."), FAILED, WRONG]),
        ("ENVIRONMENT", ENVIRONMENT),
        (
            "EXAMPLES",
            &[
                Example(
                    "Listen on all addresses of this machine, IPv4 and IPv6:",
                    "upcase serve --host 0.0.0.0 --host :: --port 9000",
                ),
                Example("Listen on any free port, and say which:", "upcase serve --port 0"),
                Example(
                    "Answer line by line, and keep the messages as JSON:",
                    "upcase serve --keep-alive --format json >> messages.jsonl",
                ),
                Example("Talk to it without `upcase send`:", "echo oi | nc 127.0.0.1 8080"),
            ],
        ),
        ("SEE ALSO", &[Paragraph("`nc`(1), `socat`(1), `upcase`(1), `upcase-send`(1)")]),
    ],
};

/// `upcase-send(1)`.
pub(super) const SEND: Text = Text {
    description: &[
        Paragraph(
            "Connects, sends a message, and shows on standard output what was sent and what was received. The \
             message is the words of the command line, joined by one blank; without any, each line of standard input \
             is one. The server may be `upcase serve`, or any that answers lines or closes after its reply. A reply \
             that is not the message in upper case is shown with a warning, or with `--check` is an error.",
        ),
        Paragraph(
            "With `--count` the message is sent many times: each exchange is shown on a line, and at the end, also \
             after Ctrl-C, how many were answered, wrong and lost, the times that connections and replies took, and a \
             histogram of the latter. `--connections` does so side by side; with an `--interval` of 0s only the end \
             is shown then, and the rate says how much the path carries.",
        ),
        Paragraph(
            "With `--file` a whole file, or standard input, is one message of any size. It is written while the \
             reply is read, and the reply is compared on the way; `--format raw` gives it byte for byte.",
        ),
        Paragraph(
            "With `--wait` the message is sent until its reply is right: for scripts that must not go on before a \
             server is ready. Before a file, and before a count, that is a message of its own.",
        ),
    ],
    sections: &[
        (
            "THE WIRE",
            &[
                Paragraph(
                    "The message is sent with a newline behind it, and the connection is not half-closed: some \
                     proxies cut one that is. The reply is complete when the server closes, when as many lines came \
                     back as were sent, or when it equals the message in upper case, whatever the server does next.",
                ),
                Paragraph(
                    "Several messages go over one connection while the server keeps it open, else over one each. \
                     Where a kept connection turns out to be closed, without a byte of a reply, the message is sent \
                     once more on a new one.",
                ),
                Paragraph("Only a file is ended by a half-close, since nothing else tells its end."),
            ],
        ),
        (
            "EXIT STATUS",
            &[
                Term("0", "Each message got its reply; with `--check` or `--count`, the right one."),
                FAILED,
                WRONG,
            ],
        ),
        ("ENVIRONMENT", ENVIRONMENT),
        (
            "EXAMPLES",
            &[
                Example("Send a message to the server of this machine:", "upcase send \"mensagem de teste\""),
                Example(
                    "Learn whether a server answers through the network, within 2 seconds:",
                    "upcase send --host server.example --port 9000 --timeout 2s ping",
                ),
                Example("Send each line of a file:", "upcase send < messages.txt"),
                Example(
                    "Wait in a script until a server is ready:",
                    "upcase send --wait 30s --host server.example:9000 ping",
                ),
                Example(
                    "See how fast and how reliably it answers:",
                    "upcase send --count 10 --host server.example",
                ),
                Example(
                    "See how many replies a second a path carries:",
                    "upcase send --count 10000 --interval 0s --connections 16",
                ),
                Example("Send a file, and keep the reply:", "upcase send --file a.txt --format raw > A.TXT"),
                Example("Keep the reply as it came, byte for byte:", "upcase send --format raw oi > reply"),
                Example(
                    "See how long the reply took, in microseconds:",
                    "upcase send --format json oi | jq .microseconds",
                ),
            ],
        ),
        ("SEE ALSO", &[Paragraph("`nc`(1), `socat`(1), `upcase`(1), `upcase-serve`(1)")]),
    ],
};

const FAILED: Part =
    Term("1", "Something failed: standard error says what, and where it can, why and a way out.");
const WRONG: Part = Term("2", "The command line is wrong.");

/// What holds for all commands.
const ENVIRONMENT: &[Part] = &[
    Term("`UPCASE_HOST`", "Used by `serve` and `send` where `--host` is not given."),
    Term("`UPCASE_PORT`", "Used by `serve` and `send` where `--port` is not given."),
    Term("`UPCASE_LANG`", "Used where `--lang` is not given: `pt` or `en`."),
    Term(
        "`NO_COLOR`",
        "If it is not empty, nothing is coloured. It beats `CLICOLOR_FORCE`; `--color` beats both.",
    ),
    Term("`CLICOLOR_FORCE`", "If it is not empty, everything is coloured, also into a file or a pipe."),
];
