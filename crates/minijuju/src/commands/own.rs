//! Commands that Juju does not have: `pack` and `clean`.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use super::client::{Client, confirm};
use crate::cli::{Clean, Pack};
use crate::machine::Kind as MachineKind;
use crate::pack::{self, Step};
use crate::progress::Progress;
use crate::store::{application, model, unit};
use crate::uniter;

/// Run `minijuju pack`. It needs no data.
pub fn pack(quiet: bool, args: &Pack) -> anyhow::Result<ExitCode> {
    let progress = Progress::new(quiet);
    let here = env::current_dir()?;
    let project = args.project.clone().unwrap_or_else(|| here.clone());
    let to = args.output.clone().unwrap_or(here);
    let task = progress.begin(format!("pack {}", project.display()));
    let file = pack::pack(&project, &to, &mut |step| match step {
        Step::Building { binary } => progress.say(&format!("  cargo builds {binary}")),
        Step::Cargo { line } => progress.say(&format!("  {line}")),
        Step::Writing { .. } => {}
    });
    let file = match file {
        Ok(file) => file,
        Err(error) => {
            task.failed("it cannot be packed");
            return Err(error.into());
        }
    };
    task.done();
    // As `charmcraft pack`.
    progress.line(&format!("Packed {}", file.display()));
    Ok(ExitCode::SUCCESS)
}

/// Run `minijuju clean`: stop and remove everything, also after a crash.
pub fn clean(client: &mut Client, args: &Clean) -> anyhow::Result<ExitCode> {
    let models = model::all(client.store.db())?;
    if !args.prompt.no_prompt {
        let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
        eprintln!("This stops and removes all machines and models of minijuju: {}.", names.join(", "));
        confirm("")?;
    }
    // Hooks that run are stopped first: they would only see their machine vanish.
    uniter::stop_hooks(&client.store)?;
    let machines = client.machines()?;
    if machines.kind() == MachineKind::Host {
        for model in &models {
            for unit in unit::all(client.store.db(), &model.uuid)? {
                uniter::remove_folders(Path::new("/"), &unit.tag());
            }
        }
    }
    let removed = machines.clean()?;
    let mut archives = Vec::new();
    client.store.write(|db| {
        for model in &models {
            archives.extend(application::all(db, &model.uuid)?.into_iter().map(|found| found.archive));
            model::remove(db, &model.uuid)?;
        }
        model::set_client(db, "current-model", None)
    })?;
    for archive in archives {
        let _ = std::fs::remove_file(archive);
    }
    for folder in ["models", "charms", "resources"] {
        let _ = std::fs::remove_dir_all(client.store.folder().join(folder));
    }
    client.progress.say(&format!("removed {} models and {} machines", models.len(), removed.len()));
    Ok(ExitCode::SUCCESS)
}
