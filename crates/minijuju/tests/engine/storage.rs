//! Storage and resources of units.

use std::fs;

use serde_json::Value;

use crate::rig::Rig;

const METADATA: &str = "
name: web
summary: s
description: d
storage:
  data: {type: filesystem, location: /srv/data}
  cache: {type: filesystem, multiple: {range: 0-3}}
resources:
  blob: {type: file, filename: blob.txt, description: A blob.}
";

const DISPATCH: &str = r#"
juju-log "$JUJU_HOOK_NAME $JUJU_STORAGE_ID $JUJU_STORAGE_LOCATION"
case $JUJU_HOOK_NAME in
*-storage-attached) [ -d "$(storage-get location)" ] || exit 1 ;;
start) storage-add cache=1 ;;
esac
if path=$(resource-get blob 2>/dev/null); then status-set active "$(cat "$path")"; else status-set active none; fi
"#;

#[test]
#[ignore = "needs root: it starts machines"]
fn storage_is_attached_before_install_and_more_can_be_added() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", DISPATCH, &[("metadata.yaml", METADATA)])]).ok();
    let logged: Vec<String> = rig.logged().iter().map(|line| line.trim().to_owned()).collect();
    assert_eq!(
        logged,
        [
            "data-storage-attached data/0 /srv/data",
            "install",
            "leader-elected",
            "config-changed",
            "start",
            "cache-storage-attached cache/1 /var/lib/juju/storage/cache/1",
        ]
    );
    rig.run(&["add-storage", "web/0", "cache=2"]).ok();
    assert_eq!(rig.logged().len(), 8);
    let refused = rig.run(&["add-storage", "web/0", "cache"]);
    assert_eq!(
        (refused.code, refused.stderr.as_str()),
        (
            1,
            "failed to add storage \"cache\" to web/0: attaching 1 storage instance brings the total to 4, \
             exceeding the maximum of 3\n"
        )
    );
    let shown: Value =
        serde_json::from_str(&rig.run(&["show-storage", "data/0", "--format", "json"]).ok().stdout).unwrap();
    assert_eq!(shown["data/0"]["attachments"]["units"]["web/0"]["location"], "/srv/data");
    assert!(rig.run(&["storage"]).ok().stdout.contains("cache/1"));
    rig.run(&["remove-application", "--no-prompt", "web"]).ok();
    let logged = rig.logged();
    let end: Vec<&str> = logged[8..].iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(end[..4].iter().filter(|hook| hook.ends_with("-storage-detaching")).count(), 4, "{end:?}");
    assert_eq!(end[4..], ["stop", "remove"]);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_resource_is_on_the_unit_and_a_new_one_brings_upgrade_charm() {
    let rig = Rig::new();
    let charm = rig.charm("web", DISPATCH, &[("metadata.yaml", METADATA)]);
    let blob = rig.folder().join("blob");
    fs::write(&blob, "one").unwrap();
    let word = format!("blob={}", blob.display());
    assert!(rig.run(&["deploy", &charm, "--resource", "nope=/etc/hosts"]).error().contains("unrecognized resource"));
    rig.run(&["deploy", &charm, "--resource", &word]).ok();
    assert_eq!(rig.workload("web/0").1, "one");
    fs::write(&blob, "second").unwrap();
    rig.run(&["attach-resource", "web", &word]).ok();
    assert_eq!(rig.workload("web/0").1, "second");
    assert!(rig.logged().iter().any(|line| line.starts_with("upgrade-charm")));
    assert!(rig.run(&["resources", "web"]).ok().stdout.contains("blob"));
    rig.run(&["remove-application", "--no-prompt", "web"]).ok();
    for folder in ["data/charms", "data/resources"] {
        let left: Vec<_> = fs::read_dir(rig.folder().join(folder)).unwrap().flatten().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
