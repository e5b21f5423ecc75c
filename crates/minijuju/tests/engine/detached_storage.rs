//! Storage that outlives its unit.

use serde_json::Value;

use crate::rig::Rig;

const METADATA: &str = "
name: web
summary: s
description: d
storage:
  data: {type: filesystem, multiple: {range: 0-2}}
  cache: {type: filesystem}
";

const DISPATCH: &str = r#"
juju-log "$JUJU_HOOK_NAME $JUJU_STORAGE_ID"
case $JUJU_HOOK_NAME in
data-storage-attached)
    location=$(storage-get location)
    status-set active "$(cat "$location/who" 2>/dev/null || echo new)"
    [ -e "$location/who" ] || { mkdir -p "$location/deep"; echo "$JUJU_UNIT_NAME" >"$location/who"; chmod 600 "$location/who"; }
    ;;
esac
"#;

fn deployed(directive: &str) -> Rig {
    let rig = Rig::new();
    let charm = rig.charm("web", DISPATCH, &[("metadata.yaml", METADATA)]);
    rig.run(&["deploy", &charm, "--storage", directive]).ok();
    rig
}

fn shown(rig: &Rig, id: &str) -> Value {
    let shown: Value = serde_json::from_str(&rig.run(&["show-storage", id, "--format", "json"]).ok().stdout).unwrap();
    shown[id].clone()
}

fn storage(rig: &Rig) -> String {
    rig.run(&["storage", "--format", "json"]).ok().stdout
}

#[test]
#[ignore = "needs root: it starts machines"]
fn detached_storage_keeps_its_content_for_the_next_unit() {
    let rig = deployed("data=lxd,1G");
    assert_eq!(rig.workload("web/0").1, "new");
    let before = rig.logged().len();
    let output = rig.run(&["detach-storage", "data/1"]).ok().stderr;
    assert!(output.contains("detaching data/1"), "{output}");
    assert_eq!(rig.logged()[before..], ["data-storage-detaching data/1"]);
    let found = shown(&rig, "data/1");
    assert_eq!((&found["status"]["current"], &found["attachments"]), (&"detached".into(), &Value::Null), "{found}");
    rig.run(&["add-unit", "web"]).ok();
    let output = rig.run(&["attach-storage", "web/1", "data/1"]).ok().stderr;
    assert!(output.contains("attaching data/1 to web/1"), "{output}");
    assert_eq!(rig.workload("web/1").1, "web/0", "what the first unit wrote");
    assert_eq!(shown(&rig, "data/1")["attachments"]["units"]["web/1"]["location"], "/var/lib/juju/storage/data/1");
    let mode = rig.run(&["exec", "--unit", "web/1", "stat -c %a /var/lib/juju/storage/data/1/who"]).ok().stdout;
    assert_eq!(mode.trim(), "600");
    let refused = rig.run(&["attach-storage", "web/0", "data/1"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains(
            "failed to attach data/1 to web/0: cannot attach storage data/1 to unit web/0: \
             cannot attach storage owned by unit web/1 to unit web/0"
        ),
        "{refused:?}"
    );
}

#[test]
#[ignore = "needs root: it starts machines"]
fn storage_of_a_removed_unit_can_be_attached_to_a_new_application() {
    let rig = deployed("data=lxd,1G");
    let output = rig.run(&["remove-unit", "--no-prompt", "web/0"]).ok().stdout;
    assert!(output.contains("- will remove storage cache/0\n- will detach storage data/1\n"), "{output}");
    assert!(!storage(&rig).contains("cache/0"));
    let refused = rig.run(&["destroy-model", "--no-prompt", "default"]).stderr;
    assert!(refused.contains("The model has persistent storage remaining:\n    1 filesystem(s)\n"), "{refused}");
    let charm = rig.charm("web", DISPATCH, &[("metadata.yaml", METADATA)]);
    let error = rig.run(&["deploy", &charm, "again", "-n", "2", "--attach-storage", "data/1"]).error();
    assert_eq!(error, "ERROR --attach-storage cannot be used with -n");
    rig.run(&["deploy", &charm, "again", "--attach-storage", "data/1"]).ok();
    assert_eq!(rig.workload("again/0").1, "web/0");
    rig.run(&["remove-application", "--no-prompt", "--destroy-storage", "again"]).ok();
    assert!(!storage(&rig).contains("data/1"));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn required_storage_cannot_be_detached_and_storage_of_a_machine_stays_on_it() {
    let rig = deployed("data=1G");
    let refused = rig.run(&["detach-storage", "cache/0"]);
    assert_eq!(refused.code, 1);
    let reason =
        "failed to detach cache/0: cannot destroy storage attachment cache/0:web/0: cannot detach, storage is singular";
    assert!(refused.stderr.contains(reason), "{refused:?}");
    rig.run(&["detach-storage", "data/1"]).ok();
    rig.run(&["add-unit", "web"]).ok();
    let refused = rig.run(&["attach-storage", "web/1", "data/1"]).stderr;
    assert!(refused.contains("storage is non-detachable (bound to machine 0)"), "{refused}");
    rig.run(&["attach-storage", "web/0", "data/1"]).ok();
    assert_eq!(rig.workload("web/0").1, "web/0", "it stayed on its machine");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn attached_storage_is_removed_only_by_force() {
    let rig = deployed("data=lxd,1G");
    let refused = rig.run(&["remove-storage", "data/1"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("failed to remove data/1: cannot destroy storage \"data/1\": storage is attached"));
    assert!(refused.stderr.contains("Use the --force option to remove attached storage"), "{refused:?}");
    let before = rig.logged().len();
    rig.run(&["remove-storage", "--force", "data/1"]).ok();
    assert_eq!(rig.logged()[before..], ["data-storage-detaching data/1"]);
    assert!(!storage(&rig).contains("data/1"));
    let gone = rig.run(&["remove-storage", "data/1"]).stderr;
    assert!(gone.contains("storage instance \"data/1\" not found"), "{gone}");
    let held = rig.run(&["remove-storage", "--no-destroy", "--force", "cache/0"]).stderr;
    assert!(held.contains("storage provider \"rootfs\" does not support releasing storage"), "{held}");
}

/// The archives of detached storage.
fn contents(rig: &Rig) -> usize {
    let mut folders = vec![rig.folder().join("data/models")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().unwrap().is_dir() { folders.push(entry.path()) } else { files += 1 }
        }
    }
    files
}

#[test]
#[ignore = "needs root: it starts machines"]
fn released_storage_leaves_the_model_and_its_content_stays() {
    let rig = deployed("data=lxd,1G");
    rig.run(&["detach-storage", "data/1"]).ok();
    let kept = contents(&rig);
    assert!(kept > 0);
    let output = rig.run(&["remove-storage", "--no-destroy", "data/1"]).ok().stderr;
    assert!(output.contains("removing data/1"), "{output}");
    assert!(!storage(&rig).contains("data/1"));
    assert_eq!(contents(&rig), kept);
    let refused = rig.run(&["remove-storage", "--no-destroy", "cache/0"]).stderr;
    assert!(refused.contains("storage provider \"rootfs\" does not support releasing storage"), "{refused}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_model_with_cloud_storage_is_destroyed_only_with_a_decision_about_the_storage() {
    for (option, detached) in [("--destroy-storage", true), ("--release-storage", false)] {
        let rig = deployed("data=lxd,1G");
        if detached {
            rig.run(&["detach-storage", "data/1"]).ok();
        }
        let model = rig.status()["model"]["name"].as_str().unwrap().to_owned();
        let refused = rig.run(&["destroy-model", "--no-prompt", &model]);
        assert_eq!(refused.code, 1);
        assert!(refused.stderr.starts_with(&format!("ERROR cannot destroy model {model:?}\n")), "{refused:?}");
        assert!(
            refused.stderr.contains("The model has persistent storage remaining:\n    1 filesystem(s)\n"),
            "{refused:?}"
        );
        let both = rig.run(&["destroy-model", "--no-prompt", "--destroy-storage", "--release-storage", &model]).error();
        assert_eq!(both, "ERROR --destroy-storage and --release-storage cannot both be specified");
        rig.run(&["destroy-model", "--no-prompt", option, &model]).ok();
        let models = rig.run(&["models", "--format", "json"]).ok().stdout;
        assert!(!models.contains(&format!("\"short-name\":{model:?}")), "{models}");
        assert_eq!(contents(&rig), 0, "{option}");
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn statuses_and_filesystems_are_listed() {
    let rig = deployed("data=1G");
    let log = rig.run(&["show-status-log", "web/0"]).ok().stdout;
    assert!(log.starts_with("Time") && log.contains("juju-unit") && log.contains("running install hook"), "{log}");
    assert!(rig.run(&["show-status-log", "web/9"]).error().contains("no status history available"));
    let filesystems = rig.run(&["storage", "--filesystem"]).ok().stdout;
    assert!(filesystems.contains("/var/lib/juju/storage/data/1"), "{filesystems}");
    assert!(rig.run(&["storage", "--volume"]).ok().stderr.contains("No storage to display."));
}
