//! Speed of upper-casing in many scripts, compared with other implementations and with copying.
//!
//! `cargo bench --bench uppercase` runs it. With `-- --quick` it takes a few seconds, for CI: the figures are then
//! rough, but wrong results are still found. The usual benchmark crates measure one implementation after the other,
//! so that other programs on the machine can slow one of them. Here each round measures all implementations, and the
//! result is the median of the rounds.

#![allow(clippy::cast_precision_loss, reason = "all numbers are far below 2^52")]

use std::hint::black_box;
use std::iter;
use std::time::{Duration, Instant};

use bstr::ByteSlice as _;
use icu_casemap::CaseMapper;
use icu_locale_core::LanguageIdentifier;
use upcase::Uppercaser;

/// Bytes of a long text. With its upper case it fits into a first-level cache, which has 32 KiB or more.
const TEXT_LEN: usize = 16 * 1024;

/// Bytes of a short message: as many as the tutorial's `mensagem de teste` has.
const MESSAGE_LEN: usize = 17;

/// Short messages, more than a branch predictor remembers.
const MESSAGES: usize = 512;

/// The shortest measurement: long compared with the clock's resolution (tens of ns), and short compared with a time
/// slice of the scheduler (ms).
const MEASUREMENT_MIN: Duration = Duration::from_micros(200);

/// With more rounds, the medians on an idle machine change by less than 2 %.
const ROUNDS: usize = 301;

/// Rounds with `--quick`.
const ROUNDS_QUICK: usize = 21;

/// About 4.7 % of the characters have an accent, as in prose.
const PORTUGUESE: &str = "O servidor lê cada mensagem, mostra quem a enviou e responde com o mesmo texto em maiúsculas. Quando a \
    rede está lenta, o cliente espera um pouco e tenta outra vez; não se perde nada do que foi escrito, nem \
    o til de um coração. Abra duas janelas, escreva uma oração na primeira e veja já a resposta na segunda. \
    A ligação é fechada só depois de tudo ter sido lido, e o endereço de quem chamou aparece antes da \
    mensagem. Também é possível enviar várias linhas de uma vez: as respostas chegarão pela mesma ordem, até \
    à última. Três máquinas, dois países, uma única conversação. Amanhã haverá mais lições. Depois fecha \
    tudo e volta ao trabalho, que a tarde passa depressa e o texto fica guardado.";

const GREEK: &str = "Ο διακομιστής λαμβάνει κάθε μήνυμα, δείχνει ποιος το έστειλε και απαντά με το ίδιο κείμενο σε \
    κεφαλαία γράμματα. Όταν το δίκτυο αργεί, ο πελάτης περιμένει λίγο και δοκιμάζει ξανά. Τίποτα από όσα γράφτηκαν \
    δεν χάνεται, ούτε ένας τόνος. Άνοιξε δύο παράθυρα, γράψε μια φράση στο πρώτο και δες την απάντηση στο δεύτερο.";

const CYRILLIC: &str = "Сервер принимает каждое сообщение, показывает, кто его прислал, и отвечает тем же текстом \
    большими буквами. Если сеть работает медленно, клиент немного ждёт и пробует снова. Ничто из написанного не \
    теряется, даже точки над ё. Откройте два окна, напишите фразу в первом и посмотрите на ответ во втором.";

const GEORGIAN: &str = "სერვერი იღებს ყოველ წერილს, აჩვენებს ვინ გამოგზავნა და პასუხობს იმავე ტექსტით დიდი ასოებით. \
    თუ ქსელი ნელია, კლიენტი ცოტას იცდის და კიდევ ერთხელ ცდის. დაწერილიდან არაფერი იკარგება. გახსენი ორი ფანჯარა, \
    დაწერე წინადადება პირველში და ნახე პასუხი მეორეში.";

const ARMENIAN: &str = "Սերվերը ստանում է ամեն նամակ, ցույց է տալիս, թե ով է այն ուղարկել, և պատասխանում է նույն \
    տեքստով մեծ տառերով։ Եթե ցանցը դանդաղ է, հաճախորդը մի քիչ սպասում է և նորից փորձում։ Գրվածից ոչինչ չի կորչում։ \
    Բացիր երկու պատուհան, գրիր մի նախադասություն առաջինում և տես պատասխանը երկրորդում։";

const VIETNAMESE: &str = "Máy chủ nhận từng tin nhắn, cho biết ai đã gửi và trả lời bằng chính đoạn văn ấy viết hoa. \
    Khi mạng chậm, máy khách chờ một chút rồi thử lại. Không có gì đã viết bị mất, kể cả một dấu thanh. Hãy mở hai \
    cửa sổ, viết một câu ở cửa sổ thứ nhất và xem câu trả lời ở cửa sổ thứ hai.";

const CJK: &str = "服务器收到每一条消息🦀 显示是谁发来的，然后用大写字母回答。网络慢的时候，客户端稍等一下再试一次🙂 \
    サーバーは届いた文をそのまま大文字にして返します🎉 窓を二つ開いて、 一つ目に文を書き、二つ目で返事を見てください。 \
    書いたものは何も失われません。 写下的内容一个字也不会丢失👍 tcp 连接在全部读完以后才会关闭。";

/// A message to upper-case.
struct Message {
    bytes: Vec<u8>,
    /// The bytes as text, if they are valid UTF-8. Implementations that need text do not spend time on validation.
    text: Option<String>,
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self { bytes: text.clone().into_bytes(), text: Some(text) }
    }
}

/// The result of an implementation.
enum Output {
    /// The upper case is in the buffer that was passed, which was empty and large enough.
    InBuffer,
    /// The implementation has allocated its own buffer.
    Allocated(Vec<u8>),
    /// The implementation does not support the message.
    Unsupported,
}

type Uppercase = fn(&Message, &mut Vec<u8>) -> Output;

/// The implementations, in the order of the table's columns. The first two are baselines: they convert nothing, or
/// only ASCII.
const IMPLEMENTATIONS: [(&str, Uppercase); 6] = [
    ("copy", copy),
    ("ascii", copy_and_ascii),
    ("upcase", upcase),
    ("std", std),
    ("bstr", bstr),
    ("icu", icu),
];
const BASELINES: usize = 2;

fn copy(message: &Message, out: &mut Vec<u8>) -> Output {
    out.extend_from_slice(&message.bytes);
    Output::InBuffer
}

fn copy_and_ascii(message: &Message, out: &mut Vec<u8>) -> Output {
    out.extend_from_slice(&message.bytes);
    out.make_ascii_uppercase();
    Output::InBuffer
}

fn upcase(message: &Message, out: &mut Vec<u8>) -> Output {
    let mut uppercaser = Uppercaser::default();
    uppercaser.push(&message.bytes, out);
    uppercaser.finish(out);
    Output::InBuffer
}

fn std(message: &Message, out: &mut Vec<u8>) -> Output {
    if let Some(text) = &message.text {
        return Output::Allocated(text.to_uppercase().into_bytes());
    }
    for chunk in message.bytes.utf8_chunks() {
        out.extend_from_slice(chunk.valid().to_uppercase().as_bytes());
        out.extend_from_slice(chunk.invalid());
    }
    Output::InBuffer
}

fn bstr(message: &Message, _: &mut Vec<u8>) -> Output {
    Output::Allocated(message.bytes.to_uppercase())
}

fn icu(message: &Message, _: &mut Vec<u8>) -> Output {
    let Some(text) = &message.text else { return Output::Unsupported };
    let upper = CaseMapper::new().uppercase_to_string(text, &LanguageIdentifier::UNKNOWN);
    Output::Allocated(upper.into_owned().into_bytes())
}

/// The expected result: the standard library's mapping of each character, and every other byte unchanged.
fn reference(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in bytes.utf8_chunks() {
        out.extend(chunk.valid().chars().flat_map(char::to_uppercase).collect::<String>().into_bytes());
        out.extend(chunk.invalid());
    }
    out
}

fn main() {
    let rounds = if std::env::args().any(|arg| arg == "--quick") { ROUNDS_QUICK } else { ROUNDS };
    println!(
        "Speed in GB/s, median of {rounds} rounds; then upcase divided by copy, by ascii (copy and \
         make_ascii_uppercase), and by std\n"
    );
    print!("{:21}{:>6}", "text", "ASCII");
    for (name, _) in IMPLEMENTATIONS {
        print!("{name:>8}");
    }
    println!("{:>8}{:>8}{:>8}", "/copy", "/ascii", "/std");
    for (name, messages) in inputs() {
        verify(name, &messages);
        let rates = rates(&messages, rounds);
        let [copy, ascii, upcase, std, ..] = rates;
        let over = |other: Option<f64>| other.zip(upcase).map(|(other, upcase)| upcase / other);
        print!("{name:21}{:5.1}%", ascii_share(&messages));
        for figure in rates.into_iter().chain([copy, ascii, std].map(over)) {
            print!("{:>8}", figure.map_or_else(|| "-".into(), |figure| format!("{figure:.2}")));
        }
        println!();
    }
}

fn inputs() -> Vec<(&'static str, Vec<Message>)> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15); // bits of the golden ratio; any number except 0 is good
    let mut inputs = Vec::new();
    for (name, text) in [
        ("Portuguese", PORTUGUESE),
        ("Greek", GREEK),
        ("Cyrillic", CYRILLIC),
        ("Armenian", ARMENIAN),
        ("Georgian", GEORGIAN),
        ("Vietnamese", VIETNAMESE),
        ("CJK and emoji", CJK),
    ] {
        inputs.push((name, vec![random.text(text.split_whitespace(), TEXT_LEN).into()]));
    }
    let ascii = || PORTUGUESE.split_whitespace().filter(|word| word.is_ascii());
    inputs.insert(0, ("ASCII", vec![random.text(ascii(), TEXT_LEN).into()]));
    let bytes = (0..TEXT_LEN).map(|_| random.next().to_le_bytes()[7]).collect();
    inputs.push(("random bytes", vec![Message { bytes, text: None }]));
    let mut messages = |words: &[&str]| {
        (0..MESSAGES).map(|_| random.text(words.iter().copied(), MESSAGE_LEN).into()).collect()
    };
    inputs.push(("17 bytes, ASCII", messages(&ascii().collect::<Vec<_>>())));
    inputs.push(("17 bytes, Portuguese", messages(&PORTUGUESE.split_whitespace().collect::<Vec<_>>())));
    inputs
}

/// A xorshift generator: reproducible, and good enough to choose words.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Returns a text of random words. The branch predictor would learn a text that repeats itself.
    fn text<'a>(&mut self, words: impl Iterator<Item = &'a str>, len: usize) -> String {
        let words: Vec<&str> = words.collect();
        let mut text = String::new();
        while text.len() < len {
            let index = self.next() % words.len() as u64;
            text.push_str(words[usize::try_from(index).expect("the index is small")]);
            text.push(' ');
        }
        while text.len() > len {
            text.pop();
        }
        text.extend(iter::repeat_n('.', len - text.len())); // in place of a longer character
        text
    }
}

fn ascii_share(messages: &[Message]) -> f64 {
    let all = || messages.iter().flat_map(|message| message.bytes.utf8_chunks());
    let characters: usize = all().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum();
    let ascii: usize = all().map(|chunk| chunk.valid().chars().filter(char::is_ascii).count()).sum();
    100.0 * ascii as f64 / characters as f64
}

fn verify(name: &str, messages: &[Message]) {
    for (implementation, uppercase) in &IMPLEMENTATIONS[BASELINES..] {
        for message in messages {
            let mut out = Vec::new();
            let result = match uppercase(message, &mut out) {
                Output::InBuffer => out,
                Output::Allocated(result) => result,
                Output::Unsupported => continue,
            };
            assert!(result == reference(&message.bytes), "{implementation} has a wrong result for {name}");
        }
    }
}

/// Measures the speed of each implementation in bytes per ns, which are GB/s.
fn rates(messages: &[Message], rounds: usize) -> [Option<f64>; IMPLEMENTATIONS.len()] {
    let bytes: usize = messages.iter().map(|message| message.bytes.len()).sum();
    let mut out = Vec::with_capacity(2 * TEXT_LEN);
    let mut measure = |uppercase: Uppercase, times: u32| {
        let start = Instant::now();
        for message in (0..times).flat_map(|_| messages) {
            out.clear();
            black_box(uppercase(black_box(message), &mut out));
            black_box(&mut out);
        }
        start.elapsed()
    };
    let repetitions = IMPLEMENTATIONS.map(|(_, uppercase)| {
        let is_supported = !matches!(uppercase(&messages[0], &mut Vec::new()), Output::Unsupported);
        is_supported.then(|| {
            iter::successors(Some(1), |times: &u32| times.checked_mul(2))
                .find(|&times| measure(uppercase, times) >= MEASUREMENT_MIN)
                .expect("time passes")
        })
    });
    let mut samples = IMPLEMENTATIONS.map(|_| Vec::with_capacity(rounds));
    for _ in 0..rounds {
        for (((_, uppercase), times), samples) in IMPLEMENTATIONS.iter().zip(repetitions).zip(&mut samples) {
            if let Some(times) = times {
                samples.push(measure(*uppercase, times).as_secs_f64() * 1e9 / f64::from(times));
            }
        }
    }
    samples.map(|mut samples| {
        samples.sort_by(f64::total_cmp);
        samples.get(samples.len() / 2).map(|time| bytes as f64 / time)
    })
}
