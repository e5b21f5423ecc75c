//! `is-leader`.

use crate::command_line::failure::CommandResult;
use crate::command_line::flag::{FORMAT, OUTPUT};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::juju::Juju;

pub(crate) static GET: Spec = Spec {
    name: "is-leader",
    args: "",
    purpose: "Prints application leadership status.",
    doc: "Prints whether the unit is its application's leader. If it is, it stays so for at\n\
          least 30 seconds.",
    examples: &["if [ \"$(is-leader)\" = True ]; then", "  # what only the leader does", "fi"],
    flags: &[FORMAT.0, OUTPUT.0],
    run: is_leader,
    ..SPEC
};

fn is_leader(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.no_args_from(0)?;
    invocation.write(&juju.state.leader.into())
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, juju};

    #[test]
    fn prints_whether_the_unit_is_the_leader() {
        let mut juju = juju();
        check(&mut juju, &["is-leader"], "False\n");
        check(&mut juju, &["is-leader", "--format=json"], "false\n");
        juju.state.leader = true;
        check(&mut juju, &["is-leader"], "True\n");
        check(&mut juju, &["is-leader", "--format=yaml"], "true\n");
    }
}
