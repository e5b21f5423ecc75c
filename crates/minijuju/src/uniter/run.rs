//! One step of a unit's agent: run a hook or an action, and write down what came of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};
use std::{fs, io};

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::agent::Operation;
use super::changes::Changes;
use super::charm_folder::{self, inside};
use super::environment::{Environment, Job, agent_folder, agent_socket, charm_folder};
use super::hook::{Hook, Plain, RelationHook, RelationKind, SecretKind, StorageKind};
use super::interrupt::Interrupt;
use super::listener::HookListener;
use super::process::{self, Ended};
use super::resolver::{self, Step};
use super::scope;
use super::session::Session;
use super::settle::machine_id;
use super::view::Seen;
use super::{secrets, state, storage};
use crate::hookcmd::socket;
use crate::machine::{Kind as MachineKind, Machine, Machines, Spec};
use crate::progress::{Progress, took};
use crate::store::action::{self, Task};
use crate::store::database::now;
use crate::store::log::{Level, Line};
use crate::store::model::Model;
use crate::store::status::{Kind, Status};
use crate::store::{self, Store, log, machine, model, status, unit};

/// How many of a failed hook's last log lines a person is shown.
const TAIL: usize = 12;

/// What runs one unit's steps.
pub struct Worker<'a> {
    /// The database, for this worker alone.
    pub store: Store,
    /// The machines.
    pub machines: &'a Machines,
    /// The model.
    pub model: &'a Model,
    /// Where steps are told.
    pub progress: &'a Progress,
    /// Ctrl-C.
    pub interrupt: &'a Interrupt,
}

/// How a hook's process came out.
enum Outcome {
    /// Well, or there was nothing to run.
    Done { ran: bool },
    /// Not well, and why.
    Failed(String),
    /// Not at all: it asked for a reboot, and to be run again after it.
    Again,
}

/// What is to be run in a machine.
struct Program {
    path: String,
    args: Vec<String>,
    /// How it was found, in Juju's words.
    via: &'static str,
}

impl Worker<'_> {
    /// Run one step of a unit.
    pub fn step(&mut self, seen: &Seen, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Run(hook) => self.hook(seen, &hook),
            Step::Skip(hook) => self.skip(seen, &hook),
            Step::Action(task) => self.action(seen, task),
            Step::Enter(relation) => self.enter(seen, relation),
            Step::Leave(relation) => self.leave(seen, relation),
            Step::Die => self.die(seen),
        }
    }

    /// The unit's machine: found, or started.
    fn machine(&mut self, seen: &Seen) -> anyhow::Result<Machine> {
        let id = machine_id(self.model, &seen.unit.machine);
        if let Some(found) = self.machines.find(&id)? {
            return Ok(found);
        }
        let task = self.progress.begin(format!("machine {}", seen.unit.machine));
        let spec = Spec { hostname: id.clone(), id };
        let number = seen.unit.machine.clone();
        let uuid = self.model.uuid.clone();
        let started = match self.machines.start(&spec) {
            Ok(started) => started,
            Err(error) => {
                let why = error.to_string();
                self.store.write(|db| status::set(db, &uuid, Kind::Machine, &number, &Status::new("down", &why)))?;
                task.failed(&why);
                return Err(error.into());
            }
        };
        let address = started.address().to_string();
        let waiting = seen.unit.agent.charm_version.is_none();
        let name = seen.view.name.clone();
        self.store.write(|db| {
            machine::set_address(db, &uuid, &number, &address)?;
            status::set(db, &uuid, Kind::Machine, &number, &Status::new("started", ""))?;
            if waiting {
                status::set(db, &uuid, Kind::Workload, &name, &Status::new("waiting", "installing agent"))?;
            }
            Ok::<_, store::Error>(())
        })?;
        for note in started.notes() {
            self.progress.say(&format!("  {note}"));
        }
        task.done();
        Ok(started)
    }

    fn hook(&mut self, seen: &Seen, hook: &Hook) -> anyhow::Result<()> {
        let machine = self.machine(seen)?;
        let root = machine.root();
        // The address is known only now, for a new machine.
        let Some(mut now_seen) = super::view::of(self.store.db(), &self.model.uuid, &seen.view.name)? else {
            return Ok(());
        };
        let seen = &mut now_seen;
        let tag = seen.unit.tag();
        let fresh = seen.unit.agent.charm_version.is_none();
        if fresh || *hook == Plain::UpgradeCharm.into() {
            charm_folder::deploy(&root, &tag, Path::new(&seen.application.archive))?;
            // A storage hook before install needs the charm already, and later ones must not unpack it again.
            seen.unit.agent.charm_version = Some(seen.view.charm_version);
        }
        charm_folder::link_tools(&root, &tag, machine.program())?;
        let context = format!("{}-{}-{}", seen.view.name, hook.name(), model::uuid());
        self.begin(seen, hook, &context, &machine.address().to_string())?;

        let task = self.progress.begin(format!("{} {}", seen.view.name, told(hook)));
        let (location, kind) = match hook {
            Hook::Storage { id, .. } => self.storage(&root, id)?,
            _ => Default::default(),
        };
        self.place_resources(seen, &root)?;
        let job = Job::Hook { hook, location: &location, kind: &kind };
        let program = self.program(&root, &tag, "hooks", &hook.name());
        let mut session =
            Session::load(self.store.db(), self.model, seen, (job, &BTreeMap::new()), &context, &machine)?;
        let (outcome, tail) = match program {
            Ok(None) => (Outcome::Done { ran: false }, Vec::new()),
            Ok(Some(program)) => {
                let name = hook.name();
                let mut listener = HookListener::new(&mut session, &mut self.store, &self.model.uuid, seen, &name);
                let began = Instant::now();
                let ended =
                    run(self.model, seen, &machine, &context, job, &program, None, self.interrupt, &mut listener);
                let tail = listener.tail(TAIL);
                listener.close()?;
                let outcome = match ended {
                    Err(error) => Outcome::Failed(error.to_string()),
                    Ok(Ended::Stopped) => Outcome::Again,
                    Ok(Ended::Exited(status)) if status.success() => Outcome::Done { ran: true },
                    Ok(Ended::Exited(status)) => Outcome::Failed(how(status)),
                    Ok(Ended::Interrupted) => {
                        Outcome::Failed(format!("stopped after {} by a signal to minijuju", took(began.elapsed())))
                    }
                    Ok(Ended::TimedOut) => Outcome::Failed("its time was over".to_owned()),
                };
                (outcome, tail)
            }
            Err(why) => (Outcome::Failed(why), Vec::new()),
        };
        let (reboot, status_set) = (session.reboot(), session.status_set());
        // What Juju refuses at a hook's end makes the hook fail.
        let (outcome, changes) = match outcome {
            Outcome::Done { ran } => match session.finish() {
                Ok(changes) => (Outcome::Done { ran }, Some(changes)),
                Err(why) => (Outcome::Failed(why), None),
            },
            outcome => (outcome, None),
        };
        seen.unit.agent.status_set |= status_set;
        match outcome {
            Outcome::Done { ran } => {
                self.commit(seen, hook, changes, ran)?;
                if reboot {
                    self.reboot(seen, &machine)?;
                }
                task.done();
            }
            Outcome::Again => {
                self.again(seen, hook)?;
                self.reboot(seen, &machine)?;
                task.done();
            }
            Outcome::Failed(why) => {
                self.failed(seen, hook, &why)?;
                task.failed(&why);
                self.explain(seen, hook, &tail);
            }
        }
        Ok(())
    }

    /// Note that a hook runs, before it does.
    fn begin(&mut self, seen: &mut Seen, hook: &Hook, context: &str, address: &str) -> anyhow::Result<()> {
        seen.unit.agent.operation =
            Operation::Running { hook: hook.clone(), context: context.to_owned(), since: now() };
        let workload = match hook {
            // Juju keeps a status that the charm has set in a storage hook before.
            Hook::Plain(Plain::Install) if !seen.unit.agent.status_set => Some("installing charm software"),
            Hook::Plain(Plain::Stop) => Some("stopping charm software"),
            Hook::Plain(Plain::Remove) => Some("cleaning up prior to charm deletion"),
            _ => None,
        };
        let (uuid, name) = (&self.model.uuid, &seen.view.name);
        let (seen, unit) = (&*seen, &seen.unit);
        let resolved = seen.view.resolved != resolver::Resolved::None;
        self.store.write(|db| {
            unit::save_agent(db, uuid, unit)?;
            if resolved {
                unit::set(db, uuid, unit, unit::Column::Resolved(""))?;
            }
            if let Some(message) = workload {
                status::set(db, uuid, Kind::Workload, name, &Status::new("maintenance", message))?;
            }
            if let Hook::Relation(RelationHook { kind: RelationKind::Created, relation, .. }) = hook {
                scope::enter(db, uuid, seen, *relation, address)?;
            }
            // Juju does not record that it runs update-status, to spare its database; it would be all one saw.
            if *hook != Plain::UpdateStatus.into() {
                status::set(db, uuid, Kind::Agent, name, &Status::new("executing", &hook.running()))?;
            }
            Ok::<_, store::Error>(())
        })?;
        Ok(())
    }

    /// Write down a hook's effects, and that it is done.
    fn commit(&mut self, seen: &Seen, hook: &Hook, changes: Option<Changes>, ran: bool) -> anyhow::Result<()> {
        let mut unit = seen.unit.clone();
        unit.agent = resolver::after(&seen.unit.agent, &seen.view, hook);
        let (uuid, name) = (&self.model.uuid, &seen.view.name);
        let workload = match hook {
            Hook::Plain(Plain::Stop) => Some(Status::new("maintenance", "")),
            Hook::Plain(Plain::Remove) => Some(Status::new("terminated", "")),
            Hook::Plain(Plain::Start) if !unit.agent.status_set => Some(Status::new("unknown", "")),
            _ => None,
        };
        let hook_name = hook.name();
        let message = match (ran, changes.is_some()) {
            (true, _) => format!("ran {hook_name:?} hook (via hook dispatching script: dispatch)"),
            (false, true) => format!("skipped {hook_name:?} hook (missing)"),
            (false, false) => format!("{hook_name:?} hook was resolved without running it again"),
        };
        let line = line(seen, Level::Info, "juju.worker.uniter.operation", &message);
        // Another command may have changed what was asked for by hand while the hook ran.
        self.store.write(|db| {
            if let Some(changes) = changes {
                changes.commit(db)?;
            }
            unit::save_agent(db, uuid, &unit)?;
            if let Some(mut current) = unit::find(db, uuid, name)?
                && let Some(place) = current.fired.iter().position(|fired| fired == hook)
            {
                current.fired.remove(place);
                unit::set(db, uuid, &current, unit::Column::Fired(&current.fired))?;
            }
            if let Some(workload) = workload {
                status::set(db, uuid, Kind::Workload, name, &workload)?;
            }
            status::set(db, uuid, Kind::Agent, name, &Status::new("idle", ""))?;
            log::append(db, uuid, &[line])?;
            match hook {
                Hook::Storage { kind: StorageKind::Detaching, id } => store::storage::remove(db, uuid, id)?,
                Hook::Relation(RelationHook { kind: RelationKind::Broken, relation, .. }) => {
                    scope::leave(db, uuid, seen, *relation)?;
                }
                Hook::Secret { kind: SecretKind::Rotate, uri, .. } => secrets::rotated(db, uuid, uri)?,
                _ => {}
            }
            Ok::<_, store::Error>(())
        })?;
        Ok(())
    }

    /// Drop a failed hook's effects, and note that it failed.
    fn failed(&mut self, seen: &Seen, hook: &Hook, why: &str) -> anyhow::Result<()> {
        let mut unit = seen.unit.clone();
        unit.agent.operation = Operation::Failed(hook.clone());
        let (uuid, name) = (&self.model.uuid, &seen.view.name);
        let text = format!("hook {:?} (via hook dispatching script: dispatch) failed: {why}", hook.name());
        let line = line(seen, Level::Error, "juju.worker.uniter.operation", &text);
        self.store.write(|db| {
            unit::save_agent(db, uuid, &unit)?;
            status::set(db, uuid, Kind::Agent, name, &error_status(hook))?;
            log::append(db, uuid, &[line])
        })?;
        Ok(())
    }

    /// Queue a hook that asked for a reboot to run again after it.
    fn again(&mut self, seen: &Seen, hook: &Hook) -> anyhow::Result<()> {
        let mut unit = seen.unit.clone();
        unit.agent.operation = Operation::Queued(hook.clone());
        let (uuid, name) = (&self.model.uuid, &seen.view.name);
        self.store.write(|db| {
            unit::save_agent(db, uuid, &unit)?;
            status::set(db, uuid, Kind::Agent, name, &Status::new("rebooting", ""))
        })?;
        Ok(())
    }

    /// Tell a person what the charm said last, and what to do next.
    fn explain(&self, seen: &Seen, hook: &Hook, tail: &[String]) {
        let name = &seen.view.name;
        self.progress.line(&format!("unit {name}: hook failed: {:?}", hook.name()));
        for line in tail {
            self.progress.line(&format!("    {line}"));
        }
        self.progress.line(&format!(
            "  See more with `minijuju debug-log --include {name}`; mend the charm and `minijuju refresh {} --path …`, or \
             mend the machine; then `minijuju resolved {name}` runs the hook again.",
            seen.unit.application
        ));
    }

    /// Restart a unit's machine: its first process ends and with it all others; it starts again when it is needed next,
    /// which is at once, for `start`.
    fn reboot(&mut self, seen: &Seen, machine: &Machine) -> anyhow::Result<()> {
        if self.machines.kind() == MachineKind::Host {
            self.progress
                .line(&format!("unit {}: a reboot of this computer was asked for, and is not done", seen.view.name));
            return Ok(());
        }
        let pid = nix::unistd::Pid::from_raw(i32::try_from(machine.pid())?);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL)?;
        let uuid = &self.model.uuid;
        let Some(mut unit) = unit::find(self.store.db(), uuid, &seen.view.name)? else { return Ok(()) };
        unit.agent.rebooted = unit.agent.started;
        self.store.write(|db| unit::save_agent(db, uuid, &unit))?;
        Ok(())
    }

    fn skip(&mut self, seen: &Seen, hook: &Hook) -> anyhow::Result<()> {
        let (uuid, unit) = (&self.model.uuid, &seen.unit);
        self.store.write(|db| unit::set(db, uuid, unit, unit::Column::Resolved("")))?;
        self.commit(seen, hook, None, false)
    }

    /// The program for a hook or an action: the charm's `dispatch`, else its own file; `None` if it has neither.
    fn program(&self, root: &Path, tag: &str, folder: &str, name: &str) -> Result<Option<Program>, String> {
        let charm = charm_folder(tag);
        for (path, via) in [
            (format!("{charm}/dispatch"), "hook dispatching script: dispatch"),
            (format!("{charm}/{folder}/{name}"), "explicit, bespoke hook script"),
        ] {
            match fs::metadata(inside(root, &path)) {
                Ok(meta) if meta.permissions().mode() & 0o111 == 0 => {
                    return Err(format!("{} is not executable", path.trim_start_matches(&format!("{charm}/"))));
                }
                Ok(_) => return Ok(Some(Program { path, args: Vec::new(), via })),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(format!("cannot read {path}: {error}")),
            }
        }
        Ok(None)
    }

    /// Where a storage is, and its kind; it is there from now on.
    fn storage(&self, root: &Path, id: &str) -> anyhow::Result<(String, String)> {
        let Some(found) = store::storage::find(self.store.db(), &self.model.uuid, id)? else {
            return Ok(Default::default());
        };
        storage::mount(root, &found).with_context(|| format!("cannot make storage {id} at {}", found.location))?;
        Ok((found.location, found.kind))
    }

    /// Put the application's resources where the unit's `resource-get` says that they are.
    fn place_resources(&self, seen: &Seen, root: &Path) -> anyhow::Result<()> {
        for found in store::resource::of(self.store.db(), &self.model.uuid, &seen.application.name)? {
            let path = inside(root, &state::resource_path(&seen.unit.tag(), &found));
            let stamp = |path: &Path| fs::metadata(path).and_then(|meta| Ok((meta.len(), meta.modified()?)));
            let given = stamp(Path::new(&found.path)).with_context(|| format!("resource {:?} is lost", found.name))?;
            if stamp(&path).is_ok_and(|placed| placed == given) {
                continue;
            }
            let place = || -> io::Result<()> {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::copy(&found.path, &path)?;
                fs::File::options().write(true).open(&path)?.set_modified(given.1)
            };
            place().with_context(|| format!("cannot put resource {:?} in place", found.name))?;
        }
        Ok(())
    }

    fn action(&mut self, seen: &Seen, id: i64) -> anyhow::Result<()> {
        let Some(mut task) = action::find(self.store.db(), &self.model.uuid, id)? else { return Ok(()) };
        let machine = self.machine(seen)?;
        let (root, tag) = (machine.root(), seen.unit.tag());
        charm_folder::link_tools(&root, &tag, machine.program())?;
        let exec = task.action == "juju-exec";
        let label = if exec { "juju-exec".to_owned() } else { format!("action {}", task.action) };
        let context = format!("{}-{}-{}", seen.view.name, task.action, model::uuid());
        let (uuid, name) = (self.model.uuid.clone(), seen.view.name.clone());
        (task.status, task.started) = ("running".to_owned(), Some(now()));
        task.results = json!({ "context": context });
        self.store.write(|db| {
            action::save(db, &uuid, &task)?;
            let running = if exec { "running commands".to_owned() } else { format!("running action {}", task.action) };
            status::set(db, &uuid, Kind::Agent, &name, &Status::new("executing", &running))
        })?;
        let shown = self.progress.begin(format!("{name} {label}"));
        let job = if exec { Job::Exec(id) } else { Job::Action(&task.action, id) };
        let timeout = task.params.get("timeout").and_then(Value::as_u64).filter(|_| exec).map(Duration::from_nanos);
        let program = if exec {
            let command = task.params.get("command").and_then(Value::as_str).unwrap_or_default();
            let args = vec!["-c".to_owned(), command.to_owned()];
            Ok(Some(Program { path: "/bin/bash".to_owned(), args, via: "juju-exec" }))
        } else {
            self.program(&root, &tag, "actions", &task.action)
        };
        let mut session = Session::load(self.store.db(), self.model, seen, (job, &task.params), &context, &machine)?;
        let (ended, output) = match program {
            Ok(Some(program)) => {
                let mut listener = HookListener::new(&mut session, &mut self.store, &uuid, seen, &task.action);
                listener.record(if exec { None } else { Some(id) });
                let ended =
                    run(self.model, seen, &machine, &context, job, &program, timeout, self.interrupt, &mut listener);
                let output = listener.recorded();
                listener.close()?;
                (ended.map_err(|error| error.to_string()), output)
            }
            Ok(None) => (Err(format!("action not implemented on unit {name:?}")), Default::default()),
            Err(why) => (Err(why), Default::default()),
        };
        self.end_action(seen, task, session, &ended, output)?;
        match ended {
            Ok(Ended::Exited(_)) => shown.done(),
            Ok(_) => shown.failed("stopped"),
            Err(why) => shown.failed(&why),
        }
        Ok(())
    }

    fn end_action(
        &mut self,
        seen: &Seen,
        mut task: Task,
        session: Session,
        ended: &Result<Ended, String>,
        (stdout, stderr): (Vec<u8>, Vec<u8>),
    ) -> anyhow::Result<()> {
        let (mut results, mut message) = session.action_outcome();
        let mut put = |key: &str, value: Value| drop(results.insert(key.to_owned(), value));
        match ended {
            Ok(Ended::Exited(status)) => {
                put("return-code", json!(status.code().unwrap_or(-1)));
                // An action that fails by its exit code fails; a command that does is a command that ran.
                if !status.success() && task.action != "juju-exec" && message.is_none() {
                    message = Some(how(*status));
                }
            }
            Ok(Ended::TimedOut) => message = Some("command timed out".to_owned()),
            Ok(_) => message = Some("action terminated".to_owned()),
            Err(why) => message = Some(why.clone()),
        }
        for (key, bytes) in [("stdout", stdout), ("stderr", stderr)] {
            match String::from_utf8(bytes) {
                Ok(text) if text.is_empty() => {}
                Ok(text) => put(key, json!(text)),
                Err(error) => {
                    put(key, json!(crate::base64::encode(error.as_bytes())));
                    put(&format!("{key}-encoding"), json!("base64"));
                }
            }
        }
        let succeeded = matches!(ended, Ok(Ended::Exited(status)) if status.success());
        let changes = match succeeded.then(|| session.finish()) {
            Some(Ok(changes)) => Some(changes),
            Some(Err(refusal)) => {
                message = Some(refusal);
                None
            }
            None => None,
        };
        task.results = Value::Object(results);
        if message.is_some() { "failed" } else { "completed" }.clone_into(&mut task.status);
        task.message = message.unwrap_or_default();
        task.completed = Some(now());
        task.log = action::find(self.store.db(), &self.model.uuid, task.id)?.map(|found| found.log).unwrap_or_default();
        let (uuid, name) = (&self.model.uuid, &seen.view.name);
        let after = match &seen.unit.agent.operation {
            Operation::Failed(hook) => error_status(hook),
            _ => Status::new("idle", ""),
        };
        self.store.write(|db| {
            if let Some(changes) = changes {
                changes.commit(db)?;
            }
            action::save(db, uuid, &task)?;
            status::set(db, uuid, Kind::Agent, name, &after)
        })?;
        Ok(())
    }

    /// Enter a relation that the charm is not told of.
    fn enter(&mut self, seen: &Seen, relation: i64) -> anyhow::Result<()> {
        let mut unit = seen.unit.clone();
        unit.agent.relations.entry(relation).or_default();
        let address = self.machine(seen)?.address().to_string();
        let uuid = &self.model.uuid;
        self.store.write(|db| {
            scope::enter(db, uuid, seen, relation, &address)?;
            unit::save_agent(db, uuid, &unit)
        })?;
        Ok(())
    }

    /// Leave such a relation.
    fn leave(&mut self, seen: &Seen, relation: i64) -> anyhow::Result<()> {
        let mut unit = seen.unit.clone();
        unit.agent.relations.remove(&relation);
        let uuid = &self.model.uuid;
        self.store.write(|db| {
            scope::leave(db, uuid, seen, relation)?;
            unit::save_agent(db, uuid, &unit)
        })?;
        Ok(())
    }

    /// Remove a unit that is done, and its machine if nobody else is on it.
    fn die(&mut self, seen: &Seen) -> anyhow::Result<()> {
        let (uuid, unit) = (&self.model.uuid, &seen.unit);
        let alone = unit::all(self.store.db(), uuid)?.iter().filter(|other| other.machine == unit.machine).count() == 1;
        let id = machine_id(self.model, &unit.machine);
        if alone {
            self.machines.stop(&id)?;
        } else if let Some(machine) = self.machines.find(&id)? {
            charm_folder::remove_all(&machine.root(), &unit.tag());
        }
        let name = seen.view.name.clone();
        self.store.write(|db| {
            unit::remove(db, uuid, unit)?;
            store::relation::leave_all(db, uuid, &name)?;
            store::secret::forget(db, uuid, &name)?;
            if alone {
                machine::remove(db, uuid, &unit.machine)?;
            }
            super::leadership::after_removal(db, uuid, &unit.application, unit.number)
        })?;
        self.progress.say(&format!("  ✓ {name} removed"));
        Ok(())
    }
}

/// The status of an agent whose hook failed.
pub fn error_status(hook: &Hook) -> Status {
    let mut data = serde_json::Map::new();
    if let Hook::Relation(hook) = hook {
        data.insert("relation-id".to_owned(), json!(hook.relation));
        if !hook.unit.is_empty() {
            data.insert("remote-unit".to_owned(), json!(hook.unit));
        }
    }
    if let Hook::Secret { uri, label, .. } = hook {
        data.insert("secret-uri".to_owned(), json!(uri));
        data.insert("secret-label".to_owned(), json!(label));
    }
    data.insert("hook".to_owned(), json!(hook.name()));
    let message = format!("hook failed: {:?}", hook.name());
    Status { data: Value::Object(data), ..Status::new("error", &message) }
}

/// A log line of the unit's agent, now.
pub fn line(seen: &Seen, level: Level, module: &str, message: &str) -> Line {
    Line { id: 0, time: now(), entity: seen.unit.tag(), level, module: module.to_owned(), message: message.to_owned() }
}

/// A hook as a person is told of it.
fn told(hook: &Hook) -> String {
    match hook {
        Hook::Relation(hook) if !hook.unit.is_empty() => {
            format!("{} ({})", Hook::Relation(hook.clone()).name(), hook.unit)
        }
        hook => hook.name(),
    }
}

/// How a process ended, in Go's words, as Juju logs it.
fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        // setpriv and env, through which a hook is started, end with the signal's number as a shell does.
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => {
            let name = nix::sys::signal::Signal::try_from(signal).map(nix::sys::signal::Signal::as_str);
            format!("signal: {}", name.map_or_else(|_| signal.to_string(), str::to_owned))
        }
        (None, None) => status.to_string(),
    }
}

#[allow(clippy::too_many_arguments, reason = "it is the one place where all of a run comes together")]
fn run(
    model: &Model,
    seen: &Seen,
    machine: &Machine,
    context: &str,
    job: Job<'_>,
    program: &Program,
    timeout: Option<Duration>,
    interrupt: &Interrupt,
    listener: &mut HookListener<'_>,
) -> anyhow::Result<Ended> {
    let root = machine.root();
    let tag = seen.unit.tag();
    fs::create_dir_all(inside(&root, &agent_folder(&tag)))?;
    let calls = socket::listen(&inside(&root, &agent_socket(&tag)))?;
    let proxy = |key: &str| model.config.get(key).and_then(Value::as_str).unwrap_or_default();
    let address = machine.address().to_string();
    let environment = Environment {
        unit: &seen.view.name,
        tag: &tag,
        principal: &seen.unit.principal,
        model: &model.name,
        uuid: &model.uuid,
        machine: &seen.unit.machine,
        address: &address,
        context,
        job,
        proxies: [proxy("juju-http-proxy"), proxy("juju-https-proxy"), proxy("juju-ftp-proxy"), proxy("juju-no-proxy")],
    };
    let mut command = machine.command(&program.path, charm_folder(&tag))?;
    command.args(&program.args).env_clear().envs(environment.variables());
    let ended = process::run(command, context, &calls, interrupt, timeout, listener);
    let _ = fs::remove_file(inside(&root, &agent_socket(&tag)));
    ended.map_err(|error| anyhow::anyhow!("cannot run {} ({}): {error}", program.path, program.via))
}
