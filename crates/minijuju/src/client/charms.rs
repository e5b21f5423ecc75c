//! Charms as given to `deploy` and `refresh`: a file, or a project that is packed first.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use ops_metadata::CharmMeta;
use serde_json::Value;

use crate::charm;
use crate::client::Client;
use crate::pack::{self, Profile, Step};
use crate::progress::Progress;
use crate::random;
use crate::store::application::Application;
use crate::store::model::Model;
use crate::store::resource;

/// Prefix of the temporary folders that charms are unpacked to.
const UNPACKED_PREFIX: &str = ".incoming-";

/// A charm in the data folder.
#[derive(Debug)]
pub struct Charm {
    /// Its file.
    pub archive: PathBuf,
    /// Its metadata files, as JSON.
    pub files: Value,
    pub meta: CharmMeta,
}

impl Charm {
    /// The bases in its manifest, such as `ubuntu@22.04`; empty if it has no manifest.
    pub fn bases(&self) -> Vec<String> {
        self.files.get("manifest").and_then(Value::as_str).map(bases).unwrap_or_default()
    }

    /// Delete the file of a charm that is not used.
    pub fn discard(&self) {
        let _ = fs::remove_file(&self.archive);
    }
}

/// The build profile of a project's charm, for `--release` or without it.
#[must_use]
pub fn profile(release: bool) -> Profile {
    if release { Profile::Release } else { Profile::Dev }
}

/// Read the charm at `path`, and keep a copy. A project is built with this profile.
pub fn read(client: &Client, path: &str, profile: Profile) -> anyhow::Result<Charm> {
    let local = path.starts_with('.') || path.starts_with('/') || Path::new(path).exists();
    if !local {
        bail!("charm or bundle {path:?} not found: minijuju deploys local charms, such as ./{path}.charm or .");
    }
    let path = Path::new(path);
    if !path.exists() {
        bail!("no charm was found at {:?}", path.display().to_string());
    }
    let metadata = fs::metadata(path).with_context(|| format!("cannot read the charm {}", path.display()))?;
    let charms = client.store.folder().join("charms");
    crate::private::folder(&charms).with_context(|| format!("cannot make {}", charms.display()))?;
    remove_stale(&charms);
    let temporary = tempfile::Builder::new().prefix(UNPACKED_PREFIX).tempdir_in(&charms);
    let temporary = temporary.with_context(|| format!("cannot write to {}", charms.display()))?;
    let file = if metadata.is_dir() {
        pack_project(&client.progress, path, temporary.path(), profile)?
    } else {
        path.to_owned()
    };
    // Unpack it completely, to report any defect before the deployment.
    let folder = temporary.path().join("charm");
    pack::unpack(&file, &folder)?;
    let files = charm::read_metadata(&folder).with_context(|| format!("cannot read the charm {}", path.display()))?;
    let part = |name: &str| files.get(name).and_then(Value::as_str);
    let meta = CharmMeta::from_parts(part("metadata").unwrap_or_default(), part("config"), part("actions"))?;
    for (name, action) in &meta.actions {
        emulator::action_params::check_schema(action)
            .with_context(|| format!("invalid params schema for action schema {name}"))?;
    }
    let archive = charms.join(format!("{}-{}.charm", meta.name, random::uuid()));
    fs::copy(&file, &archive).with_context(|| format!("cannot copy {} to {}", file.display(), archive.display()))?;
    Ok(Charm { archive, files, meta })
}

/// The bases in a charm's manifest, such as `ubuntu@22.04`.
fn bases(manifest: &str) -> Vec<String> {
    let Ok(manifest) = ops_metadata::parse_yaml(manifest) else { return Vec::new() };
    let Some(bases) = manifest.get("bases").and_then(Value::as_array) else { return Vec::new() };
    let bases = bases.iter().filter_map(|base| {
        let track = base.get("channel")?.as_str()?.split('/').next()?;
        Some(format!("{}@{track}", base.get("name")?.as_str()?))
    });
    bases.collect()
}

/// Remove what interrupted commands unpacked at least an hour ago.
fn remove_stale(charms: &Path) {
    let Ok(entries) = fs::read_dir(charms) else { return };
    for entry in entries.flatten() {
        let old = entry
            .metadata()
            .and_then(|meta| meta.modified())
            .is_ok_and(|time| time.elapsed().is_ok_and(|age| age > Duration::from_hours(1)));
        if old && entry.file_name().to_string_lossy().starts_with(UNPACKED_PREFIX) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// An application's files in the data folder: its charm and its resources.
pub fn files(client: &Client, model: &Model, application: &Application) -> anyhow::Result<Vec<PathBuf>> {
    let resources = resource::of_application(client.store.db(), &model.uuid, &application.name)?;
    let paths = [application.archive.clone()].into_iter().chain(resources.into_iter().map(|resource| resource.path));
    Ok(paths.map(PathBuf::from).collect())
}

/// Pack a project's charm into another folder, and report each step.
pub fn pack_project(progress: &Progress, project: &Path, to: &Path, profile: Profile) -> anyhow::Result<PathBuf> {
    let step = progress.start_step(format!("pack {}", project.display()));
    let mut cargo_lines = vec![];
    let mut report = |step: Step<'_>| match step {
        Step::Building { binary } => progress.info(&format!("  cargo builds {binary}")),
        Step::Cargo { line } if progress.is_quiet() => cargo_lines.push(format!("  {line}")),
        Step::Cargo { line } => progress.info(&format!("  {line}")),
        Step::Warning { text } => progress.print(&format!("WARNING {text}")),
        // `charmcraft pack` creates it too, but silently.
        Step::Writing if !to.exists() => progress.print(&format!("making the folder {}", to.display())),
        Step::Writing => {}
    };
    match pack::pack(project, to, profile, &mut report) {
        Ok(file) => {
            step.done();
            Ok(file)
        }
        Err(error) => {
            for line in cargo_lines {
                progress.print(&line);
            }
            step.failed("it cannot be packed");
            Err(error.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bases_of_a_manifest_are_listed_without_the_risk_of_their_channels() {
        let manifest = "bases: [{name: ubuntu, channel: '22.04'}, {name: ubuntu, channel: 24.04/stable}]";
        assert_eq!(bases(manifest), ["ubuntu@22.04", "ubuntu@24.04"]);
        assert_eq!(bases("analysis: {}"), [""; 0]);
    }
}
