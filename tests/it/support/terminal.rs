//! A pseudoterminal with a command that runs in it.

use std::fs::File;
use std::io::Write as _;
use std::process::Command;

use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::captured_output::CapturedOutput;
use super::peer::peer;
use super::process::{Process, wrap};

pub(crate) const UP: &str = "\x1b[A";
pub(crate) const CTRL_C: &str = "\x03";
pub(crate) const CTRL_D: &str = "\x04";

/// A terminal of 80 columns, and the command that runs in it.
pub(crate) struct Terminal {
    pub(crate) process: Process,
    keyboard: File,
    screen: CapturedOutput,
    /// The length of the output that the test has looked at.
    seen: usize,
}

impl Terminal {
    /// Runs a command as a shell would; `None` where `setsid` is not installed.
    pub(crate) fn run(command: &Command) -> Option<Self> {
        Self::run_redirected(command, |_| {})
    }

    /// Runs a command as a shell would, with streams that `redirect` takes from the terminal.
    pub(crate) fn run_redirected(command: &Command, redirect: impl FnOnce(&mut Command)) -> Option<Self> {
        // Ctrl-C reaches the command only through its controlling terminal. Without unsafe code, setsid sets that.
        let mut setsid = peer("setsid")?;
        setsid.arg("--ctty").env("TERM", "xterm-256color");
        let mut command = wrap(setsid, command);
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).unwrap();
        unlockpt(&master).unwrap();
        tcsetwinsize(&master, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let slave = ioctl_tiocgptpeer(&master, flags).unwrap();
        command.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap()).stderr(slave);
        redirect(&mut command);
        let process = Process::start(&mut command);
        let keyboard = File::from(master);
        let screen = CapturedOutput::of(keyboard.try_clone().ok());
        Some(Self { process, keyboard, screen, seen: 0 })
    }

    /// Types keys.
    pub(crate) fn type_keys(&mut self, keys: impl AsRef<[u8]>) {
        self.keyboard.write_all(keys.as_ref()).unwrap();
    }

    /// Waits until `wanted` is shown, after the text that was waited for last.
    #[track_caller]
    pub(crate) fn until_shown(&mut self, wanted: &str) {
        let found = |text: &str| Some(self.seen + text[self.seen..].find(wanted)? + wanted.len());
        self.seen = self.screen.until(found);
    }

    /// Returns whether the terminal itself edits lines and shows what is typed, as it does for a command without a prompt.
    pub(crate) fn edits_lines(&self) -> bool {
        tcgetattr(&self.keyboard).unwrap().local_modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    /// Ends the command by Ctrl-D, and returns everything that was shown.
    #[track_caller]
    pub(crate) fn end(mut self) -> String {
        self.type_keys(CTRL_D);
        assert_eq!(self.process.wait(), Some(0));
        self.screen.text()
    }
}
