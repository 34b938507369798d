//! The messages that clients send, and the replies that must come back.
//!
//! The standard library makes the replies here. It shares no code with the server's own upper-casing.

/// Bytes that a client sends over and over, and the bytes that must come back. Message and reply have the same length, so
/// that a position in one is a position in the other.
#[derive(Debug)]
pub(super) struct Payload {
    pub(super) message: Vec<u8>,
    pub(super) reply: Vec<u8>,
}

/// The length of a payload. One write of it fills the largest read buffer that was found useful, and both message and
/// reply fit into a core's cache.
const PAYLOAD_LENGTH: usize = 256 * 1024;

/// The text of all lines: the tutorial's message.
const LINE_TEXT: &str = "mensagem de teste ";

/// Running text in which one letter in twenty has an accent, as in Portuguese prose.
const PORTUGUESE: &str = "\
    Uma conexão começa quando o cliente procura o servidor e termina quando os dois já não têm nada a dizer. Entre uma \
    coisa e outra há bytes, não mensagens: quem lê uma vez só e acha que leu tudo será surpreendido, cedo ou tarde, por \
    uma frase cortada ao meio. O servidor não sabe quantos pedaços virão nem quando; por isso guarda o que ainda não \
    está completo, responde ao que já está e continua a escutar. Também não pode esperar por ninguém em particular, \
    pois há sempre alguém que se cala. A rede perde, repete e atrasa, e o protocolo conserta quase tudo em silêncio. ";

/// The same text in English, without accents.
const ASCII: &str = "\
    A connection begins when the client looks for the server and ends when neither has anything more to say. Between the \
    two there are bytes, not messages: who reads once and thinks to have read it all will be surprised, sooner or later, \
    by a phrase that is cut in two. The server knows neither how many pieces will come nor when; so it keeps what is not \
    yet whole, answers what is, and goes on listening. Nor can it wait for anyone in particular, for there is always one \
    who says nothing. The network loses, repeats and delays, and the protocol mends almost all of it in silence. ";

/// Returns a client's message and its reply without the newline. Each client has its own, so that a reply to another
/// client is noticed.
pub(super) fn client_message(client: usize) -> (String, String) {
    let text = format!("{LINE_TEXT}{client:04}");
    let reply = text.to_uppercase();
    (text + "\n", reply)
}

impl Payload {
    /// Returns lines of `length` bytes with their newline. The lines are numbered, so that a lost or moved line is
    /// noticed.
    pub(super) fn lines(length: usize) -> Self {
        let lines = (0..PAYLOAD_LENGTH / length).map(|number| {
            let number = format!("{number:06} ");
            let text = number.chars().chain(LINE_TEXT.chars().cycle()).take(length - 2);
            // The server would trim a blank before the newline.
            text.chain("z\n".chars()).collect::<String>()
        });
        Self::new(&lines.collect::<String>())
    }

    /// Returns one long line of ASCII text.
    pub(super) fn ascii() -> Self {
        Self::one_line(ASCII)
    }

    /// Returns one long line of Portuguese text.
    pub(super) fn portuguese() -> Self {
        Self::one_line(PORTUGUESE)
    }

    fn one_line(text: &str) -> Self {
        Self::new(&format!("{}\n", text.repeat(PAYLOAD_LENGTH / text.len()).trim_end()))
    }

    fn new(text: &str) -> Self {
        let (message, reply) = (text.as_bytes().to_vec(), text.to_uppercase().into_bytes());
        assert_eq!(message.len(), reply.len(), "message and reply must have the same length");
        Self { message, reply }
    }

    pub(super) fn len(&self) -> usize {
        self.message.len()
    }
}
