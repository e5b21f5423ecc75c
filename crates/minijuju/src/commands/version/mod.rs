//! The controller, which is this program, and who is there.

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

/// Show the Juju version that this command stands in for.
#[derive(Debug, Clone, Args)]
pub struct VersionArgs {
    /// Print everything there is to know of the version
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub output: Output<Smart>,
}

impl Arguments for VersionArgs {}

/// Run `juju version`. It needs no data, and makes none.
pub fn version(_: &Session, args: &VersionArgs) -> anyhow::Result<ExitCode> {
    let folder = data_folder()?;
    let store = Store::is_in(&folder).then(|| Store::open(&folder)).transpose()?;
    let juju = client::version::own(store.as_ref().map(Store::db))?;
    let detail = VersionDetail {
        version: format!("{juju}-{}-{}", release(), juju_arch()),
        git_commit: String::new(),
        git_tree_state: "archive".to_owned(),
        compiler: "rustc".to_owned(),
        official: false,
        grade: format!("minijuju {}", env!("CARGO_PKG_VERSION")),
    };
    print(&output::version(&detail, args.all, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// What this computer runs, in Juju's word: `ubuntu`, or `genericlinux` for all else.
fn release() -> &'static str {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    if release.lines().any(|line| line == "ID=ubuntu") { "ubuntu" } else { "genericlinux" }
}
