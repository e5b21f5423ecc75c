//! Machines' access to the network: the host forwards and masquerades their packets.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::host_program::HostProgram;
use super::interfaces::{self, BRIDGE_PREFIX};
use super::lock::Lock;
use super::{Error, Result, legacy_firewall};

const IP_FORWARD: &str = "/proc/sys/net/ipv4/ip_forward";

/// The file with the value of `ip_forward` before the first bridge of any data folder; the last bridge restores it. A
/// reboot resets both. The setting is per network namespace, while several namespaces may share `/run`.
fn saved_ip_forward() -> Result<PathBuf> {
    let namespace = Path::new("/proc/self/ns/net");
    let number = fs::metadata(namespace).map_err(Error::file("look at", namespace))?.ino();
    Ok(PathBuf::from(format!("/run/minijuju/ip_forward-{number}")))
}

/// Let packets from `network` leave through `bridge`, with rules in our own `table`.
///
/// The rules are loaded again each time, because a firewall that reloads flushes them. Returns what the user must do
/// where another firewall blocks them.
pub(super) fn open(lock: &Lock, table: &str, bridge: &str, network: &str) -> Result<Option<String>> {
    let rules = format!(
        "table ip {table} {{}}\n\
         delete table ip {table}\n\
         table ip {table} {{\n\
         chain postrouting {{\n\
         type nat hook postrouting priority srcnat;\n\
         ip saddr {network} ip daddr != {network} masquerade\n\
         }}\n}}\n"
    );
    nft(lock, "let machines reach the network", &rules)?;
    let warnings: Vec<String> = insert_accept_rules(lock, bridge)
        .into_iter()
        .chain(legacy_firewall::insert_accept_rules(lock, bridge))
        .collect();
    enable_forwarding()?;
    Ok((!warnings.is_empty()).then(|| warnings.join("; ")))
}

/// Undo [`open`].
pub(super) fn close(lock: &Lock, table: &str, bridge: &str) -> Result<()> {
    // Declare the table before deleting it, so that the deletion succeeds even if it does not exist.
    let delete_table = [format!("table ip {table} {{}}"), format!("delete table ip {table}")];
    let chains = forward_chains(&chains());
    let delete_rules = chains.iter().flat_map(|(chain, text)| {
        rule_handles(text, bridge).map(move |handle| format!("delete rule {chain} handle {handle}"))
    });
    let rules = delete_table.into_iter().chain(delete_rules).collect::<Vec<_>>().join("\n") + "\n";
    nft(lock, "remove the machines' network rules", &rules)?;
    legacy_firewall::close(lock, bridge)?;
    restore_forwarding()
}

/// Docker, ufw and firewalld drop forwarded packets that no rule of theirs accepts. In nftables each chain can drop a
/// packet, whatever the others decide, so our accepting rules must come first in all of them.
fn insert_accept_rules(lock: &Lock, bridge: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    for chain in blocking_chains(&chains(), bridge) {
        // Written as `iptables -I FORWARD …` writes them, so that iptables can read them too.
        let rules = format!(
            "insert rule {chain} iifname \"{bridge}\" counter accept\n\
             insert rule {chain} oifname \"{bridge}\" counter accept\n"
        );
        if let Err(error) = nft(lock, "let machines through the firewall", &rules) {
            warnings.push(format!(
                "this computer's firewall may drop packets from machines, in its chain `{chain}` ({error}): let the \
                 interface {bridge} through{}",
                firewalld_hint(&chain, bridge)
            ));
        }
    }
    warnings
}

/// Newer versions of firewalld let nobody else change their rules (`NftablesTableOwner`).
fn firewalld_hint(chain: &str, bridge: &str) -> String {
    match chain.split(' ').nth(1) {
        Some("firewalld") => format!(", with `firewall-cmd --zone=trusted --add-interface={bridge}`"),
        _ => String::new(),
    }
}

/// The chains that may drop packets from or to `bridge`.
fn blocking_chains(chains: &str, bridge: &str) -> Vec<String> {
    let chains = forward_chains(chains).into_iter();
    let blocking = chains.filter(|(_, text)| may_drop(text) && rule_handles(text, bridge).next().is_none());
    blocking.map(|(chain, _)| chain).collect()
}

/// Whether a chain, as nft lists it, may drop a packet: by its policy, by a rule, or by a jump to another chain.
fn may_drop(chain: &str) -> bool {
    let mut words = chain.split_whitespace().map(|word| word.trim_end_matches(';'));
    words.any(|word| ["drop", "reject", "jump", "goto", "queue"].contains(&word))
}

fn list(args: &[&str]) -> Option<String> {
    HostProgram::Nft.run(Path::new("/"), args, "", "read the firewall").ok()
}

/// The header of each chain.
fn chains() -> String {
    list(&["list", "chains"]).unwrap_or_default()
}

/// Of these, the chains for forwarded IPv4 packets, as `FAMILY TABLE CHAIN`, each with its text.
fn forward_chains(chains: &str) -> Vec<(String, String)> {
    let names = forward_chain_names(chains).into_iter();
    names
        .filter_map(|[family, table, chain]| {
            let text = list(&["--handle", "list", "chain", family, table, chain])?;
            Some((format!("{family} {table} {chain}"), text))
        })
        .collect()
}

fn forward_chain_names(chains: &str) -> Vec<[&str; 3]> {
    let (mut table, mut chain, mut found) = (["", ""], "", Vec::new());
    for line in chains.lines() {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["table", family, name, ..] => table = [family, name],
            ["chain", name, ..] => chain = name,
            ["type", "filter", "hook", "forward", ..] if ["ip", "inet"].contains(&table[0]) => {
                found.push([table[0], table[1], chain]);
            }
            _ => {}
        }
    }
    found
}

/// Whether the rules of [`open`] are in place, forwarding is on, and no other chain may drop packets. A firewall that
/// reloads keeps our table, but loses our rules in its own.
pub(super) fn is_open(table: &str, bridge: &str) -> bool {
    let chains = chains();
    fs::read_to_string(IP_FORWARD).is_ok_and(|now| now.trim() == "1")
        && chains.lines().any(|line| line == format!("table ip {table} {{"))
        && blocking_chains(&chains, bridge).iter().all(|chain| has_owner(chain))
        && legacy_firewall::is_open(bridge)
}

/// Whether only the program that made a chain can change it.
fn has_owner(chain: &str) -> bool {
    let mut words = chain.split(' ');
    let (family, table) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let text = list(&["list", "table", family, table]).unwrap_or_default();
    text.lines().any(|line| line.trim_start().starts_with("flags ") && line.contains("owner"))
}

/// The handles of the rules about `bridge` in a listed chain.
fn rule_handles<'a>(chain: &'a str, bridge: &str) -> impl Iterator<Item = &'a str> {
    let name = format!("\"{bridge}\"");
    chain
        .lines()
        .filter(move |line| line.contains(&name))
        .filter_map(|line| Some(line.rsplit_once("# handle ")?.1.trim()))
}

fn nft(lock: &Lock, operation: &str, rules: &str) -> Result<()> {
    HostProgram::Nft.run_locked(lock, &["-f", "-"], rules, operation)
}

/// Turn forwarding on, and remember the previous value.
fn enable_forwarding() -> Result<()> {
    let now = fs::read_to_string(IP_FORWARD).map_err(Error::file("read", IP_FORWARD))?;
    if now.trim() == "1" {
        return Ok(());
    }
    let saved = saved_ip_forward()?;
    fs::write(&saved, now.trim()).map_err(Error::file("write", saved))?;
    fs::write(IP_FORWARD, "1").map_err(Error::file("write", IP_FORWARD))
}

/// Undo [`enable_forwarding`], unless machines of another data folder still need it.
fn restore_forwarding() -> Result<()> {
    if interfaces::names().any(|name| name.starts_with(BRIDGE_PREFIX)) {
        return Ok(());
    }
    let file = saved_ip_forward()?;
    let Ok(value) = fs::read_to_string(&file) else { return Ok(()) };
    // Empty: the writer was killed before it changed anything.
    if !value.is_empty() {
        fs::write(IP_FORWARD, value).map_err(Error::file("write", IP_FORWARD))?;
    }
    fs::remove_file(&file).map_err(Error::file("remove", file))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: &str = "\
table ip filter {
\tchain FORWARD { # handle 2
\t\ttype filter hook forward priority filter; policy drop;
\t\toifname \"mjbr-0a1b2c\" counter packets 0 bytes 0 accept # handle 12
\t\tiifname \"mjbr-0a1b2c\" counter packets 0 bytes 0 accept # handle 11
\t\tiifname \"docker0\" counter packets 0 bytes 0 accept # handle 9
\t}
}
";

    #[test]
    fn forward_chains_are_found_in_tables_of_the_families_ip_and_inet() {
        let listed = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n\
                      \tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n\
                      table ip6 filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n\
                      table ip filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy accept;\n\t}\n}\n";
        assert_eq!(forward_chain_names(listed), [["inet", "filter", "forward"], ["ip", "filter", "FORWARD"]]);
        assert!(
            may_drop(CHAIN) && may_drop("\t\tdrop\n") && may_drop("\t\treject with icmpx admin-prohibited # handle 9")
        );
        assert!(!may_drop("\t\ttype filter hook forward priority filter; policy accept;"));
    }

    #[test]
    fn only_rules_about_the_bridge_are_removed() {
        assert_eq!(rule_handles(CHAIN, "mjbr-0a1b2c").collect::<Vec<_>>(), ["12", "11"]);
        assert_eq!(rule_handles(CHAIN, "mjbr-0a1b2").count(), 0);
    }
}
