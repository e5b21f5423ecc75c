//! Runs programs, and captures their output.
//!
//! [`Run`] is right for most uses: if the program fails, it returns an error with the command, the exit code and the
//! output. Use [`output`] if the exit code is an answer.

mod run;

pub use run::{Error, Failure, Run};

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::memfd::{MFdFlags, memfd_create};

/// How often to check whether a program with a time limit has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// Run `command` without standard input, and return its output.
///
/// Unlike [`Command::output`], this returns when the program itself exits, even if a process that it left behind (such
/// as a daemon, started by a package's maintainer script) still holds its standard output and error open. The later
/// output of such a process is not read. It stays in memory until that process ends.
///
/// ```
/// let output = charmlibs::process::output(std::process::Command::new("sh").args(["-c", "echo started"]))?;
/// assert!(output.status.success());
/// assert_eq!(output.stdout, b"started\n");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The program could not be started. A code other than 0 is not an error here.
pub fn output(command: &mut Command) -> io::Result<Output> {
    run_to_exit(command, None, Child::wait)
}

/// Same as [`output`], for a program that should be quick: after `limit` it is killed.
///
/// # Errors
/// The program could not be started, or did not end in time.
pub fn output_within(command: &mut Command, limit: Duration) -> io::Result<Output> {
    run_within(command, None, limit)
}

fn run_within(command: &mut Command, input: Option<&[u8]>, limit: Duration) -> io::Result<Output> {
    run_to_exit(command, input, |child| {
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if started.elapsed() >= limit {
                child.kill()?;
                child.wait()?;
                return Err(io::Error::new(io::ErrorKind::TimedOut, format!("it did not end within {limit:?}")));
            }
            thread::sleep(POLL_INTERVAL);
        }
    })
}

fn run_to_exit(
    command: &mut Command,
    input: Option<&[u8]>,
    wait: impl FnOnce(&mut Child) -> io::Result<ExitStatus>,
) -> io::Result<Output> {
    let stdin = match input {
        Some(input) => {
            let file = memory_file("stdin")?;
            file.write_all_at(input, 0)?;
            Stdio::from(file)
        }
        None => Stdio::null(),
    };
    let stdout = memory_file("stdout")?;
    let stderr = memory_file("stderr")?;
    command.stdin(stdin).stdout(Stdio::from(stdout.try_clone()?)).stderr(Stdio::from(stderr.try_clone()?));
    let status = wait(&mut command.spawn()?)?;
    Ok(Output { status, stdout: read(&stdout)?, stderr: read(&stderr)? })
}

/// How a program ended, in words: `exited with code 100`, `was killed by signal 9`.
#[must_use]
pub fn outcome(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// A file in memory, so that a program can still report a full disk.
fn memory_file(name: &str) -> io::Result<File> {
    let name = CString::new(name)?;
    Ok(File::from(memfd_create(name.as_c_str(), MFdFlags::MFD_CLOEXEC)?))
}

/// Read from the start without moving the offset, which is shared with processes that still write.
fn read(file: &File) -> io::Result<Vec<u8>> {
    let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn stdout_and_stderr_are_captured_separately_and_completely() {
        let output = output(&mut sh("seq 1 100000; echo gone wrong >&2; exit 3")).unwrap();
        assert_eq!(output.stdout.len(), 588_895);
        assert_eq!(output.stderr, b"gone wrong\n");
        assert_eq!(outcome(output.status), "exited with code 3");
    }

    #[test]
    fn standard_input_is_empty() {
        let output = output(&mut sh("cat; echo end")).unwrap();
        assert_eq!(output.stdout, b"end\n");
    }

    #[test]
    fn a_daemon_that_keeps_the_outputs_open_is_not_waited_for() {
        let started = Instant::now();
        let output = output(&mut sh("sleep 30 & echo $!")).unwrap();
        assert!(started.elapsed().as_secs() < 20, "it waited for the daemon");
        let daemon = String::from_utf8(output.stdout).unwrap();
        // The shell's own `kill`: the computer may not have a program of that name.
        assert!(sh(&format!("kill {}", daemon.trim())).status().unwrap().success(), "the daemon was alive");
    }

    #[test]
    fn a_program_that_hangs_is_killed() {
        let quick = output_within(&mut sh("echo done"), Duration::from_mins(1)).unwrap();
        assert_eq!(quick.stdout, b"done\n");
        let mut hangs = sh("exec sleep 600");
        let started = Instant::now();
        let error = output_within(&mut hangs, Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.to_string(), "it did not end within 50ms");
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_signal_is_distinguished_from_an_exit_code() {
        let output = output(&mut sh("kill -9 $$")).unwrap();
        assert_eq!(outcome(output.status), "was killed by signal 9");
    }

    #[test]
    fn a_program_that_does_not_exist_is_an_error() {
        let error = output(&mut Command::new("/nonexistent/program")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
