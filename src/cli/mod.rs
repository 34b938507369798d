//! The command line: arguments, help, and usage errors.
//!
//! The texts of the help are in [`i18n::help`](crate::i18n::help), in both languages. `-h` fits on one screen of 24 lines:
//! options that few users need are left to `--help`.

mod addresses;
mod completions;
pub(crate) mod environment;
mod fault;
mod help;
mod send;
mod serve;
mod shape;
mod target;
mod trace;
mod usage;
mod values;

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use self::addresses::AddressArgs;
pub use self::completions::completion_script;
pub(crate) use self::fault::FaultArgs;
pub(crate) use self::send::{ReplyFormat, SendArgs};
pub(crate) use self::serve::{LogFormat, ServeArgs};
pub(crate) use self::shape::ShapeArgs;
pub(crate) use self::target::Target;
pub(crate) use self::trace::TraceArgs;
pub use self::usage::UsageError;
use crate::i18n::Language;
use crate::terminal::{Color, Terminal};

/// Headings of the help.
const CONNECTION: &str = "Connection";
const LIMITS: &str = "Limits";
const FAULTS: &str = "Faults";
const REPEATING: &str = "Repeating";
const SHAPING: &str = "Shaping";
const INPUT_AND_OUTPUT: &str = "Input and output";
const GLOBAL: &str = "Global";

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "upcase",
    bin_name = "upcase",
    version,
    args_override_self = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    disable_version_flag = true
)]
pub struct Cli {
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,

    /// The choice of when to use colour.
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "WHEN", default_value = "auto", hide_short_help = true)]
    pub color: Color,

    /// The language that the user or the environment chooses.
    #[arg(long, global = true, help_heading = GLOBAL, hide_default_value = true)]
    pub lang: Option<Language>,

    // clap's own flag has no heading, and so would come before the options of the command.
    #[arg(short, long, global = true, help_heading = GLOBAL, action = ArgAction::Help)]
    help: (),

    #[arg(short = 'V', long, help_heading = GLOBAL, action = ArgAction::Version)]
    version: (),
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server.
    Serve(ServeArgs),

    /// Runs the client.
    Send(SendArgs),

    /// Prints a completion script.
    Completions {
        /// The shell that runs the script.
        shell: Shell,
    },

    /// Prints a manual page.
    Man {
        /// The page.
        #[arg(default_value = "upcase")]
        page: Page,
    },
}

impl Command {
    /// Returns whether each line of output is JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        match self {
            Self::Serve(args) => args.format == LogFormat::Json,
            Self::Send(args) => args.format == ReplyFormat::Json,
            Self::Completions { .. } | Self::Man { .. } => false,
        }
    }
}

/// The manual pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Page {
    /// All commands.
    Upcase,
    /// The server.
    #[value(alias = "serve")]
    UpcaseServe,
    /// The client.
    #[value(alias = "send")]
    UpcaseSend,
}

impl Cli {
    /// Checks options that depend on options of another part of the command line.
    fn validated(self) -> Result<Self, clap::Error> {
        if let Command::Serve(ServeArgs { faults, idle_timeout, .. }) = &self.command {
            faults.validate(*idle_timeout)?;
        }
        Ok(self)
    }

    /// Returns the language of messages. As in the tutorial, the default is Portuguese.
    #[must_use]
    pub fn message_language(&self) -> Language {
        self.lang.unwrap_or(Language::Pt)
    }

    /// Returns the language of the help, the manual pages and the completions.
    #[must_use]
    pub fn help_language(&self) -> Language {
        self.lang.unwrap_or(DEFAULT_HELP_LANGUAGE)
    }
}

const DEFAULT_HELP_LANGUAGE: Language = Language::En;

/// Parses the command line, with defaults from the environment.
///
/// # Errors
/// Returns the usage error, or the help or the version that the user asks for.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, UsageError> {
    let args: Vec<_> = args.into_iter().collect();
    let color = last_value(&args, "--color").unwrap_or(Color::Auto);
    let lang = last_value(&args, "--lang").or_else(environment::language).unwrap_or(DEFAULT_HELP_LANGUAGE);
    let terminal = Terminal::new(color, lang, false);
    let mut command = help::localized(environment::with_defaults(upcase()), lang);
    try_parse(&mut command, &args)
        .map_err(|error| UsageError { error: environment::name_variable(error, &args), terminal })
}

fn try_parse(command: &mut clap::Command, args: &[OsString]) -> Result<Cli, clap::Error> {
    let matches = command.try_get_matches_from_mut(args)?;
    if let Some((HELP, help)) = matches.subcommand() {
        // `upcase help send` is `upcase send --help`.
        let name = help.get_one::<String>(HELP_COMMAND).map(String::as_str);
        command.try_get_matches_from_mut([Some("upcase"), name, Some("--help")].into_iter().flatten())?;
    }
    Cli::from_arg_matches(&matches).and_then(Cli::validated).map_err(|mut error| {
        let subcommand = matches.subcommand_name().and_then(|name| command.find_subcommand_mut(name));
        if let Some(subcommand) = subcommand {
            error.insert(ContextKind::Usage, ContextValue::StyledStr(subcommand.render_usage()));
        }
        error
    })
}

/// Returns the command line of all commands in one language, without defaults from the environment.
pub(crate) fn command(lang: Language) -> clap::Command {
    help::localized(upcase(), lang)
}

/// The name of the command `help`, and the id of its argument.
const HELP: &str = "help";
const HELP_COMMAND: &str = "command";

/// Returns the command line of all commands, whose texts are to be replaced.
fn upcase() -> clap::Command {
    let upcase = Cli::command();
    // clap's own `help` has English texts, and its argument has no values to complete.
    let names = upcase.get_subcommands().map(|command| command.get_name().to_owned());
    let command = clap::Arg::new(HELP_COMMAND).value_name("COMMAND").value_parser(names.collect::<Vec<_>>());
    upcase.subcommand(clap::Command::new(HELP).arg(command))
}

/// Returns the last value of an option in a command line that need not be valid.
fn last_value<T: ValueEnum>(args: &[OsString], option: &str) -> Option<T> {
    let args = args.iter().map_while(|arg| (arg != "--").then(|| arg.to_string_lossy()));
    let mut last = None;
    let mut is_value = false;
    for arg in args {
        let value = if is_value {
            Some(&*arg)
        } else {
            arg.strip_prefix(option).and_then(|rest| rest.strip_prefix('='))
        };
        last = value.and_then(|value| T::from_str(value, false).ok()).or(last);
        is_value = arg == option;
    }
    last
}
