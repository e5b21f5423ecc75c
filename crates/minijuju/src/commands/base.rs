//! `minijuju base`, which Juju does not have: the root file systems of machines.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{Arguments, Output, UsageError};
use crate::client::{Client, print};
use crate::format::{Clock, Colours, Table, Tabular, table_or};
use crate::machine::BaseSource;

const BASE_HELP: &str = "\
Details:
By default, a machine is a view of this computer, whatever `--base` says. If there is a base with
the name that `--base` or the charm gives, it is a view of that: its files, its apt, its Python.

    import <name> <folder or tar>   copy a root: an Ubuntu base tarball, a debootstrap folder, a
                                    cloud image's root
    make <name>                     make a root with mmdebstrap or debootstrap
    list                            list the bases
    remove <name>                   remove a base that no machine uses

`minijuju clean` keeps bases.

Examples:
    minijuju base import ubuntu@24.04 ubuntu-base-24.04-base-amd64.tar.gz
    minijuju base make debian@12
    minijuju deploy ./my.charm --base debian@12";

/// Import, make, list or remove the roots of machines (minijuju only).
#[derive(Debug, Clone, Args)]
#[command(after_help = BASE_HELP)]
pub struct BaseArgs {
    /// What to do, and with what
    #[arg(value_name = "import, make, list or remove")]
    words: Vec<String>,
    /// The release's code name, such as bookworm, for make
    #[arg(long, value_name = "suite")]
    pub suite: Option<String>,
    /// The mirror's address, for make
    #[arg(long, value_name = "address")]
    pub mirror: Option<String>,
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[arg(skip)]
    pub subcommand: Subcommand,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Subcommand {
    #[default]
    List,
    /// Copy a root: the base's name, and the folder or archive.
    Import(String, String),
    /// Make one from packages.
    Make(String),
    Remove(String),
}

impl Subcommand {
    fn parse(words: &[String]) -> Result<Self, UsageError> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Ok(match words.as_slice() {
            ["list"] => Self::List,
            ["import", name, source] => Self::Import((*name).to_owned(), (*source).to_owned()),
            ["make", name] => Self::Make((*name).to_owned()),
            ["remove", name] => Self::Remove((*name).to_owned()),
            [] => return Err(UsageError::Rule("say what to do: import, make, list or remove")),
            ["list", ..] => return Err(UsageError::Rule("list takes no name")),
            ["import", ..] => return Err(UsageError::Rule("import takes a name and a folder or tar archive")),
            ["make" | "remove", ..] => return Err(UsageError::Rule("make and remove take the name of one base")),
            [word, ..] => {
                let not = "none of import, make, list and remove";
                return Err(UsageError::IsNot { word: (*word).to_owned(), not });
            }
        })
    }
}

impl Arguments for BaseArgs {
    const USAGE: Option<&str> = Some("import <name> <folder or tar> | make <name> | list | remove <name>");

    fn init(&mut self) -> Result<(), UsageError> {
        self.subcommand = Subcommand::parse(&self.words)?;
        if (self.suite.is_some() || self.mirror.is_some()) && !matches!(self.subcommand, Subcommand::Make(_)) {
            return Err(UsageError::Rule("--suite and --mirror are for make"));
        }
        Ok(())
    }
}

/// A base in the output.
#[derive(Debug, Serialize)]
struct BaseInfo {
    name: String,
    system: String,
    since: String,
    #[serde(rename = "size-bytes")]
    size: u64,
}

/// Run `minijuju base`.
pub fn run(client: &mut Client, args: &BaseArgs) -> anyhow::Result<ExitCode> {
    let machines = client.machines()?;
    match &args.subcommand {
        Subcommand::List => {
            let clock = Clock::local();
            let bases = machines.bases()?;
            let infos: Vec<BaseInfo> = bases
                .into_iter()
                .map(|base| BaseInfo {
                    since: Timestamp::try_from(base.created).map(|at| clock.date_and_time(at)).unwrap_or_default(),
                    name: base.name,
                    system: base.system,
                    size: base.size,
                })
                .collect();
            print(&table_or(&infos, args.output.format(), || table(&infos)), args.output.output.as_deref())?;
        }
        Subcommand::Import(name, source) => {
            let step = client.progress.start_step(format!("base {name}"));
            machines.import_base(name, Path::new(source))?;
            step.done();
        }
        Subcommand::Make(name) => {
            let step = client.progress.start_step(format!("base {name}"));
            machines.make_base(name, &BaseSource { suite: args.suite.clone(), mirror: args.mirror.clone() })?;
            step.done();
        }
        Subcommand::Remove(name) => {
            machines.remove_base(name)?;
            client.progress.info(&format!("removed base {name}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn table(bases: &[BaseInfo]) -> String {
    if bases.is_empty() {
        return "No bases: machines are views of this computer.\n".to_owned();
    }
    let mut table = Table::new(Colours::Off);
    table.headers(&["Base", "System", "Since", "Size"]);
    for base in bases {
        table.line(&[&base.name, &base.system, &base.since, &format!("{} MiB", base.size >> 20)]);
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_words_are_errors_that_say_what_is_valid() {
        for (words, reason) in [
            ("", "say what to do: import, make, list or remove"),
            ("list all", "list takes no name"),
            ("import ubuntu@24.04", "import takes a name and a folder or tar archive"),
            ("remove a b", "make and remove take the name of one base"),
            ("delete a", r#""delete" is none of import, make, list and remove"#),
        ] {
            let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
            assert_eq!(Subcommand::parse(&words).unwrap_err().to_string(), reason);
        }
    }
}
