
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
            cand --color 'Colour: auto, always or never [default: auto]'
            cand --lang 'Language: pt or en'
            cand -h 'Print help (-h: summary, --help: complete)'
            cand --help 'Print help (-h: summary, --help: complete)'
            cand -V 'Print version'
            cand --version 'Print version'
            cand serve 'Listen, print each message, and reply in upper case'
            cand send 'Send a message, or each line of input, and print the reply'
            cand completions 'Print a shell''s completion script'
            cand man 'Print a manual page'
            cand help 'Print the help of a command'
        }
        &'upcase;serve'= {
            cand --host 'Address or name to listen on [default: 127.0.0.1]'
            cand --port 'Port to listen on (0: any free port) [default: 8080]'
            cand --pause 'Wait for the rest of a message [default: 1s]'
            cand --idle-timeout 'Timeout for an idle connection [default: 30s]'
            cand --max-connections 'Limit on concurrent connections'
            cand --grace 'Time to finish replies on shutdown [default: 5s]'
            cand --fault 'Misbehave on request, to test clients'
            cand --fault-rate 'Share of the connections that have the faults'
            cand --seed 'Seed of the choice of connections'
            cand --format 'Format of messages: text or json [default: text]'
            cand --color 'Colour: auto, always or never [default: auto]'
            cand --lang 'Language: pt or en'
            cand --keep-alive 'Treat each line as a message; keep the connection open'
            cand -v 'Trace connections; -vv: also bytes'
            cand --verbose 'Trace connections; -vv: also bytes'
            cand -q 'Do not print messages'
            cand --quiet 'Do not print messages'
            cand -h 'Print help (-h: summary, --help: complete)'
            cand --help 'Print help (-h: summary, --help: complete)'
        }
        &'upcase;send'= {
            cand --host 'Server, also as HOST:PORT [default: 127.0.0.1]'
            cand --port 'Port of the server [default: 8080]'
            cand --source 'Send from this address, also as ADDR:PORT'
            cand --timeout 'Timeout for connecting and for each read [default: 5s]'
            cand --wait 'Retry until the reply is right, at most this long'
            cand --count 'Send the message N times (0: until Ctrl-C)'
            cand --interval 'Time between the starts of two messages [default: 1s]'
            cand --connections 'Concurrent connections, N messages each'
            cand --rate 'Send R messages a second in all, evenly spaced'
            cand --duration 'Send messages for this long'
            cand --histogram 'Write the times to a file, for HdrHistogram''s tools'
            cand --split 'Send in pieces of BYTES bytes'
            cand --gap 'Pause between two pieces'
            cand --file 'Send a file as one message (-: standard input)'
            cand --format 'Output: text, raw or json [default: text]'
            cand --color 'Colour: auto, always or never [default: auto]'
            cand --lang 'Language: pt or en'
            cand -4 'Use IPv4 only'
            cand -6 'Use IPv6 only'
            cand --no-newline 'Send no newline after the message'
            cand --half-close 'Half-close the connection after the message'
            cand --reset 'Close by a reset'
            cand --check 'Fail if a reply is wrong'
            cand -v 'Trace connections; -vv: also bytes'
            cand --verbose 'Trace connections; -vv: also bytes'
            cand -h 'Print help (-h: summary, --help: complete)'
            cand --help 'Print help (-h: summary, --help: complete)'
        }
        &'upcase;completions'= {
            cand --color 'Colour: auto, always or never [default: auto]'
            cand --lang 'Language: pt or en'
            cand -h 'Print help (-h: summary, --help: complete)'
            cand --help 'Print help (-h: summary, --help: complete)'
            cand bash ''
            cand elvish ''
            cand fish ''
            cand powershell ''
            cand zsh ''
        }
        &'upcase;completions;bash'= {
        }
        &'upcase;completions;elvish'= {
        }
        &'upcase;completions;fish'= {
        }
        &'upcase;completions;powershell'= {
        }
        &'upcase;completions;zsh'= {
        }
        &'upcase;man'= {
            cand --color 'Colour: auto, always or never [default: auto]'
            cand --lang 'Language: pt or en'
            cand -h 'Print help (-h: summary, --help: complete)'
            cand --help 'Print help (-h: summary, --help: complete)'
            cand upcase 'All commands'
            cand upcase-serve 'The server'
            cand upcase-send 'The client'
        }
        &'upcase;man;upcase'= {
        }
        &'upcase;man;upcase-serve'= {
        }
        &'upcase;man;upcase-send'= {
        }
        &'upcase;help'= {
            cand --color 'Colour: auto, always or never [default: auto]'
            cand --lang 'Language: pt or en'
            cand -h 'Print help (-h: summary, --help: complete)'
            cand --help 'Print help (-h: summary, --help: complete)'
            cand serve 'Listen, print each message, and reply in upper case'
            cand send 'Send a message, or each line of input, and print the reply'
            cand completions 'Print a shell''s completion script'
            cand man 'Print a manual page'
        }
        &'upcase;help;serve'= {
        }
        &'upcase;help;send'= {
        }
        &'upcase;help;completions'= {
        }
        &'upcase;help;man'= {
        }
    ]
    var values = [
        &'upcase;serve --host'= { }
        &'upcase;serve --port'= { }
        &'upcase;serve --pause'= { }
        &'upcase;serve --idle-timeout'= { }
        &'upcase;serve --max-connections'= { }
        &'upcase;serve --grace'= { }
        &'upcase;serve --fault'= { }
        &'upcase;serve --fault-rate'= { }
        &'upcase;serve --seed'= { }
        &'upcase;serve --format'= { cand text 'Address and message, two lines'; cand json 'One JSON object a line'; }
        &'upcase;serve --color'= { cand auto 'On a terminal, unless the environment says otherwise'; cand always 'Always, also in a file or a pipe'; cand never 'Never'; }
        &'upcase;serve --lang'= { cand pt 'Portuguese'; cand en 'English'; }
        &'upcase;send --host'= { }
        &'upcase;send --port'= { }
        &'upcase;send --source'= { }
        &'upcase;send --timeout'= { }
        &'upcase;send --wait'= { }
        &'upcase;send --count'= { }
        &'upcase;send --interval'= { }
        &'upcase;send --connections'= { }
        &'upcase;send --rate'= { }
        &'upcase;send --duration'= { }
        &'upcase;send --histogram'= { edit:complete-filename $words[-1]; }
        &'upcase;send --split'= { }
        &'upcase;send --gap'= { }
        &'upcase;send --file'= { edit:complete-filename $words[-1]; }
        &'upcase;send --format'= { cand text 'Message and reply, two lines'; cand raw 'The bytes of the reply only'; cand json 'One JSON object a line'; }
        &'upcase;send --color'= { cand auto 'On a terminal, unless the environment says otherwise'; cand always 'Always, also in a file or a pipe'; cand never 'Never'; }
        &'upcase;send --lang'= { cand pt 'Portuguese'; cand en 'English'; }
        &'upcase;completions --color'= { cand auto 'On a terminal, unless the environment says otherwise'; cand always 'Always, also in a file or a pipe'; cand never 'Never'; }
        &'upcase;completions --lang'= { cand pt 'Portuguese'; cand en 'English'; }
        &'upcase;man --color'= { cand auto 'On a terminal, unless the environment says otherwise'; cand always 'Always, also in a file or a pipe'; cand never 'Never'; }
        &'upcase;man --lang'= { cand pt 'Portuguese'; cand en 'English'; }
        &'upcase;help --color'= { cand auto 'On a terminal, unless the environment says otherwise'; cand always 'Always, also in a file or a pipe'; cand never 'Never'; }
        &'upcase;help --lang'= { cand pt 'Portuguese'; cand en 'English'; }
        &'upcase --color'= { cand auto 'On a terminal, unless the environment says otherwise'; cand always 'Always, also in a file or a pipe'; cand never 'Never'; }
        &'upcase --lang'= { cand pt 'Portuguese'; cand en 'English'; }
    ]
    var option = $command' '$words[-2]
    if (has-key $values $option) {
        $values[$option]
    } elif (has-key $completions $command) {
        $completions[$command]
    }
}
