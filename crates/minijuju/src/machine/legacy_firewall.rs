//! Rules of `iptables-legacy`, from before nftables. nft does not list them, and a packet must pass both.

use std::fs;
use std::path::Path;

use super::Result;
use super::lock::Lock;
use super::tool::Tool;

/// Lists the tables that were used since this network namespace began. An unused table costs nothing.
const TABLES: &str = "/proc/net/ip_tables_names";

/// Let packets from and to `bridge` pass. Returns what the user must do if that fails.
pub(super) fn pass(lock: &Lock, bridge: &str) -> Option<String> {
    let passed = rules().and_then(|rules| {
        if lets_all_pass(&rules, bridge) {
            return Ok(());
        }
        let insert =
            |side| run(lock, &["-I", "FORWARD", side, bridge, "-j", "ACCEPT"], "let machines through iptables");
        insert("-i").and_then(|()| insert("-o"))
    });
    let error = passed.err()?;
    Some(format!(
        "this computer has rules of iptables-legacy, which may drop packets from machines ({error}): let the \
         interface {bridge} through"
    ))
}

/// Whether no legacy rule seems to drop packets from or to `bridge`.
pub(super) fn lets_pass(bridge: &str) -> bool {
    rules().map_or(true, |rules| lets_all_pass(&rules, bridge))
}

/// Undo [`pass`].
pub(super) fn close(lock: &Lock, bridge: &str) -> Result<()> {
    // If the program is not installed, we made no rules.
    let rules = rules().unwrap_or_default();
    for rule in rules.lines().filter(|rule| is_about(rule, bridge)) {
        let words: Vec<&str> = rule.split_whitespace().skip(1).collect();
        run(lock, &[&["-D"], words.as_slice()].concat(), "remove the machines' rules of iptables")?;
    }
    Ok(())
}

/// The rules of the `FORWARD` chain in iptables' syntax, or nothing where legacy tables are unused.
fn rules() -> Result<String> {
    let tables = fs::read_to_string(TABLES).unwrap_or_default();
    if !tables.lines().any(|table| table == "filter") {
        return Ok(String::new());
    }
    Tool::IptablesLegacy.run(Path::new("/"), &["-w", "-S", "FORWARD"], "", "read the firewall")
}

fn run(lock: &Lock, words: &[&str], doing: &str) -> Result<()> {
    Tool::IptablesLegacy.run_locked(lock, &[&["-w"], words].concat(), "", doing)
}

fn is_about(rule: &str, bridge: &str) -> bool {
    rule.split_whitespace().any(|word| word == bridge)
}

/// Whether our rules are there, or nothing can drop a packet: neither the policy, nor a rule with a target other than
/// `ACCEPT`, `RETURN` and `LOG`.
fn lets_all_pass(rules: &str, bridge: &str) -> bool {
    let may_drop = |rule: &str| {
        let words: Vec<&str> = rule.split_whitespace().collect();
        let target = words.iter().position(|word| ["-j", "-g"].contains(word)).and_then(|at| words.get(at + 1));
        words.ends_with(&["DROP"]) || target.is_some_and(|target| !["ACCEPT", "RETURN", "LOG"].contains(target))
    };
    rules.lines().any(|rule| is_about(rule, bridge)) || !rules.lines().any(may_drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_may_drop_need_ours_before_them() {
        for (rules, pass) in [
            ("", true),
            ("-P FORWARD ACCEPT\n", true),
            ("-P FORWARD DROP\n", false),
            ("-P FORWARD ACCEPT\n-A FORWARD -i eth0 -j LOG --log-prefix x\n-A FORWARD -o eth0 -j ACCEPT\n", true),
            ("-P FORWARD ACCEPT\n-A FORWARD -j DOCKER-USER\n", false),
            ("-P FORWARD ACCEPT\n-A FORWARD -j REJECT --reject-with icmp-port-unreachable\n", false),
            ("-P FORWARD DROP\n-A FORWARD -o mjbr-0a1b2c -j ACCEPT\n-A FORWARD -i mjbr-0a1b2c -j ACCEPT\n", true),
            ("-P FORWARD DROP\n-A FORWARD -o mjbr-0a1b2d -j ACCEPT\n", false),
        ] {
            assert_eq!(lets_all_pass(rules, "mjbr-0a1b2c"), pass, "{rules}");
        }
    }
}
