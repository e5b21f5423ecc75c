//! What the tests share: minijuju with its own data folder, and shell charms.

use std::fs;
use std::io::{BufRead, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::{needs_root_and, output};

/// How long a test waits for anything.
const TIMEOUT: Duration = Duration::from_mins(1);

/// minijuju with its own data folder, which must leave nothing behind.
pub struct Rig {
    folder: TempDir,
}

/// A command's output and exit status.
#[derive(Debug)]
pub struct CommandResult {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl CommandResult {
    /// The command must have succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// The command must have failed, with one clear line.
    #[track_caller]
    pub fn error(self) -> String {
        assert_ne!(self.code, 0, "{self:#?}");
        let errors: Vec<&str> = self.stderr.lines().filter(|line| line.starts_with("ERROR ")).collect();
        assert_eq!(errors.len(), 1, "{self:#?}");
        errors[0].to_owned()
    }
}

impl Rig {
    /// minijuju without data.
    #[track_caller]
    pub fn new() -> Self {
        needs_root_and(&[("ip", "iproute2"), ("nft", "nftables"), ("mount", "mount"), ("umount", "mount")]);
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minijuju"));
        command
            .args(args)
            .env("MINIJUJU_DATA", self.folder().join("data"))
            .env_remove("JUJU_MODEL")
            .env_remove("MINIJUJU_JUJU");
        command.current_dir(self.folder()).stdin(Stdio::null());
        command
    }

    #[track_caller]
    pub fn run(&self, args: &[&str]) -> CommandResult {
        let output = output(&mut self.command(args));
        CommandResult {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Run it through a shell script, as `"$@"`.
    pub fn run_by(&self, script: &str, args: &[&str]) -> CommandResult {
        let command = self.command(args);
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let output = output(shell.current_dir(self.folder()).stdin(Stdio::null()));
        CommandResult {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// `juju status`, as JSON.
    pub fn status(&self) -> Value {
        serde_json::from_str(&self.run(&["status", "--format", "json"]).ok().stdout).unwrap()
    }

    /// A unit in `juju status`.
    pub fn unit(&self, name: &str) -> Value {
        let application = name.split('/').next().unwrap();
        self.status()["applications"][application]["units"][name].clone()
    }

    /// A unit's workload status and its message.
    pub fn workload(&self, name: &str) -> (String, String) {
        let status = &self.unit(name)["workload-status"];
        let text = |key: &str| status[key].as_str().unwrap_or_default().to_owned();
        (text("current"), text("message"))
    }

    /// Wait until a unit's workload has this status.
    #[track_caller]
    pub fn wait_for(&self, unit: &str, status: &str, message: &str) {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let found = self.workload(unit);
            if found == (status.to_owned(), message.to_owned()) {
                return;
            }
            assert!(Instant::now() < deadline, "{unit} is {found:?}, not {status} {message:?}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The messages that charms logged, in order.
    pub fn logged(&self) -> Vec<String> {
        let log = self.run(&["debug-log", "--replay", "--no-tail", "--include-module", "unit", "--level", "INFO"]);
        let lines = log.ok().stdout;
        lines.lines().filter_map(|line| line.split_once(".juju-log ").map(|(_, message)| message.to_owned())).collect()
    }

    /// The content of a file in a unit's machine.
    pub fn read(&self, unit: &str, path: &str) -> String {
        self.run(&["ssh", &format!("root@{unit}"), "cat", path]).ok().stdout
    }

    /// The host name of machine 0.
    pub fn unit_hostname(&self) -> String {
        self.status()["machines"]["0"]["hostname"].as_str().unwrap_or_default().to_owned()
    }

    /// A charm with this shell script as `dispatch`, and other files.
    pub fn charm(&self, name: &str, dispatch: &str, files: &[(&str, &str)]) -> String {
        let path = self.folder().join(format!("{name}.charm"));
        let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        let mut add = |file: &str, text: &str, mode: u32| {
            zip.start_file(file, zip::write::SimpleFileOptions::default().unix_permissions(mode)).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        };
        if !files.iter().any(|(file, _)| *file == "metadata.yaml") {
            add("metadata.yaml", &format!("name: {name}\nsummary: A test.\ndescription: A test.\n"), 0o644);
        }
        for (file, text) in files {
            add(file, text, 0o644);
        }
        add("dispatch", &format!("#!/bin/sh\n{dispatch}\n"), 0o755);
        zip.finish().unwrap();
        path.to_string_lossy().into_owned()
    }

    /// The processes on this computer with this unit in their environment.
    pub fn processes_of(unit: &str) -> Vec<PathBuf> {
        Self::processes_with(&format!("JUJU_UNIT_NAME={unit}"))
    }

    /// The processes on this computer with this variable, `NAME=value`, in their environment.
    pub fn processes_with(variable: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        entries
            .filter(|path| {
                let environment = fs::read(path.join("environ")).unwrap_or_default();
                environment.split(|byte| *byte == 0).any(|one| one == variable.as_bytes())
            })
            .collect()
    }

    /// No folder, mount or process of this data's machines is left.
    #[track_caller]
    pub fn assert_nothing_left(&self) {
        let machines = self.folder().join("data/machines");
        let left: Vec<_> = fs::read_dir(&machines).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        assert!(left.is_empty(), "{left:?}");
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let folder = self.folder().to_string_lossy().into_owned();
        assert!(!mounts.contains(&folder), "{mounts}");
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let cleaned = self.run(&["clean", "--no-prompt"]);
        if !thread::panicking() {
            assert_eq!(cleaned.code, 0, "{cleaned:?}");
            self.assert_nothing_left();
        }
    }
}

/// Read a command's messages until one contains `wanted`. If none does, the test's timeout ends it.
#[track_caller]
pub fn read_until(stream: &mut impl BufRead, wanted: &str) {
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).unwrap() > 0, "it ended without {wanted:?}: {seen}");
        if line.contains(wanted) {
            return;
        }
        seen.push_str(&line);
    }
}
