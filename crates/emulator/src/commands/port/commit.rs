//! The ports that are open after a hook.

use std::collections::BTreeSet;

use crate::command_line::failure::Failure;
use crate::go::quoted;
use crate::juju::Juju;
use crate::state::OpenedPort;

/// The ports that are open once the hook's changes apply, or why Juju refuses them.
///
/// A range that is open for all endpoints is not stored for single endpoints as well. If it is then closed for one
/// endpoint, it stays open for each of the others.
pub(crate) fn opened_after_hook(juju: &Juju) -> Result<BTreeSet<OpenedPort>, Failure> {
    if juju.hook.version.is_4() {
        check_endpoints(juju)?;
    }
    let endpoints: BTreeSet<&String> = juju.meta.relations.keys().chain(&juju.meta.extra_bindings).collect();
    for (operation, ports) in [("open", &juju.pending.open), ("close", &juju.pending.close)] {
        let unknown = ports.iter().find(|port| !port.endpoint.is_empty() && !endpoints.contains(&port.endpoint));
        if let Some(port) = unknown {
            let (endpoint, unit) = (quoted(&port.endpoint), quoted(&juju.hook.unit));
            let message = format!("{operation} port range: endpoint {endpoint} for unit {unit} not found");
            return Err(Failure::run(message).during("cannot open/close ports"));
        }
    }
    let mut open = juju.state.all_opened_ports();
    for port in &juju.pending.open {
        if !open.contains(&port.for_all_endpoints()) {
            open.insert(port.clone());
        }
    }
    let open_for_all: Vec<_> = open.iter().filter(|open| open.endpoint.is_empty()).map(|open| open.port).collect();
    open.retain(|open| open.endpoint.is_empty() || !open_for_all.contains(&open.port));
    for port in &juju.pending.close {
        if port.endpoint.is_empty() {
            open.retain(|other| other.port != port.port);
            continue;
        }
        open.remove(port);
        if open.remove(&port.for_all_endpoints()) {
            let others = endpoints.iter().filter(|endpoint| ***endpoint != port.endpoint);
            open.extend(others.map(|endpoint| OpenedPort { port: port.port, endpoint: (*endpoint).clone() }));
        }
    }
    Ok(open)
}

/// Refuse an endpoint that Juju 4 does not know: `lookupRelationUUIDs` in domain/unitstate/state/updateunitports.go. It
/// does not know extra bindings, and its message lacks the "not".
fn check_endpoints(juju: &Juju) -> Result<(), Failure> {
    let known =
        |endpoint: &str| endpoint.is_empty() || endpoint == "juju-info" || juju.meta.relations.contains_key(endpoint);
    let changed = juju.pending.open.iter().chain(&juju.pending.close);
    let unknown: BTreeSet<&str> =
        changed.map(|port| port.endpoint.as_str()).filter(|endpoint| !known(endpoint)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let uuid = juju.uuid_of(&juju.hook.unit);
    let unknown = unknown.into_iter().collect::<Vec<_>>().join(" ");
    let failure = Failure::run(format!("invalid endpoint(s); [{unknown}] does exist on unit {uuid}"));
    let operation = format!("looking up relation endpoint uuids for unit {}", quoted(&uuid));
    Err(failure.during(operation).during("update ports"))
}

#[cfg(test)]
mod tests {
    use crate::Port;
    use crate::tests::{check, juju};

    #[test]
    fn a_range_closed_for_one_endpoint_stays_open_for_the_others() {
        let mut juju = juju();
        juju.state.opened_ports = [Port::tcp(80)].into();
        check(&mut juju, &["close-port", "80", "--endpoints", "db"], "");
        let others = ["logs", "peers", "public", "web"].map(|endpoint| (endpoint.to_owned(), [Port::tcp(80)].into()));
        let state = juju.succeed().state;
        assert_eq!((state.opened_ports, state.endpoint_ports), ([].into(), others.into()));
    }

    #[test]
    fn a_range_open_for_all_endpoints_is_not_stored_for_one() {
        let mut juju = juju();
        check(&mut juju, &["open-port", "80", "--endpoints", "db"], "");
        check(&mut juju, &["open-port", "80"], "");
        let state = juju.succeed().state;
        assert_eq!((state.opened_ports, state.endpoint_ports), ([Port::tcp(80)].into(), [].into()));
    }

    #[test]
    fn a_range_closed_for_all_endpoints_is_open_for_none() {
        let mut juju = juju();
        juju.state.endpoint_ports = ["db", "web"].map(|endpoint| (endpoint.to_owned(), [Port::tcp(80)].into())).into();
        check(&mut juju, &["close-port", "80"], "");
        assert_eq!(juju.succeed().state.endpoint_ports, [].into());
    }

    #[test]
    fn an_endpoint_that_does_not_exist_is_refused() {
        for operation in ["open", "close"] {
            let mut juju = juju();
            check(&mut juju, &[&format!("{operation}-port"), "80", "--endpoints", "nonsense"], "");
            let refusal = format!(
                "cannot open/close ports: {operation} port range: endpoint \"nonsense\" for unit \"app/0\" not found"
            );
            assert_eq!(juju.succeed().refusal, Some(refusal));
        }
    }
}
