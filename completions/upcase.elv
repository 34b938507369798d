
use builtin;
use str;

set edit:completion:arg-completer[upcase] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'upcase'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'upcase'= {
            cand --color 'Colour: auto, always or never'
            cand --lang 'Language: pt or en'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand serve 'Listen, print each message, and reply in upper case'
            cand send 'Send a message, or each line of input, and print the reply'
            cand completions 'Print a shell''s completion script'
            cand man 'Print a manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'upcase;serve'= {
            cand --host 'Address or name to listen on'
            cand --port 'Port to listen on (0: any free port)'
            cand --pause 'Wait for the rest of a message'
            cand --idle-timeout 'Timeout for an idle connection'
            cand --max-connections 'Limit on concurrent connections'
            cand --grace 'Time to finish replies on shutdown'
            cand --format 'Format of messages: text or json'
            cand --color 'Colour: auto, always or never'
            cand --lang 'Language: pt or en'
            cand --keep-alive 'Treat each line as a message; keep the connection open'
            cand -v 'Trace connections; -vv: also bytes'
            cand --verbose 'Trace connections; -vv: also bytes'
            cand -q 'Do not print messages'
            cand --quiet 'Do not print messages'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'upcase;send'= {
            cand --host 'Server, also as HOST:PORT'
            cand --port 'Port of the server'
            cand --timeout 'Timeout for connecting and for each read'
            cand --wait 'Retry until the reply is right, at most this long'
            cand --count 'Send the message N times (0: until Ctrl-C)'
            cand --interval 'Time between the starts of two messages'
            cand --connections 'Concurrent connections, N messages each'
            cand --file 'Send a file as one message (-: standard input)'
            cand --format 'Output: text, raw or json'
            cand --color 'Colour: auto, always or never'
            cand --lang 'Language: pt or en'
            cand --check 'Fail if a reply is wrong'
            cand -v 'Trace connections; -vv: also bytes'
            cand --verbose 'Trace connections; -vv: also bytes'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'upcase;completions'= {
            cand --color 'Colour: auto, always or never'
            cand --lang 'Language: pt or en'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'upcase;man'= {
            cand --color 'Colour: auto, always or never'
            cand --lang 'Language: pt or en'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'upcase;help'= {
            cand serve 'Listen, print each message, and reply in upper case'
            cand send 'Send a message, or each line of input, and print the reply'
            cand completions 'Print a shell''s completion script'
            cand man 'Print a manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'upcase;help;serve'= {
        }
        &'upcase;help;send'= {
        }
        &'upcase;help;completions'= {
        }
        &'upcase;help;man'= {
        }
        &'upcase;help;help'= {
        }
    ]
    $completions[$command]
}
