//! Faults of hooks, charms and minijuju itself.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::fixture::finish;
use crate::rig::Rig;

/// Fails while `/srv/minijuju-test-broken` exists. Logs what it had stored before.
const FAIL_ON_REQUEST: &str = r#"
juju-log "$JUJU_HOOK_NAME sees $(state-get count)"
[ "$JUJU_HOOK_NAME" = install ] && [ ! -f /srv/minijuju-test-fixed ] && {
    state-set count=1; open-port 80; status-set maintenance halfway
    echo "this is why" >&2
    exit 3
}
[ "$JUJU_HOOK_NAME" = start ] && status-set active
exit 0
"#;

#[test]
#[ignore = "needs root: it starts machines"]
fn a_failed_hook_shows_why_drops_its_effects_and_runs_again_when_resolved() {
    let rig = Rig::new();
    let deployed = rig.run(&["deploy", &rig.charm("web", FAIL_ON_REQUEST, &[])]).ok();
    for part in [r#"hook failed: "install""#, "    this is why", "minijuju resolved web/0"] {
        assert!(deployed.stderr.contains(part), "{part}: {}", deployed.stderr);
    }
    assert_eq!(rig.workload("web/0"), ("error".to_owned(), r#"hook failed: "install""#.to_owned()));
    assert_eq!(rig.unit("web/0")["open-ports"], serde_json::Value::Null);
    rig.run(&["config", "--format", "json", "web"]).ok();
    assert_eq!(rig.logged(), ["install sees "], "nothing runs until it is resolved");

    rig.run(&["resolved", "web/0"]).ok();
    assert_eq!(rig.logged()[1..], ["install sees "], "it failed again, and what it stored was dropped");
    rig.run(&["ssh", "web/0", "sudo touch /srv/minijuju-test-fixed"]).ok();
    rig.run(&["resolved", "web/0"]).ok();
    assert_eq!(rig.workload("web/0").0, "active");
    assert_eq!(rig.run(&["resolved", "web/0"]).error(), r#"ERROR unit "web/0" is not in an error state"#);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_failed_hook_can_be_skipped() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", FAIL_ON_REQUEST, &[])]).ok();
    rig.run(&["resolved", "--no-retry", "web/0"]).ok();
    assert_eq!(rig.workload("web/0").0, "active");
    assert_eq!(rig.logged().iter().filter(|line| line.starts_with("install")).count(), 1);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_unit_in_error_gets_a_fixed_charm_only_by_force() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", "exit 1", &[])]).ok();
    let fixed = rig.charm("web", r#"juju-log "$JUJU_HOOK_NAME"; status-set active"#, &[]);
    rig.run(&["refresh", "web", "--path", &fixed]).ok();
    rig.run(&["resolved", "web/0"]).ok();
    assert_eq!(rig.workload("web/0").0, "error", "as in Juju, the old charm is retried");
    rig.run(&["refresh", "web", "--path", &fixed, "--force-units"]).ok();
    rig.run(&["resolved", "web/0"]).ok();
    assert_eq!(rig.workload("web/0").0, "active");
    assert_eq!(rig.logged(), ["install", "leader-elected", "config-changed", "start"]);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_unit_whose_hooks_fail_is_removed_by_force() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", "exit 1", &[])]).ok();
    rig.run(&["remove-unit", "--no-prompt", "web/0"]).ok();
    assert_eq!(rig.workload("web/0").0, "error", "it stays until it is resolved");
    rig.run(&["remove-unit", "--no-prompt", "--force", "web/0"]).ok();
    assert_eq!(rig.unit("web/0"), serde_json::Value::Null);
    rig.run(&["add-unit", "web"]).ok();
    rig.run(&["destroy-model", "--no-prompt", "default"]).ok();
    rig.assert_nothing_left();
}

#[test]
#[ignore = "needs root: it starts machines"]
fn clean_removes_all_even_if_the_database_cannot_be_read() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", "true", &[])]).ok();
    // The last writes are in the write-ahead log.
    fs::remove_file(rig.folder().join("data/minijuju.db-wal")).unwrap();
    fs::write(rig.folder().join("data/minijuju.db"), "rubbish, and more than a hundred bytes of it: ".repeat(9))
        .unwrap();
    assert!(rig.run(&["status"]).error().contains("minijuju.db"));
    rig.run(&["clean", "--no-prompt"]).ok();
    rig.assert_nothing_left();
    rig.run(&["status"]).ok();
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_full_disk_is_one_clear_error_and_the_next_command_works() {
    let rig = Rig::new();
    let data = rig.folder().join("data");
    fs::create_dir(&data).unwrap();
    let charm = rig.charm("web", "status-set active", &[("big", &"x".repeat(2 << 20))]);
    let mount = |size: &str, how: &str| {
        let options = format!("{how}size={size}");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&data).status().unwrap();
        assert!(done.success());
    };
    mount("1m", "");
    let error = rig.run(&["deploy", &charm]).error();
    assert!(error.to_lowercase().contains("no space left") || error.contains("disk is full"), "{error}");
    // Two copies of a debug build, one as the stand-in for `sudo`, take more than 200 MB.
    mount("1g", "remount,");
    let applications = rig.status()["applications"].as_object().map(serde_json::Map::len);
    assert_eq!(applications, Some(0), "nothing is half there");
    rig.run(&["deploy", &charm]).ok();
    assert_eq!(rig.workload("web/0").0, "active");
    rig.run(&["clean", "--no-prompt"]).ok();
    assert!(Command::new("umount").arg(&data).status().unwrap().success());
}

/// Hangs in install, with a background process, until `/srv/minijuju-test-fixed` exists.
const HANG: &str = r#"
[ "$JUJU_HOOK_NAME" = install ] && [ ! -f /srv/minijuju-test-fixed ] && {
    setsid sleep 1000 &
    status-set maintenance hanging
    sleep 1000
}
status-set active
"#;

#[test]
#[ignore = "needs root: it starts machines"]
fn when_minijuju_is_killed_in_a_hook_the_next_command_reports_it_and_nothing_is_lost() {
    let rig = Rig::new();
    let charm = rig.charm("killed", HANG, &[]);
    // Create the database first: another test covers two commands that create it at once.
    rig.run(&["models"]).ok();
    let mut deploy = rig.command(&["deploy", &charm]).stderr(Stdio::null()).spawn().unwrap();
    rig.wait_for("killed/0", "maintenance", "hanging");
    deploy.kill().unwrap();
    deploy.wait().unwrap();
    assert!(!Rig::processes_of("killed/0").is_empty(), "the hook's processes outlive minijuju");

    let status = rig.run(&["status"]).ok();
    assert!(status.stderr.contains("minijuju ended while it ran"), "{status:?}");
    assert_eq!(Rig::processes_of("killed/0"), Vec::<std::path::PathBuf>::new());
    assert_eq!(rig.workload("killed/0"), ("error".to_owned(), r#"hook failed: "install""#.to_owned()));
    rig.run(&["ssh", "killed/0", "sudo touch /srv/minijuju-test-fixed"]).ok();
    rig.run(&["resolved", "killed/0"]).ok();
    assert_eq!(rig.workload("killed/0").0, "active");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn ctrl_c_stops_all_of_a_hanging_hook_and_marks_the_unit() {
    let rig = Rig::new();
    let charm = rig.charm("hanging", HANG, &[]);
    // Create the database first: another test covers two commands that create it at once.
    rig.run(&["models"]).ok();
    let deploy = rig.command(&["deploy", &charm]).stderr(Stdio::piped()).spawn().unwrap();
    rig.wait_for("hanging/0", "maintenance", "hanging");
    let pid = nix::unistd::Pid::from_raw(i32::try_from(deploy.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let output = finish(deploy, "deploy, after Ctrl-C");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("ERROR interrupted"), "{stderr}");
    assert_eq!(Rig::processes_of("hanging/0"), Vec::<std::path::PathBuf>::new());
    assert_eq!(rig.workload("hanging/0").0, "error");
    rig.run(&["ssh", "hanging/0", "sudo touch /srv/minijuju-test-fixed"]).ok();
    rig.run(&["resolved", "hanging/0"]).ok();
    assert_eq!(rig.workload("hanging/0").0, "active");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn clean_ends_a_running_command_and_leaves_nothing() {
    let rig = Rig::new();
    let charm = rig.charm("web", "sleep 0.15; status-set active", &[]);
    for tenths in [0, 1, 2, 3, 4, 5, 6, 8] {
        rig.run(&["models"]).ok();
        let deploy = rig.command(&["deploy", "-n", "3", &charm, "beside"]).stderr(Stdio::piped()).spawn().unwrap();
        let begun = std::time::Instant::now();
        while rig.status()["applications"]["beside"].is_null() {
            assert!(begun.elapsed().as_secs() < 30, "30 s, and nothing is deployed");
        }
        // Each delay hits another moment of the deployment, whatever the computer's speed.
        std::thread::sleep(std::time::Duration::from_millis(tenths * 100));
        rig.run(&["clean", "--no-prompt"]).ok();
        let output = finish(deploy, "deploy, beside clean");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let errors = stderr.lines().filter(|line| line.starts_with("ERROR ")).count();
        assert!(output.status.success() || errors == 1, "{stderr}");
        rig.assert_nothing_left();
        assert_eq!(Rig::processes_of("beside/0"), Vec::<std::path::PathBuf>::new());
        assert_eq!(rig.status()["applications"].as_object().map(serde_json::Map::len), Some(0));
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn several_commands_at_once_run_each_hook_once() {
    let rig = Rig::new();
    let charm = rig.charm("web", r#"juju-log "$JUJU_UNIT_NAME $JUJU_HOOK_NAME"; status-set active"#, &[]);
    let names = ["a", "b", "c"];
    let commands: Vec<_> = names
        .iter()
        .map(|name| rig.command(&["deploy", &charm, name]).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    for command in commands {
        let output = finish(command, "deploy, beside two others");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut logged = rig.logged();
    logged.sort();
    let mut wanted: Vec<String> = names
        .iter()
        .flat_map(|name| {
            ["install", "leader-elected", "config-changed", "start"].map(|hook| format!("{name}/0 {hook}"))
        })
        .collect();
    wanted.sort();
    assert_eq!(logged, wanted);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_hook_that_floods_the_log_fills_neither_memory_nor_disk() {
    let rig = Rig::new();
    for (name, flood) in [
        ("lines", "yes 'a line that says nothing' | head -n 2000000"),
        ("emptylines", "yes '' | head -c 200000000"),
        ("longlines", "yes $(head -c 60000 /dev/zero | tr '\\0' x) | head -c 100000000 >&2"),
        ("noline", "head -c 100000000 /dev/zero | tr '\\0' x"),
    ] {
        let flood = format!(r#"[ "$JUJU_HOOK_NAME" = install ] && {{ {flood}; echo; echo "the end of it"; exit 1; }}"#);
        rig.run(&["deploy", &rig.charm(name, &flood, &[])]).ok();
        let unit = format!("{name}/0");
        assert_eq!(rig.workload(&unit).0, "error");
        let log = rig.run(&["debug-log", "--replay", "--no-tail", "--level", "DEBUG", "--include", &unit]).ok().stdout;
        assert!(log.len() < 30 << 20, "{name}: {}", log.len());
        let end: Vec<&str> = log.lines().rev().take(100).collect();
        for text in ["of them are dropped here", "the end of it", "failed: exit status 1"] {
            assert!(end.iter().any(|line| line.contains(text)), "{name}: {text}");
        }
    }
    let size = |file: &str| fs::metadata(rig.folder().join("data").join(file)).map_or(0, |meta| meta.len());
    let whole = size("minijuju.db") + size("minijuju.db-wal");
    assert!(whole < 100 << 20, "{whole}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_value_of_ten_megabytes_reaches_the_charm_in_every_format() {
    let rig = Rig::new();
    let config = "options: {text: {type: string, default: ''}}";
    let script = r#"sizes=; for format in smart json yaml; do sizes="$sizes $(config-get --format $format text | wc -c)"; done
        status-set active "${sizes# }""#;
    rig.run(&["deploy", &rig.charm("web", script, &[("config.yaml", config)])]).ok();
    fs::write(rig.folder().join("value"), "a line: of text\n".repeat(655_360)).unwrap();
    rig.run(&["config", "web", "text=@value"]).ok();
    // Unchanged, with one more line break; with each break as \n between quotes; and with each line indented below a
    // key.
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), "10485761 11141123 11796482".to_owned()));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_hook_that_ends_by_a_signal_has_failed() {
    let rig = Rig::new();
    let deployed = rig.run(&["deploy", &rig.charm("web", "kill -SEGV $$", &[])]).ok();
    assert!(deployed.stderr.contains("web/0 install: "), "{}", deployed.stderr);
    assert_eq!(rig.workload("web/0").0, "error");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_hook_command_outside_of_a_hook_names_the_missing_variable() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", "true", &[])]).ok();
    let done = rig.run(&["ssh", "web/0", "/var/lib/juju/tools/unit-web-0/config-get"]);
    assert_eq!((done.code, done.stderr.as_str()), (1, "ERROR JUJU_CONTEXT_ID not set\n"));
    let line = "JUJU_CONTEXT_ID=x JUJU_AGENT_SOCKET_ADDRESS=/var/lib/juju/agents/unit-web-0/agent.socket \
                /var/lib/juju/tools/unit-web-0/config-get";
    let done = rig.run(&["ssh", "web/0", line]);
    assert_eq!(done.code, 1);
    assert!(done.stderr.starts_with("ERROR ") && done.stderr.lines().count() == 1, "{done:?}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_dispatch_that_is_not_executable_is_reported() {
    let rig = Rig::new();
    let path = rig.folder().join("web.charm");
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (file, text) in [("metadata.yaml", "name: web\nsummary: s\ndescription: d\n"), ("dispatch", "#!/bin/sh\n")] {
        zip.start_file(file, zip::write::SimpleFileOptions::default().unix_permissions(0o644)).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    assert!(rig.run(&["deploy", "./web.charm"]).error().contains("`dispatch` is not executable"));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn files_that_are_not_charms_are_refused_and_leave_nothing() {
    let rig = Rig::new();
    fs::write(rig.folder().join("text.charm"), "this is no zip file").unwrap();
    fs::create_dir(rig.folder().join("empty")).unwrap();
    // A charm without `dispatch`.
    let mut zip = zip::ZipWriter::new(fs::File::create(rig.folder().join("none.charm")).unwrap());
    zip.start_file("metadata.yaml", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"name: none\nsummary: s\ndescription: d\n").unwrap();
    zip.finish().unwrap();
    for (charm, reason) in [
        ("./text.charm", "not a zip file"),
        ("./missing.charm", "no charm was found at \"./missing.charm\""),
        ("./empty", ""),
        ("./none.charm", "neither `dispatch` nor `hooks`"),
        ("postgresql", "minijuju deploys local charms"),
    ] {
        let error = rig.run(&["deploy", charm]).error();
        assert!(error.contains(reason), "{charm}: {error}");
    }
    assert_eq!(rig.status()["applications"].as_object().map(serde_json::Map::len), Some(0));
    let left: Vec<_> = fs::read_dir(rig.folder().join("data/charms")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn names_that_juju_refuses_are_refused() {
    let rig = Rig::new();
    let charm = rig.charm("web", "true", &[]);
    for name in ["Web", "web-1", "1web", "web_x"] {
        let done = rig.run(&["deploy", &charm, name]);
        assert_ne!(done.code, 0, "{name}");
        assert!(done.stderr.contains("invalid application name") || done.stderr.contains(name), "{done:?}");
    }
    assert_ne!(rig.run(&["add-model", "Bad_Name"]).code, 0);
    assert_eq!(rig.run(&["status", "-m", "nope"]).error(), "ERROR model minijuju:admin/nope not found");
    let other = rig.run(&["status", "-m", "ctrl:default"]).error();
    assert_eq!(other, "ERROR controller ctrl not found");
}
