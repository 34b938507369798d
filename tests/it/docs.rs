//! The documents: every command in `README*.md` and `docs/*.md` runs, and prints what the document shows.
//!
//! A `console` block has commands after `$ `, each with its output; a `sh` block has only commands. A comment before a
//! block, `<!-- test: … -->`, steers the test by one or more of these, separated by `;`:
//!
//! - `serve ARGS`: `upcase serve ARGS` runs meanwhile; with `serve later`, it starts after the first line of the output
//! - `in background`: the block's one command runs until Ctrl-C at the next heading, while the blocks below it run
//! - `stop`: Ctrl-C ends the commands in the background before this block
//! - `type LINE, LINE…`: what a person types at the block's one command before Ctrl-C
//! - `fails`: the last command fails
//! - `skip REASON`
//!
//! A line `…` of the output stands for any lines.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::peer::{peer, unshare};
use crate::support::process::command;
use crate::support::{Finished, Process, Server, run, skip, temporary_path};

/// The document that `in_own_network::run_document` runs.
const DOCUMENT: &str = "UPCASE_TEST_DOCUMENT";

/// Programs that documents use, and that a machine may lack.
const PROGRAMS: [&str; 4] = ["nc", "python3", "socat", "ss"];

/// The longest wait for the output of a command in the background: shorter than the wait for a whole document.
const OUTPUT_DEADLINE: Duration = Duration::from_secs(60);

/// Precedes the exit code of each command in the output of a block.
const END_OF_COMMAND: char = '\x1e';

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the paths of all documents, relative to the repository.
fn documents() -> Vec<String> {
    let is_document = |name: &String| name.starts_with("README") || name.starts_with("docs/");
    let names_in = |folder: &'static str| {
        let entries = fs::read_dir(repository().join(folder)).unwrap();
        entries.map(move |entry| format!("{folder}{}", entry.unwrap().file_name().to_str().unwrap()))
    };
    let is_markdown = |name: &String| Path::new(name).extension().is_some_and(|extension| extension == "md");
    names_in("").chain(names_in("docs/")).filter(is_document).filter(is_markdown).collect()
}

/// Each document runs in a network of its own, in which port 8080 is free, and with a home and manual pages of its own.
#[test]
fn commands_print_what_the_documents_show() {
    for program in ["ip", "mount", "bash"] {
        if peer(program).is_none() {
            return;
        }
    }
    let documents = documents();
    assert!(documents.len() > 5, "{documents:?}");
    thread::scope(|scope| {
        for document in documents {
            let Some(mut unshare) = unshare(&["-rmn", "-pf", "--kill-child"]) else { return };
            // A shell's background jobs, and all that they start, ignore Ctrl-C unless that is undone.
            let prepare = "ip link set lo up && mount -t tmpfs tmpfs /usr/local/share && \
                           exec env --default-signal=INT \"$@\"";
            unshare.args(["bash", "-c", prepare, "bash"]).arg(std::env::current_exe().unwrap());
            unshare.args(["--exact", "docs::document", "--ignored", "--nocapture"]).env(DOCUMENT, &document);
            scope.spawn(move || {
                let Finished { code, stdout, stderr } = run(&mut unshare, b"");
                assert_eq!(code, Some(0), "{document}:\n{stdout}{stderr}");
                assert!(stdout.contains("1 passed"), "{stdout}");
                eprint!("{stderr}");
            });
        }
    });
}

#[test]
#[ignore = "commands_print_what_the_documents_show runs it in a network of its own"]
fn document() {
    let Some(document) = std::env::var_os(DOCUMENT) else { return };
    let name = document.to_str().unwrap();
    let text = fs::read_to_string(repository().join(name)).unwrap();
    let session = Session::new(name);
    let mut first_line = 1;
    // A line of a trace begins with # too, and a number.
    for section in text.split("\n## ") {
        session.run(&blocks(section, first_line));
        first_line += section.matches('\n').count() + 1;
    }
}

/// A fenced block of commands.
#[derive(Debug)]
struct Block {
    line: usize,
    directives: Vec<String>,
    commands: Vec<Shown>,
}

/// A command, and the output that the document shows, which a `sh` block does not.
#[derive(Debug)]
struct Shown {
    command: String,
    output: Option<Vec<String>>,
}

/// Returns the blocks of a section that begins at this line.
fn blocks(section: &str, first_line: usize) -> Vec<Block> {
    let mut lines = (first_line..).zip(section.lines());
    let mut blocks = Vec::new();
    let mut directives = Vec::new();
    while let Some((number, line)) = lines.next() {
        if let Some(comment) = line.strip_prefix("<!-- test: ") {
            let comment = comment.strip_suffix(" -->").expect("the comment has one line");
            directives = comment.split("; ").map(str::to_owned).collect();
        } else if let Some(kind) = line.strip_prefix("```") {
            let mut content = Vec::new();
            loop {
                match lines.next().expect("the block ends").1 {
                    "```" => break,
                    line => content.push(line),
                }
            }
            let commands = match kind {
                "console" => console_commands(&content),
                "sh" => shell_commands(&content),
                _ => continue,
            };
            blocks.push(Block { line: number, directives: std::mem::take(&mut directives), commands });
        }
    }
    assert!(directives.is_empty(), "no block after {directives:?}");
    blocks
}

fn console_commands(lines: &[&str]) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    for line in lines {
        if let Some(command) = line.strip_prefix("$ ") {
            commands.push(Shown { command: command.to_owned(), output: Some(Vec::new()) });
        } else {
            let last = commands.last_mut().expect("the block begins with a command");
            match &mut last.output {
                Some(output) if output.is_empty() && last.command.ends_with('\\') => {
                    last.command.push('\n');
                    last.command.push_str(line);
                }
                output => output.get_or_insert_default().push((*line).to_owned()),
            }
        }
    }
    commands
}

fn shell_commands(lines: &[&str]) -> Vec<Shown> {
    let text = lines.join("\n").replace("\\\n", "");
    text.lines().map(|line| Shown { command: line.to_owned(), output: None }).collect()
}

impl Block {
    /// Returns the rest of the directive that begins with `name`.
    fn directive(&self, name: &str) -> Option<&str> {
        self.directives.iter().find_map(|directive| directive.strip_prefix(name)).map(str::trim)
    }

    /// Returns the block's only command, and its output without the typed lines.
    fn only_command(&self, typed: &[&str]) -> (&str, Vec<String>) {
        let [Shown { command, output: Some(output) }] = &self.commands[..] else {
            panic!("one command is expected, in a console block")
        };
        let mut typed = typed.iter().peekable();
        let is_printed = |line: &&String| typed.next_if(|typed| typed == line).is_none();
        let printed = output.iter().filter(is_printed).cloned().collect();
        assert_eq!(typed.next(), None, "the block shows what is typed");
        (command, printed)
    }

    /// Returns a program that the block needs, and that the machine lacks.
    fn missing_program(&self) -> Option<&'static str> {
        let words = || self.commands.iter().flat_map(|shown| shown.command.split_whitespace());
        PROGRAMS.into_iter().find(|&program| words().any(|word| word == program) && peer(program).is_none())
    }
}

/// The environment in which the blocks of one document run.
struct Session {
    document: String,
    home: PathBuf,
    lang: &'static str,
}

/// A command in the background, and the output that it must have before Ctrl-C.
struct Background {
    process: Process,
    output: Vec<String>,
    // Closed input would end a client.
    _stdin: ChildStdin,
}

impl Session {
    fn new(document: &str) -> Self {
        let home = temporary_path(&format!("home-of-{}", document.replace('/', "-")));
        let _ = fs::remove_dir_all(&home);
        fs::create_dir(&home).unwrap();
        // Commands read files of the repository, and write none into it.
        for entry in fs::read_dir(repository()).unwrap() {
            let entry = entry.unwrap();
            symlink(entry.path(), home.join(entry.file_name())).unwrap();
        }
        let bin = home.join("bin");
        fs::create_dir(&bin).unwrap();
        symlink(env!("CARGO_BIN_EXE_upcase"), bin.join("upcase")).unwrap();
        // A machine may have several programs of the name `nc`. The documents mean this one.
        if Path::new("/bin/nc.openbsd").exists() {
            symlink("/bin/nc.openbsd", bin.join("nc")).unwrap();
        }
        let lang = if document.ends_with(".pt.md") { "pt" } else { "en" };
        Self { document: document.to_owned(), home, lang }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = command(program);
        let path = std::env::var("PATH").unwrap_or_default();
        command.current_dir(&self.home).env("HOME", &self.home);
        command.env("PATH", format!("{}:{path}", self.home.join("bin").display()));
        command.env("UPCASE_LANG", self.lang).env("LC_ALL", "C.UTF-8");
        command
    }

    /// Returns a command for a bash script whose errors are part of its output. The user is root already.
    fn script(&self, script: &str) -> Command {
        let mut bash = self.command("bash");
        bash.args(["-c", &format!("exec 2>&1; sudo() {{ \"$@\"; }}\n{script}")]).stdin(Stdio::piped());
        bash
    }

    fn serve(&self, args: &str) -> Server {
        let mut upcase = self.command("upcase");
        upcase.arg("serve").args(args.split_whitespace());
        Server::spawn(&mut upcase)
    }

    /// Runs the blocks of one section.
    fn run(&self, blocks: &[Block]) {
        let mut background = Vec::new();
        let mut server = None;
        for block in blocks {
            // The test that fails shows the line.
            eprintln!("{}:{}", self.document, block.line);
            if let Some(reason) = block.directive("skip") {
                skip(format_args!("{reason}"));
                continue;
            }
            if let Some(program) = block.missing_program() {
                skip(format_args!("{program} is missing"));
                return;
            }
            if block.directive("stop").is_some() {
                interrupt(&mut background);
            }
            let later = match block.directive("serve") {
                Some("later") => true,
                Some(args) => {
                    drop(server.take());
                    server = Some(self.serve(args));
                    false
                }
                None => false,
            };
            if let Some(lines) = block.directive("type") {
                let typed: Vec<_> = lines.split(", ").collect();
                let mut typing = vec![self.start(block, &typed)];
                interrupt(&mut typing);
            } else if block.directive("in background").is_some() {
                background.push(self.start(block, &[]));
            } else {
                let process = self.start_block(block);
                if later {
                    drop(server.take());
                    process.stdout.until_line(|_| true);
                    server = Some(self.serve(""));
                }
                check(block, process);
            }
        }
        interrupt(&mut background);
    }

    /// Starts the block's only command, types these lines, and waits until the command has a socket.
    fn start(&self, block: &Block, typed: &[&str]) -> Background {
        let (command, output) = block.only_command(typed);
        let sockets = number_of_sockets();
        let mut process = Process::start(&mut self.script(&format!("exec {command}")));
        let mut stdin = process.stdin();
        for line in typed {
            writeln!(stdin, "{line}").unwrap();
        }
        let end = Instant::now() + OUTPUT_DEADLINE;
        while number_of_sockets() <= sockets {
            let printed = process.stdout.so_far();
            assert!(!process.has_ended() && Instant::now() < end, "{command} has no socket: {printed}");
            thread::sleep(Duration::from_millis(2));
        }
        Background { process, output, _stdin: stdin }
    }

    fn start_block(&self, block: &Block) -> Process {
        let mut script = Vec::new();
        for Shown { command, .. } in &block.commands {
            match command.strip_prefix("cargo ") {
                Some(cargo) => assert_is_run(cargo),
                None => script.push(command.clone()),
            }
            script.push(format!("printf '{END_OF_COMMAND}%s\\n' $?"));
        }
        let mut process = Process::start(&mut self.script(&script.join("\n")));
        drop(process.stdin());
        process
    }
}

/// Compares the output of a block's commands, and their exit codes.
fn check(block: &Block, mut process: Process) {
    let finished = process.finish();
    let mut rest = &finished.stdout[..];
    for (index, Shown { command, output }) in block.commands.iter().enumerate() {
        let (printed, after) = rest.split_once(END_OF_COMMAND).expect("each command ends");
        let (code, after) = after.split_once('\n').expect("each command has an exit code");
        let fails = index + 1 == block.commands.len() && block.directive("fails").is_some();
        assert_eq!(code != "0", fails, "exit code {code}: {command}\n{printed}");
        if let Some(output) = output {
            let output = output.join("\n");
            assert!(matches(&output, printed), "{command}\nexpected:\n{output}\nprinted:\n{printed}");
        }
        rest = after;
    }
}

/// Waits for the output of commands in the background, and ends them.
fn interrupt(background: &mut Vec<Background>) {
    for Background { process, output, .. } in background.iter() {
        let (end, output) = (Instant::now() + OUTPUT_DEADLINE, output.join("\n"));
        while !begins_with(&process.stdout.so_far(), &output) {
            let printed = process.stdout.so_far();
            assert!(Instant::now() < end, "expected:\n{output}\nprinted:\n{printed}");
            thread::sleep(Duration::from_millis(2));
        }
    }
    // Servers end after their clients.
    while let Some(Background { mut process, .. }) = background.pop() {
        process.signal("INT");
        let end = Instant::now() + OUTPUT_DEADLINE;
        while !process.has_ended() {
            assert!(Instant::now() < end, "Ctrl-C did not end it: {}", process.stdout.so_far());
            thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Returns the number of sockets that listen or have a connection.
fn number_of_sockets() -> usize {
    const ESTABLISHED: &str = "01";
    const LISTEN: &str = "0A";
    let table = |path| fs::read_to_string(path).unwrap_or_default();
    let tables = table("/proc/thread-self/net/tcp") + &table("/proc/thread-self/net/tcp6");
    let states = tables.lines().filter_map(|line| line.split_whitespace().nth(3));
    states.filter(|state| [ESTABLISHED, LISTEN].contains(state)).count()
}

/// Checks that `.ci/run` runs a cargo command, perhaps with more options and other arguments after `--`.
#[track_caller]
fn assert_is_run(cargo: &str) {
    let run = fs::read_to_string(repository().join(".ci/run")).unwrap();
    let options = |line: &str| -> Vec<String> {
        let line = line.split(" #").next().unwrap();
        line.split_whitespace().take_while(|&word| word != "--").map(str::to_owned).collect()
    };
    let wanted = options(cargo);
    let mut runs = run.lines().filter_map(|line| line.strip_prefix("step cargo ")).map(options);
    assert!(runs.any(|run| wanted.iter().all(|word| run.contains(word))), "not in .ci/run: cargo {cargo}");
}

/// Reports whether a command printed what the document shows, except for what differs in each run.
fn matches(shown: &str, printed: &str) -> bool {
    let (shown, printed) = (comparable(shown), comparable(printed));
    match_lines(&shown, &printed, <[String]>::is_empty)
}

/// Reports whether the output begins with what the document shows.
fn begins_with(printed: &str, shown: &str) -> bool {
    match_lines(&comparable(shown), &comparable(printed), |_| true)
}

fn match_lines(shown: &[String], printed: &[String], may_follow: fn(&[String]) -> bool) -> bool {
    match (shown, printed) {
        ([], rest) => may_follow(rest),
        ([any, shown @ ..], printed) if any == "…" => {
            (0..=printed.len()).any(|skipped| match_lines(shown, &printed[skipped..], may_follow))
        }
        ([line, shown @ ..], [same, printed @ ..]) if line == same => match_lines(shown, printed, may_follow),
        _ => false,
    }
}

/// Returns the lines without what differs in each run: times, rates, the ports of clients, the widths of columns.
fn comparable(text: &str) -> Vec<String> {
    text.trim_end().lines().map(comparable_line).collect()
}

fn comparable_line(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let is_unit =
            ["ns", "µs", "ms", "s", "kB/s", "MB/s", "GB/s"].contains(&word.trim_end_matches([',', ':']));
        let last = words.last().map_or("", String::as_str);
        if is_unit && last.starts_with(|first: char| first.is_ascii_digit()) {
            words.pop();
            words.push("TIME".to_owned());
        } else if last == "MSS" {
            words.push("BYTES".to_owned());
        } else {
            words.push(without_client_port(word));
        }
    }
    words.join(" ")
}

/// Replaces the port of a client, which Linux takes from 32768 on.
fn without_client_port(word: &str) -> String {
    match word.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok_and(|port| port >= 32768) => format!("{host}:CLIENT"),
        _ => word.to_owned(),
    }
}
