//! The client side of hook commands: it runs in the machine, and takes about a millisecond.

use std::env;
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use emulator::reads_stdin;

use super::socket;
use super::wire::{Reply, Request};

/// Run the hook command `name` with the arguments of this process.
pub fn run(name: &str) -> ExitCode {
    match call_agent(name) {
        Ok(reply) => {
            // The charm may have closed its end of the pipe.
            let _ = io::stdout().write_all(&reply.stdout);
            let _ = io::stdout().flush();
            let _ = io::stderr().write_all(&reply.stderr);
            ExitCode::from(u8::try_from(reply.code).unwrap_or(1))
        }
        Err(error) => {
            eprintln!("ERROR {error}");
            ExitCode::FAILURE
        }
    }
}

/// Why the agent could not be called.
#[derive(Debug, thiserror::Error)]
enum CallError {
    /// The process does not belong to a hook.
    #[error("{0} not set")]
    Unset(&'static str),
    #[error("cannot read standard input: {0}")]
    Stdin(io::Error),
    #[error("cannot reach the agent at {address}: {error}; has the hook ended?")]
    Unreachable { address: String, error: io::Error },
    #[error("cannot talk to the agent at {address}: {error}")]
    Broken { address: String, error: io::Error },
}

fn call_agent(name: &str) -> Result<Reply, CallError> {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty()).ok_or(CallError::Unset(name));
    let context = variable("JUJU_CONTEXT_ID")?;
    let address = variable("JUJU_AGENT_SOCKET_ADDRESS")?;
    let args: Vec<String> = env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    // Read only on request: a charm may leave standard input open, and reading it would block forever.
    let stdin = if reads_stdin(name, &args) {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map_err(CallError::Stdin)?;
        Some(bytes)
    } else {
        None
    };
    let cwd = env::current_dir().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    let stream = socket::connect(&PathBuf::from(&address))
        .map_err(|error| CallError::Unreachable { address: address.clone(), error })?;
    let request = Request { context, name: name.to_owned(), args, cwd, stdin };
    request.send(&stream).and_then(|()| Reply::receive(&stream)).map_err(|error| CallError::Broken { address, error })
}
