//! The help of `upcase`, with the options of all commands, and of the commands that print texts.

use super::CommandHelp;

pub(super) const UPCASE: CommandHelp = CommandHelp {
    name: "upcase",
    about: &[
        [
            "Envia texto por TCP e o recebe de volta em maiúsculas",
            "Send text over TCP and get it back in upper case",
        ],
        [
            "'upcase serve' escuta em 127.0.0.1, porta 8080, mostra cada mensagem com o endereço de quem a enviou e \
             responde com a mensagem em maiúsculas. 'upcase send' envia uma mensagem e mostra o que foi enviado e o \
             que foi recebido. Uma resposta em maiúsculas prova que uma aplicação respondeu; um eco pode vir de \
             qualquer ponto do caminho.",
            "'upcase serve' listens on 127.0.0.1, port 8080, prints each message with the address of its sender, and \
             replies with the message in upper case. 'upcase send' sends a message, and prints what was sent and \
             received. An upper-cased reply proves that an application answered, where an echo can come from \
             anything on the path.",
        ],
        [
            "Mensagens e respostas vão para a saída padrão; todo o resto vai para a saída de erros.",
            "Messages and replies go to standard output, everything else to standard error.",
        ],
    ],
    arguments: &[
        (
            "color",
            &[
                ["Cores: auto, always ou never", "Colour: auto, always or never"],
                [
                    "Com auto, a saída tem cores em um terminal, e não em um arquivo ou pipe. always usa cores sempre, \
                     e never não as usa nunca.",
                    "With auto, output to a terminal has colour, and output to a file or a pipe has none. always uses \
                     colour everywhere, and never nowhere.",
                ],
            ],
        ),
        (
            "lang",
            &[
                ["Idioma: pt ou en", "Language: pt or en"],
                [
                    "O idioma de tudo o que o programa escreve. Sem esta opção, UPCASE_LANG decide, ou então o idioma do \
                     sistema (LC_ALL, LC_MESSAGES, LANG). Se nada disso indicar português ou inglês, as mensagens são \
                     em português e a ajuda é em inglês.",
                    "The language of everything that the program prints. Without this option, UPCASE_LANG decides, or \
                     else the locale (LC_ALL, LC_MESSAGES, LANG). If none of these is Portuguese or English, \
                     messages are in Portuguese, and the help is in English.",
                ],
            ],
        ),
        (
            "help",
            &[[
                "Mostra a ajuda (-h: resumo, --help: completa)",
                "Print help (-h: summary, --help: complete)",
            ]],
        ),
        ("version", &[["Mostra a versão", "Print version"]]),
    ],
    values: &[
        (
            "auto",
            [
                "Em um terminal, se o ambiente não disser outra coisa",
                "On a terminal, unless the environment says otherwise",
            ],
        ),
        ("always", ["Sempre, também em um arquivo ou pipe", "Always, also in a file or a pipe"]),
        ("never", ["Nunca", "Never"]),
        ("pt", ["Português", "Portuguese"]),
        ("en", ["Inglês", "English"]),
    ],
    examples: &[
        (["Iniciar o servidor em um terminal:", "Start the server in one terminal:"], "upcase serve"),
        (
            ["Enviar uma mensagem em outro terminal:", "Send a message from another terminal:"],
            "upcase send \"mensagem de teste\"",
        ),
        (
            ["Completar comandos e opções neste bash:", "Complete commands and options in this bash:"],
            "eval \"$(upcase completions bash)\"",
        ),
        (
            ["Ler uma página de manual sem instalá-la:", "Read a manual page that is not installed:"],
            "upcase man upcase-send | man -l -",
        ),
    ],
};

pub(super) const COMPLETIONS: CommandHelp = CommandHelp {
    name: "completions",
    about: &[["Mostra o script que completa comandos em um shell", "Print a shell's completion script"]],
    arguments: &[(
        "shell",
        &[["Shell: bash, elvish, fish, powershell ou zsh", "Shell: bash, elvish, fish, powershell or zsh"]],
    )],
    values: &[],
    examples: &[
        (
            ["Completar comandos e opções neste bash:", "Complete commands and options in this bash:"],
            "eval \"$(upcase completions bash)\"",
        ),
        (
            [
                "Completar em todo zsh, se DIR estiver em $fpath:",
                "Complete them in every zsh, if DIR is in $fpath:",
            ],
            "upcase completions zsh > DIR/_upcase",
        ),
    ],
};

pub(super) const MAN: CommandHelp = CommandHelp {
    name: "man",
    about: &[
        ["Mostra uma página de manual", "Print a manual page"],
        [
            "Escreve o texto-fonte de uma página de manual, para 'man -l -' e programas semelhantes.",
            "Prints the source of a manual page, for 'man -l -' and similar programs.",
        ],
    ],
    arguments: &[(
        "page",
        &[["Página: upcase, upcase-serve ou upcase-send", "Page: upcase, upcase-serve or upcase-send"]],
    )],
    values: &[
        ("upcase", ["Todos os comandos", "All commands"]),
        ("upcase-serve", ["O servidor", "The server"]),
        ("upcase-send", ["O cliente", "The client"]),
    ],
    examples: &[
        (["Ler a página de um comando:", "Read the page of a command:"], "upcase man send | man -l -"),
        (["Guardar uma página:", "Save a page:"], "upcase man upcase-serve > upcase-serve.1"),
    ],
};

pub(super) const HELP: CommandHelp = CommandHelp {
    name: "help",
    about: &[["Mostra a ajuda de um comando", "Print the help of a command"]],
    arguments: &[("command", &[["Comando", "Command"]])],
    values: &[],
    examples: &[(
        ["Ler a ajuda completa do cliente:", "Read the complete help of the client:"],
        "upcase help send",
    )],
};
