
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'upcase' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'upcase'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'upcase' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never [default: auto]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'Language: pt or en')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (-h: summary, --help: complete)')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (-h: summary, --help: complete)')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Listen, print each message, and reply in upper case')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Send a message, or each line of input, and print the reply')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell''s completion script')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print the help of a command')
            break
        }
        'upcase;serve' {
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address or name to listen on [default: 127.0.0.1]')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port to listen on (0: any free port) [default: 8080]')
            [CompletionResult]::new('--pause', '--pause', [CompletionResultType]::ParameterName, 'Wait for the rest of a message [default: 1s]')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'Timeout for an idle connection [default: 30s]')
            [CompletionResult]::new('--max-connections', '--max-connections', [CompletionResultType]::ParameterName, 'Limit on concurrent connections')
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'Time to finish replies on shutdown [default: 5s]')
            [CompletionResult]::new('--fault', '--fault', [CompletionResultType]::ParameterName, 'Misbehave on request, to test clients')
            [CompletionResult]::new('--fault-rate', '--fault-rate', [CompletionResultType]::ParameterName, 'Share of the connections that have the faults')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Seed of the choice of connections')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of messages: text or json [default: text]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never [default: auto]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'Language: pt or en')
            [CompletionResult]::new('--keep-alive', '--keep-alive', [CompletionResultType]::ParameterName, 'Treat each line as a message; keep the connection open')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Trace connections; -vv: also bytes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Trace connections; -vv: also bytes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Do not print messages')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Do not print messages')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (-h: summary, --help: complete)')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (-h: summary, --help: complete)')
            break
        }
        'upcase;send' {
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Server, also as HOST:PORT [default: 127.0.0.1]')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the server [default: 8080]')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Send from this address, also as ADDR:PORT')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Timeout for connecting and for each read [default: 5s]')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Retry until the reply is right, at most this long')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Send the message N times (0: until Ctrl-C)')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Time between the starts of two messages [default: 1s]')
            [CompletionResult]::new('--connections', '--connections', [CompletionResultType]::ParameterName, 'Concurrent connections, N messages each')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Send R messages a second in all, evenly spaced')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'Send messages for this long')
            [CompletionResult]::new('--histogram', '--histogram', [CompletionResultType]::ParameterName, 'Write the times to a file, for HdrHistogram''s tools')
            [CompletionResult]::new('--split', '--split', [CompletionResultType]::ParameterName, 'Send in pieces of BYTES bytes')
            [CompletionResult]::new('--gap', '--gap', [CompletionResultType]::ParameterName, 'Pause between two pieces')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Send a file as one message (-: standard input)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output: text, raw or json [default: text]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never [default: auto]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'Language: pt or en')
            [CompletionResult]::new('-4', '-4', [CompletionResultType]::ParameterName, 'Use IPv4 only')
            [CompletionResult]::new('-6', '-6', [CompletionResultType]::ParameterName, 'Use IPv6 only')
            [CompletionResult]::new('--no-newline', '--no-newline', [CompletionResultType]::ParameterName, 'Send no newline after the message')
            [CompletionResult]::new('--half-close', '--half-close', [CompletionResultType]::ParameterName, 'Half-close the connection after the message')
            [CompletionResult]::new('--reset', '--reset', [CompletionResultType]::ParameterName, 'Close by a reset')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Fail if a reply is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Trace connections; -vv: also bytes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Trace connections; -vv: also bytes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (-h: summary, --help: complete)')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (-h: summary, --help: complete)')
            break
        }
        'upcase;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never [default: auto]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'Language: pt or en')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (-h: summary, --help: complete)')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (-h: summary, --help: complete)')
            [CompletionResult]::new('bash', 'bash', [CompletionResultType]::ParameterValue, 'bash')
            [CompletionResult]::new('elvish', 'elvish', [CompletionResultType]::ParameterValue, 'elvish')
            [CompletionResult]::new('fish', 'fish', [CompletionResultType]::ParameterValue, 'fish')
            [CompletionResult]::new('powershell', 'powershell', [CompletionResultType]::ParameterValue, 'powershell')
            [CompletionResult]::new('zsh', 'zsh', [CompletionResultType]::ParameterValue, 'zsh')
            break
        }
        'upcase;completions;bash' {
            break
        }
        'upcase;completions;elvish' {
            break
        }
        'upcase;completions;fish' {
            break
        }
        'upcase;completions;powershell' {
            break
        }
        'upcase;completions;zsh' {
            break
        }
        'upcase;man' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never [default: auto]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'Language: pt or en')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (-h: summary, --help: complete)')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (-h: summary, --help: complete)')
            [CompletionResult]::new('upcase', 'upcase', [CompletionResultType]::ParameterValue, 'All commands')
            [CompletionResult]::new('upcase-serve', 'upcase-serve', [CompletionResultType]::ParameterValue, 'The server')
            [CompletionResult]::new('upcase-send', 'upcase-send', [CompletionResultType]::ParameterValue, 'The client')
            break
        }
        'upcase;man;upcase' {
            break
        }
        'upcase;man;upcase-serve' {
            break
        }
        'upcase;man;upcase-send' {
            break
        }
        'upcase;help' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour: auto, always or never [default: auto]')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'Language: pt or en')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (-h: summary, --help: complete)')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (-h: summary, --help: complete)')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Listen, print each message, and reply in upper case')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Send a message, or each line of input, and print the reply')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell''s completion script')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page')
            break
        }
        'upcase;help;serve' {
            break
        }
        'upcase;help;send' {
            break
        }
        'upcase;help;completions' {
            break
        }
        'upcase;help;man' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
