//! `snap`, with a real snapd that has no network.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use charmlibs::pathops::{self, Options};
use charmlibs::snap::{self, Error, Install};
use serde_json::json;

use crate::rig;

const SNAPD: &str = "/usr/lib/snapd/snapd";

/// Does as if it had mounted the image: the last argument is where.
const MOUNT: &str = "for folder; do :; done
echo 'This file is used to check that snapd can read a squashfs image.' >$folder/canary.txt
";

/// Ends with its test.
struct Daemon(Child);

impl Daemon {
    fn start() -> Self {
        assert!(Path::new(SNAPD).exists(), "this test needs the package snapd");
        fs::create_dir_all("/snap").unwrap();
        // Not what the snapd of this computer knows.
        pathops::remove("/var/lib/snapd").unwrap();
        fs::create_dir_all("/var/lib/snapd/snaps").unwrap();
        // snapd does nothing where it cannot mount a snap, and tries it with a small one. A machine of a test may have no loop
        // devices; what is tried here mounts none.
        fs::create_dir_all("/tmp/bin").unwrap();
        for (name, script) in [("mount", MOUNT), ("umount", "rm -f $1/canary.txt\n")] {
            let path = format!("/tmp/bin/{name}");
            Options::new().mode(0o755).ensure_contents(path, format!("#!/bin/sh\n{script}")).unwrap();
        }
        let path = format!("/tmp/bin:{}", std::env::var("PATH").unwrap());
        let daemon = Self(Command::new(SNAPD).envs([("PATH", path.as_str()), ("SNAP_REEXEC", "0")]).spawn().unwrap());
        let started = Instant::now();
        while matches!(snap::list_one("juju"), Err(Error::NotRunning { .. })) {
            assert!(started.elapsed() < Duration::from_mins(1), "snapd did not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        daemon
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
#[ignore = "needs root: it makes a machine, with snapd"]
fn a_real_snapd_is_asked_and_told() {
    if !rig::plain("snap::a_real_snapd_is_asked_and_told") {
        return;
    }
    let _snapd = Daemon::start();
    let not_installed = Error::NotInstalled { snap: "juju".to_owned() };
    assert_eq!(snap::list_one("juju").unwrap(), None);
    assert!(!snap::remove("juju", true).unwrap());
    assert_eq!(snap::hold("juju", None).unwrap_err(), not_installed);
    assert_eq!(snap::hold("juju", Some(Duration::from_hours(1))).unwrap_err(), not_installed);
    assert_eq!(snap::refresh("juju", &Install::new()).unwrap_err(), not_installed);
    assert_eq!(snap::get("juju", &[]).unwrap_err(), not_installed);
    assert_eq!(snap::get("juju", &["key"]).unwrap_err(), not_installed);
    assert_eq!(snap::set("juju", &json!({"key": 1})).unwrap_err(), not_installed);
    assert_eq!(snap::start("juju", &["fetch"], true).unwrap_err(), not_installed);
    assert_eq!(snap::restart("juju", &[]).unwrap_err(), not_installed);
    assert_eq!(snap::alias("juju", "juju", "j").unwrap_err(), not_installed);
    assert_eq!(snap::logs("juju", 5).unwrap_err(), not_installed);
    assert_eq!(snap::connect("juju", "home", None).unwrap_err(), not_installed);
    assert!(snap::unalias("j").unwrap_err().to_string().starts_with("could not remove the alias j: "));

    // snapd's own config: a change that runs to its end.
    snap::set("system", &json!({"refresh.retain": 3})).unwrap();
    assert_eq!(snap::get("system", &["refresh.retain"]).unwrap()["refresh.retain"], 3);
    let error = snap::set("system", &json!({"refresh.retain": "many"})).unwrap_err();
    assert!(matches!(error, Error::Change { .. }), "{error:?}");
    assert!(error.to_string().starts_with("failed to configure the snap system: "), "{error}");
    snap::unset("system", &["refresh.retain"]).unwrap();
    assert!(snap::get("system", &["refresh.retain"]).unwrap_err().is("option-not-found"));

    // What is no snap is looked into, so it arrived.
    fs::write("/tmp/app.snap", vec![b'x'; 200_000]).unwrap();
    let error = snap::install_local("/tmp/app.snap", &Install::new()).unwrap_err();
    assert!(
        error.to_string().starts_with("could not install the snap file /tmp/app.snap: cannot read snap"),
        "{error}"
    );
}
