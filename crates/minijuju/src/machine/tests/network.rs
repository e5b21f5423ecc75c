//! A machine's network.

use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::super::Machine;
use super::fixture::{eventually, finish, needs_root_and, output};
use super::rig::{Rig, check_output, spec};

/// How long to wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A server in the machine that sends its host name to each client of port 8000.
fn serve(machine: &Machine) {
    let script = "use IO::Socket::INET; my $l = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1) \
                  or die $!; my $name = `hostname`; while (my $c = $l->accept) { print $c $name; close $c }";
    let mut command = machine.command("setsid", "/").unwrap();
    // With `--fork`, setsid exits at once.
    let child = command.args(["--fork", "perl", "-e", script]).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    assert!(finish(child.unwrap(), "the start of a server").status.success());
    eventually("the server answers", || read_host_name(machine).is_some());
}

/// What that server sends, if it answers.
fn read_host_name(machine: &Machine) -> Option<String> {
    let mut text = String::new();
    let mut stream = TcpStream::connect_timeout(&(machine.address(), 8000).into(), TIMEOUT).ok()?;
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}

#[test]
#[ignore = "needs root: it starts machines"]
fn machines_answer_at_their_addresses_from_the_host_and_from_each_other() {
    let rig = Rig::new();
    let (one, two) = (rig.start(1), rig.start(2));
    serve(&one);
    serve(&two);
    assert_ne!(one.address(), two.address());
    assert_eq!(read_host_name(&one).as_deref(), Some("juju-test-1\n"));
    assert_eq!(read_host_name(&two).as_deref(), Some("juju-test-2\n"));
    assert_eq!(check_output(&one, &format!("bash -c 'cat < /dev/tcp/{}/8000'", two.address())), "juju-test-2\n");
    assert_eq!(check_output(&two, "bash -c 'cat < /dev/tcp/127.0.0.1/8000'"), "juju-test-2\n");
    rig.machines().stop(one.id()).unwrap();
    assert_eq!(read_host_name(&two).as_deref(), Some("juju-test-2\n"));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn an_address_that_is_used_again_answers_at_once() {
    let rig = Rig::new();
    let (one, other) = (rig.start(0), rig.start(1));
    serve(&one);
    let listen = format!("bash -c 'cat < /dev/tcp/{}/8000'", one.address());
    assert_eq!(check_output(&other, &listen), "juju-test-0\n");
    rig.machines().stop(one.id()).unwrap();
    let restarted = rig.start(2);
    assert_eq!(restarted.address(), one.address());
    serve(&restarted);
    // If the MAC address changed, the old one would stay in the ARP cache for seconds.
    let begin = Instant::now();
    assert_eq!(check_output(&other, &listen), "juju-test-2\n");
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_uses_the_host_s_dns_servers() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let file = machine.root().join("etc/resolv.conf");
    assert!(fs::symlink_metadata(&file).unwrap().is_file());
    let servers = |text: &str| text.lines().filter(|line| line.starts_with("nameserver")).count();
    let host = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let inside = fs::read_to_string(file).unwrap();
    assert!(servers(&inside) > 0 || servers(&host) == 0, "{inside}");
    assert!(!inside.contains("nameserver 127.") || !machine.warnings().is_empty());
    let entry = check_output(&machine, "getent hosts $(hostname)");
    assert_eq!(entry.split_whitespace().collect::<Vec<_>>(), [machine.address().to_string().as_str(), "juju-test-0"]);
}

/// As on Ubuntu: `/etc/resolv.conf` names systemd-resolved on the loopback interface, which lists its servers
/// elsewhere.
const WITH_STUB_RESOLVER: &str = r#"
set -e
mount -t sysfs sysfs /sys
mount -t tmpfs run /run
mkdir -p /run/systemd/resolve
echo "nameserver 192.0.2.53" > /run/systemd/resolve/resolv.conf
echo "nameserver 127.0.0.53" > "$BESIDE/stub"
mount --bind "$BESIDE/stub" "$(readlink -f /etc/resolv.conf)"
"$@"
pid=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$DATA/machines/test-0/machine.json")
nsenter -t "$pid" -m sh -c 'test ! -d /run/systemd && cat /etc/resolv.conf'
MINIJUJU_TEST_CLEAN=1 "$@" > /dev/null
"#;

#[test]
#[ignore = "needs root: it starts machines"]
fn a_stub_resolver_on_loopback_is_replaced_by_its_upstream() {
    let rig = Rig::new();
    let mut starter = rig.starter("exec unshare --mount --net --propagation private sh -c \"$SCRIPT\" sh \"$@\"");
    starter.env("SCRIPT", WITH_STUB_RESOLVER).env("BESIDE", rig.folder_beside("beside")).env("DATA", rig.data());
    let output = output(&mut starter);
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("warnings []") && text.ends_with("\nnameserver 192.0.2.53\n"), "{text}{errors}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn four_machines_can_be_started_at_once() {
    let rig = Rig::new();
    let addresses = thread::scope(|scope| {
        let starts: Vec<_> = (0..4)
            .map(|number| {
                scope.spawn({
                    let rig = &rig;
                    move || rig.start(number).address()
                })
            })
            .collect();
        let mut all: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
        all.sort();
        all.dedup();
        all
    });
    assert_eq!(addresses.len(), 4);
    assert_eq!(rig.machines().list().unwrap().iter().filter(|info| info.pid.is_some()).count(), 4);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn two_starts_of_a_machine_at_once_start_it_once() {
    let rig = Rig::new();
    let (one, two) = thread::scope(|scope| {
        let one = scope.spawn(|| rig.start(0).pid());
        let two = scope.spawn(|| rig.start(0).pid());
        (one.join().unwrap(), two.join().unwrap())
    });
    assert_eq!(one, two);
}

/// In a separate network namespace, where all rules and devices can be compared: a computer on which Docker or ufw
/// drops forwarded packets, and a server next to it.
const WITH_FIREWALL: &str = r#"
set -e
mount -t sysfs sysfs /sys
ip link set lo up
echo 0 > /proc/sys/net/ipv4/ip_forward
unshare --net sleep 60 & neighbour=$!
trap 'kill $neighbour' EXIT
while [ "$(readlink /proc/$neighbour/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do :; done
ip link add out0 type veth peer name in0 netns $neighbour
ip addr add 203.0.113.1/24 dev out0; ip link set out0 mtu 1400 up; ip route add default via 203.0.113.2
nsenter -t $neighbour -n sh -c 'ip addr add 203.0.113.2/24 dev in0; ip link set in0 mtu 1400 up; ip link set lo up'
nsenter -t $neighbour -n perl -e 'use IO::Socket::INET; my $l = IO::Socket::INET->new(LocalPort => 80, Listen => 5) or die;
  open my $ready, ">", "$ENV{BESIDE}/ready" or die;
  while (my $c = $l->accept) { print $c $c->peerhost, "\n"; close $c }' & server=$!
trap 'kill $neighbour $server' EXIT
until [ -e "$BESIDE/ready" ]; do kill -0 $server; done
nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; iifname "docker0" counter accept; }; }'
state() { nft list ruleset; ip -br link; cat /proc/sys/net/ipv4/ip_forward; }
state > "$BESIDE/before"
"$@"
pid=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$DATA/machines/test-0/machine.json")
nsenter -t "$pid" -n -m bash -c 'cat < /dev/tcp/203.0.113.2/80; cat /sys/class/net/eth0/mtu'
# Another namespace's machines, which share this one's /run and nothing else.
MINIJUJU_TEST_STARTER=$BESIDE/other unshare --net --mount sh -ec 'mount -t sysfs sysfs /sys; "$@"; MINIJUJU_TEST_CLEAN=1 "$@"' sh "$@"
MINIJUJU_TEST_CLEAN=1 "$@"
state > "$BESIDE/after"
diff "$BESIDE/before" "$BESIDE/after" && echo as before
"#;

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_reaches_the_network_through_a_closed_firewall_and_clean_restores_the_firewall() {
    let rig = Rig::new();
    let mut starter = rig.starter("exec unshare --mount --net --propagation private sh -c \"$SCRIPT\" sh \"$@\"");
    starter.env("SCRIPT", WITH_FIREWALL).env("BESIDE", rig.folder_beside("beside")).env("DATA", rig.data());
    let output = output(&mut starter);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("warnings []"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    // The server sees the computer's address, not the machine's.
    assert!(text.contains("203.0.113.1\n1400\n"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.ends_with("as before\n"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn deleted_rules_are_restored_by_the_next_start() {
    let rig = Rig::new();
    rig.start(0);
    let rules = || String::from_utf8(output(Command::new("nft").args(["list", "tables"])).stdout).unwrap();
    let table = rig
        .leftovers()
        .into_iter()
        .find_map(|line| Some(line.split_once("table ip ")?.1.trim_end_matches(" {").to_owned()));
    let table = table.unwrap();
    assert!(output(Command::new("nft").args(["delete", "table", "ip", &table])).status.success());
    assert!(!rules().contains(&table));
    rig.machines().start(&spec(1)).unwrap();
    assert!(rules().contains(&table));
}

/// In a separate network namespace, so that other rules are not harmed: what breaks a machine's network, and the state
/// after the repair.
const DAMAGED_NETWORK: &str = r#"
set -e
mount -t sysfs sysfs /sys
mount -t tmpfs run /run
"$@" > /dev/null
pid=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$DATA/machines/test-0/machine.json")
gateway=$(sed -n 's/.*"gateway": "\(.*\)".*/\1/p' "$DATA/machines/test-0/machine.json")
bridge=$(ls /sys/class/net | grep mjbr-)
for damage in "nft flush ruleset" "echo 0 > /proc/sys/net/ipv4/ip_forward" "ip link del $bridge" \
    "ip link set $bridge down" "ip link del $(ls /sys/class/net | grep '^mj[0-9a-f]*-')" "true"; do
    sh -c "$damage"
    MINIJUJU_TEST_REPAIR=1 "$@" | grep '^repaired'
    nft list tables | grep -c minijuju
    cat /proc/sys/net/ipv4/ip_forward
    # An answer, be it that nobody listens there.
    nsenter -t "$pid" -n bash -c "exec 3<>/dev/tcp/$gateway/9" 2>&1 | grep -o "Connection refused" | head -n 1
done
nft -f - <<END
table inet fw { chain forward { type filter hook forward priority 0; policy drop; }; }
table inet other { chain passing { type filter hook forward priority 10; policy accept; ip protocol tcp reject; }; }
END
nft flush table ip "$(nft list tables | sed -n 's/^table ip \(minijuju.*\)/\1/p')"
nft delete table ip "$(nft list tables | sed -n 's/^table ip \(minijuju.*\)/\1/p')"
MINIJUJU_TEST_REPAIR=1 "$@" | grep '^repaired'
nft list ruleset | grep -c "\"$bridge\" counter .* accept"
MINIJUJU_TEST_CLEAN=1 "$@" > /dev/null
nft list ruleset | grep -c "$bridge" || true
nft list tables
"#;

#[test]
#[ignore = "needs root: it starts machines"]
fn a_damaged_network_is_repaired_and_firewalls_of_every_table_accept_machines() {
    let rig = Rig::new();
    let mut starter = rig.starter("exec unshare --mount --net --propagation private sh -c \"$SCRIPT\" sh \"$@\"");
    starter.env("SCRIPT", DAMAGED_NETWORK).env("DATA", rig.data());
    let output = output(&mut starter);
    let text = String::from_utf8_lossy(&output.stdout);
    let repaired_line = "repaired [\"the machines' network was damaged, and has been repaired\"]\n";
    let whole = "1\n1\nConnection refused\n";
    let repaired = format!("{repaired_line}{whole}").repeat(5);
    let expected = format!("{repaired}repaired []\n{whole}{repaired_line}4\n0\ntable inet fw\ntable inet other\n");
    assert_eq!(text, expected, "{}", String::from_utf8_lossy(&output.stderr));
}

/// Run a script in a separate network namespace, so that other rules are not harmed. Returns its output.
fn run_in_network_namespace(rig: &Rig, script: &str) -> (String, String) {
    let mut starter = rig.starter("exec unshare --mount --net --propagation private sh -c \"$SCRIPT\" sh \"$@\"");
    starter.env("SCRIPT", script).env("DATA", rig.data()).env("BESIDE", rig.folder_beside("beside"));
    let output = output(&mut starter);
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(output.stdout), text(output.stderr))
}

/// firewalld and others reload their whole table, and nothing else.
const RELOADED_FIREWALL: &str = r#"
set -e
mount -t sysfs sysfs /sys
mount -t tmpfs run /run
firewall() {
    nft 'table inet firewalld; delete table inet firewalld; table inet firewalld {
        chain filter_FORWARD_POLICIES { reject with icmpx admin-prohibited; }
        chain filter_FORWARD { type filter hook forward priority 10; policy accept;
            ct state { established, related } accept; jump filter_FORWARD_POLICIES; }; }'
}
firewall
"$@" | grep ' warnings '
bridge=$(ls /sys/class/net | grep mjbr-)
passed() { nft list chain inet firewalld filter_FORWARD | grep -c "\"$bridge\" counter .* accept" || true; }
passed
firewall
passed
MINIJUJU_TEST_REPAIR=1 "$@" | grep '^repaired'
passed
MINIJUJU_TEST_REPAIR=1 "$@" | grep '^repaired'
MINIJUJU_TEST_CLEAN=1 "$@" > /dev/null
passed
"#;

#[test]
#[ignore = "needs root: it starts machines"]
fn a_firewall_that_was_reloaded_accepts_machines_again() {
    let rig = Rig::new();
    let (text, errors) = run_in_network_namespace(&rig, RELOADED_FIREWALL);
    let (address, rest) = text.split_once('\n').unwrap_or_default();
    assert!(address.ends_with(" warnings []"), "{text}{errors}");
    let repaired_line = "repaired [\"the machines' network was damaged, and has been repaired\"]";
    assert_eq!(rest, format!("2\n0\n{repaired_line}\n2\nrepaired []\n0\n"), "{errors}");
}

/// In newer versions of firewalld its process owns the table: nobody else can change it.
const OWNED_FIREWALL: &str = r#"
set -e
mount -t sysfs sysfs /sys
mount -t tmpfs run /run
mkfifo "$BESIDE/rules"
nft -i < "$BESIDE/rules" > /dev/null & firewalld=$!
trap 'kill $firewalld' EXIT
exec 3> "$BESIDE/rules"
echo 'add table inet firewalld { flags owner; }' >&3
echo 'add chain inet firewalld filter_FORWARD { type filter hook forward priority 10; policy drop; }' >&3
until nft list chains 2>/dev/null | grep -q filter_FORWARD; do kill -0 $firewalld; done
"$@" | grep ' warnings '
MINIJUJU_TEST_REPAIR=1 "$@" | grep '^repaired'
MINIJUJU_TEST_CLEAN=1 "$@" > /dev/null
"#;

#[test]
#[ignore = "needs root: it starts machines"]
fn a_firewall_with_rules_that_only_its_owner_can_change_is_named_with_the_command_to_run() {
    let rig = Rig::new();
    let (text, errors) = run_in_network_namespace(&rig, OWNED_FIREWALL);
    for expected in
        ["in its chain `inet firewalld filter_FORWARD`", "`firewall-cmd --zone=trusted --add-interface=mjbr-"]
    {
        assert!(text.contains(expected), "{expected}: {text}{errors}");
    }
    assert!(text.ends_with("\nrepaired []\n"), "only the first command has the warning: {text}{errors}");
}

/// Docker on an older computer, or on one that still uses the old iptables.
const LEGACY_FIREWALL: &str = r#"
set -e
mount -t sysfs sysfs /sys
mount -t tmpfs run /run
rules() { iptables-legacy -w -S FORWARD | sed "s/$bridge/BRIDGE/"; }
bridge=none
iptables-legacy -w -P FORWARD DROP
rules > "$BESIDE/before"
"$@" | grep ' warnings '
bridge=$(ls /sys/class/net | grep mjbr-)
rules
iptables-legacy -w -F FORWARD
MINIJUJU_TEST_REPAIR=1 "$@" | grep '^repaired'
rules
MINIJUJU_TEST_REPAIR=1 "$@" | grep '^repaired'
MINIJUJU_TEST_CLEAN=1 "$@" > /dev/null
rules > "$BESIDE/after"
diff "$BESIDE/before" "$BESIDE/after" && echo as before
"#;

#[test]
#[ignore = "needs root: it starts machines beside rules of iptables-legacy"]
fn iptables_legacy_accepts_machines_and_clean_restores_its_rules() {
    let rig = Rig::new();
    needs_root_and(&[("iptables-legacy", "iptables")]);
    let (text, errors) = run_in_network_namespace(&rig, LEGACY_FIREWALL);
    let (address, rest) = text.split_once('\n').unwrap_or_default();
    assert!(address.ends_with(" warnings []"), "{text}{errors}");
    let rules = "-P FORWARD DROP\n-A FORWARD -o BRIDGE -j ACCEPT\n-A FORWARD -i BRIDGE -j ACCEPT\n";
    let repaired_line = "repaired [\"the machines' network was damaged, and has been repaired\"]\n";
    assert_eq!(rest, format!("{rules}{repaired_line}{rules}repaired []\nas before\n"), "{errors}");
}
