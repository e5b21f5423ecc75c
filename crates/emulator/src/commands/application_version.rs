//! `application-version-set`.

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::juju::Juju;

pub(crate) static SET: Spec = Spec {
    name: "application-version-set",
    args: "<new-version>",
    purpose: "Specifies which version of the application is deployed.",
    doc: "Tells Juju the version of the workload, for `juju status`: a version number, a\n\
          commit, or whatever names it. It is not the revision of the charm.",
    examples: &["application-version-set 1.1.10"],
    run: set,
    ..SPEC
};

fn set(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let Some(version) = invocation.args().first() else { return Err(Failure::usage("no version specified")) };
    let version = (*version).to_owned();
    invocation.no_args_from(1)?;
    juju.state.workload_version.clone_from(&version);
    juju.record.workload_versions.push(version);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_error, juju};

    #[test]
    fn sets_the_version_at_once() {
        let mut juju = juju();
        check(&mut juju, &["application-version-set", "1.10"], "");
        check(&mut juju, &["application-version-set", ""], "");
        check(&mut juju, &["application-version-set", "1.11"], "");
        let outcome = juju.fail();
        assert_eq!(outcome.state.workload_version, "1.11");
        assert_eq!(outcome.record.workload_versions, ["1.10", "", "1.11"]);
    }

    #[test]
    fn exactly_one_version_is_required() {
        check_error(&mut juju(), &["application-version-set"], 2, "no version specified");
        check_error(&mut juju(), &["application-version-set", "1", "2"], 2, "unrecognized args: [\"2\"]");
    }
}
