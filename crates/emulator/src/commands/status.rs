//! `status-get` and `status-set`.

use ops::{Status, StatusName};

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{FORMAT, OUTPUT, Switch};
use crate::command_line::invocation::{Format, Invocation};
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::go::quoted;
use crate::juju::Juju;
use crate::state::State;

const INCLUDE_DATA: Switch = Switch::new(&["include-data"], "Prints messages as well.");
const GET_APPLICATION: Switch =
    Switch::new(&["application"], "Prints the status of the application and its units, if this unit is the leader.");
const SET_APPLICATION: Switch =
    Switch::new(&["application"], "Sets the status of the application, if this unit is the leader.");

pub(crate) static GET: Spec = Spec {
    name: "status-get",
    args: "[--include-data] [--application]",
    purpose: "Prints status information.",
    doc: "Prints the status of the unit, with --include-data also its message.\n\n\
          With --application, which only the leader may ask for, prints the status of the\n\
          application and of its units.",
    examples: &["status-get", "status-get --include-data", "status-get --application"],
    see_also: &["status-set"],
    flags: &[GET_APPLICATION.0, FORMAT.0, INCLUDE_DATA.0, OUTPUT.0],
    run: get,
    ..SPEC
};

pub(crate) static SET: Spec = Spec {
    name: "status-set",
    args: "<status> [<message>]",
    purpose: "Sets status information.",
    doc: "Sets the status of the unit, or with --application that of the application, as\n\
          `juju status` shows it. The status is one of\n    \
          maintenance (the charm is at work; the unit will be ready soon)\n    \
          blocked (the user must do something; the message says what)\n    \
          waiting (the unit waits for another application)\n    \
          active (the unit does what it is meant to do)\n\n\
          The change takes effect at once, and stands even if the hook fails.",
    examples: &[
        "status-set maintenance \"installing software\"",
        "status-set blocked \"Add a database relation\"",
        "status-set active",
        "status-set --application active",
    ],
    see_also: &["status-get"],
    flags: &[SET_APPLICATION.0],
    run: set,
    ..SPEC
};

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.no_args_from(0)?;
    let include_data = invocation.is_set(INCLUDE_DATA);
    let name_only = !include_data && invocation.format() == Format::Smart;
    let state = &juju.state;
    let value = if invocation.is_set(GET_APPLICATION) {
        if !state.leader {
            return Err(Failure::not_leader().during("finding application status"));
        }
        let app_status = application_status(state);
        if name_only {
            app_status.name.as_str().into()
        } else {
            let this_unit = (&juju.hook.unit, &state.unit_status);
            let units = state.other_unit_statuses.iter().chain([this_unit]);
            let units: Vec<(String, Value)> =
                units.map(|(unit, status)| (unit.clone(), Value::Map(details(status, include_data)))).collect();
            let mut details = details(app_status, include_data);
            details.push(("units".to_owned(), Value::Map(units)));
            Value::map([("application-status", Value::Map(details))])
        }
    } else {
        let status = juju.first_status.get_or_insert_with(|| juju.state.unit_status.clone());
        if name_only { status.name.as_str().into() } else { Value::Map(details(status, include_data)) }
    };
    invocation.write(&value)
}

/// The application's status: as set by the charm, or the worst of its units' statuses, the first one if several are
/// equally bad (`DeriveStatus` in Juju's core/status).
fn application_status(state: &State) -> &Status {
    if state.app_status.name != StatusName::Unknown {
        return &state.app_status;
    }
    let units = std::iter::once(&state.unit_status).chain(state.other_unit_statuses.values());
    units.fold(&state.app_status, |worst, status| if status.name > worst.name { status } else { worst })
}

fn details(status: &Status, include_data: bool) -> Vec<(String, Value)> {
    let mut details = vec![("status".to_owned(), status.name.as_str().into())];
    if include_data {
        details.push(("message".to_owned(), status.message.as_str().into()));
        // Only Juju itself sets data.
        details.push(("status-data".to_owned(), Value::Map(Vec::new())));
    }
    details
}

fn set(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let Some(name) = invocation.args().first() else {
        return Err(Failure::usage("invalid args, require <status> [message]"));
    };
    let name = match name.parse::<StatusName>() {
        Ok(name) if name.is_settable() => name,
        _ => {
            let name = quoted(name);
            let message = format!("invalid status {name}, expected one of [maintenance blocked waiting active]");
            return Err(Failure::usage(message));
        }
    };
    invocation.no_args_from(2)?;
    let message = invocation.args().get(1).copied().unwrap_or_default();
    let status = Status { name, message: message.to_owned() };
    if invocation.is_set(SET_APPLICATION) {
        if !juju.state.leader {
            return Err(Failure::not_leader());
        }
        juju.state.app_status = status.clone();
        juju.record.app_statuses.push(status);
    } else {
        juju.state.unit_status = status.clone();
        juju.record.unit_statuses.push(status);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ops::Status;

    use crate::tests::{answer, check, check_error, juju};

    #[test]
    fn status_get_prints_the_units_status() {
        let mut juju = juju();
        juju.state.unit_status = Status::waiting("for: it");
        for (line, stdout) in [
            (&["status-get"][..], "waiting\n"),
            (&["status-get", "--format", "yaml"], "status: waiting\n"),
            (&["status-get", "--format", "json"], "{\"status\":\"waiting\"}\n"),
            (&["status-get", "--include-data"], "message: 'for: it'\nstatus: waiting\nstatus-data: {}\n"),
            (
                &["status-get", "--include-data", "--format=json"],
                "{\"message\":\"for: it\",\"status\":\"waiting\",\"status-data\":{}}\n",
            ),
        ] {
            check(&mut juju, line, stdout);
        }
        check_error(&mut juju, &["status-get", "x"], 2, "unrecognized args: [\"x\"]");
    }

    #[test]
    fn the_leader_can_get_the_applications_status() {
        let mut juju = juju();
        let error = "finding application status: this unit is not the leader";
        check_error(&mut juju, &["status-get", "--application"], 1, error);
        juju.state.leader = true;
        juju.state.app_status = Status::active();
        juju.state.unit_status = Status::waiting("");
        juju.state.other_unit_statuses.insert("app/10".to_owned(), Status::blocked("no"));
        for (line, stdout) in [
            (&["status-get", "--application"][..], "active\n"),
            (
                &["status-get", "--application", "--format=yaml"],
                "application-status:\n  status: active\n  units:\n    app/0:\n      status: waiting\n    app/10:\n      status: blocked\n",
            ),
            (
                &["status-get", "--application", "--include-data", "--format=json"],
                concat!(
                    "{\"application-status\":{\"message\":\"\",\"status\":\"active\",\"status-data\":{},\"units\":{",
                    "\"app/0\":{\"message\":\"\",\"status\":\"waiting\",\"status-data\":{}},",
                    "\"app/10\":{\"message\":\"no\",\"status\":\"blocked\",\"status-data\":{}}}}}\n"
                ),
            ),
        ] {
            check(&mut juju, line, stdout);
        }
    }

    /// `UnitStatus` of Juju's hook context asks the controller once, and `SetUnitStatus` does not update the cached
    /// answer.
    #[test]
    fn status_get_repeats_its_first_output_in_a_hook() {
        let mut juju = juju();
        juju.state.leader = true;
        check(&mut juju, &["status-set", "active", "one"], "");
        check(&mut juju, &["status-get", "--include-data"], "message: one\nstatus: active\nstatus-data: {}\n");
        check(&mut juju, &["status-set", "maintenance", "two"], "");
        check(&mut juju, &["status-get"], "active\n");
        check(&mut juju, &["status-get", "--include-data"], "message: one\nstatus: active\nstatus-data: {}\n");
        let get_application = ["status-get", "--application", "--format=yaml"];
        let units = "  units:\n    app/0:\n      status: maintenance\n";
        check(&mut juju, &get_application, &format!("application-status:\n  status: maintenance\n{units}"));
        check(&mut juju, &["status-set", "--application", "blocked"], "");
        check(&mut juju, &get_application, &format!("application-status:\n  status: blocked\n{units}"));
        assert_eq!(juju.succeed().state.unit_status, Status::maintenance("two"));
    }

    #[test]
    fn an_application_without_a_status_has_the_worst_of_its_units() {
        let mut juju = juju();
        juju.state.leader = true;
        check(&mut juju, &["status-get", "--application"], "unknown\n");
        juju.state.unit_status = Status::active();
        check(&mut juju, &["status-get", "--application"], "active\n");
        juju.state.other_unit_statuses.insert("app/1".to_owned(), Status::waiting("for it"));
        juju.state.other_unit_statuses.insert("app/2".to_owned(), Status::active());
        check(&mut juju, &["status-get", "--application"], "waiting\n");
        let output = answer(&mut juju, &["status-get", "--application", "--include-data", "--format=json"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with(r#"{"application-status":{"message":"for it","status":"waiting","#), "{text}");
        assert_eq!(juju.succeed().state.app_status, Status::unknown());
    }

    #[test]
    fn statuses_are_set_at_once_even_if_the_hook_fails() {
        let mut juju = juju();
        check(&mut juju, &["status-set", "maintenance", "Installing"], "");
        check(&mut juju, &["status-set", "active"], "");
        check_error(&mut juju, &["status-set", "--application", "active"], 1, "this unit is not the leader");
        juju.state.leader = true;
        check(&mut juju, &["status-set", "--application", "blocked", "why"], "");
        let outcome = juju.fail();
        assert_eq!(outcome.state.unit_status, Status::active());
        assert_eq!(outcome.state.app_status, Status::blocked("why"));
        assert_eq!(outcome.record.unit_statuses, [Status::maintenance("Installing"), Status::active()]);
        assert_eq!(outcome.record.app_statuses, [Status::blocked("why")]);
    }

    #[test]
    fn statuses_that_only_juju_sets_are_refused() {
        let mut juju = juju();
        check_error(&mut juju, &["status-set"], 2, "invalid args, require <status> [message]");
        for status in ["error", "unknown", "", "Active"] {
            let error = format!("invalid status {status:?}, expected one of [maintenance blocked waiting active]");
            check_error(&mut juju, &["status-set", status], 2, &error);
        }
        check_error(&mut juju, &["status-set", "active", "a", "b"], 2, "unrecognized args: [\"b\"]");
    }
}
