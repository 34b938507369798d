//! Programs of others, which a machine may lack.

use std::process::Command;

use super::process::command;
#[cfg(target_os = "linux")]
use super::process::run;
use super::skip;

/// Returns the command for a program if the program is installed.
///
/// If not, it skips the test, or fails it with `UPCASE_REQUIRE_PEERS=1`.
pub(crate) fn peer(program: &str) -> Option<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
        return Some(command(program));
    }
    assert!(
        std::env::var_os("UPCASE_REQUIRE_PEERS").is_none_or(|value| value != "1"),
        "{program} is not installed, and UPCASE_REQUIRE_PEERS=1"
    );
    skip(format_args!("{program} is not installed"));
    None
}

/// Returns the command that runs another in new namespaces if the system allows them: `unshare` with these arguments.
#[cfg(target_os = "linux")]
pub(crate) fn unshare(namespaces: &[&str]) -> Option<Command> {
    if run(peer("unshare")?.args(namespaces).arg("true"), b"").code != Some(0) {
        skip(format_args!("the system does not allow unshare {}", namespaces.join(" ")));
        return None;
    }
    let mut unshare = peer("unshare")?;
    unshare.args(namespaces);
    Some(unshare)
}
