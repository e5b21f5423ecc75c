//! `juju version`.

pub mod output;

use std::process::ExitCode;

use clap::Args;

use self::output::VersionDetail;
use crate::cli::{Arguments, Output, Session};
use crate::client::{self, print};
use crate::format::Smart;
use crate::pack::juju_arch;
use crate::store::Store;
use crate::store::database::data_folder;

/// Show the version of Juju that this command emulates.
#[derive(Debug, Clone, Args)]
pub struct VersionArgs {
    /// Print all details of the version
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub output: Output<Smart>,
}

impl Arguments for VersionArgs {}

/// Run `juju version`. It neither needs nor creates data.
pub fn version(_: &Session, args: &VersionArgs) -> anyhow::Result<ExitCode> {
    let folder = data_folder()?;
    let store = Store::exists_in(&folder).then(|| Store::open(&folder)).transpose()?;
    let juju = client::version::of_new_models(store.as_ref().map(Store::db))?;
    let detail = VersionDetail {
        version: format!("{juju}-{}-{}", release(), juju_arch()),
        git_commit: String::new(),
        git_tree_state: "archive".to_owned(),
        compiler: "rustc".to_owned(),
        official: false,
        grade: format!("minijuju {}", env!("CARGO_PKG_VERSION")),
    };
    let show = if args.all { output::all } else { output::version };
    print(&show(&detail, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// The operating system in Juju's word: `ubuntu`, or `genericlinux` for all others.
fn release() -> &'static str {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    if release.lines().any(|line| line == "ID=ubuntu") { "ubuntu" } else { "genericlinux" }
}
