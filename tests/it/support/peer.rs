//! Programs that are not ours, where they are installed.

use std::io::Write as _;
use std::process::Command;

/// The command for a program, if it is installed.
///
/// Where it is not, the test says so and skips, or fails where `UPCASE_REQUIRE_PEERS=1`.
pub(crate) fn peer(program: &str) -> Option<Command> {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(program).is_file());
    if found {
        return Some(super::command(program));
    }
    assert!(
        std::env::var_os("UPCASE_REQUIRE_PEERS").is_none_or(|value| value != "1"),
        "{program} is not installed, and UPCASE_REQUIRE_PEERS=1"
    );
    // Not by eprintln!, which the test harness keeps to itself where a test passes.
    let _ = writeln!(std::io::stderr(), "skipped: {program} is not installed");
    None
}
