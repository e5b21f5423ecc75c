//! Tests of `systemd` with a real one.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use charmlibs::process::Run;
use charmlibs::systemd::{self, Error, Systemd};

use crate::test_machine;

const WEB: &str = "\
[Unit]
Description=A test's service
DefaultDependencies=no
[Service]
ExecStart=/bin/sh -c 'echo started; exec sleep infinity'
ExecReload=/bin/sh -c 'echo reloaded >>/reloads'
[Install]
WantedBy=multi-user.target
";

fn service(start: &str) -> String {
    format!("[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart={start}\n")
}

#[test]
#[ignore = "needs root: it makes a machine, with systemd"]
fn a_unit_file_is_written_loaded_and_run() {
    if !test_machine::rerun_in_machine_with_systemd("systemd::a_unit_file_is_written_loaded_and_run") {
        return;
    }
    assert_eq!(systemd::state("web").unwrap().load, "not-found");
    assert!(!systemd::service_running("web").unwrap());
    assert!(systemd::ensure_unit("web.service", WEB).unwrap());
    assert!(!systemd::ensure_unit("web.service", WEB).unwrap());

    systemd::service_start("web").unwrap();
    systemd::service_start("web").unwrap();
    let first = systemd::state("web.service").unwrap();
    assert_eq!((first.id.as_str(), first.active.as_str(), first.sub.as_str()), ("web.service", "active", "running"));
    assert!(first.main_pid > 1);

    systemd::service_reload("web").unwrap();
    assert_eq!(fs::read_to_string("/reloads").unwrap(), "reloaded\n");
    systemd::service_restart("web").unwrap();
    assert_ne!(systemd::state("web").unwrap().main_pid, first.main_pid);
    systemd::service_stop("web").unwrap();
    systemd::service_stop("web").unwrap();
    assert!(!systemd::service_running("web").unwrap());
    assert!(!systemd::service_failed("web").unwrap());

    assert!(systemd::ensure_unit("web.service", &WEB.replace("A test's", "Another")).unwrap());
    assert!(!systemd::state("web").unwrap().needs_daemon_reload);
    // As left by a hook that was killed after it had written the file. (systemd forgets units that are not running.)
    systemd::service_start("web").unwrap();
    fs::write("/etc/systemd/system/web.service", WEB).unwrap();
    assert!(systemd::state("web").unwrap().needs_daemon_reload);
    assert!(!systemd::ensure_unit("web.service", WEB).unwrap());
    assert!(!systemd::state("web").unwrap().needs_daemon_reload);

    systemd::service_resume("web").unwrap();
    assert!(systemd::remove_unit("web.service").unwrap());
    assert!(!systemd::remove_unit("web.service").unwrap());
    assert_eq!(systemd::state("web").unwrap().load, "not-found");
}

#[test]
#[ignore = "needs root: it makes a machine, with systemd"]
fn services_are_enabled_masked_paused_and_resumed() {
    if !test_machine::rerun_in_machine_with_systemd("systemd::services_are_enabled_masked_paused_and_resumed") {
        return;
    }
    // A package's unit: units in /etc/systemd/system cannot be masked.
    let packaged = Systemd::new().unit_folder("/lib/systemd/system");
    packaged.ensure_unit("web.service", WEB).unwrap();
    systemd::service_enable("web").unwrap();
    assert!(systemd::service_enabled("web").unwrap());
    assert!(Path::new("/etc/systemd/system/multi-user.target.wants/web.service").is_symlink());
    systemd::service_disable("web").unwrap();
    assert!(!systemd::service_enabled("web").unwrap());

    systemd::service_mask("web").unwrap();
    let error = systemd::service_start("web").unwrap_err();
    assert!(error.to_string().contains("Unit web.service is masked"), "{error}");
    systemd::service_unmask("web").unwrap();

    systemd::service_start("web").unwrap();
    for _ in 0..2 {
        systemd::service_pause("web").unwrap();
        assert_eq!(systemd::state("web").unwrap().load, "masked");
        assert!(!systemd::service_running("web").unwrap());
    }
    for _ in 0..2 {
        systemd::service_resume("web").unwrap();
        assert!(systemd::service_running("web").unwrap() && systemd::service_enabled("web").unwrap());
    }

    // A drop-in changes a part of a package's unit.
    assert!(systemd::ensure_unit("web.service.d/more.conf", "[Service]\nExecReload=/bin/false\n").unwrap());
    let error = systemd::service_reload("web").unwrap_err();
    assert_eq!(error.service().unwrap().operation, "reload");
    let before = systemd::state("web").unwrap().main_pid;
    systemd::service_reload_or_restart("web").unwrap();
    assert_ne!(systemd::state("web").unwrap().main_pid, before);
}

/// Like a package's service that restarts until the charm has configured it: systemd has given up on it by then.
#[test]
#[ignore = "needs root: it makes a machine, with systemd"]
fn a_service_that_was_started_too_often_can_be_started() {
    if !test_machine::rerun_in_machine_with_systemd("systemd::a_service_that_was_started_too_often_can_be_started") {
        return;
    }
    let limits = "[Unit]\nDefaultDependencies=no\nStartLimitIntervalSec=1h\nStartLimitBurst=2\n";
    let exporter = "[Service]\nType=exec\nExecStart=/bin/sh -c 'test -e /configured && exec sleep infinity'\n";
    systemd::ensure_unit("exporter.service", &format!("{limits}{exporter}Restart=on-failure\n")).unwrap();
    let started = Instant::now();
    Run::new("systemctl").args(["start", "exporter"]).output().ok();
    while systemd::state("exporter").unwrap().active != "failed" {
        assert!(started.elapsed() < Duration::from_mins(1), "systemd does not give up");
    }

    fs::write("/configured", "").unwrap();
    Run::new("systemctl").args(["start", "exporter"]).output().expect_err("it was started too often");
    systemd::service_resume("exporter").unwrap();
    for _ in 0..3 {
        systemd::service_restart("exporter").unwrap();
    }
    for _ in 0..3 {
        systemd::service_stop("exporter").unwrap();
        systemd::service_start("exporter").unwrap();
    }
    assert!(systemd::service_running("exporter").unwrap());
}

#[test]
#[ignore = "needs root: it makes a machine, with systemd"]
fn a_service_that_fails_is_reported_with_its_journal() {
    if !test_machine::rerun_in_machine_with_systemd("systemd::a_service_that_fails_is_reported_with_its_journal") {
        return;
    }
    systemd::ensure_unit("bad.service", &service("/bin/sh -c 'echo no licence found >&2; exit 3'")).unwrap();
    let error = systemd::service_start("bad").unwrap_err();
    let failure = error.service().unwrap();
    assert_eq!((failure.operation, failure.unit.as_str()), ("start", "bad"));
    assert!(failure.reason.contains("control process exited with error code"), "{failure}");
    assert!(failure.journal.iter().any(|line| line == "no licence found"), "{failure}");
    assert!(failure.journal.len() <= 10);
    assert!(error.to_string().starts_with("failed to start bad: Job for bad.service failed"), "{error}");
    assert!(!error.to_string().contains('\n'));
    assert!(systemd::service_failed("bad").unwrap());

    let error = systemd::service_restart("missing").unwrap_err();
    assert_eq!(error.to_string(), "there is no unit missing on this machine");

    systemd::ensure_unit("wrong.service", "[Service]\nExecStart=not/absolute\n").unwrap();
    let error = systemd::service_start("wrong").unwrap_err();
    assert!(error.to_string().contains("bad unit file setting"), "{error}");

    // systemd considers it started, because it has had a process.
    let brief =
        "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sh -c 'read line </gate; echo bad option; exit 4'\n";
    Run::new("mkfifo").arg("/gate").output().unwrap();
    systemd::ensure_unit("brief.service", brief).unwrap();
    systemd::service_start("brief").unwrap();
    systemd::service_stays_running("brief", Duration::from_millis(10)).unwrap();
    fs::write("/gate", "\n").unwrap();
    let error = systemd::service_stays_running("brief", Duration::from_mins(1)).unwrap_err();
    assert!(
        error.to_string().starts_with("failed to keep running brief: it has ended (failed: exit-code); "),
        "{error}"
    );
    assert!(error.service().unwrap().journal.iter().any(|line| line == "bad option"), "{error}");

    systemd::ensure_unit("slow.service", &service("/bin/sleep infinity")).unwrap();
    let started = Instant::now();
    let error = Systemd::new().timeout(Duration::from_millis(300)).start("slow").unwrap_err();
    assert!(error.to_string().ends_with("start -- slow` did not end within 300ms"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
#[ignore = "needs root: it makes a machine, without systemd"]
fn a_machine_without_systemd_is_an_error() {
    if !test_machine::rerun_in_machine("systemd::a_machine_without_systemd_is_an_error") {
        return;
    }
    for error in [systemd::service_running("web").unwrap_err(), systemd::service_start("web").unwrap_err()] {
        assert!(matches!(error, Error::NotRunning { .. }), "{error:?}");
        assert!(error.to_string().starts_with("systemd does not run on this machine: System has not been"), "{error}");
    }
    let error = Systemd::in_folder("/nonexistent").start("web").unwrap_err();
    assert_eq!(error.to_string(), "systemd does not run on this machine: the program systemctl is missing");
}

#[test]
fn invalid_names_never_reach_systemctl() {
    let systemd = Systemd::in_folder("/nonexistent");
    for name in ["", "-now", "--root=/", "a b", "web*", "a/b", ".hidden"] {
        let error = systemd.start(name).unwrap_err();
        assert_eq!(error.to_string(), format!("'{name}' is not the name of a unit"));
    }
}
