//! Rules of `iptables-legacy`, from before nftables. nft does not list them, and a packet must pass both.

use std::fs;
use std::path::Path;

use super::Result;
use super::host_program::HostProgram;
use super::lock::Lock;

/// Lists the tables that were used since this network namespace began. An unused table costs nothing.
const TABLES_FILE: &str = "/proc/net/ip_tables_names";

/// Let packets from and to `bridge` pass. Returns what the user must do if that fails.
pub(super) fn insert_accept_rules(lock: &Lock, bridge: &str) -> Option<String> {
    let inserted = rules().and_then(|rules| {
        if accepts_all(&rules, bridge) {
            return Ok(());
        }
        let insert =
            |side| iptables(lock, &["-I", "FORWARD", side, bridge, "-j", "ACCEPT"], "let machines through iptables");
        insert("-i").and_then(|()| insert("-o"))
    });
    let error = inserted.err()?;
    Some(format!(
        "this computer has rules of iptables-legacy, which may drop packets from machines ({error}): let the \
         interface {bridge} through"
    ))
}

/// Whether no legacy rule seems to drop packets from or to `bridge`.
pub(super) fn is_open(bridge: &str) -> bool {
    rules().map_or(true, |rules| accepts_all(&rules, bridge))
}

/// Undo [`insert_accept_rules`].
pub(super) fn close(lock: &Lock, bridge: &str) -> Result<()> {
    // If the program is not installed, we made no rules.
    let rules = rules().unwrap_or_default();
    for rule in rules.lines().filter(|rule| names_bridge(rule, bridge)) {
        let words: Vec<&str> = rule.split_whitespace().skip(1).collect();
        iptables(lock, &[&["-D"], words.as_slice()].concat(), "remove the machines' rules of iptables")?;
    }
    Ok(())
}

/// The rules of the `FORWARD` chain in iptables' syntax, or nothing where legacy tables are unused.
fn rules() -> Result<String> {
    let tables = fs::read_to_string(TABLES_FILE).unwrap_or_default();
    if !tables.lines().any(|table| table == "filter") {
        return Ok(String::new());
    }
    HostProgram::IptablesLegacy.run(Path::new("/"), &["-w", "-S", "FORWARD"], "", "read the firewall")
}

fn iptables(lock: &Lock, words: &[&str], operation: &str) -> Result<()> {
    HostProgram::IptablesLegacy.run_locked(lock, &[&["-w"], words].concat(), "", operation)
}

fn names_bridge(rule: &str, bridge: &str) -> bool {
    rule.split_whitespace().any(|word| word == bridge)
}

/// Whether our rules are there, or nothing can drop a packet: neither the policy, nor a rule with a target other than
/// `ACCEPT`, `RETURN` and `LOG`.
fn accepts_all(rules: &str, bridge: &str) -> bool {
    let may_drop = |rule: &str| {
        let words: Vec<&str> = rule.split_whitespace().collect();
        let target = words.iter().position(|word| ["-j", "-g"].contains(word)).and_then(|at| words.get(at + 1));
        words.ends_with(&["DROP"]) || target.is_some_and(|target| !["ACCEPT", "RETURN", "LOG"].contains(target))
    };
    rules.lines().any(|rule| names_bridge(rule, bridge)) || !rules.lines().any(may_drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_may_drop_packets_need_accept_rules_before_them() {
        for (rules, open) in [
            ("", true),
            ("-P FORWARD ACCEPT\n", true),
            ("-P FORWARD DROP\n", false),
            ("-P FORWARD ACCEPT\n-A FORWARD -i eth0 -j LOG --log-prefix x\n-A FORWARD -o eth0 -j ACCEPT\n", true),
            ("-P FORWARD ACCEPT\n-A FORWARD -j DOCKER-USER\n", false),
            ("-P FORWARD ACCEPT\n-A FORWARD -j REJECT --reject-with icmp-port-unreachable\n", false),
            ("-P FORWARD DROP\n-A FORWARD -o mjbr-0a1b2c -j ACCEPT\n-A FORWARD -i mjbr-0a1b2c -j ACCEPT\n", true),
            ("-P FORWARD DROP\n-A FORWARD -o mjbr-0a1b2d -j ACCEPT\n", false),
        ] {
            assert_eq!(accepts_all(rules, "mjbr-0a1b2c"), open, "{rules}");
        }
    }
}
