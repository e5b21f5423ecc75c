//! Finds machines' init processes among the processes of this computer.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::proc;

/// The first argument of minijuju as a machine's init process, and of the steps before it. Internal.
pub(super) const SUBCOMMAND: &str = "machine-init";

/// The variable in the environment of a machine's systemd that names the machine's folder on the host.
pub(super) const FOLDER_VARIABLE: &str = "MINIJUJU_MACHINE";

/// The init processes of all machines on this computer, with their folders. Includes those whose starter was killed
/// before it recorded the PID.
pub(super) fn all() -> Vec<(u32, PathBuf)> {
    proc::pids().filter_map(|pid| Some((pid, folder_of(pid)?))).collect()
}

/// The machine's folder that a process's arguments name, if it is or will become a machine's init process.
pub(super) fn folder_of(pid: u32) -> Option<PathBuf> {
    let command = read_from_proc(pid, "cmdline")?;
    let args: Vec<&[u8]> = command.split(|byte| *byte == 0).collect();
    // In between it is `unshare`, with these as its last arguments. The last argument ends with a zero byte too.
    let [.., init, _step, folder, b""] = args.as_slice() else { return folder_of_systemd(pid, args[0]) };
    if *init == SUBCOMMAND.as_bytes() {
        return Some(OsStr::from_bytes(folder).into());
    }
    folder_of_systemd(pid, args[0])
}

/// The content of a process's `cmdline` or `environ`. Both are briefly empty during an `exec`. Retry, because a machine
/// whose systemd is shutting down must not look as if it had ended.
fn read_from_proc(pid: u32, file: &str) -> Option<Vec<u8>> {
    for _ in 0..20 {
        let content = fs::read(format!("/proc/{pid}/{file}")).ok()?;
        if !content.is_empty() {
            return Some(content);
        }
        // A zombie no longer has an executable, and holds nothing. A kernel thread never has one.
        fs::read_link(format!("/proc/{pid}/exe")).ok()?;
        thread::sleep(Duration::from_millis(1));
    }
    None
}

/// systemd's arguments change when it re-executes itself or its shutdown program. Its environment stays.
fn folder_of_systemd(pid: u32, program: &[u8]) -> Option<PathBuf> {
    let name = program.rsplit(|byte| *byte == b'/').next()?;
    if !name.starts_with(b"systemd") {
        return None;
    }
    // Children of systemd share its memory until they execute.
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    if numbers.split_whitespace().next_back() != Some("1") {
        return None;
    }
    let environment = read_from_proc(pid, "environ")?;
    let value =
        |variable: &[u8]| Some(variable.strip_prefix(FOLDER_VARIABLE.as_bytes())?.strip_prefix(b"=")?.to_owned());
    environment.split(|byte| *byte == 0).find_map(value).map(|folder| OsStr::from_bytes(&folder).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_executes_another_program_is_not_taken_for_one_that_has_ended() {
        let script = r#"exec /bin/sh -c "$0" "$0""#;
        let mut child = std::process::Command::new("/bin/sh").args(["-c", script, script]).spawn().unwrap();
        let reads = (0..3000).filter(|_| read_from_proc(child.id(), "cmdline").is_some()).count();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(reads, 3000);
    }
}
