
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
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'Speak Portuguese or English: pt or en')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Listen, show each message, and answer it in upper case')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Send a message and show the reply')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell''s completion script')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'upcase;serve' {
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Address or name to listen on, repeatable')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port to listen on (0: any free one)')
            [CompletionResult]::new('--pause', '--pause', [CompletionResultType]::ParameterName, 'Wait this long for the rest of a line')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'Close after this long without a byte')
            [CompletionResult]::new('--max-connections', '--max-connections', [CompletionResultType]::ParameterName, 'Connections at once [default: by open-file limit]')
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'Finish replies this long at the end')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Show messages as text or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'Speak Portuguese or English: pt or en')
            [CompletionResult]::new('--keep-alive', '--keep-alive', [CompletionResultType]::ParameterName, 'Answer line by line, and keep the connection open')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no messages')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no messages')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'upcase;send' {
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'The server, also as HOST:PORT')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Its port')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'To connect, and wait for a reply')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Try again this long, until the reply is right')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Send it N times, and sum up (0: until Ctrl-C)')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'How often (0s: after each reply)')
            [CompletionResult]::new('--connections', '--connections', [CompletionResultType]::ParameterName, 'How many send it N times, side by side')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Send a file as one message (-: standard input)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Show it as text, raw or json')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'Speak Portuguese or English: pt or en')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Fail where a reply is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'upcase;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'Speak Portuguese or English: pt or en')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'upcase;man' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Use colour: auto, always or never')
            [CompletionResult]::new('--lang', '--lang', [CompletionResultType]::ParameterName, 'Speak Portuguese or English: pt or en')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'upcase;help' {
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Listen, show each message, and answer it in upper case')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Send a message and show the reply')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell''s completion script')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
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
        'upcase;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
