//! `juju completion`.

use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use crate::cli::{self, Arguments, Session};
use crate::client;
use crate::commands::Command;

const COMPLETION_HELP: &str = "\
Examples:
    minijuju completion bash > ~/.local/share/bash-completion/completions/minijuju
    minijuju completion zsh > ~/.zfunc/_minijuju
    minijuju completion fish > ~/.config/fish/completions/minijuju.fish";

/// Print the completions of a shell (minijuju only).
#[derive(Debug, Clone, Args)]
#[command(after_help = COMPLETION_HELP)]
pub struct CompletionArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

impl Arguments for CompletionArgs {
    const MISSING: &[&str] = &["no shell specified"];
}

pub fn run(session: &Session, args: &CompletionArgs) -> anyhow::Result<ExitCode> {
    client::print(&cli::completion::<Command>(args.shell, &session.program), None)?;
    Ok(ExitCode::SUCCESS)
}
