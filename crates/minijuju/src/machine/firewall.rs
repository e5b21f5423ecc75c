//! The machines' way out: this computer passes their packets on under its own address.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::lock::Lock;
use super::network::{BRIDGE, interfaces};
use super::tool::Tool;
use super::{Error, Result};

const IP_FORWARD: &str = "/proc/sys/net/ipv4/ip_forward";

/// What `ip_forward` was before the first bridge of any data folder, for the last one to put back. Both forget it with a
/// reboot. Each network namespace has a setting of its own, and may share `/run` with others.
fn ip_forward_was() -> Result<PathBuf> {
    let namespace = Path::new("/proc/self/ns/net");
    let number = fs::metadata(namespace).map_err(Error::file("look at", namespace))?.ino();
    Ok(PathBuf::from(format!("/run/minijuju/ip_forward-{number}")))
}

/// Let what comes from `network` through `bridge` out, with rules in our own `table`.
///
/// The rules are given anew each time, because a firewall that is loaded again flushes them. Gives back what a person
/// must do where another firewall is in the way.
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
    let note = pass(lock, bridge);
    forward()?;
    Ok(note)
}

/// Take away what [`open`] did.
pub(super) fn close(lock: &Lock, table: &str, bridge: &str) -> Result<()> {
    // Declared before it is deleted, so that deleting it cannot fail where it is not there.
    let own = [format!("table ip {table} {{}}"), format!("delete table ip {table}")];
    let chain = forward_chain().unwrap_or_default();
    let passing = handles(&chain, bridge).map(|handle| format!("delete rule ip filter FORWARD handle {handle}"));
    let rules = own.into_iter().chain(passing).collect::<Vec<_>>().join("\n") + "\n";
    nft(lock, "remove the machines' network rules", &rules)?;
    stop_forward()
}

/// Docker and ufw drop all packets that are passed on and that no rule of theirs knows. Each table of nftables may drop
/// a packet, whatever another one said, so the rules that accept ours must stand in the same chain.
fn pass(lock: &Lock, bridge: &str) -> Option<String> {
    let chain = forward_chain()?;
    if !chain.contains("policy drop") || handles(&chain, bridge).next().is_some() {
        return None;
    }
    // As `iptables -I FORWARD …` writes them, so that it can read them too.
    let rules = format!(
        "insert rule ip filter FORWARD iifname \"{bridge}\" counter accept\n\
         insert rule ip filter FORWARD oifname \"{bridge}\" counter accept\n"
    );
    nft(lock, "let machines through the firewall", &rules).err().map(|error| {
        format!(
            "this computer's firewall drops what machines send out ({error}); let it pass with `iptables -I FORWARD -i \
             {bridge} -j ACCEPT; iptables -I FORWARD -o {bridge} -j ACCEPT`"
        )
    })
}

/// The chain that Docker and ufw use, if there is one, with the handles of its rules.
fn forward_chain() -> Option<String> {
    let args = ["--handle", "list", "chain", "ip", "filter", "FORWARD"];
    Tool::Nft.run(Path::new("/"), &args, "", "read the firewall").ok()
}

/// The handles of the rules about `bridge` in a listed chain.
fn handles<'a>(chain: &'a str, bridge: &str) -> impl Iterator<Item = &'a str> {
    let name = format!("\"{bridge}\"");
    chain
        .lines()
        .filter(move |line| line.contains(&name))
        .filter_map(|line| Some(line.rsplit_once("# handle ")?.1.trim()))
}

fn nft(lock: &Lock, doing: &str, rules: &str) -> Result<()> {
    Tool::Nft.run_locked(lock, &["-f", "-"], rules, doing)
}

/// Let this computer pass packets on, and remember what it did before.
fn forward() -> Result<()> {
    let now = fs::read_to_string(IP_FORWARD).map_err(Error::file("read", IP_FORWARD))?;
    if now.trim() == "1" {
        return Ok(());
    }
    let was = ip_forward_was()?;
    fs::write(&was, now.trim()).map_err(Error::file("write", was))?;
    fs::write(IP_FORWARD, "1").map_err(Error::file("write", IP_FORWARD))
}

/// Undo [`forward`], unless another data folder's machines still need it.
fn stop_forward() -> Result<()> {
    if interfaces().any(|name| name.starts_with(BRIDGE)) {
        return Ok(());
    }
    let file = ip_forward_was()?;
    let Ok(was) = fs::read_to_string(&file) else { return Ok(()) };
    // An empty file: the writer was killed before it had changed anything.
    if !was.is_empty() {
        fs::write(IP_FORWARD, was).map_err(Error::file("write", IP_FORWARD))?;
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
    fn only_the_bridge_s_own_rules_are_taken_away() {
        assert_eq!(handles(CHAIN, "mjbr-0a1b2c").collect::<Vec<_>>(), ["12", "11"]);
        assert_eq!(handles(CHAIN, "mjbr-0a1b2").count(), 0);
    }
}
