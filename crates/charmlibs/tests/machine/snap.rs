//! Tests of `snap` with a real snapd that has no network.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use charmlibs::pathops::{self, Options};
use charmlibs::process::Run;
use charmlibs::snap::{self, Error, Install};
use charmlibs::systemd;
use serde_json::json;

use crate::test_machine;

const SNAPD_PATH: &str = "/usr/lib/snapd/snapd";

/// A fake mount: creates the mount point, which is the last argument.
const MOUNT_SCRIPT: &str = "for folder; do :; done
echo 'This file is used to check that snapd can read a squashfs image.' >$folder/canary.txt
";

/// Killed when it is dropped.
struct SnapdProcess(Child);

impl SnapdProcess {
    fn start() -> Self {
        assert!(Path::new(SNAPD_PATH).exists(), "this test needs the package snapd");
        fs::create_dir_all("/snap").unwrap();
        // Without the state of this computer's snapd.
        pathops::remove("/var/lib/snapd").unwrap();
        fs::create_dir_all("/var/lib/snapd/snaps").unwrap();
        // snapd does nothing unless it can mount snaps, which it tries with a small one. A test's machine may have no
        // loop devices, and these tests mount no snaps.
        fs::create_dir_all("/tmp/bin").unwrap();
        for (name, script) in [("mount", MOUNT_SCRIPT), ("umount", "rm -f $1/canary.txt\n")] {
            let path = format!("/tmp/bin/{name}");
            Options::new().mode(0o755).ensure_contents(path, format!("#!/bin/sh\n{script}")).unwrap();
        }
        let path = format!("/tmp/bin:{}", std::env::var("PATH").unwrap());
        let daemon =
            Self(Command::new(SNAPD_PATH).envs([("PATH", path.as_str()), ("SNAP_REEXEC", "0")]).spawn().unwrap());
        let started = Instant::now();
        while matches!(snap::list_one("juju"), Err(Error::NotRunning { .. })) {
            assert!(started.elapsed() < Duration::from_mins(1), "snapd did not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        daemon
    }
}

impl Drop for SnapdProcess {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
#[ignore = "needs root: it makes a machine, with snapd"]
fn a_real_snapd_answers_and_applies_changes() {
    if !test_machine::rerun_in_machine("snap::a_real_snapd_answers_and_applies_changes") {
        return;
    }
    let _snapd = SnapdProcess::start();
    let not_installed = Error::NotInstalled { snap: "juju".to_owned() };
    assert_eq!(snap::list_one("juju").unwrap(), None);
    assert!(!snap::remove("juju").unwrap());
    assert_eq!(snap::hold("juju", None).unwrap_err(), not_installed);
    assert_eq!(snap::hold("juju", Some(Duration::from_hours(1))).unwrap_err(), not_installed);
    assert_eq!(snap::refresh("juju", &Install::new()).unwrap_err(), not_installed);
    assert_eq!(snap::get("juju", &[]).unwrap_err(), not_installed);
    assert_eq!(snap::get("juju", &["key"]).unwrap_err(), not_installed);
    assert_eq!(snap::set("juju", &json!({"key": 1})).unwrap_err(), not_installed);
    assert_eq!(snap::start("juju", &["fetch"]).unwrap_err(), not_installed);
    assert_eq!(snap::stop_and_disable("juju", &[]).unwrap_err(), not_installed);
    assert_eq!(snap::restart("juju", &[]).unwrap_err(), not_installed);
    assert_eq!(snap::alias("juju", "juju", "j").unwrap_err(), not_installed);
    assert_eq!(snap::logs("juju", &["fetch"], 5).unwrap_err(), not_installed);
    assert_eq!(snap::connect("juju", "home", None).unwrap_err(), not_installed);
    assert_eq!(snap::disconnect("juju", "home", None).unwrap_err(), not_installed);
    assert_eq!(snap::disconnect("juju", "home", Some(("core", "home"))).unwrap_err(), not_installed);
    assert_eq!(snap::list().unwrap(), []);
    assert!(snap::unalias("j").unwrap_err().to_string().starts_with("could not remove the alias j: "));

    // snapd's own config: a change that runs to its end.
    snap::set("system", &json!({"refresh.retain": 3})).unwrap();
    assert_eq!(snap::get("system", &["refresh.retain"]).unwrap()["refresh.retain"], 3);
    assert_eq!(snap::get_one("system", "refresh.retain").unwrap(), 3);
    let error = snap::set("system", &json!({"refresh.retain": "many"})).unwrap_err();
    assert!(matches!(error, Error::Change { .. }), "{error:?}");
    assert!(error.to_string().starts_with("failed to configure the snap system: "), "{error}");
    snap::unset("system", &["refresh.retain"]).unwrap();
    assert!(snap::get("system", &["refresh.retain"]).unwrap_err().is("option-not-found"));
    snap::hold_refresh(Some(Duration::from_hours(24))).unwrap();
    let until = snap::get_one("system", "refresh.hold").unwrap();
    assert!(until.as_str().unwrap().starts_with("20"), "{until}");
    snap::unhold_refresh().unwrap();
    assert!(snap::get_one("system", "refresh.hold").unwrap_err().is("option-not-found"));

    // snapd inspects what is not a snap, so this shows that the file arrived.
    fs::write("/tmp/app.snap", vec![b'x'; 200_000]).unwrap();
    let error = snap::install_local("/tmp/app.snap", &Install::new()).unwrap_err();
    assert!(
        error.to_string().starts_with("could not install the snap file /tmp/app.snap: cannot read snap"),
        "{error}"
    );
}

/// A store that has nothing: snapd tries for half a minute to reach one that is not there.
fn start_empty_store() {
    let store = TcpListener::bind("127.0.0.1:8099").unwrap();
    std::thread::spawn(move || {
        for stream in store.incoming() {
            let mut stream = stream.unwrap();
            // The head of the request is all that matters.
            let mut head = [0; 4];
            stream.read_exact(&mut head).unwrap();
            let status = if head == *b"GET " { "200 OK" } else { "404 Not Found" };
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/hal+json\r\nContent-Length: 2\r\n");
            write!(stream, "{head}Connection: close\r\n\r\n{{}}").unwrap();
            _ = stream.read_to_end(&mut Vec::new());
        }
    });
}

/// Make the file of a snap from its `snap.yaml` and its programs.
fn make_snap(name: &str, yaml: &str, programs: &[(&str, &str)]) -> String {
    let folder = format!("/tmp/{name}");
    fs::create_dir_all(format!("{folder}/meta")).unwrap();
    let head = format!("name: {name}\nversion: '1.0'\nsummary: A test's\ndescription: A test's\n");
    fs::write(format!("{folder}/meta/snap.yaml"), head + yaml).unwrap();
    for (program, script) in programs {
        let path = format!("{folder}/{program}");
        Options::new().mode(0o755).ensure_contents(path, format!("#!/bin/sh\n{script}")).unwrap();
    }
    let file = format!("/tmp/{name}.snap");
    Run::new("mksquashfs").args([&folder, &file, "-noappend"]).output().unwrap();
    file
}

const SNAP_YAML: &str = "\
confinement: classic
apps:
  hello:
    command: hello
  serve:
    command: serve
    daemon: simple
  other:
    command: serve
    daemon: simple
plugs:
  mine:
    interface: content
    content: things
    target: $SNAP/x
  home:
slots:
  ours:
    interface: content
    content: things
    read: [$SNAP]
";
/// Refuses one value.
const CONFIGURE_HOOK: &str = "test \"$(snapctl get name)\" != bad || { echo bad is no name >&2; exit 1; }\n";

/// Snaps that a real snapd mounts and runs, without a store: one with the name of the snap that all others need, and nothing
/// in it, and one with programs, services, plugs and a hook.
#[test]
#[ignore = "needs root: it makes a machine, with loop devices, snapd, squashfs-tools and systemd"]
fn a_real_snapd_runs_a_local_snap() {
    if !test_machine::rerun_in_machine_with_systemd("snap::a_real_snapd_runs_a_local_snap") {
        return;
    }
    assert!(Path::new(SNAPD_PATH).exists(), "this test needs the package snapd");
    assert!(Path::new("/usr/bin/mksquashfs").exists(), "this test needs the package squashfs-tools");
    start_empty_store();
    let service = "[Service]\nEnvironment=SNAPPY_FORCE_API_URL=http://127.0.0.1:8099 SNAP_REEXEC=0\n";
    systemd::ensure_unit("snapd.service.d/store.conf", service).unwrap();
    // There are no devices here whose rules could be read again.
    let prepare = "
        for number in $(seq 0 7); do mknod /dev/loop$number b 7 $number; done
        mknod /dev/loop-control c 10 237
        printf '#!/bin/sh\\n' >/usr/bin/udevadm
        mkdir -p /snap
        rm -rf /var/lib/snapd
        mkdir -p /var/lib/snapd/snaps
        systemctl start dbus.socket snapd.socket";
    Run::new("sh").args(["-ec", prepare]).output().unwrap();

    // snapd restarts for it, in the middle of the change.
    snap::install_local(make_snap("core", "type: os\n", &[]), &Install::new()).unwrap();
    let programs = [
        ("hello", "echo hello"),
        ("serve", "echo serving; exec sleep infinity"),
        ("meta/hooks/configure", CONFIGURE_HOOK),
    ];
    let file = make_snap("charmlibs-app", SNAP_YAML, &programs);
    assert!(snap::install_local(&file, &Install::new()).unwrap_err().is("snap-needs-classic"));
    snap::install_local(&file, &Install::new().classic()).unwrap();
    let info = snap::list_one("charmlibs-app").unwrap().unwrap();
    assert_eq!((info.revision.as_str(), info.version.as_str(), info.classic), ("x1", "1.0", true));
    assert_eq!(info.apps, ["hello", "other", "serve"]);
    let names: Vec<_> = snap::list().unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["charmlibs-app", "core"]);

    check_services("charmlibs-app");
    check_connections("charmlibs-app");

    snap::alias("charmlibs-app", "hello", "hallo").unwrap();
    assert_eq!(Run::new("/snap/bin/hallo").text().unwrap(), "hello");
    snap::unalias("hallo").unwrap();
    assert!(!Path::new("/snap/bin/hallo").exists());
    let error = snap::alias("charmlibs-app", "gone", "hallo").unwrap_err().to_string();
    assert!(error.starts_with("failed to make the alias hallo of charmlibs-app.gone: "), "{error}");

    snap::set("charmlibs-app", &json!({"name": "good", "server.port": 80})).unwrap();
    let error = snap::set("charmlibs-app", &json!({"name": "bad"})).unwrap_err();
    assert!(matches!(&error, Error::Change { reason, .. } if reason.contains("bad is no name")), "{error}");
    let config = snap::get("charmlibs-app", &[]).unwrap();
    assert_eq!(serde_json::Value::from(config), json!({"name": "good", "server": {"port": 80}}));
    assert_eq!(snap::get_one("charmlibs-app", "server.port").unwrap(), 80);
    snap::unset("charmlibs-app", &["server"]).unwrap();
    assert!(snap::get_one("charmlibs-app", "server.port").unwrap_err().is("option-not-found"));

    assert!(snap::refresh("charmlibs-app", &Install::new()).unwrap_err().is("snap-local"));
    let error = snap::install("charmlibs-gone", &Install::new().channel("edge")).unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    assert!(snap::purge("charmlibs-app").unwrap());
    assert!(!snap::remove("charmlibs-app").unwrap());
    assert_eq!(snap::list_one("charmlibs-app").unwrap(), None);
}

/// The snap has two services, which run.
fn check_services(snap: &str) {
    let states = || {
        let services = snap::list_one(snap).unwrap().unwrap().services;
        services.into_iter().map(|it| (it.name, it.enabled, it.active)).collect::<Vec<_>>()
    };
    let (other, serve) = ("other".to_owned(), "serve".to_owned());
    assert_eq!(states(), [(other.clone(), true, true), (serve.clone(), true, true)]);
    snap::stop_and_disable(snap, &["other"]).unwrap();
    snap::stop(snap, &["serve"]).unwrap();
    assert_eq!(states(), [(other.clone(), false, false), (serve.clone(), true, false)]);
    snap::start(snap, &["other"]).unwrap();
    assert_eq!(states(), [(other.clone(), false, true), (serve.clone(), true, false)]);
    snap::start_and_enable(snap, &[]).unwrap();
    assert_eq!(states(), [(other, true, true), (serve, true, true)]);

    let pid = || systemd::state(&format!("snap.{snap}.serve")).unwrap().main_pid;
    // A service that is stopped at once may log nothing, and the journal has its output a moment later.
    let wait_for_log = || {
        let (started, pid) = (Instant::now(), pid().to_string());
        let logged = || snap::logs(snap, &["serve"], 100).unwrap().into_iter();
        while !logged().any(|entry| entry.message == "serving" && entry.pid == pid) {
            assert!(started.elapsed() < Duration::from_secs(20), "{pid}: {:?}", snap::logs(snap, &[], 100));
        }
    };
    let before = pid();
    wait_for_log();
    snap::restart(snap, &["serve"]).unwrap();
    let between = pid();
    assert_ne!(between, before);
    snap::reload_or_restart(snap, &[]).unwrap();
    assert_ne!(pid(), between);
    assert!(snap::restart(snap, &["gone"]).unwrap_err().is("app-not-found"));

    wait_for_log();
    let logs = snap::logs(snap, &["serve"], 2).unwrap();
    assert!(logs.len() == 2 && logs.iter().all(|it| it.sid == format!("{snap}.serve")), "{logs:?}");
    assert!(snap::logs(snap, &["gone"], 2).unwrap_err().is("app-not-found"));
}

/// The snap has the plugs `home` and `mine`, and the slot `ours`.
fn check_connections(snap: &str) {
    let ours = Some((snap, "ours"));
    for _ in 0..2 {
        snap::connect(snap, "home", None).unwrap();
        snap::connect(snap, "mine", ours).unwrap();
    }
    let connected = || Run::new("snap").args(["connections", snap]).text().unwrap();
    let printed = connected();
    assert!(printed.contains(&format!("{snap}:mine  {snap}:ours")), "{printed}");
    for _ in 0..2 {
        snap::disconnect(snap, "mine", ours).unwrap();
        snap::disconnect(snap, "home", None).unwrap();
    }
    assert!(!connected().contains(&format!("{snap}:mine  {snap}:ours")), "{}", connected());
    let error = snap::connect(snap, "gone", None).unwrap_err().to_string();
    assert!(error.ends_with(&format!(":gone: snap \"{snap}\" has no plug named \"gone\"")), "{error}");
    let error = snap::disconnect(snap, "gone", None).unwrap_err().to_string();
    assert!(error.ends_with(&format!(":gone: snap \"{snap}\" has no plug or slot named \"gone\"")), "{error}");
    let error = snap::connect(snap, "mine", Some((snap, "gone"))).unwrap_err().to_string();
    assert!(error.ends_with(&format!("snap \"{snap}\" has no slot named \"gone\"")), "{error}");
}
