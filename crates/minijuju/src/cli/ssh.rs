//! Shells and files on machines.

use clap::Args;

use super::command::Init;
use super::{ModelOption, is_machine, names};

/// `juju ssh`.
#[derive(Debug, Clone, Args)]
pub struct Ssh {
    /// The unit or machine, then options for ssh and a command
    #[arg(value_name = "[user@]target> [openssh options] [<command>", trailing_var_arg = true)]
    words: Vec<String>,
    /// Take a terminal, or do not (--pty=false)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "bool")]
    pub pty: Option<bool>,
    /// Do not check the machine's key
    #[arg(long = "no-host-key-checks")]
    pub no_host_key_checks: bool,
    #[arg(long, hide = true)]
    proxy: bool,
    #[arg(long, hide = true)]
    container: Option<String>,
    #[arg(long, hide = true)]
    remote: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// The user to be; root if none was named.
    #[arg(skip)]
    pub user: Option<String>,
    /// The unit or machine.
    #[arg(skip)]
    pub target: String,
    /// The command, in the words that were given; a shell if there is none.
    #[arg(skip)]
    pub command: Vec<String>,
}

const CONTAINERS: &str = "minijuju does not do \"--container\" and \"--remote\": they are for charms in containers";

impl Init for Ssh {
    fn init(&mut self) -> Result<(), String> {
        if self.container.as_ref().is_some_and(|name| !name.is_empty()) || self.remote {
            return Err(CONTAINERS.to_owned());
        }
        let Some((target, rest)) = self.words.split_first() else {
            return Err("no target name specified".to_owned());
        };
        let (user, target) = target.split_once('@').map_or((None, target.as_str()), |(u, t)| (Some(u), t));
        if !names::is_unit_or_leader(target) && !is_machine(target) {
            return Err(format!("{target:?} is neither a unit nor a machine"));
        }
        self.user = user.map(str::to_owned);
        target.clone_into(&mut self.target);
        let (options, command) = split_ssh_options(rest);
        // There is no ssh on the way, so its options change nothing but whether there is a terminal.
        if options.iter().any(|option| option == "-t" || option == "-tt") {
            self.pty = Some(true);
        } else if options.iter().any(|option| option == "-T") {
            self.pty = Some(false);
        }
        self.command = command.to_vec();
        Ok(())
    }
}

/// Parts ssh's own options from the command after them.
fn split_ssh_options(words: &[String]) -> (&[String], &[String]) {
    // ssh(1): the options that take an argument.
    const TAKE_VALUE: &str = "BbcDEeFIiJLlmOoPpQRSWw";
    let mut end = 0;
    while let Some(word) = words.get(end) {
        if word == "--" {
            return (&words[..end], &words[end + 1..]);
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else { break };
        end += 1;
        // `-o X` takes the next word; `-oX` has it inside.
        let value = letters.char_indices().find(|(_, letter)| TAKE_VALUE.contains(*letter));
        if value.is_some_and(|(at, letter)| at + letter.len_utf8() == letters.len()) {
            end += 1;
        }
    }
    let end = end.min(words.len());
    (&words[..end], &words[end..])
}

/// `juju scp`.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
pub struct Scp {
    /// What to copy and where, with [user@]target: before paths on a machine; options of scp first
    #[arg(value_name = "source> ... <destination", trailing_var_arg = true)]
    words: Vec<String>,
    /// Do not check the machine's key
    #[arg(long = "no-host-key-checks")]
    pub no_host_key_checks: bool,
    #[arg(long, hide = true)]
    proxy: bool,
    #[arg(long, hide = true)]
    container: Option<String>,
    #[arg(long, hide = true)]
    remote: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// Whether folders are copied with what is in them.
    #[arg(skip)]
    pub recursive: bool,
    /// What to copy: `tinyproxy/0:/etc/hosts`, `./file`.
    #[arg(skip)]
    pub sources: Vec<String>,
    /// Where to.
    #[arg(skip)]
    pub destination: String,
}

impl Init for Scp {
    fn init(&mut self) -> Result<(), String> {
        if self.container.as_ref().is_some_and(|name| !name.is_empty()) || self.remote {
            return Err(CONTAINERS.to_owned());
        }
        let words: &[String] = match self.words.split_first() {
            Some((first, rest)) if first == "--" => rest,
            _ => &self.words,
        };
        let (options, paths) = split_scp_options(words);
        self.recursive = options.iter().any(|option| option.contains('r'));
        let [sources @ .., destination] = paths else {
            return Err("at least two arguments required".to_owned());
        };
        if sources.is_empty() {
            return Err("at least two arguments required".to_owned());
        }
        self.sources = sources.to_vec();
        destination.clone_into(&mut self.destination);
        Ok(())
    }
}

/// Parts scp's own options from the paths after them; options that take an argument are left out of the first.
fn split_scp_options(words: &[String]) -> (Vec<String>, &[String]) {
    // scp(1).
    const TAKE_VALUE: &str = "cDFiJloPSX";
    let mut options = Vec::new();
    let mut end = 0;
    while let Some(word) = words.get(end) {
        if word == "--" {
            return (options, &words[end + 1..]);
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else { break };
        end += 1;
        match letters.char_indices().find(|(_, letter)| TAKE_VALUE.contains(*letter)) {
            Some((at, letter)) => {
                options.push(letters[..at].to_owned());
                if at + letter.len_utf8() == letters.len() {
                    end += 1;
                }
            }
            None => options.push(letters.to_owned()),
        }
    }
    (options, &words[end.min(words.len())..])
}
