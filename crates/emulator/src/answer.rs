//! Answers the commands of a hook, and ends it.

use ops::hookcmds::Output;

use crate::command_line::call::Call;
use crate::command_line::failure::Failure;
use crate::command_line::flag_set::FlagSet;
use crate::command_line::help;
use crate::command_line::invocation::Invocation;
use crate::commands;
use crate::juju::Juju;
use crate::record::{Reboot, Record};
use crate::state::State;

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
    /// Run a hook command.
    pub fn answer(&mut self, call: &Call<'_>) -> Output {
        self.record.commands.push(call.name.to_owned());
        let Some(spec) = commands::find(call.name) else {
            let failure = Failure::run(format!("bad request: unknown command: {}", call.name));
            return failure_output(&failure, Vec::new(), Vec::new());
        };
        if !commands::has_command(call.name, self.hook.version) {
            // The shell's message, because Juju gives the charm no link of that name.
            let stderr = format!("{}: command not found\n", call.name).into_bytes();
            return Output { code: 127, stdout: Vec::new(), stderr };
        }
        let flags = match FlagSet::parse(spec.flags, call.args, self) {
            Ok(flags) => flags,
            Err(failure) => return failure_output(&failure, Vec::new(), Vec::new()),
        };
        if flags.help {
            return Output { code: 0, stdout: help::print(spec, self).into_bytes(), stderr: Vec::new() };
        }
        let mut invocation = Invocation { command: spec.name, flags, call, stdout: Vec::new(), stderr: Vec::new() };
        match (spec.run)(self, &mut invocation) {
            Ok(()) => Output { code: 0, stdout: invocation.stdout, stderr: invocation.stderr },
            Err(failure) => failure_output(&failure, invocation.stdout, invocation.stderr),
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
        if self.record.reboot == Some(Reboot::AfterHook) {
            self.record.reboot = None;
        }
        Outcome { state: self.state, record: self.record, refusal: None }
    }
}

fn failure_output(failure: &Failure, stdout: Vec<u8>, mut stderr: Vec<u8>) -> Output {
    stderr.extend_from_slice(format!("ERROR {}\n", failure.message).as_bytes());
    Output { code: failure.code, stdout, stderr }
}
