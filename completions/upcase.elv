
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
            cand --color 'Use colour: auto, always or never'
            cand --lang 'Speak Portuguese or English: pt or en'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand serve 'Listen, show each message, and answer it in upper case'
            cand send 'Send a message and show the reply'
            cand completions 'Print a shell''s completion script'
            cand man 'Print a manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'upcase;serve'= {
            cand --host 'Address or name to listen on, repeatable'
            cand --port 'Port to listen on (0: any free one)'
            cand --pause 'Wait this long for the rest of a line'
            cand --idle-timeout 'Close after this long without a byte'
            cand --max-connections 'Connections at once [default: by open-file limit]'
            cand --grace 'Finish replies this long at the end'
            cand --format 'Show messages as text or json'
            cand --color 'Use colour: auto, always or never'
            cand --lang 'Speak Portuguese or English: pt or en'
            cand --keep-alive 'Answer line by line, and keep the connection open'
            cand -q 'Show no messages'
            cand --quiet 'Show no messages'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'upcase;send'= {
            cand --host 'The server, also as HOST:PORT'
            cand --port 'Its port'
            cand --timeout 'To connect, and wait for a reply'
            cand --wait 'Try again this long, until the reply is right'
            cand --count 'Send it N times, and sum up (0: until Ctrl-C)'
            cand --interval 'How often (0s: after each reply)'
            cand --connections 'How many send it N times, side by side'
            cand --file 'Send a file as one message (-: standard input)'
            cand --format 'Show it as text, raw or json'
            cand --color 'Use colour: auto, always or never'
            cand --lang 'Speak Portuguese or English: pt or en'
            cand --check 'Fail where a reply is wrong'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'upcase;completions'= {
            cand --color 'Use colour: auto, always or never'
            cand --lang 'Speak Portuguese or English: pt or en'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'upcase;man'= {
            cand --color 'Use colour: auto, always or never'
            cand --lang 'Speak Portuguese or English: pt or en'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
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
