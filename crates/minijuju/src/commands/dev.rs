//! `minijuju dev`: tests and deploys a charm on every change.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use ops_metadata::CharmMeta;
use serde::Deserialize;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::cli::{Arguments, ModelOption, Session};
use crate::program_name::program_name;
use crate::progress::Progress;

const DEV_HELP: &str = "\
Details:
Each time, it runs `cargo test`, and if that passes, deploys the charm or refreshes it, and shows its
status. A hook that failed is retried with the new charm. What the charm logs is shown as it comes.
The application stays when you stop: `minijuju remove-application` removes it.

Examples:
    minijuju dev
    minijuju dev ./charm proxy";

/// How long nothing may change before a change counts as complete: editors and formatters write several files.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// Test a charm and deploy it again whenever one of its files changes, until Ctrl-C (minijuju only).
#[derive(Debug, Clone, Args)]
#[command(after_help = DEV_HELP)]
pub struct DevArgs {
    /// The charm's project folder; by default the current folder
    #[arg(value_name = "project")]
    project: Option<PathBuf>,
    /// Name of the application; by default the charm's name
    #[arg(value_name = "application name")]
    application: Option<String>,
    #[command(flatten)]
    model: ModelOption,
}

impl Arguments for DevArgs {}

/// Run `minijuju dev`. The commands that it runs are separate processes: it holds no data and no locks while it waits,
/// and Ctrl-C reaches them as if they had been typed.
pub fn dev(session: &Session, args: &DevArgs) -> anyhow::Result<ExitCode> {
    let project = args.project.clone().map_or_else(env::current_dir, Ok)?;
    let project = project.canonicalize().with_context(|| format!("cannot read {}", project.display()))?;
    if !project.join("Cargo.toml").is_file() {
        bail!("{} holds no Cargo.toml: `{} dev` is for charms in Rust", project.display(), program_name());
    }
    let meta = CharmMeta::load(&project)?;
    let application = args.application.clone().unwrap_or(meta.name);
    let dev_loop = DevLoop {
        program: env::current_exe().context("cannot find this program")?,
        progress: Progress::unless_quiet(session.global.quiet),
        model: session.model.clone(),
        project,
        application,
    };
    let changes = watch(&dev_loop.project)?;
    stop_on_signals(changes.sender.clone()).context("cannot listen for signals")?;
    let _log = dev_loop.follow_log();
    loop {
        dev_loop.run_once()?;
        dev_loop.progress.info(&format!("\nWaiting for a change in {} (Ctrl-C ends it)", dev_loop.project.display()));
        let Some(path) = next_change(&changes, &dev_loop.project)? else { break };
        dev_loop.progress.info(&format!("\n{} changed", path.display()));
    }
    dev_loop.progress.info(&format!("\nThe application {} stays as it is.", dev_loop.application));
    Ok(ExitCode::SUCCESS)
}

/// What the loop waits for.
enum Message {
    /// A report of the watcher.
    Watcher(notify::Result<notify::Event>),
    /// The loop must end.
    Stop,
}

/// End the loop on a signal. Commands that are running get the signal too.
fn stop_on_signals(sender: Sender<Message>) -> io::Result<()> {
    let (mut reader, writer) = UnixStream::pair()?;
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
    }
    thread::spawn(move || {
        if reader.read_exact(&mut [0]).is_ok() {
            let _ = sender.send(Message::Stop);
        }
    });
    Ok(())
}

/// Watch for changes, except by Cargo and git.
fn watch(project: &Path) -> anyhow::Result<Changes> {
    let (sender, messages) = mpsc::channel();
    let reports = sender.clone();
    let unwatchable = || format!("cannot watch {}", project.display());
    let mut watcher = notify::recommended_watcher(move |event| {
        // At the end, the receiver may already be dropped.
        let _ = reports.send(Message::Watcher(event));
    })
    .with_context(unwatchable)?;
    // Watch the folders one by one: `target` holds thousands, and the system limits the number of watches.
    watcher.watch(project, RecursiveMode::NonRecursive).with_context(unwatchable)?;
    for entry in project.read_dir().with_context(unwatchable)? {
        let path = entry.with_context(unwatchable)?.path();
        if path.is_dir() && is_relevant(project, &path) {
            watcher.watch(&path, RecursiveMode::Recursive).with_context(unwatchable)?;
        }
    }
    Ok(Changes { messages, sender, _watcher: watcher })
}

/// The reports of [`watch`].
struct Changes {
    messages: Receiver<Message>,
    sender: Sender<Message>,
    /// Dropping it stops the watcher.
    _watcher: RecommendedWatcher,
}

/// Wait for a change, and until no more follow. Returns the first path that changed, or `None` if the loop must end.
fn next_change(changes: &Changes, project: &Path) -> anyhow::Result<Option<PathBuf>> {
    let first = loop {
        match changes.messages.recv().context("nothing is watched any more")? {
            Message::Stop => return Ok(None),
            Message::Watcher(event) => {
                if let Some(path) = changed_path(event.context("cannot watch the project any more")?, project) {
                    break path;
                }
            }
        }
    };
    loop {
        match changes.messages.recv_timeout(DEBOUNCE) {
            Ok(Message::Stop) => return Ok(None),
            Ok(Message::Watcher(_)) => {}
            Err(RecvTimeoutError::Timeout) => return Ok(Some(first)),
            Err(RecvTimeoutError::Disconnected) => bail!("nothing is watched any more"),
        }
    }
}

/// The path below the project that an event reports.
fn changed_path(event: notify::Event, project: &Path) -> Option<PathBuf> {
    if matches!(event.kind, EventKind::Access(_)) {
        return None;
    }
    let path = event.paths.into_iter().find(|path| is_relevant(project, path))?;
    Some(path.strip_prefix(project).map(Path::to_owned).unwrap_or(path))
}

/// Whether users edit a path: it is not written by Cargo, git, Python or packing, and is not an editor's backup.
fn is_relevant(project: &Path, path: &Path) -> bool {
    let Ok(below) = path.strip_prefix(project) else { return false };
    let mut names = below.iter().map(|name| name.to_string_lossy());
    let first = names.next().unwrap_or_default();
    let is_generated = |name: &str| {
        name == "__pycache__"
            || name.ends_with('~')
            || name.starts_with('#')
            || [".charm", ".swp", ".swx", ".tmp", ".pyc"].iter().any(|end| name.ends_with(end))
    };
    let hidden = first.starts_with('.') && first != ".cargo";
    // Cargo first creates its folder with six more letters at the end of the name.
    let is_target = first == "target" || first.starts_with("target") && first.len() == 12 && !first.contains('.');
    !(first.is_empty()
        || is_target
        || first == "Cargo.lock"
        || hidden
        || is_generated(&first)
        || names.any(|name| is_generated(&name)))
}

/// What the loop tests and deploys, and with what.
struct DevLoop {
    program: PathBuf,
    progress: Progress,
    model: Option<String>,
    project: PathBuf,
    application: String,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    applications: BTreeMap<String, ApplicationStatus>,
}

#[derive(Deserialize)]
struct ApplicationStatus {
    #[serde(default)]
    units: BTreeMap<String, UnitStatus>,
}

#[derive(Deserialize)]
struct UnitStatus {
    #[serde(rename = "workload-status")]
    workload: WorkloadStatus,
}

#[derive(Deserialize)]
struct WorkloadStatus {
    current: String,
}

impl DevLoop {
    /// Test, deploy or refresh, retry a failed hook, show the status. Failing commands report their own errors.
    fn run_once(&self) -> anyhow::Result<()> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut test = Command::new(&cargo);
        test.arg("test").current_dir(&self.project);
        if !succeeds(&mut test).with_context(|| format!("cannot start {}", cargo.display()))? {
            self.progress.print("The tests fail: nothing is deployed.");
            return Ok(());
        }
        let before = self.units()?;
        let deployed = match &before {
            None => self.run_minijuju(&["deploy", ".", &self.application])?,
            Some(_) => self.run_minijuju(&["refresh", &self.application, "--path", ".", "--force-units"])?,
        };
        if !deployed {
            return Ok(());
        }
        let failed = before.unwrap_or_default().into_iter().filter(|(_, status)| status == "error");
        for (unit, _) in failed {
            self.run_minijuju(&["resolved", &unit])?;
        }
        self.run_minijuju(&["status", &self.application])?;
        Ok(())
    }

    /// The application's units with their workload statuses, if it is deployed.
    fn units(&self) -> anyhow::Result<Option<BTreeMap<String, String>>> {
        let mut command = self.command(&["status", "--format", "json"]);
        let output = command.stderr(Stdio::inherit()).output().context("cannot start minijuju")?;
        if !output.status.success() {
            bail!("cannot tell what is deployed: `{} status` failed", program_name());
        }
        let status: Status = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("`{} status` did not answer JSON", program_name()))?;
        let units = status.applications.into_iter().find(|(name, _)| *name == self.application);
        Ok(units
            .map(|(_, found)| found.units.into_iter().map(|(unit, status)| (unit, status.workload.current)).collect()))
    }

    /// Show log messages from now on, until the result is dropped.
    fn follow_log(&self) -> Option<LogProcess> {
        let follow = ["debug-log", "--tail", "--lines", "0", "--include", &self.application];
        let started = self.command(&follow).stdin(Stdio::null()).spawn();
        let warn = |error: io::Error| self.progress.print(&format!("WARNING the log is not shown: {error}"));
        started.map(LogProcess).map_err(warn).ok()
    }

    fn run_minijuju(&self, args: &[&str]) -> anyhow::Result<bool> {
        succeeds(&mut self.command(args)).context("cannot start minijuju")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).current_dir(&self.project);
        if let Some(model) = &self.model {
            command.args(["--model", model]);
        }
        command
    }
}

fn succeeds(command: &mut Command) -> io::Result<bool> {
    Ok(command.stdin(Stdio::null()).status()?.success())
}

/// A process that shows the log, until this is dropped.
struct LogProcess(Child);

impl Drop for LogProcess {
    fn drop(&mut self) {
        // It may already have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn edited_files_are_relevant_and_generated_files_are_not() {
        let project = Path::new("/p");
        for edited in
            ["src", "src/charm.rs", "charmcraft.yaml", "Cargo.toml", ".cargo/config.toml", "tests/unit/main.rs"]
        {
            assert!(is_relevant(project, &project.join(edited)), "{edited}");
        }
        for written in [
            "",
            "target/debug/x",
            "targetzlABXj",
            ".git/index",
            "Cargo.lock",
            "web_amd64.charm",
            "src/.charm.rs.swp",
            "src/charm.rs~",
            "tests/__pycache__/x.pyc",
        ] {
            assert!(!is_relevant(project, &project.join(written)), "{written}");
        }
        assert!(!is_relevant(project, Path::new("/elsewhere/src/charm.rs")));
    }

    #[test]
    fn several_writes_are_one_change_with_the_path_of_the_first() {
        let project = tempfile::tempdir().unwrap();
        let folder = project.path().canonicalize().unwrap();
        fs::create_dir(folder.join("src")).unwrap();
        let changes = watch(&folder).unwrap();
        fs::write(folder.join("Cargo.lock"), "not edited").unwrap();
        fs::write(folder.join("src/charm.rs"), "once").unwrap();
        fs::write(folder.join("src/charm.rs"), "twice").unwrap();
        assert_eq!(next_change(&changes, &folder).unwrap().as_deref(), Some(Path::new("src/charm.rs")));
        assert!(changes.messages.try_recv().is_err(), "both writes are one change");
        changes.sender.send(Message::Stop).unwrap();
        assert_eq!(next_change(&changes, &folder).unwrap(), None);
    }
}
