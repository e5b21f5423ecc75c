//! Links in a machine's folders lead only to the machine's own files.

use std::fs;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::rig::Rig;

const METADATA: &str = "
name: web
summary: A test.
description: A test.
storage:
  disk: {type: filesystem, location: /srv/disk, multiple: {range: 0-}}
resources:
  blob: {type: file, filename: blob.txt}
";

#[test]
#[ignore = "needs root: it starts machines"]
fn links_in_a_machine_never_lead_minijuju_to_this_computers_files() {
    let rig = Rig::new();
    let charm = rig.charm(
        "web",
        r#"juju-log "$(cat "$(resource-get blob)")"; status-set active"#,
        &[("metadata.yaml", METADATA)],
    );
    fs::write(rig.folder().join("blob"), "one").unwrap();
    rig.run(&["deploy", &charm, "--resource", "blob=blob"]).ok();
    // Folders of this computer, of which the machine has its own copies.
    let (juju, disk) = (rig.folder().join("juju"), rig.folder().join("disk"));
    let script = format!(
        "mkdir -p {juju} {disk} && cp -a /var/lib/juju/. {juju} 2>/dev/null; rm -rf /var/lib/juju/agents; \
         ln -s {juju}/agents /var/lib/juju/agents; ln -s {disk} /srv/disk; ln -s {juju} /var/lib/linked",
        juju = juju.display(),
        disk = disk.display(),
    );
    for folder in [&juju, &disk] {
        fs::create_dir(folder).unwrap();
    }
    rig.run(&["ssh", "root@web/0", &script]);
    fs::write(rig.folder().join("blob"), "two").unwrap();
    rig.run(&["attach-resource", "web", "blob=blob"]).ok();
    rig.run(&["add-storage", "web/0", "disk=1"]).ok();
    rig.run(&["refresh", "web", "--path", &charm]).ok();
    assert_eq!(rig.workload("web/0").0, "active", "the machine's own files serve as well there");
    assert_eq!(rig.logged().last().unwrap(), "two");
    for folder in [&juju, &disk] {
        assert_eq!(fs::read_dir(folder).unwrap().count(), 0, "{}", folder.display());
    }
    rig.run(&["remove-unit", "--no-prompt", "web/0"]).ok();
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_that_starts_again_makes_nothing_on_this_computer() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", "status-set active", &[])]).ok();
    let juju = rig.folder().join("juju");
    fs::create_dir(&juju).unwrap();
    // What is mounted there stays until the machine is down; the next start finds the link.
    let script = format!(
        "umount /var/lib/juju/tools/minijuju; mv /var/lib/juju /var/lib/moved && mkdir -p {0} && ln -s {0} /var/lib/juju",
        juju.display()
    );
    rig.run(&["ssh", "root@web/0", &script]).ok();
    let folder = fs::read_dir(rig.folder().join("data/machines")).unwrap().flatten().next().unwrap().path();
    let record: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("machine.json")).unwrap()).unwrap();
    let pid = record["pid"].as_i64().unwrap();
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).unwrap();
    let begun = std::time::Instant::now();
    while !fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default().is_empty() {
        assert!(begun.elapsed().as_secs() < 30, "30 s, and the machine is not down");
    }
    rig.run(&["fire", "web/0", "update-status"]);
    assert_eq!(fs::read_dir(&juju).unwrap().count(), 0);
    assert!(Path::new(&juju).exists());
}
