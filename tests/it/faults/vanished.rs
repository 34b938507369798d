//! An address that goes away while it is listened on.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::peer::peer;
use crate::support::run;

/// In a network of its own: serves on an address that is then taken away, and on one that stays.
#[cfg(target_os = "linux")]
#[test]
fn an_address_that_vanishes_leaves_the_others_served() {
    if peer("ip").is_none() || peer("bash").is_none() {
        return;
    }
    let Some(mut unshare) = peer("unshare") else { return };
    let allowed =
        std::process::Command::new("unshare").args(["-rn", "true"]).stderr(Stdio::null()).status().unwrap();
    if !allowed.success() {
        let _ = writeln!(std::io::stderr(), "skipped: this system lets nobody make a namespace");
        return;
    }
    let script = r#"
        set -eu
        ip link set lo up
        ip address add 192.0.2.1/32 dev lo
        coproc "$1" serve --host 192.0.2.1 --host 127.0.0.1 --port 8080 2>&1
        read -r -u "${COPROC[0]}" first; read -r -u "${COPROC[0]}" second; echo "$first; $second"
        "$1" send --host 192.0.2.1 antes
        ip address del 192.0.2.1/32 dev lo
        "$1" send depois
        ip address add 192.0.2.1/32 dev lo
        "$1" send --host 192.0.2.1 "de volta"
        kill "$COPROC_PID"; wait "$COPROC_PID"; echo "fim $?""#;
    let ended = run(unshare.args(["-rn", "bash", "-c", script, "bash", env!("CARGO_BIN_EXE_upcase")]), b"");
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
