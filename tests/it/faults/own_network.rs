//! What can only be tried in a network of the test's own: an address that goes away, and names that nobody knows of.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::peer::peer;
use crate::support::{Finished, run};

/// Runs a bash script in a network of its own, with the executable as `$1`; none where that can't be had.
fn in_own_network(script: &str) -> Option<Finished> {
    for program in ["ip", "ss", "socat", "bash"] {
        peer(program)?;
    }
    let mut unshare = peer("unshare")?;
    let allowed = Command::new("unshare").args(["-rmn", "true"]).stderr(Stdio::null()).status().unwrap();
    if !allowed.success() {
        let _ = writeln!(std::io::stderr(), "skipped: this system lets nobody make a namespace");
        return None;
    }
    let script = format!("set -eu; ip link set lo up\n{script}");
    Some(run(unshare.args(["-rmn", "bash", "-c", &script, "bash", env!("CARGO_BIN_EXE_upcase")]), b""))
}

#[test]
fn an_address_that_vanishes_leaves_the_others_served() {
    let ended = in_own_network(
        r#"
        ip address add 192.0.2.1/32 dev lo
        coproc "$1" serve --host 192.0.2.1 --host 127.0.0.1 --port 8080 2>&1
        read -r -u "${COPROC[0]}" first; read -r -u "${COPROC[0]}" second; echo "$first; $second"
        "$1" send --host 192.0.2.1 antes
        ip address del 192.0.2.1/32 dev lo
        "$1" send depois
        ip address add 192.0.2.1/32 dev lo
        "$1" send --host 192.0.2.1 "de volta"
        kill "$COPROC_PID"; wait "$COPROC_PID"; echo "fim $?""#,
    );
    let Some(ended) = ended else { return };
    assert_eq!(
        ended.stdout,
        "Escutando em 192.0.2.1:8080; Escutando em 127.0.0.1:8080\n\
         Enviado:  antes\nRecebido: ANTES\n\
         Enviado:  depois\nRecebido: DEPOIS\n\
         Enviado:  de volta\nRecebido: DE VOLTA\n\
         fim 0\n",
        "{}",
        ended.stderr
    );
}

#[test]
fn a_name_that_is_still_looked_up_does_not_hold_the_end_up() {
    // A name server that takes the question and gives no answer: the system would wait for seconds.
    let ended = in_own_network(
        r#"
        mount -t tmpfs tmpfs /mnt; echo nameserver 127.0.0.1 > /mnt/resolv.conf
        mount --bind /mnt/resolv.conf /etc/resolv.conf
        coproc socat -u UDP-RECV:53,bind=127.0.0.1 STDOUT
        until ss -lun | grep -q 127.0.0.1:53; do :; done
        "$1" serve --host nome.example --port 0 & serve=$!
        read -r -N 1 -u "${COPROC[0]}"
        kill -INT $serve; wait $serve; echo "fim $?"; kill $COPROC_PID"#,
    );
    let Some(ended) = ended else { return };
    assert_eq!((&ended.stdout[..], &ended.stderr[..]), ("fim 0\n", ""));
}
