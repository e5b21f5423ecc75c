//! `payload-register`, `payload-unregister` and `payload-status-set`.

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::go::quoted;
use crate::juju::Juju;
use crate::state::Payload;

pub(crate) static REGISTER: Spec = Spec {
    name: "payload-register",
    args: "<type> <class> <id> [tags...]",
    purpose: "Registers a charm payload with Juju.",
    doc: "Tells Juju of a process that the charm has started. The class must be one of the\n\
          payloads in the charm's metadata.",
    examples: &["payload-register docker monitoring 0fcgaba"],
    run: register,
    ..SPEC
};

pub(crate) static UNREGISTER: Spec = Spec {
    name: "payload-unregister",
    args: "<class> <id>",
    purpose: "Stops tracking a payload.",
    doc: "Tells Juju that a process that was registered has stopped.",
    examples: &["payload-unregister monitoring 0fcgaba"],
    run: unregister,
    ..SPEC
};

pub(crate) static STATUS_SET: Spec = Spec {
    name: "payload-status-set",
    args: "<class> <id> <status>",
    purpose: "Updates the status of a payload.",
    doc: "Tells Juju how a process that was registered fares: starting, running, stopping or\n\
          stopped.",
    examples: &["payload-status-set monitoring 0fcgaba stopping"],
    run: status_set,
    ..SPEC
};

fn register(_: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let &[_, class, _, ..] = invocation.args() else { return Err(Failure::usage("missing required arguments")) };
    // Charmcraft no longer has payloads, so no metadata that this crate reads has one.
    Err(Failure::run(format!("payload {} not found in metadata.yaml", quoted(class))))
}

fn unregister(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let &[class, id, ..] = invocation.args() else { return Err(Failure::usage("missing required arguments")) };
    invocation.no_args_from(2)?;
    juju.state.payloads.retain(|payload| !is(payload, class, id));
    Ok(())
}

fn status_set(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let &[class, id, status, ..] = invocation.args() else { return Err(Failure::usage("missing required arguments")) };
    invocation.no_args_from(3)?;
    if !matches!(status, "running" | "starting" | "stopped" | "stopping") {
        let status = quoted(status);
        return Err(Failure::run(format!(
            "status {status} not supported; expected one of [\"running\", \"starting\", \"stopped\", \"stopping\"]"
        )));
    }
    match juju.state.payloads.iter_mut().find(|payload| is(payload, class, id)) {
        Some(payload) => status.clone_into(&mut payload.status),
        None => return Err(Failure::run(format!("{class}/{id} not found"))),
    }
    Ok(())
}

fn is(payload: &Payload, class: &str, id: &str) -> bool {
    payload.class == class && payload.id == id
}

#[cfg(test)]
mod tests {
    use crate::Payload;
    use crate::tests::{check, check_error, juju};

    #[test]
    fn payloads_change_at_once() {
        let mut juju = juju();
        let (class, kind, id, status) = ("web".to_owned(), "docker".to_owned(), "1".to_owned(), "running".to_owned());
        juju.state.payloads.push(Payload { class, kind, id, status, labels: vec![] });
        check(&mut juju, &["payload-status-set", "web", "1", "stopping"], "");
        assert_eq!(juju.state.payloads[0].status, "stopping");
        check(&mut juju, &["payload-unregister", "web", "1"], "");
        assert_eq!(juju.fail().state.payloads, []);
    }

    #[test]
    fn unknown_payloads_are_refused() {
        for (line, code, error) in [
            (&["payload-register", "docker", "web"][..], 2, "missing required arguments"),
            (&["payload-register", "docker", "web", "1"], 1, "payload \"web\" not found in metadata.yaml"),
            (&["payload-unregister", "web"], 2, "missing required arguments"),
            (&["payload-status-set", "web", "1"], 2, "missing required arguments"),
            (&["payload-status-set", "web", "1", "stopped"], 1, "web/1 not found"),
            (
                &["payload-status-set", "web", "1", "gone"],
                1,
                "status \"gone\" not supported; expected one of [\"running\", \"starting\", \"stopped\", \"stopping\"]",
            ),
            (&["payload-status-set", "web", "1", "stopped", "x"], 2, "unrecognized args: [\"x\"]"),
        ] {
            check_error(&mut juju(), line, code, error);
        }
    }
}
