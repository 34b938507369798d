
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
            cand --color 'When to use colour'
            cand --lang 'The language of what is shown'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand serve 'Listen, show each message, and answer it in upper case'
            cand send 'Send a message and show the reply'
            cand completions 'Print a shell''s completion script'
            cand man 'Print a manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'upcase;serve'= {
            cand --host 'Address or name to listen on (repeatable; a name listens on all its addresses)'
            cand --port 'Port to listen on (0: any free one)'
            cand --pause 'How long to wait for more of a message that no newline ends'
            cand --idle-timeout 'Close a connection after this long without a byte, in or out'
            cand --max-connections 'Connections at once; more wait in the backlog [default: from the open-file limit]'
            cand --grace 'How long to finish replies for, once told to stop'
            cand --format 'How to show messages'
            cand --color 'When to use colour'
            cand --lang 'The language of what is shown'
            cand --keep-alive 'Answer line by line, and keep the connection open'
            cand -q 'Show no messages'
            cand --quiet 'Show no messages'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'upcase;send'= {
            cand --host 'The server: a name or an address, also as HOST:PORT or [IPV6]:PORT'
            cand --port 'Its port'
            cand --timeout 'How long to wait for the connection, and for each part of the reply'
            cand --wait 'Try again until the server gives the right reply, for this long'
            cand --count 'Send it N times, and tell how it went (0: until Ctrl-C)'
            cand --interval 'How often to send it (0s: once there is a reply)'
            cand --connections 'How many to send it side by side, N times each'
            cand --file 'Send a whole file as one message, and half-close (-: standard input)'
            cand --format 'How to show what was sent and received'
            cand --color 'When to use colour'
            cand --lang 'The language of what is shown'
            cand --check 'Fail where a reply is not the message in upper case'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'upcase;completions'= {
            cand --color 'When to use colour'
            cand --lang 'The language of what is shown'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'upcase;man'= {
            cand --color 'When to use colour'
            cand --lang 'The language of what is shown'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
        &'upcase;help'= {
            cand serve 'Listen, show each message, and answer it in upper case'
            cand send 'Send a message and show the reply'
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
