//! Juju, as seen by one hook.

use std::sync::Arc;

use ops::Status;
use ops::hookcmds::Output;
use ops_metadata::CharmMeta;

use crate::command_line::call::Call;
use crate::command_line::failure::Failure;
use crate::command_line::flag_set::FlagSet;
use crate::command_line::help;
use crate::command_line::invocation::Invocation;
use crate::commands;
use crate::hook::Hook;
use crate::pending::Pending;
use crate::record::Record;
use crate::state::{Relation, State, Storage};

/// Juju, as seen by one hook: it answers the hook's commands from a [`State`], and returns the new state at the end.
///
/// As in Juju, most changes are applied only when the hook has succeeded. The hook itself sees its own changes.
///
/// ```
/// use std::path::Path;
/// use ops_metadata::CharmMeta;
/// use emulator::State;
/// use emulator::{Call, Hook, Juju};
///
/// let meta = CharmMeta::parse("name: app\nsummary: An app.\ndescription: An app.\n")?;
/// let mut juju = Juju::new(State::default(), Hook::new("app/0", "install"), meta);
/// let args = ["maintenance".to_owned(), "Installing".to_owned()];
/// let call = Call { name: "status-set", args: &args, stdin: None, cwd: Path::new("/"), root: Path::new("/") };
/// assert_eq!(juju.answer(&call).code, 0);
/// let outcome = juju.succeed();
/// assert_eq!(outcome.state.unit_status.message, "Installing");
/// # Ok::<(), ops_metadata::MetadataError>(())
/// ```
#[derive(Debug)]
pub struct Juju {
    /// The state before the hook, with what takes effect at once: statuses, the workload's version, leader settings,
    /// payloads.
    pub state: State,
    /// The hook.
    pub hook: Hook,
    /// What the hook has done so far, besides changing the state.
    pub record: Record,
    pub(crate) meta: Arc<CharmMeta>,
    pub(crate) pending: Pending,
    /// The result of the hook's first `status-get`.
    pub(crate) first_status: Option<Status>,
}

/// The result of a hook.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The state after it.
    pub state: State,
    /// What the hook did besides changing the state.
    pub record: Record,
    /// Why Juju refused the hook's changes although it exited with 0. Such a hook counts as failed.
    pub refusal: Option<String>,
}

impl Juju {
    /// Start `hook` of the charm `meta` in `state`.
    #[must_use]
    pub fn new(state: State, hook: Hook, meta: impl Into<Arc<CharmMeta>>) -> Self {
        Self {
            state,
            hook,
            record: Record::default(),
            meta: meta.into(),
            pending: Pending::default(),
            first_status: None,
        }
    }

    /// Run a hook command.
    pub fn answer(&mut self, call: &Call<'_>) -> Output {
        self.record.commands.push(call.name.to_owned());
        if commands::find(call.name).is_some() && !commands::is_in(call.name, self.hook.version) {
            // The shell's message, because Juju gives the charm no link of that name.
            let stderr = format!("{}: command not found\n", call.name).into_bytes();
            return Output { code: 127, stdout: Vec::new(), stderr };
        }
        let Some(spec) = commands::find(call.name) else {
            return failed(
                &Failure::run(format!("bad request: unknown command: {}", call.name)),
                Vec::new(),
                Vec::new(),
            );
        };
        let flags = match FlagSet::parse(spec.flags, call.args, self) {
            Ok(flags) => flags,
            Err(failure) => return failed(&failure, Vec::new(), Vec::new()),
        };
        if flags.help {
            return Output { code: 0, stdout: help::print(spec, self).into_bytes(), stderr: Vec::new() };
        }
        let mut invocation = Invocation { command: spec.name, flags, call, stdout: Vec::new(), stderr: Vec::new() };
        match (spec.run)(self, &mut invocation) {
            Ok(()) => Output { code: 0, stdout: invocation.stdout, stderr: invocation.stderr },
            Err(failure) => failed(&failure, invocation.stdout, invocation.stderr),
        }
    }

    /// The hook has succeeded: apply its changes, unless Juju refuses them.
    #[must_use]
    pub fn succeed(mut self) -> Outcome {
        match commands::commit(&mut self) {
            Ok(()) => Outcome { state: self.state, record: self.record, refusal: None },
            Err(failure) => Outcome { refusal: Some(failure.message), ..self.fail() },
        }
    }

    /// The hook has failed: keep only what takes effect at once.
    #[must_use]
    pub fn fail(mut self) -> Outcome {
        self.record.requested_storages.clear();
        self.record.removed_secret_revisions.clear();
        if self.record.reboot == Some(crate::record::Reboot::AfterHook) {
            self.record.reboot = None;
        }
        Outcome { state: self.state, record: self.record, refusal: None }
    }

    /// The relation that the hook is about.
    pub(crate) fn hook_relation(&self) -> Option<&Relation> {
        self.hook.relation.and_then(|id| self.state.get_relation(id))
    }

    /// The UUID of an application or unit in the errors of Juju 4.
    pub(crate) fn uuid_of(&self, name: &str) -> String {
        crate::name::uuid(&self.state.model.uuid, name)
    }

    /// The storage instance `id`.
    pub(crate) fn storage(&self, id: &str) -> Result<&Storage, Failure> {
        let Some((name, index)) = id.split_once('/').and_then(|(name, index)| Some((name, index.parse::<u32>().ok()?)))
        else {
            return Err(Failure::run(format!("invalid storage ID {}", crate::go::quoted(id))));
        };
        let attached = self.state.get_storage(name, index);
        attached.ok_or_else(|| {
            Failure::run(if self.hook.version.is_4() {
                format!("storage instance {} not found", crate::go::quoted(id))
            } else {
                format!("storage attachment {id}:{} not found", self.hook.unit)
            })
        })
    }
}

fn failed(failure: &Failure, stdout: Vec<u8>, mut stderr: Vec<u8>) -> Output {
    stderr.extend_from_slice(format!("ERROR {}\n", failure.message).as_bytes());
    Output { code: failure.code, stdout, stderr }
}
