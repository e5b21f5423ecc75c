//! `juju ssh`, without ssh: a process in the machine.

use std::os::unix::process::CommandExt as _;
use std::process::ExitCode;

use super::client::Client;
use super::remote::Remote;
use crate::cli::Ssh;

/// Run it. It ends as the command does, because it becomes that.
pub fn run(client: &mut Client, args: &Ssh) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let remote = Remote::open(client, &model, &args.target, args.user.as_deref())?;
    let line = args.command.join(" ");
    let mut command = if args.command.is_empty() {
        remote.command("/bin/bash", &["-l"])?
    } else {
        remote.command("/bin/bash", &["-c", &line])?
    };
    let error = command.exec();
    Err(anyhow::Error::new(error).context(format!("cannot run a command on {}", args.target)))
}
