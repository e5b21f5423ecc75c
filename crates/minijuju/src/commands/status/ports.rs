//! Open ports in tables: `80,8000-8002/tcp 53/udp icmp`.

use std::collections::{BTreeMap, BTreeSet};

/// A piece of text, and whether it is a number, which gets another colour.
pub type Piece = (String, bool);

/// Juju's order of ports: by length, then alphabetically.
fn compare(a: &&str, b: &&str) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then(a.cmp(b))
}

/// The text for open ports, in pieces.
pub fn pieces(ports: &[String]) -> Vec<Piece> {
    // Keep `80-82/tcp` and `icmp`. Combine adjacent single ports into ranges.
    let mut protocols: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for port in ports {
        let protocol = port.find('/').map_or(port.as_str(), |at| &port[at..]);
        protocols.entry(protocol).or_default().insert(port);
    }
    let mut out: Vec<Piece> = Vec::new();
    for (protocol, ports) in protocols {
        let mut ports: Vec<&str> = ports.into_iter().collect();
        ports.sort_by(compare);
        if !out.is_empty() {
            out.push((" ".to_owned(), false));
        }
        if let Some(named) = ports.iter().find(|port| !port.contains('/')) {
            out.push(((*named).to_owned(), named.parse::<i64>().is_ok()));
            continue;
        }
        for (index, range) in ranges(&ports).into_iter().enumerate() {
            if index > 0 {
                out.push((",".to_owned(), false));
            }
            out.push((range, true));
        }
        out.push((protocol.to_owned(), false));
    }
    out
}

/// `["80/tcp", "81/tcp", "90/tcp"]` to `["80-81", "90"]`.
fn ranges(ports: &[&str]) -> Vec<String> {
    let mut out: Vec<(String, Option<i64>, String)> = Vec::new();
    for port in ports {
        let text = port.split('/').next().unwrap_or_default();
        let number: Option<i64> = text.parse().ok();
        match out.last_mut() {
            Some((_, Some(last), end)) if number.is_some_and(|number| number > 1 && *last + 1 == number) => {
                *last += 1;
                text.clone_into(end);
            }
            _ => out.push((text.to_owned(), number, text.to_owned())),
        }
    }
    out.into_iter().map(|(start, _, end)| if start == end { start } else { format!("{start}-{end}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ports: &[String]) -> String {
        pieces(ports).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn ports_are_grouped_by_protocol_and_into_ranges() {
        for (ports, shown) in [
            ("", ""),
            ("8000/tcp", "8000/tcp"),
            ("1555/TCP 123/UDP ICMP 80/TCP", "80,1555/TCP 123/UDP ICMP"),
            ("1557/TCP 1555/TCP 80/TCP ICMP 1556/TCP", "80,1555-1557/TCP ICMP"),
            ("9998/tcp 9999/tcp 10000/tcp 10002/tcp 10003/tcp 10004/tcp", "9998-10000,10002-10004/tcp"),
            ("80-82/tcp 443/tcp", "443,80-82/tcp"),
        ] {
            let ports: Vec<String> = ports.split_whitespace().map(str::to_owned).collect();
            assert_eq!(text(&ports), shown);
        }
    }
}
