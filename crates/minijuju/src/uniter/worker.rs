//! Runs a unit's steps, one at a time.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::Context as _;
use ops::hookcmds::LogLevel;

use super::charm_folder;
use super::interrupt::Interrupt;
use super::juju_exec;
use super::leadership;
use super::step::Step;
use super::unit_snapshot::UnitSnapshot;
use super::{emulator_state, scope, storage, storage_archive};
use crate::hook::{Hook, StorageKind};
use crate::machine::{Files, Launchers, Machine, MachineKind, MachineSpec, Machines};
use crate::progress::Progress;
use crate::store::agent::RelationState;
use crate::store::database::now;
use crate::store::log::Line;
use crate::store::model::Model;
use crate::store::status::{Kind, Status};
use crate::store::{self, Store, machine, status, unit};

pub struct Worker<'a> {
    /// This worker's connection to the database.
    pub store: Store,
    pub machines: &'a Machines,
    /// Open launchers of machines.
    pub launchers: &'a Launchers,
    pub model: &'a Model,
    /// Where steps are reported.
    pub progress: &'a Progress,
    pub interrupt: &'a Interrupt,
}

impl Worker<'_> {
    pub fn step(&mut self, snapshot: &UnitSnapshot, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Run(hook) => self.run_hook(snapshot, &hook),
            Step::Skip(hook) => self.skip_hook(snapshot, &hook),
            Step::Action(task) => self.run_action(snapshot, task),
            Step::Enter(relation) => self.enter(snapshot, relation),
            Step::Leave(relation) => self.leave(snapshot, relation),
            Step::UnpackCharm => self.unpack_charm(snapshot),
            Step::RemoveUnit => self.remove_unit(snapshot),
        }
    }

    /// Find or start the unit's machine.
    pub(super) fn machine(&mut self, snapshot: &UnitSnapshot) -> anyhow::Result<Machine> {
        let id = machine_id(self.model, &snapshot.unit.machine);
        if let Some(found) = self.machines.find(&id)? {
            return Ok(found);
        }
        let step = self.progress.start_step(format!("machine {}", snapshot.unit.machine));
        let found = machine::find(self.store.db(), &self.model.uuid, &snapshot.unit.machine)?;
        let base = found.map(|machine| machine.base).unwrap_or_default();
        let spec = MachineSpec { hostname: id.clone(), id, base };
        let number = snapshot.unit.machine.clone();
        let uuid = self.model.uuid.clone();
        let started = match self.machines.start(&spec) {
            Ok(started) => started,
            Err(error) => {
                let reason = error.to_string();
                self.store.write(|db| status::set(db, &uuid, Kind::Machine, &number, &Status::new("down", &reason)))?;
                step.failed(&reason);
                return Err(error.into());
            }
        };
        juju_exec::enable(self.machines, self.model, &started, &number)?;
        let address = started.address().to_string();
        let waiting = snapshot.unit.agent.charm_version.is_none();
        let name = snapshot.name().to_owned();
        self.store.write(|db| {
            machine::set_address(db, &uuid, &number, &address)?;
            status::set(db, &uuid, Kind::Machine, &number, &Status::new("started", ""))?;
            if waiting {
                status::set(db, &uuid, Kind::Workload, &name, &Status::new("waiting", "installing agent"))?;
            }
            // It was up at the last check, and has died since: the unit's `start` must run again.
            if let Some(mut unit) = unit::find(db, &uuid, &name)?.filter(|unit| unit.agent.started) {
                unit.agent.rebooted = true;
                unit::save_agent(db, &uuid, &unit)?;
            }
            Ok::<_, store::Error>(())
        })?;
        for warning in started.warnings() {
            self.progress.info(&format!("  {warning}"));
        }
        step.done();
        Ok(started)
    }

    /// Restart a unit's machine. It starts again when it is next needed, which is at once, for the hook `start`.
    pub(super) fn reboot(&mut self, snapshot: &UnitSnapshot, machine: &Machine) -> anyhow::Result<()> {
        if self.machines.kind() == MachineKind::Host {
            self.progress
                .print(&format!("unit {}: a reboot of this computer was requested, but is not done", snapshot.name()));
            return Ok(());
        }
        self.machines.shut_down(machine)?;
        let uuid = &self.model.uuid;
        let Some(mut unit) = unit::find(self.store.db(), uuid, snapshot.name())? else { return Ok(()) };
        unit.agent.rebooted = unit.agent.started;
        self.store.write(|db| unit::save_agent(db, uuid, &unit))?;
        Ok(())
    }

    /// Create a storage's folder if it is missing, and return its path and kind.
    pub(super) fn provide_storage(
        &mut self,
        machine: &Machine,
        files: &Files,
        id: &str,
    ) -> anyhow::Result<(String, String)> {
        let Some(mut found) = store::storage::find(self.store.db(), &self.model.uuid, id)? else {
            return Ok(Default::default());
        };
        storage::mount(files, &found).with_context(|| format!("cannot make storage {id} at {}", found.location))?;
        if found.since == 0 {
            storage_archive::restore(
                machine,
                &found,
                &storage_archive::path(self.store.folder(), &self.model.uuid, id),
            )?;
            found.since = now();
            if found.pool == "rootfs" {
                // A plain folder is as large as the file system that holds it.
                let file_system = rustix::fs::statvfs(files.folder(&found.location)?.path(""))?;
                found.size = i64::try_from((file_system.f_blocks * file_system.f_frsize) >> 20).unwrap_or(found.size);
            }
            self.store.write(|db| store::storage::save(db, &self.model.uuid, &found))?;
        }
        Ok((found.location, found.kind))
    }

    /// Save a storage's content after its unit has detached it, if the storage is kept.
    pub(super) fn save_detached_storage(&self, hook: &Hook, machine: &Machine) -> anyhow::Result<()> {
        let Hook::Storage { kind: StorageKind::Detaching, id } = hook else { return Ok(()) };
        match store::storage::find(self.store.db(), &self.model.uuid, id)? {
            Some(found) if found.life.is_alive() && found.is_detachable() => storage_archive::save(
                machine,
                &found,
                &storage_archive::path(self.store.folder(), &self.model.uuid, id),
            ),
            _ => Ok(()),
        }
    }

    /// Put the application's resources where the unit's `resource-get` finds them.
    pub(super) fn place_resources(&self, snapshot: &UnitSnapshot, files: &Files) -> anyhow::Result<()> {
        for found in store::resource::of_application(self.store.db(), &self.model.uuid, &snapshot.application.name)? {
            let path = PathBuf::from(emulator_state::resource_path(&snapshot.unit.tag(), &found));
            let stamp = |meta: fs::Metadata| Ok::<_, io::Error>((meta.len(), meta.modified()?));
            let original = fs::metadata(&found.path)
                .and_then(stamp)
                .with_context(|| format!("resource {:?} is lost", found.name))?;
            if files.metadata(&path).and_then(stamp).is_ok_and(|placed| placed == original) {
                continue;
            }
            let copy = || -> io::Result<()> {
                let folder = files.make_folder(path.parent().unwrap_or(Path::new("/")))?;
                // Write a new file that replaces what is there, even a link.
                let mut part = tempfile::Builder::new()
                    .permissions(fs::Permissions::from_mode(0o600))
                    .tempfile_in(folder.path(""))?;
                io::copy(&mut fs::File::open(&found.path)?, &mut part)?;
                part.as_file().set_modified(original.1)?;
                part.persist(folder.path(path.file_name().unwrap_or_default()))?;
                Ok(())
            };
            copy().with_context(|| format!("cannot put resource {:?} in place", found.name))?;
        }
        Ok(())
    }

    /// Enter a relation, without a hook.
    fn enter(&mut self, snapshot: &UnitSnapshot, relation: i64) -> anyhow::Result<()> {
        let mut unit = snapshot.unit.clone();
        unit.agent.relations.insert(relation, RelationState::default());
        let address = self.machine(snapshot)?.address().to_string();
        let uuid = &self.model.uuid;
        self.store.write(|db| {
            scope::enter(db, self.model, snapshot, relation, &address)?;
            unit::save_agent(db, uuid, &unit)
        })?;
        Ok(())
    }

    /// Leave a relation for which the charm has no hooks.
    fn leave(&mut self, snapshot: &UnitSnapshot, relation: i64) -> anyhow::Result<()> {
        let mut unit = snapshot.unit.clone();
        unit.agent.relations.remove(&relation);
        let uuid = &self.model.uuid;
        self.store.write(|db| {
            scope::leave(db, uuid, snapshot, relation)?;
            unit::save_agent(db, uuid, &unit)
        })?;
        Ok(())
    }

    /// Unpack a new charm while a hook is in error. When it is resolved, the hook runs with the new charm.
    fn unpack_charm(&mut self, snapshot: &UnitSnapshot) -> anyhow::Result<()> {
        let machine = self.machine(snapshot)?;
        charm_folder::unpack_charm_in_machine(
            &machine,
            &snapshot.unit.tag(),
            Path::new(&snapshot.application.archive),
        )?;
        let mut unit = snapshot.unit.clone();
        unit.agent.charm_version = Some(snapshot.remote_state.charm_version);
        self.store.write(|db| unit::save_agent(db, &self.model.uuid, &unit))?;
        Ok(())
    }

    /// Remove a unit that is done, and its machine if nothing else is on it.
    fn remove_unit(&mut self, snapshot: &UnitSnapshot) -> anyhow::Result<()> {
        let (uuid, unit) = (&self.model.uuid, &snapshot.unit);
        let alone = unit::all(self.store.db(), uuid)?.iter().filter(|other| other.machine == unit.machine).count() == 1;
        let id = machine_id(self.model, &unit.machine);
        let stays = !alone || self.machines.kind() == MachineKind::Host;
        if stays && let Some(machine) = self.machines.find(&id)? {
            charm_folder::remove_all(&machine.files()?, &unit.tag());
        }
        if alone {
            self.machines.stop(&id)?;
        }
        let name = snapshot.name().to_owned();
        self.store.write(|db| {
            unit::remove(db, uuid, unit)?;
            store::relation::leave_all_scopes(db, uuid, &name)?;
            store::secret::remove_entity(db, uuid, &name)?;
            if alone {
                machine::remove(db, uuid, &unit.machine)?;
                store::storage::remove_of_machine(db, uuid, &unit.machine)?;
            }
            leadership::after_removal(db, uuid, &unit.application, unit.number)
        })?;
        self.progress.done(&format!("{name} removed"));
        Ok(())
    }
}

/// A machine's name on this computer. Unlike its number, it is unique among models.
pub fn machine_id(model: &Model, number: &str) -> String {
    format!("juju-{}-{number}", &model.uuid[model.uuid.len() - 6..])
}

/// A log line of the unit's agent, with the current time.
pub fn log_line(snapshot: &UnitSnapshot, level: LogLevel, module: &str, message: &str) -> Line {
    Line {
        id: 0,
        time: now(),
        entity: snapshot.unit.tag(),
        level,
        module: module.to_owned(),
        message: message.to_owned(),
    }
}
