# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_upcase_global_optspecs
    string join \n color= lang= h/help V/version
end

function __fish_upcase_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_upcase_global_optspecs) -- $cmd 2>/dev/null
    or return 0
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_upcase_using_subcommand
    set -l cmd (__fish_upcase_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c upcase -n "__fish_upcase_needs_command" -l color -d 'Colour: auto, always or never [default: auto]' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always, also in a file or a pipe'
never\t'Never'"
complete -c upcase -n "__fish_upcase_needs_command" -l lang -d 'Language: pt or en' -r -f -a "pt\t'Portuguese'
en\t'English'"
complete -c upcase -n "__fish_upcase_needs_command" -s h -l help -d 'Print help (-h: summary, --help: complete)'
complete -c upcase -n "__fish_upcase_needs_command" -s V -l version -d 'Print version'
complete -c upcase -n "__fish_upcase_needs_command" -f -a "serve" -d 'Listen, print each message, and reply in upper case'
complete -c upcase -n "__fish_upcase_needs_command" -f -a "send" -d 'Send a message, or each line of input, and print the reply'
complete -c upcase -n "__fish_upcase_needs_command" -f -a "completions" -d 'Print a shell\'s completion script'
complete -c upcase -n "__fish_upcase_needs_command" -f -a "man" -d 'Print a manual page'
complete -c upcase -n "__fish_upcase_needs_command" -f -a "help" -d 'Print the help of a command'
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l host -d 'Address or name to listen on [default: 127.0.0.1]' -r -f -a "(__fish_print_hostnames)"
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l port -d 'Port to listen on (0: any free port) [default: 8080]' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l pause -d 'Wait for the rest of a message [default: 1s]' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l idle-timeout -d 'Timeout for an idle connection [default: 30s]' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l max-connections -d 'Limit on concurrent connections' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l grace -d 'Time to finish replies on shutdown [default: 5s]' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l fault -d 'Misbehave on request, to test clients' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l fault-rate -d 'Share of the connections that have the faults' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l seed -d 'Seed of the choice of connections' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l format -d 'Format of messages: text or json [default: text]' -r -f -a "text\t'Address and message, two lines'
json\t'One JSON object a line'"
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l color -d 'Colour: auto, always or never [default: auto]' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always, also in a file or a pipe'
never\t'Never'"
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l lang -d 'Language: pt or en' -r -f -a "pt\t'Portuguese'
en\t'English'"
complete -c upcase -n "__fish_upcase_using_subcommand serve" -l keep-alive -d 'Treat each line as a message; keep the connection open'
complete -c upcase -n "__fish_upcase_using_subcommand serve" -s v -l verbose -d 'Trace connections; -vv: also bytes'
complete -c upcase -n "__fish_upcase_using_subcommand serve" -s q -l quiet -d 'Do not print messages'
complete -c upcase -n "__fish_upcase_using_subcommand serve" -s h -l help -d 'Print help (-h: summary, --help: complete)'
complete -c upcase -n "__fish_upcase_using_subcommand send" -l host -d 'Server, also as HOST:PORT [default: 127.0.0.1]' -r -f -a "(__fish_print_hostnames)"
complete -c upcase -n "__fish_upcase_using_subcommand send" -l port -d 'Port of the server [default: 8080]' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand send" -l source -d 'Send from this address, also as ADDR:PORT' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand send" -l timeout -d 'Timeout for connecting and for each read [default: 5s]' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand send" -l wait -d 'Retry until the reply is right, at most this long' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand send" -l count -d 'Send the message N times (0: until Ctrl-C)' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand send" -l interval -d 'Time between the starts of two messages [default: 1s]' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand send" -l connections -d 'Concurrent connections, N messages each' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand send" -l rate -d 'Send R messages a second in all, evenly spaced' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand send" -l duration -d 'Send messages for this long' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand send" -l histogram -d 'Write the times to a file, for HdrHistogram\'s tools' -r -F
complete -c upcase -n "__fish_upcase_using_subcommand send" -l split -d 'Send in pieces of BYTES bytes' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand send" -l gap -d 'Pause between two pieces' -r -f
complete -c upcase -n "__fish_upcase_using_subcommand send" -l file -d 'Send a file as one message (-: standard input)' -r -F
complete -c upcase -n "__fish_upcase_using_subcommand send" -l format -d 'Output: text, raw or json [default: text]' -r -f -a "text\t'Message and reply, two lines'
raw\t'The bytes of the reply only'
json\t'One JSON object a line'"
complete -c upcase -n "__fish_upcase_using_subcommand send" -l color -d 'Colour: auto, always or never [default: auto]' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always, also in a file or a pipe'
never\t'Never'"
complete -c upcase -n "__fish_upcase_using_subcommand send" -l lang -d 'Language: pt or en' -r -f -a "pt\t'Portuguese'
en\t'English'"
complete -c upcase -n "__fish_upcase_using_subcommand send" -s 4 -d 'Use IPv4 only'
complete -c upcase -n "__fish_upcase_using_subcommand send" -s 6 -d 'Use IPv6 only'
complete -c upcase -n "__fish_upcase_using_subcommand send" -l no-newline -d 'Send no newline after the message'
complete -c upcase -n "__fish_upcase_using_subcommand send" -l half-close -d 'Half-close the connection after the message'
complete -c upcase -n "__fish_upcase_using_subcommand send" -l reset -d 'Close by a reset'
complete -c upcase -n "__fish_upcase_using_subcommand send" -l check -d 'Fail if a reply is wrong'
complete -c upcase -n "__fish_upcase_using_subcommand send" -s v -l verbose -d 'Trace connections; -vv: also bytes'
complete -c upcase -n "__fish_upcase_using_subcommand send" -s h -l help -d 'Print help (-h: summary, --help: complete)'
complete -c upcase -n "__fish_upcase_using_subcommand completions; and not __fish_seen_subcommand_from bash elvish fish powershell zsh" -l color -d 'Colour: auto, always or never [default: auto]' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always, also in a file or a pipe'
never\t'Never'"
complete -c upcase -n "__fish_upcase_using_subcommand completions; and not __fish_seen_subcommand_from bash elvish fish powershell zsh" -l lang -d 'Language: pt or en' -r -f -a "pt\t'Portuguese'
en\t'English'"
complete -c upcase -n "__fish_upcase_using_subcommand completions; and not __fish_seen_subcommand_from bash elvish fish powershell zsh" -s h -l help -d 'Print help (-h: summary, --help: complete)'
complete -c upcase -n "__fish_upcase_using_subcommand completions; and not __fish_seen_subcommand_from bash elvish fish powershell zsh" -a "bash" -d ''
complete -c upcase -n "__fish_upcase_using_subcommand completions; and not __fish_seen_subcommand_from bash elvish fish powershell zsh" -a "elvish" -d ''
complete -c upcase -n "__fish_upcase_using_subcommand completions; and not __fish_seen_subcommand_from bash elvish fish powershell zsh" -a "fish" -d ''
complete -c upcase -n "__fish_upcase_using_subcommand completions; and not __fish_seen_subcommand_from bash elvish fish powershell zsh" -a "powershell" -d ''
complete -c upcase -n "__fish_upcase_using_subcommand completions; and not __fish_seen_subcommand_from bash elvish fish powershell zsh" -a "zsh" -d ''
complete -c upcase -n "__fish_upcase_using_subcommand man; and not __fish_seen_subcommand_from upcase upcase-serve upcase-send" -l color -d 'Colour: auto, always or never [default: auto]' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always, also in a file or a pipe'
never\t'Never'"
complete -c upcase -n "__fish_upcase_using_subcommand man; and not __fish_seen_subcommand_from upcase upcase-serve upcase-send" -l lang -d 'Language: pt or en' -r -f -a "pt\t'Portuguese'
en\t'English'"
complete -c upcase -n "__fish_upcase_using_subcommand man; and not __fish_seen_subcommand_from upcase upcase-serve upcase-send" -s h -l help -d 'Print help (-h: summary, --help: complete)'
complete -c upcase -n "__fish_upcase_using_subcommand man; and not __fish_seen_subcommand_from upcase upcase-serve upcase-send" -a "upcase" -d 'All commands'
complete -c upcase -n "__fish_upcase_using_subcommand man; and not __fish_seen_subcommand_from upcase upcase-serve upcase-send" -a "upcase-serve" -d 'The server'
complete -c upcase -n "__fish_upcase_using_subcommand man; and not __fish_seen_subcommand_from upcase upcase-serve upcase-send" -a "upcase-send" -d 'The client'
complete -c upcase -n "__fish_upcase_using_subcommand help; and not __fish_seen_subcommand_from serve send completions man" -l color -d 'Colour: auto, always or never [default: auto]' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always, also in a file or a pipe'
never\t'Never'"
complete -c upcase -n "__fish_upcase_using_subcommand help; and not __fish_seen_subcommand_from serve send completions man" -l lang -d 'Language: pt or en' -r -f -a "pt\t'Portuguese'
en\t'English'"
complete -c upcase -n "__fish_upcase_using_subcommand help; and not __fish_seen_subcommand_from serve send completions man" -s h -l help -d 'Print help (-h: summary, --help: complete)'
complete -c upcase -n "__fish_upcase_using_subcommand help; and not __fish_seen_subcommand_from serve send completions man" -a "serve" -d 'Listen, print each message, and reply in upper case'
complete -c upcase -n "__fish_upcase_using_subcommand help; and not __fish_seen_subcommand_from serve send completions man" -a "send" -d 'Send a message, or each line of input, and print the reply'
complete -c upcase -n "__fish_upcase_using_subcommand help; and not __fish_seen_subcommand_from serve send completions man" -a "completions" -d 'Print a shell\'s completion script'
complete -c upcase -n "__fish_upcase_using_subcommand help; and not __fish_seen_subcommand_from serve send completions man" -a "man" -d 'Print a manual page'
complete -c upcase -f
