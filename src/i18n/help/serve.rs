//! The help of `upcase serve`.

use super::CommandHelp;

pub(super) const SERVE: CommandHelp = CommandHelp {
    name: "serve",
    about: &[
        [
            "Escuta, mostra cada mensagem e responde em maiúsculas",
            "Listen, print each message, and reply in upper case",
        ],
        [
            "Escuta até receber SIGINT, SIGTERM ou SIGHUP e atende muitas conexões ao mesmo tempo. Mostra cada mensagem \
             abaixo do endereço de quem a enviou e responde com a mensagem em maiúsculas, sem os espaços em branco das \
             pontas. Uma conexão traz uma mensagem: uma linha, ou tudo o que o cliente envia até fechar o seu lado da \
             conexão (half-close) ou ficar em silêncio durante --pause. Com --keep-alive, cada linha é uma mensagem.",
            "Listens until SIGINT, SIGTERM or SIGHUP, and serves many connections at once. Prints each message below the \
             address of its sender, and replies with the message in upper case, without the white space at both \
             ends. A connection carries one message: one line, or all that the client sends before it half-closes or \
             is silent for --pause. With --keep-alive, each line is a message.",
        ],
        ["Escreva um TEMPO com a unidade: 500ms, 5s, 2m.", "Write a TIME with its unit: 500ms, 5s, 2m."],
    ],
    arguments: &[
        (
            "host",
            &[
                ["Endereço ou nome em que escutar", "Address or name to listen on"],
                [
                    "Você pode repetir esta opção. O servidor escuta em todos os endereços de um nome. 0.0.0.0 \
                     representa todos os endereços IPv4 desta máquina, e :: todos os endereços IPv6. Um endereço IPv6 \
                     pode estar entre colchetes.",
                    "You can repeat this option. The server listens on all addresses of a name. 0.0.0.0 stands for all \
                     IPv4 addresses of this machine, and :: for all IPv6 addresses. An IPv6 address may be in \
                     brackets.",
                ],
            ],
        ),
        (
            "port",
            &[
                ["Porta em que escutar (0: uma livre)", "Port to listen on (0: any free port)"],
                [
                    "Com 0, o sistema escolhe uma porta livre, e o servidor a mostra. A porta é a mesma para todos os \
                     hosts.",
                    "With 0, the system chooses a free port, and the server prints it. All hosts share the port.",
                ],
            ],
        ),
        (
            "keep_alive",
            &[
                [
                    "Cada linha é uma mensagem; a conexão fica aberta",
                    "Treat each line as a message; keep the connection open",
                ],
                [
                    "Cada linha recebe uma resposta, que também termina em uma quebra de linha. Os clientes podem \
                     enviar linhas antes de receber as respostas às anteriores: as respostas vêm em ordem. A conexão \
                     dura até o cliente fechar o seu lado (half-close) ou ficar inativo durante --idle-timeout.",
                    "Each line gets a reply, and each reply ends in a newline. Clients may send lines before they have \
                     the replies to earlier ones: the replies come in order. The connection lasts until the client \
                     half-closes or is idle for --idle-timeout.",
                ],
            ],
        ),
        (
            "pause",
            &[
                ["Espera pelo resto de uma mensagem", "Wait for the rest of a message"],
                [
                    "Sem --keep-alive, uma mensagem que não seja uma única linha completa termina quando o cliente fecha \
                     o seu lado da conexão (half-close), ou quando nada mais da mensagem chega durante este tempo.",
                    "Without --keep-alive, a message other than a single complete line ends when the client half-closes, \
                     or when this time passes without more of the message.",
                ],
            ],
        ),
        (
            "idle_timeout",
            &[
                ["Tempo limite de uma conexão inativa", "Timeout for an idle connection"],
                [
                    "O servidor fecha a conexão se o cliente não enviar nada, ou não ler nada das respostas, durante este \
                     tempo.",
                    "The server closes a connection if the client sends nothing, or reads nothing of its replies, for \
                     this time.",
                ],
            ],
        ),
        (
            "max_connections",
            &[
                ["Limite de conexões ao mesmo tempo", "Limit on concurrent connections"],
                [
                    "Outros clientes esperam até que uma conexão termine. O padrão é o que o limite de arquivos abertos \
                     permite. O servidor aumenta esse limite até onde o sistema deixa.",
                    "More clients wait until a connection ends. The default is what the limit on open files allows. The \
                     server raises that limit as far as the system permits.",
                ],
            ],
        ),
        (
            "grace",
            &[
                ["Tempo para concluir as respostas no fim", "Time to finish replies on shutdown"],
                [
                    "Depois de SIGINT, SIGTERM ou SIGHUP, o servidor não aceita mais conexões e fecha as abertas quando as \
                     respostas estão completas, ou depois deste tempo. Então mostra quanto atendeu. Um segundo sinal \
                     encerra o servidor na hora.",
                    "After SIGINT, SIGTERM or SIGHUP the server accepts no more connections, and closes the open ones when \
                     their replies are complete, or after this time. Then it prints how much it served. A second \
                     signal ends the server at once.",
                ],
            ],
        ),
        (
            "fault",
            &[
                ["Falha de propósito, para testar clientes", "Misbehave on request, to test clients"],
                [
                    "Você pode repetir esta opção para combinar falhas; mute, no-read, no-accept e close-unread não se \
                     combinam com nada. A lista está abaixo, em 'Valores de --fault'. Com -v, o rastro mostra cada falha \
                     que acontece.",
                    "You can repeat this option to combine faults; mute, no-read, no-accept and close-unread stand alone. \
                     'Values of --fault' below has the list. With -v, the trace shows each fault that acts.",
                ],
            ],
        ),
        (
            "fault_rate",
            &[
                ["Parte das conexões que têm as falhas", "Share of the connections that have the faults"],
                [
                    "Uma porcentagem, como 10% ou 0.5%. Uma semente escolhe as conexões pelos seus números; o servidor a \
                     mostra no começo.",
                    "A percentage, like 10% or 0.5%. A seed chooses the connections by their numbers; the server prints \
                     it at the start.",
                ],
            ],
        ),
        (
            "seed",
            &[
                ["Semente da escolha das conexões", "Seed of the choice of connections"],
                [
                    "Com a mesma semente, as conexões com os mesmos números têm as falhas. O padrão é uma semente \
                     aleatória.",
                    "With the same seed, the connections with the same numbers have the faults. The default is a random \
                     seed.",
                ],
            ],
        ),
        (
            "format",
            &[
                ["Formato das mensagens: text ou json", "Format of messages: text or json"],
                [
                    "text mostra o endereço do cliente e a mensagem, com os caracteres de controle escapados. json \
                     escreve um objeto JSON por linha. De uma mensagem com mais de 1.024 bytes, os dois mostram o \
                     começo.",
                    "text prints the address of the sender and the message, with control characters escaped. json \
                     prints one JSON object a line. Of a message over 1,024 bytes, both print the beginning.",
                ],
            ],
        ),
        ("verbose", super::VERBOSE),
        ("quiet", &[["Não mostra as mensagens", "Do not print messages"]]),
    ],
    values: &[
        ("text", ["Endereço e mensagem, em duas linhas", "Address and message, two lines"]),
        ("json", ["Um objeto JSON por linha", "One JSON object a line"]),
    ],
    examples: &[
        (
            [
                "Escutar em todos os endereços desta máquina, IPv4 e IPv6:",
                "Listen on all addresses of this machine, IPv4 and IPv6:",
            ],
            "upcase serve --host 0.0.0.0 --host :: --port 9000",
        ),
        (
            [
                "Escutar em uma porta livre e mostrar o seu número:",
                "Listen on a free port, and print its number:",
            ],
            "upcase serve --port 0",
        ),
        (
            [
                "Responder a cada linha e guardar as mensagens em JSON:",
                "Reply to each line, and keep the messages as JSON:",
            ],
            "upcase serve --keep-alive --format json >> messages.jsonl",
        ),
        (
            [
                "Responder devagar, em segmentos de 1 byte, a 10% das conexões:",
                "Reply slowly, in segments of 1 byte, to 10% of the connections:",
            ],
            "upcase serve --fault drip=200ms --fault-rate 10% --seed 1",
        ),
        (
            ["Enviar uma mensagem sem upcase send:", "Send a message without upcase send:"],
            "echo oi | nc 127.0.0.1 8080",
        ),
    ],
};
