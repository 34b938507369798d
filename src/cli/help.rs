//! The long help after the options: environment variables and examples.
//!
//! The manual pages have the same text; [`man`](crate::man) relies on the indentation and the empty lines.

/// Returns the environment variables, and after them the examples of a command.
pub(super) fn environment_and(examples: &str) -> String {
    format!("{ENVIRONMENT}\n{examples}")
}

const ENVIRONMENT: &str = "\
Environment:
  UPCASE_HOST     Default of --host, for serve and send
  UPCASE_PORT     Default of --port, for serve and send
  UPCASE_LANG     Default of --lang
  NO_COLOR        If not empty, no colour; --color overrides it
  CLICOLOR_FORCE  If not empty, colour also in pipes; NO_COLOR overrides it
";

pub(super) const UPCASE_EXAMPLES: &str = "\
Examples:
  Start the server in one terminal:
    upcase serve
  Send a message from another terminal:
    upcase send \"mensagem de teste\"
  Complete commands and options in this bash:
    eval \"$(upcase completions bash)\"
  Read a manual page that is not installed:
    upcase man upcase-send | man -l -
";

pub(super) const SERVE_EXAMPLES: &str = "\
Examples:
  Listen on all addresses of this machine, IPv4 and IPv6:
    upcase serve --host 0.0.0.0 --host :: --port 9000
  Listen on a free port, and print its number:
    upcase serve --port 0
  Reply to each line, and keep the messages as JSON:
    upcase serve --keep-alive --format json >> messages.jsonl
  Send a message without upcase send:
    echo oi | nc 127.0.0.1 8080
";

pub(super) const SEND_EXAMPLES: &str = "\
Examples:
  Send a message to a server on this machine:
    upcase send \"mensagem de teste\"
  Test whether a server on the network answers within 2 seconds:
    upcase send --host server.example:9000 --timeout 2s ping
  Send each line of a file:
    upcase send < messages.txt
  Wait in a script until a server is ready:
    upcase send --wait 30s --host server.example:9000 ping
  Measure how fast and how reliably a server answers:
    upcase send --count 10 --host server.example
  Measure how many replies a second a path carries:
    upcase send --count 10000 --interval 0s --connections 16
  Send a file, and keep the reply:
    upcase send --file a.txt --format raw > A.TXT
  Print the time of a reply in microseconds:
    upcase send --format json oi | jq .microseconds
";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  Complete commands and options in this bash:
    eval \"$(upcase completions bash)\"
  Complete them in every zsh, if DIR is in $fpath:
    upcase completions zsh > DIR/_upcase
";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  Read the page of a command:
    upcase man send | man -l -
  Save a page:
    upcase man upcase-serve > upcase-serve.1
";

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    const ALL: [&str; 5] =
        [UPCASE_EXAMPLES, SERVE_EXAMPLES, SEND_EXAMPLES, COMPLETIONS_EXAMPLES, MAN_EXAMPLES];

    #[test]
    fn examples_are_valid_command_lines() {
        for example in ALL {
            let commands = example.lines().filter_map(|line| line.strip_prefix("    "));
            let ours = commands.filter(|command| command.starts_with("upcase ")).collect::<Vec<_>>();
            assert!(!ours.is_empty(), "{example:?}");
            for command in ours {
                // Up to a pipe or a redirection, the words are this program's. Quoted text is one word.
                let ours = command.split(['|', '<', '>']).next().unwrap();
                let words = ours.split('"').enumerate().flat_map(|(index, part)| {
                    if index % 2 == 0 { part.split_whitespace().collect() } else { vec![part] }
                });
                assert!(Cli::try_parse_from(words).is_ok(), "{command}");
            }
        }
    }

    #[test]
    fn text_after_the_options_needs_no_wrapping_at_80_columns() {
        for line in ALL.map(environment_and).iter().flat_map(|text| text.lines()) {
            assert!(line.len() <= 80, "{line}");
        }
    }
}
