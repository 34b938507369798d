//! Faults of a network, in a network namespace of the test's own: an address that vanishes, a name server that is
//! silent.

use crate::support::peer::{peer, unshare};
use crate::support::{Finished, run};

/// Runs a bash script with a network of its own, in which `$1` is the executable.
fn run_in_own_network(script: &str) -> Option<Finished> {
    for program in ["ip", "ss", "socat", "bash", "python3"] {
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

#[test]
fn errors_of_the_name_service_have_the_same_text_on_every_system() {
    // A name server that answers each question with the response code that the name begins with (RFC 1035, section 4.1.1),
    // and with no address.
    let ended = run_in_own_network(
        r#"
        mount -t tmpfs tmpfs /mnt; echo nameserver 127.0.0.1 > /mnt/resolv.conf
        mount --bind /mnt/resolv.conf /etc/resolv.conf
        echo hosts: dns > /mnt/nsswitch.conf; mount --bind /mnt/nsswitch.conf /etc/nsswitch.conf
        failure() { "$1" send --host "$2" hi || echo "exit code $?"; }
        failure "$1" unanswered.example
        coproc python3 -uc '
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("ready")
while True:
    question, client = server.recvfrom(512)
    code = int(question[13:14])
    server.sendto(question[:2] + bytes([0x81, 0x80 | code]) + question[4:], client)'
        read -r -u "${COPROC[0]}"
        for code in 0 2 3; do failure "$1" $code.example; done
        kill "$COPROC_PID""#,
    );
    let Some(ended) = ended else { return };
    let causes = ended.stderr.lines().filter_map(|line| line.strip_prefix("Cause: ")).collect::<Vec<_>>();
    let no_answer = "the name service does not answer";
    assert_eq!(causes, [no_answer, "unknown name", no_answer, "unknown name"], "{ended:?}");
    assert_eq!(ended.stdout, "exit code 1\n".repeat(4), "{ended:?}");
}

#[test]
fn address_that_the_machine_lacks_is_a_warning_beside_one_that_it_has() {
    // Without IPv6, a localhost that includes ::1 has an address that the machine lacks.
    let ended = run_in_own_network(
        r#"
        sysctl -qw net.ipv6.conf.lo.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1
        mount -t tmpfs tmpfs /mnt; printf '127.0.0.1 localhost\n::1 localhost\n' > /mnt/hosts
        mount --bind /mnt/hosts /etc/hosts
        for hosts in "--host 127.0.0.1 --host localhost" "--host ::1 --host 127.0.0.1" "--host localhost"; do
            coproc "$1" serve $hosts --port 8080 2>&1
            until read -r -u "${COPROC[0]}" line; [[ $line = Listening* ]]; do echo "$line"; done
            "$1" send hi
            kill "$COPROC_PID"; wait "$COPROC_PID"
        done
        "$1" serve --host ::1 --port 8080 || echo "exit code $?""#,
    );
    let Some(ended) = ended else { return };
    let warning = "Warning: not listening on [::1]:8080: ";
    assert_eq!(ended.stdout.matches(warning).count(), 3, "{ended:?}");
    assert_eq!(ended.stdout.matches("Received: ").count(), 3, "{ended:?}");
    assert!(ended.stdout.ends_with("exit code 1\n"), "{ended:?}");
    assert!(ended.stderr.contains("Error: can't listen on [::1]:8080\n"), "{ended:?}");
}

#[test]
fn connection_to_itself_is_refused() {
    // Nothing listens on a port of the range of local ports: the system connects the socket to itself.
    let ended = run_in_own_network(
        r#"
        sysctl -qw net.ipv4.ip_local_port_range="21500 21501"
        for try in 1 2 3 4 5; do
            "$1" send --wait 300ms --check --port 21500 "PING 123" || echo "exit code $?"
        done
        ss -tan state time-wait | grep -c 21500 || true"#,
    );
    let Some(ended) = ended else { return };
    assert_eq!(ended.stdout, "exit code 1\n".repeat(5) + "0\n", "{ended:?}");
    assert!(ended.stderr.contains("connection refused"), "{ended:?}");
}
