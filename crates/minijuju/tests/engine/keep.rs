//! `minijuju keep`: what happens as time passes.

use std::fs;
use std::io::BufReader;
use std::process::{Child, ChildStderr, Stdio};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rusqlite::Connection;
use serde_json::Value;

use crate::rig::{Rig, read_until};

/// A running `minijuju keep`.
struct KeepProcess {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl KeepProcess {
    fn start(rig: &Rig) -> Self {
        let mut child = rig.command(&["keep"]).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut keep = Self { child, stderr };
        keep.read_until_line("keeping the model \"default\" going (Ctrl-C ends it)");
        keep
    }

    #[track_caller]
    fn read_until_line(&mut self, wanted: &str) {
        read_until(&mut self.stderr, wanted);
    }

    /// Send Ctrl-C.
    fn interrupt(mut self) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for KeepProcess {
    fn drop(&mut self) {
        // It may already have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn update_status_comes_at_the_models_interval_and_commands_work_meanwhile() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", "status-set active \"$JUJU_HOOK_NAME\"", &[])]).ok();
    rig.run(&["model-config", "update-status-hook-interval=1s"]).ok();
    let mut keep = KeepProcess::start(&rig);
    keep.read_until_line("web/0 update-status");
    keep.read_until_line("web/0 update-status");
    rig.run(&["model-config", "update-status-hook-interval=60m"]).ok();
    rig.run(&["add-unit", "web"]).ok();
    assert_eq!(rig.workload("web/1").0, "active");
    let refused = rig.run(&["keep"]);
    assert_eq!((refused.code, refused.stderr.as_str()), (1, "ERROR another command keeps the model \"default\"\n"));
    keep.interrupt();
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_failed_hook_is_retried_unless_the_model_disables_that() {
    let rig = Rig::new();
    // The second time, the file that it needs exists.
    let dispatch = r#"[ "$JUJU_HOOK_NAME" = start ] && [ ! -e /tmp/once ] && { touch /tmp/once; exit 1; }
        status-set active "$JUJU_HOOK_NAME""#;
    rig.run(&["deploy", &rig.charm("web", dispatch, &[])]).ok();
    assert_eq!(rig.workload("web/0").1, "hook failed: \"start\"");
    let mut keep = KeepProcess::start(&rig);
    keep.read_until_line("✓ web/0 start");
    keep.interrupt();
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), "start".to_owned()));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_secret_rotates_once_per_interval() {
    let rig = Rig::new();
    let dispatch = r#"juju-log "$JUJU_HOOK_NAME"
        case $JUJU_HOOK_NAME in
        install) secret-add --rotate hourly key=one >/dev/null ;;
        secret-rotate) secret-set "$JUJU_SECRET_ID" key=two ;;
        esac; status-set active "$JUJU_HOOK_NAME""#;
    rig.run(&["deploy", &rig.charm("web", dispatch, &[])]).ok();
    let data = Connection::open(rig.folder().join("data/minijuju.db")).unwrap();
    data.busy_timeout(Duration::from_secs(10)).unwrap();
    let rotates = || data.query_row("SELECT rotates FROM secret", [], |row| row.get::<_, i64>(0)).unwrap();
    let due = rotates();
    let now = i64::try_from(UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    assert!((now..=now + 3_600_000).contains(&due), "{due} is within the hour from {now}");
    let mut keep = KeepProcess::start(&rig);
    // The hour is over.
    data.execute("UPDATE secret SET rotates = ?", [now]).unwrap();
    keep.read_until_line("✓ web/0 secret-rotate");
    let shown = rig.run(&["show-secret", "--reveal", "--format", "json", &secret(&rig)]).ok().stdout;
    assert!(shown.contains(r#""revision":2"#) && shown.contains("two"), "{shown}");
    let next = rotates() - now;
    assert!((3_600_000..3_700_000).contains(&next), "an hour from then, and not {next} ms");
    // Whatever else is done meanwhile.
    rig.run(&["fire", "web/0", "update-status"]).ok();
    keep.interrupt();
    assert_eq!(rig.logged().iter().filter(|hook| *hook == "secret-rotate").count(), 1);
}

/// The one secret that there is.
fn secret(rig: &Rig) -> String {
    let listed: Value = serde_json::from_str(&rig.run(&["secrets", "--format", "json"]).ok().stdout).unwrap();
    listed.as_object().unwrap().keys().next().unwrap().clone()
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_failed_hook_waits_for_resolved_if_the_model_disables_retries() {
    let rig = Rig::new();
    let dispatch = r#"juju-log "$JUJU_HOOK_NAME"; [ "$JUJU_HOOK_NAME" != start ] || exit 1; exit 0"#;
    rig.run(&["model-config", "automatically-retry-hooks=false", "update-status-hook-interval=1s"]).ok();
    rig.run(&["deploy", &rig.charm("web", dispatch, &[]), "-n", "2"]).ok();
    let keep = KeepProcess::start(&rig);
    // Longer than the first try is away.
    thread::sleep(Duration::from_secs(6));
    keep.interrupt();
    assert_eq!(rig.logged().iter().filter(|hook| *hook == "start").count(), 2, "once for each unit");
    assert_eq!(rig.workload("web/0").1, "hook failed: \"start\"");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_secret_expires_at_its_time_and_a_machine_that_is_down_starts_again() {
    let rig = Rig::new();
    let dispatch = r#"case $JUJU_HOOK_NAME in
        install) secret-add --expire 2s key=value >/dev/null ;;
        secret-expired) secret-remove "$JUJU_SECRET_ID" --revision "$JUJU_SECRET_REVISION" ;;
        esac; status-set active "$JUJU_HOOK_NAME""#;
    rig.run(&["deploy", &rig.charm("web", dispatch, &[])]).ok();
    let mut keep = KeepProcess::start(&rig);
    if rig.workload("web/0").1 != "secret-expired" {
        keep.read_until_line("✓ web/0 secret-expired");
    }
    let record = fs::read_dir(rig.folder().join("data/machines")).unwrap().next().unwrap().unwrap().path();
    let record: Value = serde_json::from_slice(&fs::read(record.join("machine.json")).unwrap()).unwrap();
    kill(Pid::from_raw(record["pid"].as_i64().unwrap().try_into().unwrap()), Signal::SIGKILL).unwrap();
    keep.read_until_line("✓ web/0 start");
    keep.interrupt();
}
