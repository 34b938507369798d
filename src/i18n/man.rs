//! The sections of the manual pages that the help does not have, and the titles of all sections.
//!
//! [`section`](crate::man) describes the format of the texts.

use super::help::Pair;

/// The texts of one page.
pub(crate) struct PageText {
    pub(crate) wire: Pair,
    /// The meaning of exit status 0.
    pub(crate) success: Pair,
    pub(crate) see_also: &'static str,
}

pub(crate) const MANUAL: Pair = ["Comandos de usuário", "User Commands"];
pub(crate) const NAME: Pair = ["NOME", "NAME"];
pub(crate) const SYNOPSIS: Pair = ["SINOPSE", "SYNOPSIS"];
pub(crate) const DESCRIPTION: Pair = ["DESCRIÇÃO", "DESCRIPTION"];
pub(crate) const COMMANDS: Pair = ["COMANDOS", "COMMANDS"];
pub(crate) const OPTIONS: Pair = ["OPÇÕES", "OPTIONS"];
pub(crate) const WIRE: Pair = ["PROTOCOLO", "THE WIRE"];
pub(crate) const EXIT_STATUS: Pair = ["STATUS DE SAÍDA", "EXIT STATUS"];
pub(crate) const ENVIRONMENT: Pair = ["AMBIENTE", "ENVIRONMENT"];
pub(crate) const EXAMPLES: Pair = ["EXEMPLOS", "EXAMPLES"];
pub(crate) const SEE_ALSO: Pair = ["VEJA TAMBÉM", "SEE ALSO"];
pub(crate) const SEE: Pair = ["veja", "see"];

/// The meanings of the exit statuses after 0.
pub(crate) const ERROR_STATUS: Pair = [
    "  1  Um erro. A saída de erros diz qual foi o erro, as causas e, se houver, uma dica.\n\
     \x20 2  A linha de comando está errada.\n\
     \x20 130, 143, 129  SIGINT, SIGTERM ou SIGHUP interrompeu o comando.",
    "  1  An error. Standard error names the error, its causes and, if there is one, a hint.\n\
     \x20 2  The command line is wrong.\n\
     \x20 130, 143, 129  SIGINT, SIGTERM or SIGHUP cut off the command.",
];

/// `upcase(1)`.
pub(crate) const UPCASE: PageText = PageText {
    wire: [
        "Uma mensagem é o que um cliente envia. A resposta é a mensagem sem os espaços em branco \
         ASCII das pontas, em maiúsculas segundo o mapeamento completo do Unicode para o locale raiz. \
         Bytes que não são UTF-8 válido passam sem mudança. Uma mensagem pode ter qualquer tamanho.\n\
         Por padrão, uma conexão traz uma mensagem: uma linha, ou tudo o que o cliente envia até \
         fechar o seu lado da conexão (half-close) ou ficar em silêncio. Com `serve --keep-alive`, \
         cada linha é uma mensagem. `upcase-serve`(1) descreve quando a resposta vem, e \
         `upcase-send`(1) quando a resposta está completa.",
        "A message is what a client sends. The reply is the message without the ASCII white space at \
         both ends, in upper case by Unicode's full mapping for the root locale. Bytes that are not \
         valid UTF-8 pass through unchanged. A message may have any length.\n\
         By default a connection carries one message: one line, or all that the client sends before \
         it half-closes or is silent. With `serve --keep-alive` each line is a message. \
         `upcase-serve`(1) describes when the reply comes, and `upcase-send`(1) when the reply is \
         complete.",
    ],
    success: ["Sucesso.", "Success."],
    see_also: "`nc`(1), `socat`(1), `upcase-send`(1), `upcase-serve`(1)",
};

/// `upcase-serve(1)`.
pub(crate) const SERVE: PageText = PageText {
    wire: [
        "Sem `--keep-alive`, o comportamento do cliente decide quando a resposta vem:\n\
         \x20 O cliente envia uma linha que termina em uma quebra de linha\n\
         \x20   O servidor responde na hora, sem quebra de linha, e fecha a conexão.\n\
         \x20 O cliente fecha o seu lado da conexão (half-close)\n\
         \x20   O servidor responde ao que chegou e fecha a conexão.\n\
         \x20 O cliente envia várias linhas\n\
         \x20   O servidor envia a resposta enquanto o texto chega. A mensagem termina quando o cliente \
         fecha o seu lado, ou quando nada chega durante `--pause`.\n\
         \x20 O cliente envia texto sem quebra de linha, e depois nada\n\
         \x20   O servidor responde depois de `--pause` e fecha a conexão.\n\
         \x20 O cliente vai embora, ou corta a conexão (reset), sem enviar um byte\n\
         \x20   O servidor conta uma conexão, mas nenhuma mensagem e nenhum erro.\n\
         O servidor não lê de um cliente que não lê as respostas.",
        "Without `--keep-alive`, the client's behaviour decides when the reply comes:\n\
         \x20 The client sends one line that ends in a newline\n\
         \x20   The server replies at once, without a newline, and closes the connection.\n\
         \x20 The client half-closes\n\
         \x20   The server replies to what has arrived, and closes the connection.\n\
         \x20 The client sends several lines\n\
         \x20   The server sends the reply while the text arrives. The message ends when the client \
         half-closes, or when nothing arrives for `--pause`.\n\
         \x20 The client sends text without a newline, and then nothing\n\
         \x20   The server replies after `--pause`, and closes the connection.\n\
         \x20 The client leaves, or resets the connection, without a byte\n\
         \x20   The server counts a connection, but no message and no error.\n\
         The server does not read from a client that does not read its replies.",
    ],
    success: [
        "SIGINT, SIGTERM ou SIGHUP encerrou o servidor.",
        "SIGINT, SIGTERM or SIGHUP ended the server.",
    ],
    see_also: "`nc`(1), `socat`(1), `upcase`(1), `upcase-send`(1)",
};

/// `upcase-send(1)`.
pub(crate) const SEND: PageText = PageText {
    wire: [
        "`send` acrescenta uma quebra de linha à mensagem, exceto com `--no-newline`, e não fecha o seu \
         lado da conexão (half-close), exceto com `--half-close` ou `--file`: alguns proxies derrubam uma conexão meio fechada. A \
         resposta está completa quando o servidor fecha a conexão, quando voltaram tantas linhas \
         quantas foram enviadas, ou quando a resposta é igual à mensagem em maiúsculas.\n\
         Várias mensagens usam a mesma conexão enquanto o servidor a mantém aberta. Caso contrário, \
         cada mensagem tem a sua. Se o servidor fechar uma conexão já usada sem enviar um byte da \
         resposta, `send` envia a mensagem mais uma vez por uma conexão nova.",
        "`send` adds a newline to the message, except with `--no-newline`, and does not half-close the \
         connection, except with `--half-close` or `--file`: some proxies drop a connection that is half-closed. The reply is complete when the \
         server closes the connection, when as many lines came back as were sent, or when the reply \
         equals the message in upper case.\n\
         Several messages share one connection while the server keeps it open. Otherwise each message \
         has its own. If the server closes a shared connection without a byte of a reply, `send` \
         sends the message once more on a new connection.",
    ],
    success: [
        "Cada mensagem recebeu a sua resposta; com `--check` ou `--count`, a resposta certa.",
        "Each message got its reply; with `--check` or `--count`, the right reply.",
    ],
    see_also: "`nc`(1), `socat`(1), `upcase`(1), `upcase-serve`(1)",
};
