//! `minijuju clean`, which Juju does not have.

use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use anyhow::Context as _;
use clap::Args;

use crate::cli::{Arguments, NoPrompt, Session};
use crate::client::confirm;
use crate::machine::{Files, MachineKind, Machines};
use crate::progress::Progress;
use crate::store::database::data_folder;
use crate::store::{Store, model, unit};
use crate::uniter;

const CLEAN_HELP: &str = "\
Details:
Machines are stopped and removed, with their mounts, addresses and disks; models and applications
are deleted. No event runs.

Examples:
    minijuju clean --no-prompt";

/// Stop and remove every machine, even after a crash (minijuju only).
#[derive(Debug, Clone, Args)]
#[command(after_help = CLEAN_HELP)]
pub struct CleanArgs {
    #[command(flatten)]
    pub prompt: NoPrompt,
}

impl Arguments for CleanArgs {}

/// Run `minijuju clean`: stop and remove everything, even after a crash, or if the database cannot be read.
pub fn clean(session: &Session, args: &CleanArgs) -> anyhow::Result<ExitCode> {
    let progress = Progress::unless_quiet(session.global.quiet);
    let folder = data_folder()?;
    if !folder.exists() {
        progress.info("there is nothing to remove");
        return Ok(ExitCode::SUCCESS);
    }
    let store = Store::open(&folder);
    let models = match &store {
        Ok(store) => model::all(store.db()).unwrap_or_default(),
        Err(error) => {
            progress.print(&format!("{error}: it is removed with everything else"));
            Vec::new()
        }
    };
    if !args.prompt.no_prompt {
        let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
        eprintln!("This stops and removes all machines and models of minijuju: {}.", names.join(", "));
        confirm("")?;
    }
    let machines = Machines::open(&folder)?;
    // Stop running hooks first; otherwise they would see their machine vanish. If the database cannot be read, no hook
    // of it can be running, and its machines are removed below.
    let stop_hooks = || store.as_ref().map(uniter::stop_hooks);
    let _ = stop_hooks();
    // Running commands lose their data here and stop: from now on they can start neither hooks nor machines.
    let (removed_data, removed) = machines.prepare_and_clean(|| {
        ["minijuju.db", "minijuju.db-wal", "minijuju.db-shm"]
            .into_iter()
            .try_for_each(|file| ignore_not_found(fs::remove_file(folder.join(file)), &folder.join(file)))
    })?;
    removed_data?;
    // They may have started a hook in the meantime.
    let _ = stop_hooks();
    if let (Ok(store), MachineKind::Host) = (&store, machines.kind()) {
        for model in &models {
            for unit in unit::all(store.db(), &model.uuid)? {
                uniter::remove_folders(&Files::at(Path::new("/"))?, &unit.tag());
            }
        }
    }
    drop(store);
    for name in ["models", "charms", "resources", "stand-ins", "storage"] {
        ignore_not_found(fs::remove_dir_all(folder.join(name)), &folder.join(name))?;
    }
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    progress.info(&format!("removed {} and {}", count(models.len(), "model"), count(removed.len(), "machine")));
    Ok(ExitCode::SUCCESS)
}

/// The result of a removal. It is no error if the path did not exist.
fn ignore_not_found(result: io::Result<()>, path: &Path) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
