//! What is sent, and what must come back. Uppercaser case is here what std makes of a text: an oracle of its own, that shares
//! nothing with the server's kernel.

/// Bytes to send one after the other, again and again from their beginning, and those that must come back. Both are
/// equally many, so that a position in one is a position in the other.
#[derive(Debug)]
pub(in super::super) struct Cycle {
    pub(super) sent: Vec<u8>,
    pub(super) replied: Vec<u8>,
}

/// The length of a cycle: one write of it fills the largest read buffer that was ever found to be of use, and it and its
/// reply stay in the cache of a core.
const CYCLE: usize = 256 * 1024;

/// What lines are filled with: the tutorial's message.
const FILLING: &str = "mensagem de teste ";

/// Running text, in which one letter in twenty is accented, as in Portuguese prose.
const PORTUGUESE: &str = "\
    Uma conexão começa quando o cliente procura o servidor e termina quando os dois já não têm nada a dizer. Entre uma \
    coisa e outra há bytes, não mensagens: quem lê uma vez só e acha que leu tudo será surpreendido, cedo ou tarde, por \
    uma frase cortada ao meio. O servidor não sabe quantos pedaços virão nem quando; por isso guarda o que ainda não \
    está completo, responde ao que já está e continua a escutar. Também não pode esperar por ninguém em particular, \
    pois há sempre alguém que se cala. A rede perde, repete e atrasa, e o protocolo conserta quase tudo em silêncio. ";

/// The same without accents.
const ASCII: &str = "\
    A connection begins when the client looks for the server and ends when neither has anything more to say. Between the \
    two there are bytes, not messages: who reads once and thinks to have read it all will be surprised, sooner or later, \
    by a phrase that is cut in two. The server knows neither how many pieces will come nor when; so it keeps what is not \
    yet whole, answers what is, and goes on listening. Nor can it wait for anyone in particular, for there is always one \
    who says nothing. The network loses, repeats and delays, and the protocol mends almost all of it in silence. ";

/// A client's message, and its reply without the newline. They differ from client to client, so that no reply passes for
/// another's.
pub(super) fn message(client: usize) -> (String, String) {
    let text = format!("{FILLING}{client:04}");
    let reply = text.to_uppercase();
    (text + "\n", reply)
}

impl Cycle {
    /// Lines of so many bytes, the newline among them. They are numbered, so that none is lost or moved unseen.
    pub(in super::super) fn lines(length: usize) -> Self {
        let lines = (0..CYCLE / length).map(|number| {
            // No line ends with a blank: what is stripped would not come back.
            let start = format!("{number:06} ");
            let text = start.chars().chain(FILLING.chars().cycle()).take(length - 2);
            text.chain(
                "z
"
                .chars(),
            )
            .collect::<String>()
        });
        Self::new(&lines.collect::<String>())
    }

    /// One line of ASCII text, as long as a cycle.
    pub(in super::super) fn ascii() -> Self {
        Self::one_line(ASCII)
    }

    /// One line of Portuguese text, as long as a cycle.
    pub(in super::super) fn portuguese() -> Self {
        Self::one_line(PORTUGUESE)
    }

    fn one_line(text: &str) -> Self {
        Self::new(&format!("{}\n", text.repeat(CYCLE / text.len()).trim_end()))
    }

    fn new(text: &str) -> Self {
        let (sent, replied) = (text.as_bytes().to_vec(), text.to_uppercase().into_bytes());
        assert_eq!(sent.len(), replied.len(), "a position in the one is to be a position in the other");
        Self { sent, replied }
    }

    /// How many bytes.
    pub(super) fn len(&self) -> usize {
        self.sent.len()
    }
}
