//! What other users of the computer can neither read nor lock.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::fixture::output;
use crate::rig::Rig;

/// Whether another user without root's capabilities can do this.
fn others_can(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", "-all", "--"]);
    // setpriv keeps capabilities until it executes a program.
    output(command.args(["sh", "-c", "exec \"$@\"", "sh", program]).args(args)).status.success()
}

/// Make the data folder's parent accessible to all, like `/var/lib`.
fn open_to_all(rig: &Rig) {
    fs::set_permissions(rig.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(others_can("ls", &[&rig.folder().to_string_lossy()]));
}

fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        found.push(entry.path().to_string_lossy().into_owned());
        if entry.file_type().unwrap().is_dir() && !entry.path().ends_with("machines") {
            found.extend(below(&entry.path()));
        }
    }
    found
}

#[test]
#[ignore = "needs root: it starts machines"]
fn other_users_neither_read_the_data_nor_hold_its_locks_whatever_the_umask() {
    let rig = Rig::new();
    open_to_all(&rig);
    let charm = rig.charm("web", "status-set active", &[]);
    rig.run_by("umask 000; exec \"$@\"", &["deploy", &charm]).ok();
    let data = rig.folder().join("data");
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o7777, 0o700);
    let files = below(&data);
    for name in ["minijuju.db", "minijuju.db-wal", "runner.lock", "machines"] {
        assert!(files.iter().any(|file| file.ends_with(name)), "{name}: {files:#?}");
    }
    for file in files.iter().map(String::as_str).chain(["/run/minijuju/lock"]) {
        assert!(!others_can("test", &["-r", file]), "{file} can be read");
        assert!(!others_can("flock", &["--nonblock", file, "true"]), "{file} can be held");
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_setuid_file_from_a_machine_does_not_give_root() {
    let rig = Rig::new();
    open_to_all(&rig);
    rig.run(&["deploy", &rig.charm("web", "status-set active", &[])]).ok();
    rig.run(&["ssh", "root@web/0", "cp /usr/bin/id /srv/id; chmod 4755 /srv/id"]).ok();
    let machines = rig.folder().join("data/machines");
    let machine = fs::read_dir(&machines).unwrap().flatten().next().unwrap().path();
    let made = machine.join("upper/root/srv/id");
    assert!(made.exists());
    assert!(!others_can(&made.to_string_lossy(), &[]));
    // Each of these alone must be enough.
    fs::set_permissions(rig.folder().join("data"), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(!others_can(&made.to_string_lossy(), &[]));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn the_next_command_protects_files_of_an_older_version() {
    let rig = Rig::new();
    open_to_all(&rig);
    rig.run(&["models"]).ok();
    let data = rig.folder().join("data");
    for (name, mode) in [("", 0o755), ("minijuju.db", 0o644), ("minijuju.db-wal", 0o644)] {
        fs::set_permissions(data.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    assert!(others_can("cat", &[&data.join("minijuju.db").to_string_lossy()]));
    rig.run(&["models"]).ok();
    for name in ["", "minijuju.db", "minijuju.db-wal"] {
        let mode = fs::metadata(data.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_removed_secret_is_erased_from_the_disk() {
    let rig = Rig::new();
    let text = "a phrase that is found nowhere else";
    let holds = || {
        below(&rig.folder().join("data"))
            .into_iter()
            .filter(|path| Path::new(path).is_file())
            .filter(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).contains(text))
            .collect::<Vec<_>>()
    };
    rig.run(&["add-secret", "mine", &format!("phrase={text}")]).ok();
    assert!(!holds().is_empty());
    rig.run(&["update-secret", "mine", "phrase=another"]).ok();
    rig.run(&["remove-secret", "mine"]).ok();
    assert_eq!(holds(), Vec::<String>::new());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_secret_is_erased_from_the_disk_with_its_owner() {
    let rig = Rig::new();
    let script = r#"[ "$JUJU_HOOK_NAME" = start ] && secret-add --owner unit phrase="$(echo 'Nowhere Else' | tr a-z n-za-m)"
        status-set active"#;
    let holds = || {
        let found = below(&rig.folder().join("data")).into_iter().filter(|path| Path::new(path).is_file());
        found.filter(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).contains("Nbjurer Eyfr")).count()
    };
    rig.run(&["deploy", &rig.charm("web", script, &[])]).ok();
    assert_ne!(holds(), 0);
    rig.run(&["remove-application", "--no-prompt", "web"]).ok();
    assert_eq!(holds(), 0);
}
