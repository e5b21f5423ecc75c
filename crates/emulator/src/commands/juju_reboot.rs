//! `juju-reboot`.

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::Switch;
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::juju::Juju;
use crate::record::Reboot;

const NOW: Switch = Switch::new(&["now"], "Reboots immediately, killing the invoking process.");

pub(crate) static REBOOT: Spec = Spec {
    name: "juju-reboot",
    args: "",
    purpose: "Reboots the host machine.",
    doc: "Restarts the machine once the hook has succeeded. With --now the hook is killed\n\
          at once, and runs again from its beginning afterwards.\n\n\
          An action cannot ask for it.",
    examples: &["juju-reboot", "juju-reboot --now"],
    flags: &[NOW.0],
    run: reboot,
    ..SPEC
};

fn reboot(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.no_args_from(0)?;
    if juju.hook.action.is_some() {
        return Err(Failure::run("juju-reboot is not supported when running an action."));
    }
    juju.record.reboot = Some(if invocation.is_set(NOW) { Reboot::Now } else { Reboot::AfterHook });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::Reboot;
    use crate::tests::{check, check_error, in_action, juju};

    #[test]
    fn reboots_after_a_hook_that_succeeded_or_now() {
        for (line, succeeded, reboot) in [
            (&["juju-reboot"][..], true, Some(Reboot::AfterHook)),
            (&["juju-reboot"], false, None),
            (&["juju-reboot", "--now"], false, Some(Reboot::Now)),
        ] {
            let mut juju = juju();
            check(&mut juju, line, "");
            assert_eq!(if succeeded { juju.succeed() } else { juju.fail() }.record.reboot, reboot);
        }
    }

    #[test]
    fn does_not_reboot_in_an_action() {
        let error = "juju-reboot is not supported when running an action.";
        check_error(&mut in_action(), &["juju-reboot"], 1, error);
        check_error(&mut juju(), &["juju-reboot", "now"], 2, "unrecognized args: [\"now\"]");
    }
}
