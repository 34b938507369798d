//! Faults of a network, in a network namespace of the test's own: an address that vanishes, a name server that is
//! silent.

use crate::support::peer::{peer, unshare};
use crate::support::{Finished, run};

/// Runs a bash script with a network of its own, in which `$1` is the executable.
fn run_in_own_network(script: &str) -> Option<Finished> {
    for program in ["ip", "ss", "socat", "bash"] {
        peer(program)?;
    }
    let mut unshare = unshare(&["-rmn", "-pf", "--kill-child"])?;
    let script = format!("set -eu; export UPCASE_LANG=en; ip link set lo up\n{script}");
    Some(run(unshare.args(["bash", "-c", &script, "bash", env!("CARGO_BIN_EXE_upcase")]), b""))
}

#[test]
fn address_that_vanishes_and_returns_does_not_affect_the_others() {
    let ended = run_in_own_network(
        r#"
        ip address add 192.0.2.1/32 dev lo
        coproc "$1" serve --host 192.0.2.1 --host 127.0.0.1 --port 8080 2>&1
        read -r -u "${COPROC[0]}" first; read -r -u "${COPROC[0]}" second; echo "$first; $second"
        "$1" send --host 192.0.2.1 before
        ip address del 192.0.2.1/32 dev lo
        "$1" send meanwhile
        ip address add 192.0.2.1/32 dev lo
        "$1" send --host 192.0.2.1 after
        kill "$COPROC_PID"; wait "$COPROC_PID"; echo "exit code $?""#,
    );
    let Some(ended) = ended else { return };
    assert_eq!(
        ended.stdout,
        "Listening on 192.0.2.1:8080; Listening on 127.0.0.1:8080\n\
         Sent:     before\nReceived: BEFORE\n\
         Sent:     meanwhile\nReceived: MEANWHILE\n\
         Sent:     after\nReceived: AFTER\n\
         exit code 0\n",
        "{}",
        ended.stderr
    );
}

#[test]
fn signal_ends_the_server_during_a_name_lookup() {
    // The name server takes the question and does not answer: the system would wait for seconds.
    let ended = run_in_own_network(
        r#"
        mount -t tmpfs tmpfs /mnt; echo nameserver 127.0.0.1 > /mnt/resolv.conf
        mount --bind /mnt/resolv.conf /etc/resolv.conf
        coproc socat -u UDP-RECV:53,bind=127.0.0.1 STDOUT
        until ss -lun | grep -q 127.0.0.1:53; do :; done
        "$1" serve --host name.example --port 0 & serve=$!
        read -r -N 1 -u "${COPROC[0]}"
        kill -INT $serve; wait $serve; echo "exit code $?"; kill $COPROC_PID"#,
    );
    let Some(ended) = ended else { return };
    assert_eq!((&ended.stdout[..], &ended.stderr[..]), ("exit code 0\n", ""));
}
