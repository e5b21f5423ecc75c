//! `juju ssh` without ssh: a process in the machine.

use std::os::unix::process::CommandExt as _;
use std::process::ExitCode;

use clap::Args;

use crate::cli::{Arguments, ModelOption, SshOptions, UsageError, is_machine, is_unit_or_leader};
use crate::client::Client;
use crate::client::ssh_target::SshTarget;

const SSH_HELP: &str = "\
Details:
It opens a shell on the unit's machine, as the user ubuntu, who can do everything with sudo. It does
not use SSH.

Examples:
    juju ssh tinyproxy/0
    juju ssh 0
    juju ssh tinyproxy/0 sudo tail -n 20 /var/log/dpkg.log";

/// Open a shell, or run a command, on a unit's machine.
#[derive(Debug, Clone, Args)]
#[command(after_help = SSH_HELP)]
pub struct SshArgs {
    /// The unit or machine, then options for ssh and a command
    #[arg(value_name = "target", trailing_var_arg = true)]
    words: Vec<String>,
    /// Allocate a terminal, or do not (--pty=false)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "bool")]
    pub pty: Option<bool>,
    #[command(flatten)]
    pub ssh: SshOptions,
    #[command(flatten)]
    pub model: ModelOption,
    /// The user; `ubuntu` by default.
    #[arg(skip)]
    pub user: Option<String>,
    /// The unit or machine.
    #[arg(skip)]
    pub target: String,
    /// The command's words; empty for a shell.
    #[arg(skip)]
    pub command: Vec<String>,
}

impl Arguments for SshArgs {
    const USAGE: Option<&str> = Some("<[user@]target> [openssh options] [command]");

    /// All words after a machine belong to it, even options.
    const OPTIONS_ANYWHERE: bool = false;

    fn init(&mut self) -> Result<(), UsageError> {
        let Some((target, rest)) = self.words.split_first() else {
            return Err(UsageError::Rule("no target name specified"));
        };
        let (user, target) = target.split_once('@').map_or((None, target.as_str()), |(u, t)| (Some(u), t));
        if !is_unit_or_leader(target) && !is_machine(target) {
            return Err(UsageError::IsNot { word: target.to_owned(), not: "neither a unit nor a machine" });
        }
        self.user = user.map(str::to_owned);
        target.clone_into(&mut self.target);
        let (options, command) = split_ssh_options(rest);
        // Of ssh's options, only those about a terminal have an effect.
        if options.iter().any(|option| option == "-t" || option == "-tt") {
            self.pty = Some(true);
        } else if options.iter().any(|option| option == "-T") {
            self.pty = Some(false);
        }
        self.command = command.to_vec();
        Ok(())
    }
}

/// Split ssh's own options from the command after them.
fn split_ssh_options(words: &[String]) -> (&[String], &[String]) {
    // ssh(1): the options that take an argument.
    const OPTIONS_WITH_VALUE: &str = "BbcDEeFIiJLlmOoPpQRSWw";
    let mut end = 0;
    while let Some(word) = words.get(end) {
        if word == "--" {
            return (&words[..end], &words[end + 1..]);
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else { break };
        end += 1;
        // `-o X` takes the next word; `-oX` contains its value.
        let value = letters.char_indices().find(|(_, letter)| OPTIONS_WITH_VALUE.contains(*letter));
        if value.is_some_and(|(at, letter)| at + letter.len_utf8() == letters.len()) {
            end += 1;
        }
    }
    let end = end.min(words.len());
    (&words[..end], &words[end..])
}

/// Run it. This process becomes the command, so it ends like it.
pub fn run(client: &mut Client, args: &SshArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let target = SshTarget::open(client, &model, &args.target, args.user.as_deref())?;
    let line = args.command.join(" ");
    let mut command = if args.command.is_empty() {
        target.command("/bin/bash", &["-l"])?
    } else {
        target.command("/bin/bash", &["-c", &line])?
    };
    let error = command.exec();
    Err(anyhow::Error::new(error).context(format!("cannot run a command on {}", args.target)))
}

#[cfg(test)]
mod tests {
    use crate::commands::tests::{assert_refused, command};

    #[test]
    fn ssh_keeps_the_words_of_the_command() {
        let ssh = command!("ssh -m t ubuntu@tinyproxy/0 -o StrictHostKeyChecking=no -t ls -l --help", Ssh);
        assert_eq!(ssh.user.as_deref(), Some("ubuntu"));
        assert_eq!(ssh.target, "tinyproxy/0");
        assert_eq!(ssh.command, ["ls", "-l", "--help"]);
        assert_eq!(ssh.pty, Some(true));
        assert_eq!(command!("ssh 0", Ssh).command, Vec::<String>::new());
        assert_eq!(command!("ssh a/leader -- -x", Ssh).command, ["-x"]);
        assert_eq!(command!("ssh --pty=false a/0 ls", Ssh).pty, Some(false));
        assert_refused("ssh", "no target name specified", 2);
        assert_refused("ssh a b", "\"a\" is neither a unit nor a machine", 2);

        let scp = command!("scp --model t -- -r -P 22 ./www tinyproxy/0:/srv", Scp);
        assert!(scp.recursive);
        assert_eq!(scp.sources, ["./www"]);
        assert_eq!(scp.destination, "tinyproxy/0:/srv");
        assert_refused("scp one", "at least two arguments required", 2);
    }
}
