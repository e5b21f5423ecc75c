//! Options that many commands share.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::format::{Clock, Colours};

/// Options that every command takes, before its name or after.
#[derive(Debug, Clone, Default, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
pub struct Global {
    /// Equivalent to `--show-log --logging-config=<root>=DEBUG`
    #[arg(long, global = true, hide = true)]
    pub debug: bool,
    /// Show no informational output
    #[arg(short = 'q', long, global = true, hide = true)]
    pub quiet: bool,
    /// Show more verbose output
    #[arg(short = 'v', long, global = true, hide = true)]
    pub verbose: bool,
    /// Write the log to stderr
    #[arg(long = "show-log", global = true, hide = true)]
    pub show_log: bool,
    /// Log levels of modules
    #[arg(long = "logging-config", global = true, hide = true)]
    pub logging_config: Option<String>,
    /// Write the log to a file
    #[arg(long = "log-file", global = true, hide = true)]
    pub log_file: Option<PathBuf>,
}

/// `-m`, of commands that work in a model.
#[derive(Debug, Clone, Default, Args)]
pub struct ModelOption {
    /// Model to operate in, by its name or by its controller's and its own
    #[arg(
        id = "model",
        short = 'm',
        long,
        value_name = "model",
        help = "Model to operate in, as [<controller name>:]<model name>"
    )]
    pub name: Option<String>,
    /// Do not use a web browser for authentication
    #[arg(short = 'B', long = "no-browser-login", hide = true)]
    pub no_browser_login: bool,
}

/// `-c`, of commands that work on a controller.
#[derive(Debug, Clone, Default, Args)]
pub struct ControllerOption {
    /// Controller to operate in
    #[arg(id = "controller", short = 'c', long, value_name = "controller")]
    pub name: Option<String>,
    /// Do not use a web browser for authentication
    #[arg(short = 'B', long = "no-browser-login", hide = true)]
    pub no_browser_login: bool,
}

/// `--format` and `--output`.
#[derive(Debug, Clone, Default, Args)]
pub struct Output<F: ValueEnum + Default + Copy + Send + Sync + 'static> {
    /// Output format; the first is the default
    // Not a default of clap: for a generic type, derive keeps one default in a static for all its instances.
    #[arg(long, value_enum, value_name = "format")]
    format: Option<F>,
    /// Write the output to this file
    #[arg(short = 'o', long, value_name = "file")]
    pub output: Option<PathBuf>,
}

impl<F: ValueEnum + Default + Copy + Send + Sync + 'static> Output<F> {
    /// The requested format, or the command's default.
    #[must_use]
    pub fn format(&self) -> F {
        self.format.unwrap_or_default()
    }
}

/// `--color` and `--no-color`.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct ColorOptions {
    /// Use ANSI color codes in output
    #[arg(long)]
    pub color: bool,
    /// Do not use ANSI color codes in output
    #[arg(long = "no-color")]
    pub no_color: bool,
}

impl ColorOptions {
    /// The requested colours, or the stream's default. If both options are given, the last one counts.
    pub fn colours(self, stream: &impl IsTerminal) -> Colours {
        match self {
            Self { no_color: true, .. } => Colours::Off,
            Self { color: true, .. } => Colours::On,
            Self { .. } => Colours::on(stream),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, Args)]
pub struct UtcOption {
    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,
}

impl UtcOption {
    /// The clock for the times in the output.
    pub fn clock(self) -> Clock {
        if self.utc { Clock::utc() } else { Clock::local() }
    }
}

/// `--no-prompt`, of commands that remove things.
#[derive(Debug, Clone, Default, Args)]
pub struct NoPrompt {
    /// Do not ask for confirmation
    #[arg(long = "no-prompt")]
    pub no_prompt: bool,
}

/// Options of `ssh` and `scp` that have no effect, because no SSH connection is made.
#[derive(Debug, Clone, Default, Args)]
pub struct SshOptions {
    /// Do not check the machine's key
    #[arg(long = "no-host-key-checks")]
    pub no_host_key_checks: bool,
    #[arg(long, hide = true)]
    proxy: bool,
    /// As on Juju, without effect where units are on machines.
    #[arg(long, hide = true)]
    container: Option<String>,
    /// As on Juju, without effect where units are on machines.
    #[arg(long, hide = true)]
    remote: bool,
}

/// The argument of `-m`: `[CONTROLLER:][OWNER/]MODEL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelIdentifier {
    pub controller: Option<String>,
    pub owner: Option<String>,
    pub model: String,
}

impl ModelIdentifier {
    /// Split an identifier.
    #[must_use]
    pub fn parse(text: &str) -> ModelIdentifier {
        let (controller, rest) = match text.split_once(':') {
            Some((controller, rest)) => (Some(controller).filter(|c| !c.is_empty()), rest),
            None => (None, text),
        };
        let (owner, model) = match rest.split_once('/') {
            Some((owner, model)) => (Some(owner), model),
            None => (None, rest),
        };
        ModelIdentifier {
            controller: controller.map(str::to_owned),
            owner: owner.map(str::to_owned),
            model: model.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_terminals_have_colours_by_default() {
        let pipe = std::io::pipe().unwrap().0;
        let file = std::fs::File::from(std::os::fd::OwnedFd::from(pipe));
        let options = |color, no_color| ColorOptions { color, no_color };
        assert_eq!(options(false, false).colours(&file), Colours::Off);
        assert_eq!(options(true, false).colours(&file), Colours::On);
        assert_eq!(options(false, true).colours(&file), Colours::Off);
        assert_eq!(options(true, true).colours(&file), Colours::Off);
    }

    #[test]
    fn a_model_identifier_may_have_a_controller_and_an_owner() {
        let identifier = |controller: Option<&str>, owner: Option<&str>, model: &str| ModelIdentifier {
            controller: controller.map(str::to_owned),
            owner: owner.map(str::to_owned),
            model: model.to_owned(),
        };
        assert_eq!(ModelIdentifier::parse("testing"), identifier(None, None, "testing"));
        assert_eq!(ModelIdentifier::parse("c:testing"), identifier(Some("c"), None, "testing"));
        assert_eq!(ModelIdentifier::parse("c:admin/testing"), identifier(Some("c"), Some("admin"), "testing"));
        assert_eq!(ModelIdentifier::parse(":testing"), identifier(None, None, "testing"));
    }
}
