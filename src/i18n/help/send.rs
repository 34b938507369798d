//! The help of `upcase send`.

use super::CommandHelp;

pub(super) const SEND: CommandHelp = CommandHelp {
    name: "send",
    about: &[
        [
            "Envia uma mensagem, ou cada linha da entrada, e mostra a resposta",
            "Send a message, or each line of input, and print the reply",
        ],
        [
            "Envia a MENSAGEM, ou então cada linha da entrada padrão, e mostra o que foi enviado e o que foi recebido. Em \
             um terminal, send pede linhas, que podem ser editadas. As setas trazem de volta as linhas anteriores. \
             Uma entrada padrão sem linhas é um erro. Só --count, --rate e --duration não leem a entrada padrão. O servidor pode ser 'upcase \
             serve', ou qualquer um que responda a cada linha ou feche depois da resposta.",
            "Sends MESSAGE, or else each line of standard input, and prints what was sent and received. At a terminal, \
             send prompts for lines, which can be edited. The arrow keys bring back earlier lines. Standard input \
             without a line is an error. Only --count, --rate and --duration do not read standard input. The server may be 'upcase serve', \
             or any server that replies to each line or closes after its reply.",
        ],
        ["Escreva um TEMPO com a unidade: 500ms, 5s, 2m.", "Write a TIME with its unit: 500ms, 5s, 2m."],
    ],
    arguments: &[
        (
            "host",
            &[
                ["Servidor, também como HOST:PORTA", "Server, also as HOST:PORT"],
                [
                    "Um nome ou um endereço. Um endereço IPv6 precisa de colchetes se vier seguido da porta, como em uma \
                     URL. Se um nome tem vários endereços, send os tenta como descreve a RFC 8305 (\"happy eyeballs\").",
                    "A name or an address. An IPv6 address needs brackets if a port follows, as in URLs. If a name has \
                     several addresses, send tries them as RFC 8305 (\"happy eyeballs\") describes.",
                ],
            ],
        ),
        (
            "port",
            &[
                ["Porta do servidor", "Port of the server"],
                [
                    "Uma porta em --host prevalece sobre o padrão e sobre o ambiente. Se --host e --port indicarem portas \
                     diferentes, é um erro.",
                    "A port in --host takes precedence over the default and over the environment. If --host and --port \
                     name different ports, that is an error.",
                ],
            ],
        ),
        ("ipv4", &[["Usa só IPv4", "Use IPv4 only"]]),
        ("ipv6", &[["Usa só IPv6", "Use IPv6 only"]]),
        (
            "source",
            &[
                [
                    "Envia a partir deste endereço, também ENDEREÇO:PORTA",
                    "Send from this address, also as ADDR:PORT",
                ],
                [
                    "Um endereço desta máquina. Sem porta, ou com a porta 0, o sistema escolhe uma porta livre. Uma conexão \
                     encerrada pode manter a porta por um minuto: até lá, uma porta fixa não se conecta de novo ao mesmo \
                     servidor. Com --reset, nenhuma conexão mantém a porta.",
                    "An address of this machine. Without a port, or with port 0, the system chooses a free one. A connection \
                     that has ended may keep its port for a minute: until then, a fixed port cannot connect to the same \
                     server again. With --reset, no connection keeps its port.",
                ],
            ],
        ),
        (
            "timeout",
            &[
                ["Tempo limite para conectar e por leitura", "Timeout for connecting and for each read"],
                [
                    "Limita a busca do nome, a tentativa de conexão e cada espera até o servidor enviar ou aceitar mais \
                     bytes.",
                    "Limits the lookup of a name, the connection attempt, and each wait for the server to send or accept \
                     more bytes.",
                ],
            ],
        ),
        (
            "wait",
            &[
                [
                    "Tenta até a resposta certa, por até este tempo",
                    "Retry until the reply is right, at most this long",
                ],
                [
                    "Espera por um servidor que está iniciando: envia a primeira mensagem de novo até o servidor dar a \
                     resposta certa. Uma porta aberta não basta. Com --count ou --file, uma mensagem separada vem \
                     antes.",
                    "Waits for a server that is starting: sends the first message again until the server gives the right \
                     reply. An open port alone is not enough. With --count or --file, a separate message comes first.",
                ],
            ],
        ),
        (
            "count",
            &[
                ["Envia a mensagem N vezes (0: até Ctrl-C)", "Send the message N times (0: until Ctrl-C)"],
                [
                    "Mostra uma linha para cada resposta e, no fim ou com Ctrl-C, um resumo: mensagens respondidas, \
                     erradas e perdidas, respostas por segundo, tempos e um histograma dos tempos. Falha se uma \
                     resposta estiver errada ou se perder. Sem MENSAGEM, a mensagem é 'mensagem de teste'; a \
                     entrada padrão não é lida.",
                    "Prints one line for each reply and, at the end or on Ctrl-C, a summary: messages answered, wrong and \
                     lost, replies per second, times, and a histogram of the times. Fails if any reply was wrong or \
                     lost. Without MESSAGE, the message is 'mensagem de teste'; standard input is not read.",
                ],
            ],
        ),
        (
            "interval",
            &[
                ["Tempo entre os inícios de duas mensagens", "Time between the starts of two messages"],
                [
                    "Com 0s, cada mensagem segue assim que a resposta anterior está completa, ou um décimo de segundo \
                     depois de uma perda.",
                    "With 0s, a message follows as soon as the reply before it is complete, or a tenth of a second after \
                     a loss.",
                ],
            ],
        ),
        (
            "connections",
            &[
                ["Conexões simultâneas, N mensagens em cada", "Concurrent connections, N messages each"],
                [
                    "O padrão é 1. Com mais de uma, e um intervalo de 0s, send mostra o resumo sem uma linha para cada \
                     resposta. Com --rate, é o máximo de conexões, 100 se nada for dito; N mensagens são então enviadas no \
                     total.",
                    "The default is 1. With more than one, and an interval of 0s, send prints the summary without a line \
                     for each reply. With --rate, the most connections, 100 if none is given; N messages are then sent in \
                     all.",
                ],
            ],
        ),
        (
            "rate",
            &[
                [
                    "Envia R mensagens por segundo no total, a intervalos iguais",
                    "Send R messages a second in all, evenly spaced",
                ],
                [
                    "Envia cada mensagem na sua hora, mesmo enquanto espera respostas, para que um servidor que trava não \
                     receba menos mensagens (malha aberta). Abre mais conexões quando precisa, até --connections. O resumo \
                     tem dois tempos: o tempo de serviço, desde o envio da mensagem, e o tempo de resposta, desde a hora em \
                     que ela devia ser enviada. Se mensagens foram enviadas com atraso, o resumo diz.",
                    "Sends each message when it is due, even while replies are awaited, so that a server that stalls gets \
                     no fewer messages (an open loop). Opens more connections as needed, up to --connections. The summary \
                     has two times: the service time, since a message was sent, and the response time, since it was due. If \
                     messages were sent late, the summary says so.",
                ],
            ],
        ),
        (
            "duration",
            &[
                ["Envia mensagens por este tempo", "Send messages for this long"],
                [
                    "Sem --count, o número de mensagens não tem limite. Depois deste tempo, send espera as últimas respostas \
                     e mostra o resumo.",
                    "Without --count, the number of messages is not limited. After this time send waits for the last \
                     replies, and prints the summary.",
                ],
            ],
        ),
        (
            "histogram",
            &[
                [
                    "Grava os tempos em um arquivo, para as ferramentas do HdrHistogram",
                    "Write the times to a file, for HdrHistogram's tools",
                ],
                [
                    "O arquivo é um log de intervalos (versão 2, comprimido) com um intervalo por segundo, em nanossegundos. \
                     As etiquetas são connect, service e, com --rate, response. Há ferramentas que fazem gráficos desses \
                     arquivos e juntam os de várias máquinas.",
                    "The file is an interval log (version 2, compressed) with an interval a second, in nanoseconds. The \
                     tags are connect, service and, with --rate, response. Existing tools plot such files, and merge those \
                     of many machines.",
                ],
            ],
        ),
        (
            "message",
            &[[
                "Mensagem; várias palavras são unidas por espaços",
                "Message; several words are joined by spaces",
            ]],
        ),
        (
            "split",
            &[
                ["Envia em pedaços de BYTES bytes", "Send in pieces of BYTES bytes"],
                [
                    "Cada pedaço é uma escrita, e um segmento se couber em um (1.460 bytes em uma rede Ethernet). Quem recebe \
                     ainda pode ler vários pedaços de uma vez: --gap os separa.",
                    "Each piece is a write of its own, and a segment of its own unless it is longer than a segment (1,460 \
                     bytes on Ethernet). The receiver may still read several pieces at once: --gap keeps them apart.",
                ],
            ],
        ),
        ("gap", &[["Pausa entre dois pedaços", "Pause between two pieces"]]),
        (
            "no_newline",
            &[
                ["Não envia a quebra de linha depois da mensagem", "Send no newline after the message"],
                [
                    "Então só uma pausa ou um half-close mostra ao servidor o fim da mensagem. --file nunca acrescenta uma \
                     quebra de linha.",
                    "Only a pause or a half-close then shows the server the end of the message. --file never adds a newline.",
                ],
            ],
        ),
        (
            "half_close",
            &[
                [
                    "Fecha este lado depois da mensagem (half-close)",
                    "Half-close the connection after the message",
                ],
                [
                    "Envia um FIN: este lado não envia mais nada, e ainda lê a resposta. A próxima mensagem precisa de uma \
                     nova conexão. Alguns proxies derrubam uma conexão meio fechada. --file sempre fecha este lado.",
                    "Sends a FIN: this end sends no more, and still reads the reply. The next message needs a new connection. \
                     Some proxies drop a connection that is half-closed. --file always half-closes.",
                ],
            ],
        ),
        (
            "reset",
            &[
                ["Fecha com um reset", "Close by a reset"],
                [
                    "Encerra cada conexão com um RST em vez de um FIN: quando a resposta está completa, ou quando send \
                     desiste. A porta deste lado fica livre na hora.",
                    "Ends each connection by an RST in place of a FIN: when the reply is complete, or when send gives up. The \
                     port of this end is free again at once.",
                ],
            ],
        ),
        (
            "file",
            &[
                [
                    "Envia um arquivo como uma mensagem (-: entrada padrão)",
                    "Send a file as one message (-: standard input)",
                ],
                [
                    "Um arquivo de qualquer tamanho ocupa memória constante. A resposta é conferida enquanto chega. Depois \
                     do último byte, send fecha o seu lado da conexão (half-close), pois nada mais marca o fim de um \
                     arquivo. Se a entrada padrão tiver pausas, o servidor precisa de --keep-alive: sem ele, uma \
                     pausa encerra a mensagem.",
                    "A file of any size takes constant memory. The reply is checked while it arrives. After the last byte, \
                     send half-closes the connection, since nothing else marks the end of a file. If standard input \
                     has pauses, the server needs --keep-alive: without it, a pause ends the message.",
                ],
            ],
        ),
        (
            "check",
            &[
                ["Falha se uma resposta estiver errada", "Fail if a reply is wrong"],
                [
                    "Uma resposta está errada se não é a mensagem em maiúsculas. Esta opção faz de uma resposta errada um \
                     erro. Sem ela, uma resposta errada é um aviso, exceto com --count.",
                    "A reply is wrong if it is not the message in upper case. This option makes a wrong reply an error. \
                     Otherwise a wrong reply is a warning, except with --count.",
                ],
            ],
        ),
        ("verbose", super::VERBOSE),
        (
            "format",
            &[
                ["Saída: text, raw ou json", "Output: text, raw or json"],
                [
                    "text mostra a mensagem e a resposta. raw escreve só os bytes da resposta. json escreve um objeto \
                     JSON para cada mensagem.",
                    "text prints the message and the reply. raw prints only the bytes of the reply. json prints one JSON \
                     object for each message.",
                ],
            ],
        ),
    ],
    values: &[
        ("text", ["Mensagem e resposta, em duas linhas", "Message and reply, two lines"]),
        ("raw", ["Só os bytes da resposta", "The bytes of the reply only"]),
        ("json", ["Um objeto JSON por linha", "One JSON object a line"]),
    ],
    examples: &[
        (
            [
                "Enviar uma mensagem a um servidor nesta máquina:",
                "Send a message to a server on this machine:",
            ],
            "upcase send \"mensagem de teste\"",
        ),
        (
            [
                "Testar se um servidor na rede responde em até 2 segundos:",
                "Test whether a server on the network answers within 2 seconds:",
            ],
            "upcase send --host server.example:9000 --timeout 2s ping",
        ),
        (["Enviar cada linha de um arquivo:", "Send each line of a file:"], "upcase send < messages.txt"),
        (
            [
                "Esperar em um script até um servidor estar pronto:",
                "Wait in a script until a server is ready:",
            ],
            "upcase send --wait 30s --host server.example:9000 ping",
        ),
        (
            [
                "Medir a rapidez e a confiabilidade de um servidor:",
                "Measure how fast and how reliably a server answers:",
            ],
            "upcase send --count 10 --host server.example",
        ),
        (
            [
                "Medir quantas respostas por segundo passam por um caminho:",
                "Measure how many replies a second a path carries:",
            ],
            "upcase send --count 10000 --interval 0s --connections 16",
        ),
        (
            ["Enviar um arquivo e guardar a resposta:", "Send a file, and keep the reply:"],
            "upcase send --file a.txt --format raw > A.TXT",
        ),
        (
            [
                "Mostrar o tempo de uma resposta em microssegundos:",
                "Print the time of a reply in microseconds:",
            ],
            "upcase send --format json oi | jq .microseconds",
        ),
    ],
};
