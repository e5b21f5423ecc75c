//! `open-port`, `close-port` and `opened-ports`.

mod commit;

use std::collections::{BTreeMap, BTreeSet};

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{DEPRECATED_FORMAT, FORMAT, OUTPUT, Switch, Text};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::go::quoted;
use crate::juju::Juju;
use crate::state::{OpenedPort, Port};

pub(crate) use commit::opened_after_hook;

const ARGS: &str = "<port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp";
const ENDPOINTS: Text = Text::new(&["endpoints"], "Names the endpoints, separated by commas; all by default.");
const SHOW_ENDPOINTS: Switch = Switch::new(&["endpoints"], "Displays the endpoints of each range.");

pub(crate) static OPEN: Spec = Spec {
    name: "open-port",
    args: ARGS,
    purpose: "Registers a request to open a port or port range.",
    doc: "Opens a port, or a range of ports, for all endpoints or for some. The protocol is\n\
          tcp unless it says udp. The port takes effect when the hook has succeeded, and on\n\
          public clouds only while the application is exposed.",
    examples: &["open-port 80", "open-port 1234/udp", "open-port 1000-2000/tcp --endpoints dmz,monitoring"],
    see_also: &["close-port", "opened-ports"],
    flags: &[ENDPOINTS.0, DEPRECATED_FORMAT.0],
    run: open,
    ..SPEC
};

pub(crate) static CLOSE: Spec = Spec {
    name: "close-port",
    args: ARGS,
    purpose: "Registers a request to close a port or port range.",
    doc: "Closes a port, or a range of ports, for all endpoints or for some, when the hook has\n\
          succeeded. The range must be one that was opened.",
    examples: &["close-port 80", "close-port 9000-9999/udp", "close-port icmp"],
    see_also: &["open-port", "opened-ports"],
    flags: &[ENDPOINTS.0, DEPRECATED_FORMAT.0],
    run: close,
    ..SPEC
};

pub(crate) static OPENED: Spec = Spec {
    name: "opened-ports",
    args: "",
    purpose: "Lists all ports or port ranges opened by the unit.",
    doc: "Lists what the unit has opened, a range a line: 80/tcp or 8080-8088/udp.\n\
          With --endpoints each line also names the endpoints, * standing for all.",
    examples: &["opened-ports", "opened-ports --endpoints"],
    see_also: &["open-port", "close-port"],
    flags: &[SHOW_ENDPOINTS.0, FORMAT.0, OUTPUT.0],
    run: opened,
    ..SPEC
};

fn open(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    each_endpoint(juju, invocation, |juju, port| {
        let pending = &mut juju.pending;
        pending.close.retain(|closing| *closing != port);
        let is_open = match conflict(&port, &pending.open, " requested earlier") {
            Ok(is_open) => is_open || conflict(&port, &juju.state.all_opened_ports(), "")?,
            Err(reason) => return Err(reason),
        };
        if !is_open {
            pending.open.push(port);
        }
        Ok(())
    })
}

fn close(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    each_endpoint(juju, invocation, |juju, port| {
        let pending = &mut juju.pending;
        pending.open.retain(|opening| *opening != port);
        if conflict(&port, &pending.close, " requested earlier")? {
            return Ok(());
        }
        conflict(&port, &juju.state.all_opened_ports(), "")?;
        pending.close.push(port);
        Ok(())
    })
}

/// Apply a change to each named endpoint, or to all endpoints at once.
fn each_endpoint(
    juju: &mut Juju,
    invocation: &mut Invocation<'_>,
    change: impl Fn(&mut Juju, OpenedPort) -> Result<(), (Port, &'static str)>,
) -> CommandResult {
    let Some(range) = invocation.args().first() else { return Err(Failure::usage("no port or range specified")) };
    let port = parse(&range.to_lowercase())?;
    invocation.no_args_from(1)?;
    invocation.warn_deprecated_format();
    let operation = if invocation.command == OPEN.name { "open" } else { "close" };
    for endpoint in invocation.text(ENDPOINTS).split(',') {
        change(juju, OpenedPort { port, endpoint: endpoint.trim().to_owned() }).map_err(|(other, extra)| {
            let unit = quoted(&juju.hook.unit);
            Failure::run(format!(
                "cannot {operation} {port} (unit {unit}): port range conflicts with {other} (unit {unit}){extra}"
            ))
        })?;
    }
    Ok(())
}

/// Whether `port` is already among `others`. A different, overlapping range is an error; a range on another endpoint
/// does not count.
fn conflict<'a>(
    port: &OpenedPort,
    others: impl IntoIterator<Item = &'a OpenedPort>,
    extra: &'static str,
) -> Result<bool, (Port, &'static str)> {
    for other in others {
        if other == port {
            return Ok(true);
        }
        if port.port.overlaps(&other.port) && port.port != other.port {
            return Err((other.port, extra));
        }
    }
    Ok(false)
}

/// Parse `80`, `80/tcp`, `8000-8010/udp` or `icmp`.
fn parse(text: &str) -> Result<Port, Failure> {
    let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let number = |text: &str| {
        text.parse::<i32>().map_err(|error| {
            let reason = match error.kind() {
                std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => "value out of range",
                _ => "invalid syntax",
            };
            Failure::usage(format!("invalid port {}: strconv.Atoi: parsing {}: {reason}", quoted(text), quoted(text)))
        })
    };
    let bounds: Vec<&str> = range.split('-').collect();
    let (from, to) = match bounds[..] {
        ["icmp"] => (-1, -1),
        [port] => number(port).map(|port| (port, port))?,
        [from, to] => (number(from)?, number(to)?),
        _ => return Err(Failure::usage(format!("invalid port range {}", quoted(range)))),
    };
    let range: fn(u16, u16) -> Port = match protocol {
        _ if from == -1 => return Ok(Port::Icmp),
        "tcp" => Port::Tcp,
        "udp" => Port::Udp,
        "icmp" => return Err(Failure::usage(format!("protocol \"icmp\" doesn't support any ports; got \"{from}\""))),
        other => {
            return Err(Failure::usage(format!(
                "invalid protocol {}, expected \"tcp\", \"udp\", or \"icmp\"",
                quoted(other)
            )));
        }
    };
    if from > to {
        return Err(Failure::usage(format!("invalid port range {from}-{to}/{protocol}")));
    }
    match (u16::try_from(from), u16::try_from(to)) {
        (Ok(from), Ok(to)) => Ok(range(from, to)),
        _ => Err(Failure::usage(format!("port range bounds must be between 0 and 65535, got {from}-{to}"))),
    }
}

fn opened(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.no_args_from(0)?;
    let mut ranges: BTreeMap<Port, Vec<String>> = BTreeMap::new();
    for OpenedPort { port, endpoint } in juju.opened_ports() {
        ranges.entry(port).or_default().push(endpoint);
    }
    let show_endpoints = invocation.is_set(SHOW_ENDPOINTS);
    let lines = ranges.into_iter().map(|(range, endpoints)| {
        if !show_endpoints {
            return range.to_string();
        }
        let for_all = endpoints.iter().any(String::is_empty);
        format!("{range} ({})", if for_all { "*".to_owned() } else { endpoints.join(", ") })
    });
    let lines = Value::Lines(lines.collect());
    invocation.write(&lines)
}

impl Juju {
    /// The open ports, including this hook's changes.
    pub(crate) fn opened_ports(&self) -> BTreeSet<OpenedPort> {
        let mut open = self.state.all_opened_ports();
        open.extend(self.pending.open.iter().cloned());
        open.retain(|port| !self.pending.close.contains(port));
        open
    }
}

#[cfg(test)]
mod tests {
    use crate::Port;
    use crate::tests::{answer, check, check_error, juju};

    #[test]
    fn ports_open_and_close_when_the_hook_has_succeeded() {
        let mut juju = juju();
        juju.state.opened_ports = [Port::tcp(80), Port::icmp()].into();
        for line in [
            &["open-port", "443"][..],
            &["open-port", "8000-8010/UDP"],
            &["open-port", "80"],
            &["close-port", "80/tcp"],
            &["close-port", "icmp"],
            &["open-port", "ICMP"],
            &["open-port", "7"],
            &["close-port", "7"],
            &["close-port", "9999"],
        ] {
            check(&mut juju, line, "");
        }
        check(&mut juju, &["opened-ports"], "icmp\n443/tcp\n8000-8010/udp\n");
        check(&mut juju, &["opened-ports", "--format=json"], "[\"icmp\",\"443/tcp\",\"8000-8010/udp\"]\n");
        let expected = [Port::icmp(), Port::tcp(443), Port::udp_range(8000..=8010)].into();
        assert_eq!(juju.succeed().state.opened_ports, expected);
    }

    #[test]
    fn a_failed_hook_changes_no_port() {
        let mut juju = juju();
        juju.state.opened_ports = [Port::tcp(80)].into();
        check(&mut juju, &["close-port", "80"], "");
        check(&mut juju, &["open-port", "81"], "");
        assert_eq!(juju.fail().state.opened_ports, [Port::tcp(80)].into());
    }

    #[test]
    fn ports_are_opened_and_closed_for_single_endpoints() {
        let mut juju = juju();
        check(&mut juju, &["opened-ports"], "");
        check(&mut juju, &["opened-ports", "--format=json"], "[]\n");
        check(&mut juju, &["open-port", "80", "--endpoints", "web, db"], "");
        check(&mut juju, &["open-port", "443"], "");
        check(&mut juju, &["opened-ports", "--endpoints"], "80/tcp (db, web)\n443/tcp (*)\n");
        check(&mut juju, &["opened-ports", "--format=yaml"], "- 80/tcp\n- 443/tcp\n");
        check(&mut juju, &["close-port", "80", "--endpoints", "db"], "");
        check(&mut juju, &["opened-ports", "--endpoints"], "80/tcp (web)\n443/tcp (*)\n");
    }

    #[test]
    fn overlapping_ranges_are_refused() {
        let mut juju = juju();
        juju.state.opened_ports = [Port::tcp_range(80..=90)].into();
        let error = "cannot open 85/tcp (unit \"app/0\"): port range conflicts with 80-90/tcp (unit \"app/0\")";
        check_error(&mut juju, &["open-port", "85"], 1, error);
        check(&mut juju, &["open-port", "85/udp"], "");
        let error = "cannot open 80-90/udp (unit \"app/0\"): port range conflicts with 85/udp (unit \"app/0\") requested earlier";
        check_error(&mut juju, &["open-port", "80-90/udp"], 1, error);
        let error = "cannot close 80/tcp (unit \"app/0\"): port range conflicts with 80-90/tcp (unit \"app/0\")";
        check_error(&mut juju, &["close-port", "80"], 1, error);
    }

    #[test]
    fn invalid_ports_are_refused() {
        for (port, error) in [
            ("x", r#"invalid port "x": strconv.Atoi: parsing "x": invalid syntax"#),
            ("1-2-3", r#"invalid port range "1-2-3""#),
            ("90-80", "invalid port range 90-80/tcp"),
            ("65536", "port range bounds must be between 0 and 65535, got 65536-65536"),
            ("80/http", r#"invalid protocol "http", expected "tcp", "udp", or "icmp""#),
            ("80/icmp", r#"protocol "icmp" doesn't support any ports; got "80""#),
        ] {
            check_error(&mut juju(), &["open-port", port], 2, error);
            check_error(&mut juju(), &["close-port", port], 2, error);
        }
        check_error(&mut juju(), &["open-port"], 2, "no port or range specified");
        check_error(&mut juju(), &["open-port", "80", "81"], 2, "unrecognized args: [\"81\"]");
        let output = answer(&mut juju(), &["open-port", "--format", "x", "80"]);
        assert_eq!((output.code, output.stderr), (0, b"--format flag deprecated for command \"open-port\"".to_vec()));
    }
}
