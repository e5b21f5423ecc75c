//! `juju-log`.

use ops::hookcmds::LogLevel;

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{DEPRECATED_FORMAT, Switch, Text};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::go::quoted;
use crate::juju::Juju;
use crate::record::LogLine;
use crate::state::Relation;

const DEBUG: Switch = Switch::new(&["debug"], "Sends message at debug level.");
const LEVEL: Text = Text::with_default(&["l", "log-level"], "INFO", "Sends message at the given level.");

pub(crate) static LOG: Spec = Spec {
    name: "juju-log",
    args: "<message>",
    purpose: "Writes a message to Juju logs.",
    doc: "",
    examples: &["juju-log -l WARNING \"The disk is nearly full\""],
    flags: &[DEBUG.0, DEPRECATED_FORMAT.0, LEVEL.0],
    run: log,
    ..SPEC
};

fn log(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    if invocation.args().is_empty() {
        return Err(Failure::usage("no message specified"));
    }
    invocation.warn_deprecated_format();
    let name = invocation.text(LEVEL);
    let level = match name {
        _ if invocation.is_set(DEBUG) => LogLevel::Debug,
        "" => LogLevel::Info,
        // Below all other levels: such a line is never shown.
        _ if name.eq_ignore_ascii_case("UNSPECIFIED") => return Ok(()),
        _ => name.parse().unwrap_or_else(|_| {
            let warning = format!("Specified log level of {} is not valid", quoted(name));
            juju.record.logs.push(LogLine::new(LogLevel::Warning, warning));
            LogLevel::Info
        }),
    };
    let message = invocation.args().join(" ");
    let message = match juju.hook_relation().map(Relation::full_id) {
        Some(relation) => format!("{relation}: {message}"),
        None => message,
    };
    juju.record.logs.push(LogLine::new(level, message));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::tests::{answer, check, check_error, juju};

    #[test]
    fn a_message_is_logged_at_the_requested_level() {
        let mut juju = juju();
        for (line, logged) in [
            (&["juju-log", "hello", "you"][..], "INFO hello you"),
            (&["juju-log", "--debug", "-l", "ERROR", "m"], "DEBUG m"),
            (&["juju-log", "-l", "warn", "m"], "WARNING m"),
            (&["juju-log", "--log-level=critical", "m"], "CRITICAL m"),
            (&["juju-log", "-l", "trace", "m"], "TRACE m"),
            (&["juju-log", "-l", "", "m"], "INFO m"),
            (&["juju-log", "--", "--debug"], "INFO --debug"),
        ] {
            check(&mut juju, line, "");
            assert_eq!(juju.record.logs.last().unwrap().to_string(), logged);
        }
    }

    #[test]
    fn an_unknown_level_is_a_warning() {
        let mut juju = juju();
        check(&mut juju, &["juju-log", "-l", "loud", "m"], "");
        let logs: Vec<String> = juju.record.logs.iter().map(ToString::to_string).collect();
        assert_eq!(logs, ["WARNING Specified log level of \"loud\" is not valid", "INFO m"]);
    }

    #[test]
    fn a_message_starts_with_the_hooks_relation() {
        let mut juju = juju();
        juju.hook.relation = Some(juju.state.relations[0].id);
        check(&mut juju, &["juju-log", "m"], "");
        let id = juju.state.relations[0].id;
        assert_eq!(juju.record.logs[0].to_string(), format!("INFO db:{id}: m"));
    }

    #[test]
    fn a_message_is_required_and_the_format_is_deprecated() {
        let mut juju = juju();
        check_error(&mut juju, &["juju-log"], 2, "no message specified");
        let output = answer(&mut juju, &["juju-log", "--format", "x", "m"]);
        assert_eq!(output.code, 0);
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "--format flag deprecated for command \"juju-log\"");
    }
}
