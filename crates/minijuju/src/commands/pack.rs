//! `minijuju pack`, which Juju does not have.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::cli::{Arguments, Session, UsageError};
use crate::client::charms;
use crate::pack::Profile;
use crate::progress::Progress;

const PACK_HELP: &str = "\
Examples:
    minijuju pack
    minijuju pack ./charm -o /tmp";

/// Build the charm of a project folder and pack it (minijuju only).
#[derive(Debug, Clone, Args)]
#[command(after_help = PACK_HELP)]
pub struct PackArgs {
    /// The charm's project folder; by default the current folder
    #[arg(value_name = "project")]
    pub project: Option<PathBuf>,
    /// Folder to put the .charm in; by default the current folder
    #[arg(short = 'o', long, value_name = "folder")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
#[error("-o takes a folder, not a file: did you mean `-o {}` for {}?", folder.display(), path.display())]
struct OutputIsFile {
    path: PathBuf,
    folder: PathBuf,
}

impl Arguments for PackArgs {
    fn init(&mut self) -> Result<(), UsageError> {
        match &self.output {
            Some(path) if path.extension().is_some_and(|extension| extension == "charm") => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = folder.unwrap_or(Path::new(".")).to_owned();
                Err(UsageError::command(OutputIsFile { path: path.clone(), folder }))
            }
            _ => Ok(()),
        }
    }
}

/// Run `minijuju pack`. It needs no data.
pub fn pack(session: &Session, args: &PackArgs) -> anyhow::Result<ExitCode> {
    let progress = Progress::unless_quiet(session.global.quiet);
    let current_folder = env::current_dir()?;
    let project = args.project.clone().unwrap_or_else(|| current_folder.clone());
    let folder = args.output.clone().unwrap_or(current_folder);
    if folder.exists() && !folder.is_dir() {
        bail!("-o takes a folder, and {} is not a folder", folder.display());
    }
    let file = charms::pack_project(&progress, &project, &folder, Profile::Release)?;
    // Like `charmcraft pack`.
    progress.print(&format!("Packed {}", file.display()));
    Ok(ExitCode::SUCCESS)
}
