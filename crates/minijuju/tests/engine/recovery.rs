//! Faults around minijuju: it is killed, the disk is full, the database is damaged, a machine dies, other commands run
//! at the same time.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::fixture::{eventually, finish};
use crate::rig::Rig;

const OPTIONS: &str = "options:\n  slug: {type: string, default: first}\n";

/// Counts its hooks in its stored state, which is kept only if they succeed, and logs the count.
const COUNT_HOOKS: &str = r#"
count=$(( $(state-get count) + 1 ))
juju-log "$JUJU_HOOK_NAME"
state-set count=$count
status-set active "$(config-get slug) $count"
"#;

fn counting_charm(rig: &Rig) -> String {
    rig.charm("web", COUNT_HOOKS, &[("config.yaml", OPTIONS)])
}

/// Continue after a fault, as a user would, until the unit has this slug.
#[track_caller]
fn recover(rig: &Rig, slug: &str) {
    if rig.workload("web/0").0 == "error" {
        rig.run(&["resolved", "web/0"]).ok();
    }
    rig.run(&["config", "web", &format!("slug={slug}")]).ok();
    let (status, message) = rig.workload("web/0");
    let count = rig.logged().len();
    // Each hook that ended counts once. A killed hook may have logged its name before.
    let counted: usize = message.split(' ').next_back().and_then(|count| count.parse().ok()).unwrap_or_default();
    assert!(status == "active" && message.starts_with(slug), "{status} {message}");
    assert!((count - 1..=count).contains(&counted), "{message}: {:?}", rig.logged());
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap())
}

/// The first process of each machine.
fn machines(rig: &Rig) -> Vec<Pid> {
    let folders = fs::read_dir(rig.folder().join("data/machines")).unwrap().flatten();
    let record =
        |folder: &Path| -> Value { serde_json::from_slice(&fs::read(folder.join("machine.json")).unwrap()).unwrap() };
    let pids = folders.filter_map(|folder| record(&folder.path())["pid"].as_i64());
    pids.map(|pid| Pid::from_raw(i32::try_from(pid).unwrap())).collect()
}

#[test]
#[ignore = "needs root: it starts machines"]
fn after_deploy_is_killed_at_any_moment_the_next_command_continues() {
    let rig = Rig::new();
    let charm = counting_charm(&rig);
    let began = Instant::now();
    rig.run(&["deploy", &charm]).ok();
    let duration = began.elapsed();
    rig.run(&["clean", "--no-prompt"]).ok();
    for moment in 0..12 {
        let mut deploy = rig.command(&["deploy", &charm]).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(duration * moment / 11);
        deploy.kill().unwrap();
        deploy.wait().unwrap();
        let status = rig.status();
        if status["applications"].get("web").is_none() {
            rig.run(&["deploy", &charm]).ok();
        }
        recover(&rig, "later");
        rig.run(&["clean", "--no-prompt"]).ok();
        rig.assert_nothing_left();
    }
}

/// A small disk mounted at the data folder, until it is dropped.
struct Disk<'a> {
    rig: &'a Rig,
}

impl<'a> Disk<'a> {
    fn new(rig: &'a Rig, bytes: u64) -> Self {
        let data = rig.folder().join("data");
        fs::create_dir_all(&data).unwrap();
        mount(&["-t", "tmpfs", "-o", &format!("size={bytes}"), "small"], &data);
        Self { rig }
    }

    fn grow(&self, bytes: u64) {
        mount(&["-o", &format!("remount,size={bytes}")], &self.rig.folder().join("data"));
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        self.rig.run(&["clean", "--no-prompt"]);
        let unmounted = Command::new("umount").arg(self.rig.folder().join("data")).status();
        if !thread::panicking() {
            assert!(unmounted.unwrap().success());
        }
    }
}

fn mount(words: &[&str], folder: &Path) {
    assert!(Command::new("mount").args(words).arg(folder).status().unwrap().success());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_full_disk_is_reported_and_nothing_is_lost_once_there_is_room() {
    let rig = Rig::new();
    let charm = counting_charm(&rig);
    // A second copy is the stand-in for `sudo`.
    let copies = if fs::exists("/usr/bin/sudo").unwrap() { 1 } else { 2 };
    let program = fs::metadata(env!("CARGO_BIN_EXE_minijuju")).unwrap().len() * copies;
    let mut refused = 0;
    for free in (120..600).step_by(40) {
        let disk = Disk::new(&rig, program + (free << 10));
        let done = rig.run(&["deploy", &charm]);
        if done.code != 0 {
            let error = done.error();
            assert!(error.contains("No space left on device") || error.contains("disk is full"), "{error}");
            refused += 1;
        }
        disk.grow(program + (32 << 20));
        recover(&rig, "roomy");
    }
    assert!(refused > 3, "{refused}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_damaged_database_is_reported_and_clean_removes_it_with_its_machines() {
    let rig = Rig::new();
    let charm = counting_charm(&rig);
    let path = rig.folder().join("data/minijuju.db");
    let damages: [(&str, &dyn Fn()); 3] = [
        ("minijuju.db: file is not a database", &|| fs::write(&path, "this is no database, but a text").unwrap()),
        ("database disk image is malformed; `minijuju clean` removes all", &|| {
            let file = fs::File::options().write(true).open(&path).unwrap();
            let size = file.metadata().unwrap().len();
            file.write_all_at(&vec![0x5a; usize::try_from(size - size / 2).unwrap()], size / 2).unwrap();
        }),
        ("was written by a newer minijuju (version 99 of the tables", &|| {
            let db = rusqlite::Connection::open(&path).unwrap();
            db.pragma_update(None, "user_version", 99).unwrap();
        }),
    ];
    for (message, damage) in damages {
        rig.run(&["deploy", &charm]).ok();
        // Now everything is in one file.
        let db = rusqlite::Connection::open(&path).unwrap();
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(db);
        damage();
        for words in [&["status"][..], &["config", "web", "slug=x"], &["deploy", &charm, "other"]] {
            let error = rig.run(words).error();
            assert!(error.contains(message), "{words:?}: {error}");
        }
        rig.run(&["clean", "--no-prompt"]).ok();
        rig.assert_nothing_left();
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_damaged_charm_file_is_reported_and_the_next_command_uses_a_repaired_one() {
    let rig = Rig::new();
    rig.run(&["deploy", &counting_charm(&rig)]).ok();
    let file = fs::read_dir(rig.folder().join("data/charms")).unwrap().next().unwrap().unwrap().path();
    let charm = fs::read(&file).unwrap();
    fs::write(&file, &charm[..charm.len() / 2]).unwrap();
    let error = rig.run(&["add-unit", "web"]).error();
    assert!(error.contains(file.to_str().unwrap()) && error.contains("not a zip file, or a damaged one"), "{error}");
    fs::write(&file, &charm).unwrap();
    rig.run(&["config", "web", "slug=again"]).ok();
    assert_eq!(rig.workload("web/1").0, "active");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_that_died_is_started_by_the_next_command() {
    let rig = Rig::new();
    rig.run(&["deploy", &counting_charm(&rig)]).ok();
    let first = machines(&rig)[0];
    kill(first, Signal::SIGKILL).unwrap();
    eventually("the machine is gone", || kill(first, None).is_err());
    rig.run(&["config", "web", "slug=again"]).ok();
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), "again 6".to_owned()));
    let hooks = ["install", "leader-elected", "config-changed", "start", "start", "config-changed"];
    assert_eq!(rig.logged(), hooks, "start comes again, as after a reboot");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_that_dies_in_a_hook_leaves_a_failed_hook() {
    let rig = Rig::new();
    let dispatch = "[ -f /root/minijuju-test-fixed ] || { touch /root/minijuju-test-fixed; status-set maintenance hanging; sleep 1000; }; status-set active";
    let charm = rig.charm("web", dispatch, &[]);
    let deploy = rig.command(&["deploy", &charm]).stderr(Stdio::null()).spawn().unwrap();
    rig.wait_for("web/0", "maintenance", "hanging");
    kill(machines(&rig)[0], Signal::SIGKILL).unwrap();
    assert!(finish(deploy, "deploy, whose machine died").status.success());
    assert_eq!(rig.workload("web/0"), ("error".to_owned(), r#"hook failed: "install""#.to_owned()));
    rig.run(&["resolved", "web/0"]).ok();
    assert_eq!(rig.workload("web/0").0, "active");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn ctrl_c_at_a_terminal_stops_a_hook_that_ignores_it() {
    let rig = Rig::new();
    let dispatch = "trap '' INT TERM HUP; status-set maintenance hanging; setsid sleep 1000 & sleep 1000";
    let charm = rig.charm("stubborn", dispatch, &[]);
    let mut command = rig.command(&["deploy", &charm]);
    let deploy = command.process_group(0).stderr(Stdio::piped()).spawn().unwrap();
    rig.wait_for("stubborn/0", "maintenance", "hanging");
    // A terminal signals the whole foreground process group.
    kill(Pid::from_raw(-pid(&deploy).as_raw()), Signal::SIGINT).unwrap();
    let began = Instant::now();
    let output = finish(deploy, "deploy, after Ctrl-C");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(stderr.lines().filter(|line| line.starts_with("ERROR interrupted")).count(), 1, "{stderr}");
    assert_eq!(Rig::processes_of("stubborn/0"), Vec::<std::path::PathBuf>::new());
    assert_eq!(rig.workload("stubborn/0"), ("error".to_owned(), r#"hook failed: "install""#.to_owned()));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn of_two_deploys_of_one_name_one_succeeds() {
    let rig = Rig::new();
    let charm = counting_charm(&rig);
    let deploys: Vec<_> =
        (0..3).map(|_| rig.command(&["deploy", &charm]).stderr(Stdio::piped()).spawn().unwrap()).collect();
    let outputs: Vec<_> = deploys.into_iter().map(|deploy| finish(deploy, "deploy, beside two others")).collect();
    let refused = outputs.iter().filter(|output| !output.status.success());
    for output in refused.clone() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(stderr, "ERROR cannot add application \"web\": application already exists\n");
    }
    assert_eq!(refused.count(), 2);
    assert_eq!(rig.logged().len(), 4);
    assert_eq!(fs::read_dir(rig.folder().join("data/charms")).unwrap().count(), 1, "of the charm there is one copy");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn options_can_be_set_concurrently_while_the_status_is_read() {
    let rig = Rig::new();
    // A machine sees all files of this computer, which may already use a short name such as `go`.
    let dispatch = r#"juju-log "$(config-get slug)"
        tries=0; until [ -e /root/minijuju-test-go ] || [ $((tries += 1)) = 6000 ]; do sleep 0.01; done
        status-set active "$(config-get slug)""#;
    let charm = rig.charm("web", dispatch, &[("config.yaml", OPTIONS)]);
    let deploy = rig.command(&["deploy", &charm]).stderr(Stdio::null()).spawn().unwrap();
    eventually("the first hook runs", || !rig.logged().is_empty());
    let settings: Vec<String> = (0..6).map(|number| format!("slug=s{number}")).collect();
    let sets: Vec<_> = settings
        .iter()
        .map(|setting| rig.command(&["config", "web", setting]).stderr(Stdio::null()).spawn().unwrap())
        .collect();
    let reads: Vec<_> = (0..4).map(|_| rig.command(&["status"]).stdout(Stdio::null()).spawn().unwrap()).collect();
    for read in reads {
        assert!(finish(read, "status, while a hook runs").status.success());
    }
    rig.run(&["ssh", "web/0", "sudo touch /root/minijuju-test-go"]).ok();
    for command in sets.into_iter().chain([deploy]) {
        assert!(finish(command, "config, or deploy, after the hook that they wait for").status.success());
    }
    let shown: Value = serde_json::from_str(&rig.run(&["config", "web", "--format", "json"]).ok().stdout).unwrap();
    let slug = shown["settings"]["slug"]["value"].as_str().unwrap().to_owned();
    assert!(settings.contains(&format!("slug={slug}")), "{slug}");
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), slug));
}
