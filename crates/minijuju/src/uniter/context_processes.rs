//! The processes of a hook, an action or a command: those that have its `JUJU_CONTEXT_ID`, in the background too.

use std::fs;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

/// How long killed processes may take to end: they may be writing to a slow disk.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Kill every process with `JUJU_CONTEXT_ID=context`, including those that they start in the meantime. Returns their
/// number. Each context ID is used only once, so no other process is hit.
pub fn kill_context(context: &str) -> usize {
    let deadline = Instant::now() + TIMEOUT;
    let mut killed = std::collections::BTreeSet::new();
    loop {
        let found = find(context);
        if found.is_empty() || Instant::now() > deadline {
            return killed.len();
        }
        for pid in found {
            // It may already have ended.
            let _ = signal::kill(Pid::from_raw(pid), Signal::SIGKILL);
            killed.insert(pid);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn find(context: &str) -> Vec<i32> {
    let context_variable = format!("JUJU_CONTEXT_ID={context}");
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| pid.unsigned_abs() != process::id())
        // A zombie's environment is empty.
        .filter(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == context_variable.as_bytes())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn all_processes_of_a_context_are_killed_and_no_others() {
        let context = format!("test-{}", crate::random::uuid());
        let start = |context: &str| {
            Command::new("sh")
                .args(["-c", "setsid sleep 1000 & echo started; wait"])
                .env("JUJU_CONTEXT_ID", context)
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        };
        let (mut ours, mut other) = (start(&context), start(&format!("{context}-other")));
        for child in [&mut ours, &mut other] {
            let mut line = String::new();
            std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut line)
                .unwrap();
        }
        let killed = kill_context(&context);
        ours.wait().unwrap();
        assert_eq!(killed, 2);
        assert!(find(&context).is_empty());
        assert!(!find(&format!("{context}-other")).is_empty());
        kill_context(&format!("{context}-other"));
        other.wait().unwrap();
    }
}
