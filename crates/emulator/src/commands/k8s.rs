//! Commands for charms on Kubernetes. They exist on machines, but have nothing to work on.

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{File, Flag};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::juju::Juju;

const fn getter(name: &'static str, purpose: &'static str) -> Spec {
    Spec { name, args: "", purpose, doc: "Fails in a model of machines.", run: get, ..SPEC }
}

const SPEC_SET_ARGS: &str = "--file <core spec file> [--k8s-resources <k8s spec file>]";
const SPEC_FILE: File = File::new(&["file"], "-", "Names the file with the pod spec.");
const RESOURCES: File = File::new(&["k8s-resources"], "", "Names the file with more Kubernetes resources.");
const RAW_FILE: File = File::new(&["file"], "-", "Names the file with the spec.");

const fn setter(
    name: &'static str,
    args: &'static str,
    purpose: &'static str,
    flags: &'static [Flag],
    run: fn(&mut Juju, &mut Invocation<'_>) -> CommandResult,
) -> Spec {
    Spec { name, args, purpose, doc: "Has no effect in a model of machines.", flags, run, ..SPEC }
}

pub(crate) static RAW_GET: Spec = getter("k8s-raw-get", "Gets Kubernetes raw spec information.");
pub(crate) static SPEC_GET: Spec = getter("k8s-spec-get", "Gets Kubernetes spec information.");
pub(crate) static POD_SPEC_GET: Spec = getter("pod-spec-get", "Gets Kubernetes spec information. (deprecated)");
pub(crate) static RAW_SET: Spec =
    setter("k8s-raw-set", "--file <core spec file>", "Sets k8s raw spec information.", &[RAW_FILE.0], set_raw);
pub(crate) static SPEC_SET: Spec =
    setter("k8s-spec-set", SPEC_SET_ARGS, "Sets Kubernetes spec information.", &[SPEC_FILE.0, RESOURCES.0], set_spec);
pub(crate) static POD_SPEC_SET: Spec = setter(
    "pod-spec-set",
    SPEC_SET_ARGS,
    "Sets Kubernetes spec information. (deprecated)",
    &[SPEC_FILE.0, RESOURCES.0],
    set_spec,
);

fn get(_: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.no_args_from(0)?;
    Err(Failure::run("called CAASModel() on a non-CAAS Model not supported"))
}

fn set_raw(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    set(juju, invocation, "k8s raw spec", RAW_FILE, None)
}

fn set_spec(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    set(juju, invocation, "k8s spec", SPEC_FILE, Some(RESOURCES))
}

fn set(juju: &Juju, invocation: &Invocation<'_>, kind: &str, file: File, resources: Option<File>) -> CommandResult {
    invocation.no_args_from(0)?;
    if invocation.file(file)?.unwrap_or_default().is_empty() {
        let message = format!("no {kind} specified: pipe {kind} to command, or specify a file with --file");
        return Err(Failure::run(message));
    }
    if let Some(resources) = resources {
        invocation.file(resources)?;
    }
    if juju.state.leader { Ok(()) } else { Err(Failure::not_leader()) }
}

#[cfg(test)]
mod tests {
    use crate::tests::{answer_with, check_error, juju};

    #[test]
    fn getting_a_spec_fails_on_a_machine() {
        for name in ["k8s-raw-get", "k8s-spec-get", "pod-spec-get"] {
            check_error(&mut juju(), &[name], 1, "called CAASModel() on a non-CAAS Model not supported");
            check_error(&mut juju(), &[name, "x"], 2, "unrecognized args: [\"x\"]");
        }
    }

    #[test]
    fn only_the_leader_can_set_a_spec() {
        for (name, kind) in
            [("k8s-raw-set", "k8s raw spec"), ("k8s-spec-set", "k8s spec"), ("pod-spec-set", "k8s spec")]
        {
            let mut juju = juju();
            let error = format!("no {kind} specified: pipe {kind} to command, or specify a file with --file");
            check_error(&mut juju, &[name], 1, &error);
            check_error(&mut juju, &[name, "x"], 2, "unrecognized args: [\"x\"]");
            let output = answer_with(&mut juju, &[name], "containers: []\n");
            assert_eq!((output.code, output.stderr), (1, b"ERROR this unit is not the leader\n".to_vec()));
            juju.state.leader = true;
            assert_eq!(answer_with(&mut juju, &[name, "--file", "-"], "containers: []\n").code, 0);
        }
    }
}
