//! The definition of a hook command: its name, flags and help, and the function that runs it.

use std::borrow::Cow;

use super::failure::CommandResult;
use super::flag::Flag;
use super::invocation::Invocation;
use crate::juju::Juju;

/// A hook command.
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    /// The positional arguments in its usage line.
    pub(crate) args: &'static str,
    pub(crate) purpose: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) examples: &'static [&'static str],
    pub(crate) see_also: &'static [&'static str],
    pub(crate) flags: &'static [Flag],
    pub(crate) run: fn(&mut Juju, &mut Invocation<'_>) -> CommandResult,
    /// The parts of its help that depend on the hook.
    pub(crate) hook_help: fn(&Juju, &Spec) -> HookHelp,
}

/// The parts of a command's help that depend on the hook.
pub(crate) struct HookHelp {
    /// The positional arguments.
    pub(crate) args: &'static str,
    /// The details.
    pub(crate) doc: Cow<'static, str>,
}

/// The defaults: no flags, and the same help in all hooks.
pub(crate) const SPEC: Spec = Spec {
    name: "",
    args: "",
    purpose: "",
    doc: "",
    examples: &[],
    see_also: &[],
    flags: &[],
    run: |_, _| Ok(()),
    hook_help: |_, spec| HookHelp { args: spec.args, doc: spec.doc.into() },
};
