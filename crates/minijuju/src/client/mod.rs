//! What every command needs: the data, the current model, and settling.

pub mod assumes;
pub mod charms;
pub mod offers;
pub mod settings;
pub mod ssh_target;
pub mod summary;
pub mod units;
pub mod version;

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::path::Path;
use std::{env, fs, io};

use anyhow::{Context as _, bail};

use crate::cli::{ModelIdentifier, Session};
use crate::format::escape_for;
use crate::machine::Machines;
use crate::progress::Progress;
use crate::random;
use crate::store::application::{self, Application};
use crate::store::database::data_folder;
use crate::store::model::{self, Model};
use crate::store::unit::{self, Unit};
use crate::store::{self, Store};
use crate::uniter;

/// The only controller.
pub const CONTROLLER: &str = "minijuju";

/// The only cloud, and the name of its region.
pub const CLOUD: &str = "localhost";

/// The only user.
pub const USER: &str = "admin";

/// The client setting for the current model.
const CURRENT_MODEL: &str = "current-model";

const NO_MODEL: &str = "No model in focus.

Please use \"juju models\" to see models available to you.
You can set current model by running \"juju switch\"
or specify any other model on the command line using the \"-m\" option.
";

/// The context of a command.
pub struct Client {
    pub store: Store,
    /// Where steps are reported.
    pub progress: Progress,
    /// Whether `--verbose` was given.
    pub verbose: bool,
    /// The argument of `-m`.
    model: Option<String>,
    /// When the units' statuses had been set before this command settled, to see which units it changed.
    status_times_before: HashMap<String, summary::StatusTimes>,
}

impl Client {
    /// The context of a command with these options.
    pub fn new(session: &Session) -> anyhow::Result<Self> {
        if let Some(controller) = session.controller.as_ref().filter(|name| *name != CONTROLLER) {
            bail!("controller {controller} not found");
        }
        let store = Store::open(&data_folder()?)?;
        tracing::debug!(target: "juju.cmd", "data in {}", store.folder().display());
        Ok(Self {
            store,
            progress: Progress::unless_quiet(session.global.quiet),
            verbose: session.global.verbose,
            model: session.model.clone(),
            status_times_before: HashMap::new(),
        })
    }

    /// Use this model, as if `-m` had named it.
    pub fn set_model(&mut self, model: &str) {
        self.model = Some(model.to_owned());
    }

    /// The model that `-m` named.
    pub fn model_option(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Print a line with `--verbose`; otherwise log it.
    pub fn print_if_verbose(&self, line: &str) {
        if self.verbose {
            self.progress.info(line);
        } else {
            tracing::info!(target: "juju.cmd", "{line}");
        }
    }

    pub fn machines(&self) -> anyhow::Result<Machines> {
        Ok(Machines::open(self.store.folder())?)
    }

    /// The controller's UUID, created on first use.
    pub fn controller_uuid(&mut self) -> anyhow::Result<String> {
        const KEY: &str = "controller-uuid";
        if let Some(uuid) = model::client_setting(self.store.db(), KEY)? {
            return Ok(uuid);
        }
        self.write(|db| {
            // Another command may have created it.
            if let Some(uuid) = model::client_setting(db, KEY)? {
                return Ok(uuid);
            }
            let uuid = random::uuid();
            model::set_client_setting(db, KEY, Some(&uuid))?;
            Ok(uuid)
        })
    }

    /// The current model's name, if any.
    pub fn current(&self) -> anyhow::Result<Option<String>> {
        if let Ok(name) = env::var("JUJU_MODEL")
            && !name.is_empty()
        {
            return Ok(Some(self.model_name(&name)?));
        }
        Ok(model::client_setting(self.store.db(), CURRENT_MODEL)?)
    }

    /// Set the current model, or none.
    pub fn set_current(&mut self, name: Option<&str>) -> anyhow::Result<()> {
        Ok(self.store.write(|db| model::set_client_setting(db, CURRENT_MODEL, name))?)
    }

    /// The name of the model in `[CONTROLLER:][OWNER/]MODEL`.
    pub fn model_name(&self, text: &str) -> anyhow::Result<String> {
        let identifier = ModelIdentifier::parse(text);
        if let Some(controller) = identifier.controller.filter(|name| name != CONTROLLER) {
            bail!("controller {controller} not found");
        }
        if let Some(owner) = identifier.owner.filter(|owner| owner != USER) {
            bail!("model {CONTROLLER}:{owner}/{} not found", identifier.model);
        }
        Ok(identifier.model)
    }

    pub fn find_model(&self, text: &str) -> anyhow::Result<Model> {
        let name = self.model_name(text)?;
        model::find(self.store.db(), &name)?.with_context(|| format!("model {CONTROLLER}:{USER}/{name} not found"))
    }

    /// The command's model: the one that `-m` names, else the current one. The first command creates one.
    pub fn model(&mut self) -> anyhow::Result<Model> {
        let model = self.find_or_create_model()?;
        tracing::debug!(target: "juju.cmd", "model {} ({})", model.name, model.uuid);
        // Hooks that a killed command left behind count as failed, whatever this command does.
        uniter::recover(&mut self.store, &model, &self.progress)?;
        match self.machines()?.repair_network() {
            Ok(warnings) => warnings.iter().for_each(|line| self.progress.print(line)),
            Err(error) => self.progress.print(&format!("the machines' network is broken: {error}")),
        }
        Ok(model)
    }

    fn find_or_create_model(&mut self) -> anyhow::Result<Model> {
        if let Some(name) = self.model.clone() {
            return self.find_model(&name);
        }
        if let Some(name) = self.current()? {
            return self.find_model(&name);
        }
        self.create_first_model()
    }

    /// The model that the first command creates. If several run at once, one creates it, and the others find it.
    fn create_first_model(&mut self) -> anyhow::Result<Model> {
        self.store.write(|db| {
            if let Some(name) = model::client_setting(db, CURRENT_MODEL)?
                && let Some(current) = model::find(db, &name)?
            {
                return Ok(current);
            }
            if !model::all(db)?.is_empty() {
                bail!(NO_MODEL);
            }
            model::set_client_setting(db, CURRENT_MODEL, Some("default"))?;
            Ok(model::add(db, "default", version::of_new_models(Some(db))?, &BTreeMap::new())?)
        })
    }

    pub fn application(&self, model: &Model, name: &str) -> anyhow::Result<Application> {
        application::find(self.store.db(), &model.uuid, name)?
            .with_context(|| format!("application {name:?} not found"))
    }

    /// Like [`Self::application`], for commands in which Juju 4 does not quote the name: `config`, `constraints`,
    /// `show-application`. Juju 4.0: apiserver/facades/client/application, `application.go` and `application_get.go`.
    pub fn application_unquoted(&self, model: &Model, name: &str) -> anyhow::Result<Application> {
        let found = application::find(self.store.db(), &model.uuid, name)?;
        let quoted = if model.juju.is_4() { name.to_owned() } else { format!("{name:?}") };
        found.with_context(|| format!("application {quoted} not found"))
    }

    /// A unit of a model, by its name or as `APPLICATION/leader`.
    pub fn unit(&self, model: &Model, name: &str) -> anyhow::Result<Unit> {
        if let Some(application) = name.strip_suffix("/leader") {
            let found = application::find(self.store.db(), &model.uuid, application)?;
            let leader = found.and_then(|application| application.leader);
            let leader = leader.with_context(|| format!("could not determine leader for {application:?}"))?;
            return self.unit(model, &format!("{application}/{leader}"));
        }
        unit::find(self.store.db(), &model.uuid, name)?.with_context(|| format!("unit {name:?} not found"))
    }

    /// Run what is due in a model, until nothing is due.
    pub fn settle(&mut self, model: &Model) -> anyhow::Result<()> {
        let machines = self.machines()?;
        self.status_times_before = summary::status_times(self.store.db(), model)?;
        uniter::settle(&mut self.store, model, &machines, &self.progress, uniter::BusyUnits::Skip)
    }

    pub fn write<T>(&mut self, change: impl FnOnce(&store::Db) -> store::Result<T>) -> anyhow::Result<T> {
        Ok(self.store.write(change)?)
    }
}

/// The error of a command that has already written its output.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct AfterOutput(pub String);

/// Write a command's output to standard output, or to the file that `-o` names.
pub fn print(text: &str, file: Option<&Path>) -> anyhow::Result<()> {
    if let Some(file) = file {
        return fs::write(file, text).with_context(|| format!("cannot write {}", file.display()));
    }
    let text = escape_for(&io::stdout(), text);
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        // A reader such as `head` may close the pipe early.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// Ask the user whether to continue; anything but `y` or `yes` means no.
pub fn confirm(warning: &str) -> anyhow::Result<()> {
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{warning}\n\nContinue [y/N]? ");
    let _ = stderr.flush();
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).context("cannot read the answer")?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => bail!("aborted"),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use emulator::JujuVersion;

    use super::*;

    /// Run `command` while another command holds the database and writes to it.
    fn while_another_writes<T: Send>(
        write: impl FnOnce(&store::Db),
        command: impl FnOnce(&mut Client) -> anyhow::Result<T> + Send,
    ) -> T {
        let folder = tempfile::tempdir().unwrap();
        let mut other = Store::open(folder.path()).unwrap();
        thread::scope(|scope| {
            let mut command = Some(command);
            let handle = other.write(|db| {
                write(db);
                let command = command.take().unwrap();
                let store = Store::open(folder.path()).unwrap();
                let handle = scope.spawn(move || {
                    command(&mut Client {
                        store,
                        progress: Progress::quiet(),
                        verbose: false,
                        model: None,
                        status_times_before: HashMap::new(),
                    })
                });
                // This command does not see the other's data yet, and cannot write before it. This is no race: if it
                // is late, it finds the data without waiting.
                thread::sleep(Duration::from_millis(100));
                Ok::<_, store::Error>(handle)
            });
            handle.unwrap().join().unwrap().unwrap()
        })
    }

    #[test]
    fn of_two_first_commands_one_creates_the_model_and_the_other_finds_it() {
        let create = |db: &store::Db| {
            model::set_client_setting(db, CURRENT_MODEL, Some("default")).unwrap();
            model::add(db, "default", JujuVersion::default(), &BTreeMap::new()).unwrap();
        };
        assert_eq!(while_another_writes(create, Client::create_first_model).name, "default");
    }

    #[test]
    fn two_first_commands_get_the_same_controller_uuid() {
        let create = |db: &store::Db| model::set_client_setting(db, "controller-uuid", Some("the-one")).unwrap();
        assert_eq!(while_another_writes(create, Client::controller_uuid), "the-one");
    }
}
