//! Rules of iptables from before nftables (`iptables-legacy`). nft does not show them, and a packet goes through both.

use std::fs;
use std::path::Path;

use super::Result;
use super::lock::Lock;
use super::tool::Tool;

/// Names the tables that somebody has asked for since this network began. A table costs nothing before.
const TABLES: &str = "/proc/net/ip_tables_names";

/// Let what comes and goes through `bridge` pass. Gives back what a person must do if that fails.
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
        "this computer has rules of iptables-legacy, which may drop what machines send out ({error}): have them let the \
         interface {bridge} through"
    ))
}

/// Whether nothing here drops what comes and goes through `bridge`, as far as that can be told.
pub(super) fn lets_pass(bridge: &str) -> bool {
    rules().map_or(true, |rules| lets_all_pass(&rules, bridge))
}

/// Take away what [`pass`] did.
pub(super) fn close(lock: &Lock, bridge: &str) -> Result<()> {
    // Without the program, there can be no rule of ours.
    let rules = rules().unwrap_or_default();
    for rule in rules.lines().filter(|rule| is_about(rule, bridge)) {
        let words: Vec<&str> = rule.split_whitespace().skip(1).collect();
        run(lock, &[&["-D"], words.as_slice()].concat(), "remove the machines' rules of iptables")?;
    }
    Ok(())
}

/// The rules for what is passed on, as iptables takes them; none where nobody uses it.
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

/// Whether ours are among the rules, or none of them drops a packet: by the policy, or by a rule that does or may do more
/// than to accept.
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
