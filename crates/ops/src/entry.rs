//! The entry point of a charm's process.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use crate::build::Build;
use crate::dispatch::Dispatch;
use crate::env::{EnvError, HookEnv};
use crate::error::{Error, chain};
use crate::framework::Charm;
use crate::hookcmds::{LogLevel, ProcessRunner};
use crate::log::{Stderr, log, subscriber, subscriber_with_stderr};
use crate::metadata::Metadata;
use crate::stored_state::FileStore;

/// Run the charm for the event that Juju dispatched. A charm's `main` calls this.
///
/// ```no_run
/// # #[derive(Default)] struct MyCharm;
/// # impl ops::Charm for MyCharm { fn observe(_: &mut ops::Framework<Self>) {} }
/// fn main() -> std::process::ExitCode {
///     ops::main(MyCharm::default)
/// }
/// ```
///
/// It takes a function that constructs the charm. If that needs to know where it runs, it can take the model:
/// `ops::main(MyCharm::new)` with `fn new(model: &Model) -> MyCharm`.
///
/// If a charm has a default type parameter, such as `MyCharm<W = Workload>`, implement `Default` only for `MyCharm`,
/// not for every `W`. Then `ops::main(MyCharm::default)` works without naming the type.
///
/// The exit code is 0 if the event was handled. It is 1 after a failure, including a panic: the failure is logged
/// once, at level ERROR, with all its causes, and Juju puts the unit in error status and retries the hook. It is 2 if
/// the process was not started by Juju.
pub fn main<C: Charm, Args>(charm: impl Build<C, Args>) -> ExitCode {
    let env = match HookEnv::from_process() {
        Ok(env) => env,
        Err(EnvError::OutsideJuju) => {
            eprintln!("{}", outside_juju(std::env::args_os().next()));
            return ExitCode::from(2);
        }
        Err(error) => {
            log(&ProcessRunner, LogLevel::Error, &chain(&error), Stderr::IfRefused);
            return ExitCode::FAILURE;
        }
    };
    // The user who runs an action sees its standard error, but not Juju's log.
    let stderr = if env.debug || env.action_id.is_some() { Stderr::Always } else { Stderr::IfRefused };
    let event = env.event.clone();
    std::panic::set_hook(Box::new(move |panic| {
        log(&ProcessRunner, LogLevel::Error, &format!("event {event}: {panic}"), stderr);
        std::process::exit(1);
    }));
    // Fails only if the charm has already set a subscriber of its own.
    let runner = Arc::new(ProcessRunner);
    let _ = if env.debug {
        tracing::subscriber::set_global_default(subscriber_with_stderr(runner))
    } else {
        tracing::subscriber::set_global_default(subscriber(runner))
    };
    match run(charm, env) {
        Ok(()) | Err(Error::Rebooting) => ExitCode::SUCCESS,
        Err(error) => {
            log(&ProcessRunner, LogLevel::Error, &chain(&error), stderr);
            ExitCode::FAILURE
        }
    }
}

fn run<C: Charm, Args>(charm: impl Build<C, Args>, env: HookEnv) -> Result<(), Error> {
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
