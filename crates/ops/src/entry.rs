//! The way from a process that Juju starts to the charm.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use crate::build::Build;
use crate::dispatch::Dispatch;
use crate::env::{EnvError, HookEnv};
use crate::error::Error;
use crate::framework::Charm;
use crate::hookcmds::{LogLevel, ProcessRunner};
use crate::log::{log, subscriber};
use crate::metadata::Metadata;
use crate::stored::FileStore;

/// Run the charm for the event that Juju dispatches: what a charm's `main` calls.
///
/// ```no_run
/// # #[derive(Default)] struct MyCharm;
/// # impl ops::Charm for MyCharm { fn observe(_: &mut ops::Framework<Self>) {} }
/// fn main() -> std::process::ExitCode {
///     ops::main(MyCharm::default)
/// }
/// ```
///
/// It takes a function that makes the charm; one that needs to know where it runs takes the model:
/// `ops::main(MyCharm::new)` with `fn new(model: &Model) -> MyCharm`.
///
/// A charm with a default type parameter, such as `MyCharm<W = Workload>`, implements `Default` for `MyCharm` alone (not for
/// every `W`): then `ops::main(MyCharm::default)` means that one.
///
/// The exit code is 0 if the event was handled. It is 1 if something failed, a panic included: that is logged once, at
/// level ERROR, with all its causes, so that Juju puts the unit in error status and tries the hook again. It is 2 if it
/// was not Juju that started the process.
pub fn main<C: Charm, From>(charm: impl Build<C, From>) -> ExitCode {
    let env = match HookEnv::from_process() {
        Ok(env) => env,
        Err(EnvError::OutsideJuju) => {
            eprintln!("{}", outside_juju(std::env::args_os().next()));
            return ExitCode::from(2);
        }
        Err(error) => {
            log(&ProcessRunner, LogLevel::Error, &chain(&error), false);
            return ExitCode::FAILURE;
        }
    };
    // The operator who runs an action sees its standard error, and not Juju's log.
    let stderr = env.debug || env.action_id.is_some();
    let event = env.event.clone();
    std::panic::set_hook(Box::new(move |panic| {
        log(&ProcessRunner, LogLevel::Error, &format!("event {event}: {panic}"), stderr);
        std::process::exit(1);
    }));
    // Set once in a process; the error is that it is set already, by a charm that wants another.
    let _ = tracing::subscriber::set_global_default(subscriber(Arc::new(ProcessRunner), env.debug));
    match run(charm, env) {
        Ok(()) | Err(Error::Rebooting) => ExitCode::SUCCESS,
        Err(error) => {
            log(&ProcessRunner, LogLevel::Error, &chain(&error), stderr);
            ExitCode::FAILURE
        }
    }
}

fn run<C: Charm, From>(charm: impl Build<C, From>, env: HookEnv) -> Result<(), Error> {
    let meta = Metadata::in_dir(&env.charm_dir);
    let store = Rc::new(FileStore::in_dir(&env.charm_dir));
    let mut dispatch = Dispatch::new(env, meta, Arc::new(ProcessRunner), store)?;
    let mut charm = charm.build(dispatch.model());
    dispatch.run(&mut charm)
}

fn outside_juju(program: Option<OsString>) -> String {
    let program = program.unwrap_or_default();
    let name = Path::new(&program).file_name().unwrap_or(&program).to_string_lossy();
    format!(
        "{name} is a Juju charm, which only handles events that Juju sends: deploy its .charm file with `juju deploy`, \
         or, without Juju, its project with `minijuju deploy .`"
    )
}

/// The error and its causes in one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
