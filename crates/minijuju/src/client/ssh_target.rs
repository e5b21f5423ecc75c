//! Machines, as `ssh`, `scp` and `exec` reach them.

use std::process::Command;

use anyhow::{Context as _, bail};

use crate::client::Client;
use crate::machine::{DEFAULT_USER, Files, Machine, MachineSpec};
use crate::store::machine;
use crate::store::model::Model;
use crate::uniter::machine_id;

/// The `PATH` of a user's shell in a machine.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/snap/bin";

/// A machine, and the user to be in it.
#[derive(Debug)]
pub struct SshTarget {
    machine: Machine,
    user: String,
    home: String,
}

impl SshTarget {
    /// The machine of a unit or of an application's leader, or the one with this number. The default user is `ubuntu`,
    /// as with Juju's ssh.
    pub fn open(client: &mut Client, model: &Model, target: &str, user: Option<&str>) -> anyhow::Result<Self> {
        let number = if target.contains('/') { client.unit(model, target)?.machine } else { target.to_owned() };
        let Some(found) = machine::find(client.store.db(), &model.uuid, &number)? else {
            bail!("machine {number} not found");
        };
        let id = machine_id(model, &number);
        if client.machines()?.find(&id)?.is_none() {
            // After a reboot of this computer, settling starts the machine and runs the hook `start`.
            client.settle(model)?;
        }
        let machine = client.machines()?.start(&MachineSpec { hostname: id.clone(), id, base: found.base })?;
        let (user, home) = account(&machine, user)?;
        Ok(Self { machine, user, home })
    }

    pub fn files(&self) -> anyhow::Result<Files> {
        Ok(self.machine.files()?)
    }

    /// A command in the machine, in the user's home folder.
    pub fn command(&self, program: &str, args: &[&str]) -> anyhow::Result<Command> {
        let mut command = if self.user == "root" {
            let mut command = self.machine.command(program, &self.home)?;
            command.args(args);
            command
        } else {
            let mut command = self.machine.command("/usr/bin/setpriv", &self.home)?;
            command.args(["--reuid", &self.user, "--regid", &self.user, "--init-groups", "--", program]).args(args);
            command
        };
        command.env_clear().envs([
            ("HOME", self.home.as_str()),
            ("LANG", "C.UTF-8"),
            ("LOGNAME", &self.user),
            ("PATH", PATH),
            ("SHELL", "/bin/bash"),
            ("USER", &self.user),
        ]);
        if let Ok(terminal) = std::env::var("TERM") {
            command.env("TERM", terminal);
        }
        Ok(command)
    }
}

/// The user in a machine, and the home folder. If the machine is this computer and has no user `ubuntu`, it is root.
fn account(machine: &Machine, user: Option<&str>) -> anyhow::Result<(String, String)> {
    let users = machine.files()?.read("/etc/passwd").context("cannot read /etc/passwd in the machine")?;
    let users = String::from_utf8_lossy(&users);
    let home = |user: &str| {
        users.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields.first() == Some(&user)).then(|| fields.get(5).unwrap_or(&"/").to_string())
        })
    };
    let user = user.unwrap_or(DEFAULT_USER);
    match home(user) {
        Some(home) => Ok((user.to_owned(), home)),
        None if [DEFAULT_USER, "root"].contains(&user) => Ok(("root".to_owned(), "/root".to_owned())),
        None => bail!("the machine has no user {user:?}"),
    }
}
