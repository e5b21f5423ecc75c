//! A fake machine: a folder with programs that the test writes.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use tinyproxy_charm::tinyproxy::Tinyproxy;

use crate::program;

/// How long a test waits for anything, even on a busy computer.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The result of `wait`, which may block; fails if it takes too long.
#[track_caller]
pub fn with_timeout<T: Send + 'static>(what: &str, wait: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(wait()));
    receiver.recv_timeout(TIMEOUT).unwrap_or_else(|error| panic!("{what}: {error} after {TIMEOUT:?}"))
}

/// A folder with the files of a fake machine. It is empty at first.
pub struct Machine {
    root: TempDir,
}

impl Machine {
    pub fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    pub fn tinyproxy(&self) -> Tinyproxy {
        Tinyproxy::at(self.root.path())
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Install a program: a shell script.
    pub fn install(&self, name: &str, script: &str) -> PathBuf {
        let path = self.path("usr/bin").join(name);
        program::write(&path, script);
        path
    }

    /// Install fake apt programs, with a package source that has tinyproxy-bin.
    pub fn install_apt(&self) {
        let tinyproxy = self.path("usr/bin/tinyproxy");
        let tinyproxy = tinyproxy.display();
        self.install(
            "apt-get",
            &format!(
                "echo \"$@\" >>{log}\n\
                 case \"$*\" in\n\
                 *' install tinyproxy-bin') cp /bin/true {tinyproxy} ;;\n\
                 *' remove tinyproxy-bin') rm {tinyproxy} ;;\n\
                 esac",
                log = self.path("apt.log").display(),
            ),
        );
        self.install(
            "dpkg-query",
            &format!(
                "[ -e {tinyproxy} ] && echo installed 1.11.0-1 && exit\n\
                 echo dpkg-query: no packages found matching tinyproxy-bin >&2; exit 1"
            ),
        );
    }

    pub fn write_pid_file(&self, text: impl AsRef<[u8]>) -> PathBuf {
        self.write("var/run/tinyproxy.pid", text)
    }

    /// Run a program named `name` that prints the signals it gets, and ends only on SIGTERM.
    pub fn run(&self, name: &str) -> RunningProgram {
        self.run_script(name, "trap 'echo SIGUSR1' USR1; trap 'echo SIGTERM; exit' TERM")
    }

    /// Run a program named `name` that runs `script`, and then does not end by itself.
    pub fn run_script(&self, name: &str, script: &str) -> RunningProgram {
        // Nothing is ever written to its input, but a signal that it handles wakes it.
        let program = self.install(name, &format!("{script}; echo ready; while :; do read nothing; done"));
        let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let running = RunningProgram { child, lines };
        assert_eq!(running.line(), "ready");
        running
    }
}

/// A program that the test started, and will end. Its output can be read line by line.
pub struct RunningProgram {
    pub child: Child,
    lines: mpsc::Receiver<String>,
}

impl RunningProgram {
    /// The next line of its output; empty at the end of the output.
    #[track_caller]
    pub fn line(&self) -> String {
        match self.lines.recv_timeout(TIMEOUT) {
            Ok(line) => line.trim().to_owned(),
            Err(mpsc::RecvTimeoutError::Disconnected) => String::new(),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                panic!("process {} printed no line in {TIMEOUT:?}", self.child.id())
            }
        }
    }

    /// Its exit code.
    #[track_caller]
    pub fn exit_code(&mut self) -> Option<i32> {
        let deadline = std::time::Instant::now() + TIMEOUT;
        while self.child.try_wait().unwrap().is_none() {
            assert!(std::time::Instant::now() < deadline, "process {} has not ended in {TIMEOUT:?}", self.child.id());
            thread::sleep(Duration::from_millis(1));
        }
        self.child.wait().unwrap().code()
    }
}

impl Drop for RunningProgram {
    fn drop(&mut self) {
        // Ignore errors: it may have ended already.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
