//! The DNS servers that a machine uses.

use std::fs;

/// Files that list the real DNS servers where `/etc/resolv.conf` names a resolver on the loopback interface, which a
/// machine cannot reach: systemd-resolved's (Ubuntu), then `NetworkManager`'s.
const UPSTREAM_FILES: [&str; 2] = ["/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf"];

/// The content of a machine's `/etc/resolv.conf`, and a warning if names will not resolve there.
pub(super) fn resolv_conf() -> (String, Option<String>) {
    let host = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    choose(host, UPSTREAM_FILES.iter().filter_map(|path| fs::read_to_string(path).ok()))
}

fn choose(host: String, mut upstream: impl Iterator<Item = String>) -> (String, Option<String>) {
    if has_reachable_server(&host) {
        return (host, None);
    }
    if let Some(found) = upstream.find(|text| has_reachable_server(text)) {
        return (found, None);
    }
    let warning = "this computer's DNS server listens on its loopback interface only, so names do not resolve in \
                   machines; put a server that the network reaches in /etc/resolv.conf";
    (host, Some(warning.to_owned()))
}

/// Whether a machine can reach any of the servers.
fn has_reachable_server(text: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some("nameserver")
            && words.next().is_some_and(|server| !server.starts_with("127.") && server != "::1")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUB: &str = "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n";
    const REAL: &str = "nameserver 192.0.2.53\nsearch lan\n";

    #[test]
    fn the_host_s_own_file_is_kept_where_it_works() {
        assert_eq!(choose(REAL.to_owned(), [].into_iter()), (REAL.to_owned(), None));
    }

    #[test]
    fn a_stub_resolver_is_replaced_by_its_upstreams() {
        let upstream = [STUB.to_owned(), REAL.to_owned()].into_iter();
        assert_eq!(choose(STUB.to_owned(), upstream), (REAL.to_owned(), None));
    }

    #[test]
    fn a_resolver_on_loopback_without_upstream_gives_a_warning() {
        let (text, warning) = choose(STUB.to_owned(), [].into_iter());
        assert_eq!(text, STUB);
        assert!(warning.unwrap().contains("/etc/resolv.conf"));
    }
}
