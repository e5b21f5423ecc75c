//! A scripted Juju: the output of each hook command, the commands that were run, and the unit's stored state.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use ops::hookcmds::{Command, Output, Runner};
use ops::{Charm, CharmMeta, Dispatch, Error, EventName, Framework, HookEnv, Model, StartEvent, StateStore, on};

/// The metadata of every test charm.
const CHARMCRAFT: &str = "
name: app
type: charm
title: App
summary: A charm under test.
description: A charm under test.
base: ubuntu@22.04
platforms:
  amd64:
parts:
  charm:
    plugin: rust
requires:
  db:
    interface: db
provides:
  web:
    interface: http
peers:
  cluster:
    interface: cluster
storage:
  data:
    type: filesystem
resources:
  seed:
    type: file
    filename: seed.txt
actions:
  backup:
    description: Back up.
";

/// A unit `app/0` whose hooks are dispatched one after another, each as in a new process.
pub struct Juju {
    script: Arc<Script>,
    store: Rc<MemoryStore>,
}

impl Juju {
    /// Accepts statuses and log lines, and answers nothing else yet.
    pub fn new() -> Self {
        let juju = Self { script: Arc::default(), store: Rc::default() };
        juju.answer("status-set", "");
        juju.answer("juju-log", "");
        juju
    }

    /// Let a hook command that starts with these words succeed with this output.
    pub fn answer(&self, command: &str, stdout: &str) {
        let output = Output { stdout: stdout.into(), ..Output::default() };
        self.script.answers.lock().unwrap().insert(command.to_owned(), output);
    }

    /// Let a hook command that starts with these words fail with this code and message.
    pub fn fail(&self, command: &str, code: i32, stderr: &str) {
        let output = Output { code, stderr: stderr.into(), ..Output::default() };
        self.script.answers.lock().unwrap().insert(command.to_owned(), output);
    }

    /// Set whether this unit is the leader.
    pub fn leader(&self, leader: bool) {
        self.answer("is-leader", if leader { "true" } else { "false" });
    }

    /// Dispatch `hooks/NAME` or `actions/NAME`, with these variables in addition to those of every hook.
    pub fn dispatch<C: Charm>(
        &self,
        path: &str,
        vars: &[(&str, &str)],
        charm: &mut C,
    ) -> Result<Vec<EventName>, Error> {
        let common = [
            ("JUJU_DISPATCH_PATH", path),
            ("JUJU_UNIT_NAME", "app/0"),
            ("JUJU_MODEL_NAME", "model"),
            ("JUJU_MODEL_UUID", "b1c0d9a4-0e38-4b8d-8d4b-30e0f9a06a8f"),
        ];
        let vars: BTreeMap<&str, &str> = common.into_iter().chain(vars.iter().copied()).collect();
        let env = HookEnv::from_vars(|name| vars.get(name).map(|value| (*value).to_owned()))?;
        self.script.commands.lock().unwrap().clear();
        let meta = CharmMeta::parse(CHARMCRAFT)?;
        let mut dispatch = Dispatch::new(env, meta, self.script.clone(), Rc::<MemoryStore>::clone(&self.store))?;
        tracing::subscriber::with_default(ops::log_subscriber(self.script.clone()), || dispatch.run(charm))?;
        Ok(dispatch.emitted())
    }

    /// Dispatch `start` to a charm whose handler is this function.
    pub fn start(&self, handler: fn(&Model) -> anyhow::Result<()>) -> Result<(), Error> {
        self.dispatch("hooks/start", &[], &mut StartCharm(handler)).map(drop)
    }

    /// The hook commands of the last hook, with their standard input, without statuses and log lines.
    pub fn commands(&self) -> Vec<String> {
        let commands = self.script.commands.lock().unwrap();
        commands
            .iter()
            .filter(|line| !line.starts_with("juju-log") && !line.starts_with("status-set"))
            .cloned()
            .collect()
    }

    /// The statuses that the last hook set, as `unit NAME MESSAGE` or `app NAME MESSAGE`.
    pub fn statuses(&self) -> Vec<String> {
        let commands = self.script.commands.lock().unwrap();
        let words = |line: &str| {
            let line = line.strip_prefix("status-set --application=")?;
            let line = line.replacen("True", "app", 1).replacen("False", "unit", 1);
            Some(line.replacen(" -- ", " ", 1).trim_end().to_owned())
        };
        commands.iter().filter_map(|line| words(line)).collect()
    }

    /// What the last hook logged at level WARNING.
    pub fn warnings(&self) -> Vec<String> {
        let commands = self.script.commands.lock().unwrap();
        commands
            .iter()
            .filter_map(|line| line.strip_prefix("juju-log --log-level WARNING -- "))
            .map(str::to_owned)
            .collect()
    }

    /// The unit's stored state, as text.
    pub fn stored_state(&self) -> Option<String> {
        self.store.0.borrow().clone()
    }

    /// Replace the unit's stored state.
    pub fn set_stored_state(&self, text: &str) {
        *self.store.0.borrow_mut() = Some(text.to_owned());
    }
}

/// Handles `start` with a test's function.
struct StartCharm(fn(&Model) -> anyhow::Result<()>);

impl Charm for StartCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::start(), Self::on_start);
    }
}

impl StartCharm {
    fn on_start(&self, _: &StartEvent, model: &Model) -> anyhow::Result<()> {
        (self.0)(model)
    }
}

/// The variables of a relation event with `db:3`, from `postgresql/0`.
pub const DB_3: [(&str, &str); 3] =
    [("JUJU_RELATION_ID", "db:3"), ("JUJU_REMOTE_APP", "postgresql"), ("JUJU_REMOTE_UNIT", "postgresql/0")];

#[derive(Default)]
struct Script {
    answers: Mutex<BTreeMap<String, Output>>,
    commands: Mutex<Vec<String>>,
}

impl Runner for Script {
    fn run(&self, command: &Command) -> io::Result<Output> {
        let words = [&[command.name().to_owned()], command.arguments()].concat();
        let mut line = words.join(" ");
        let answers = self.answers.lock().unwrap();
        // The longest matching prefix counts: "relation-get" answers whatever no longer prefix does.
        let answer = answers.iter().filter(|(start, _)| line.starts_with(*start)).max_by_key(|(start, _)| start.len());
        let output = answer
            .map(|(_, output)| output.clone())
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("the test has no answer for `{line}`")))?;
        if let Some(input) = command.input() {
            line = format!("{line} < {}", String::from_utf8_lossy(input));
        }
        self.commands.lock().unwrap().push(line);
        Ok(output)
    }
}

#[derive(Default)]
struct MemoryStore(RefCell<Option<String>>);

impl StateStore for MemoryStore {
    fn load(&self) -> io::Result<Option<String>> {
        Ok(self.0.borrow().clone())
    }

    fn save(&self, text: &str) -> io::Result<()> {
        *self.0.borrow_mut() = Some(text.to_owned());
        Ok(())
    }

    fn path(&self) -> PathBuf {
        "memory".into()
    }
}
