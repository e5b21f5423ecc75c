//! The exact output of commands that no other file here covers.

use serde_json::Value;

use crate::rig::Rig;

const METADATA: &str = "
name: web
summary: s
description: d
provides: {http: {interface: http}}
storage:
  data: {type: filesystem, minimum-size: 1M}
resources:
  blob: {type: file, filename: blob.txt}
";

const ACTIONS: &str = "greet:\n  description: Say hello.\n";

const DISPATCH: &str = r"
case $JUJU_DISPATCH_PATH in
actions/*) action-log greeting ;;
*data-storage-detaching) [ ! -e /var/tmp/trouble ] || exit 1 ;;
esac
";

fn deployed() -> Rig {
    let rig = Rig::new();
    std::fs::write(rig.folder().join("blob.txt"), "one\n").unwrap();
    let charm = rig.charm("web", DISPATCH, &[("metadata.yaml", METADATA), ("actions.yaml", ACTIONS)]);
    rig.run(&["deploy", &charm, "--resource", "blob=blob.txt"]).ok();
    rig
}

fn json(rig: &Rig, args: &[&str]) -> Value {
    serde_json::from_str(&rig.run(&[args, &["--format", "json"]].concat()).ok().stdout).unwrap()
}

#[test]
#[ignore = "needs root: it starts machines"]
fn an_action_for_a_unit_that_is_not_there_names_its_tag_after_a_blank_line() {
    let rig = deployed();
    let done = rig.run(&["run", "web/99", "greet"]).ok();
    assert_eq!(done.stderr, "\nOperation 1 failed to schedule any tasks:\n\"unit-web-99\" not found\n");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_blank_line_follows_what_a_task_logs() {
    let rig = deployed();
    let done = rig.run(&["run", "web/0", "greet"]).ok();
    assert!(done.stderr.starts_with("Running operation 1 with 1 task\n  - task 2 on unit-web-0\n"), "{done:?}");
    assert!(done.stderr.ends_with(" greeting\n\n"), "{done:?}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn status_warns_of_options_that_do_not_affect_a_document() {
    let rig = deployed();
    let stderr = |args: &[&str]| rig.run(&[&["status", "--format", "yaml"], args].concat()).ok().stderr;
    assert_eq!(stderr(&["--relations"]), "provided relations option is always enabled in non tabular formats\n");
    assert_eq!(stderr(&["--storage"]), "provided storage option is always enabled in non tabular formats\n");
    assert_eq!(
        stderr(&["--relations", "--storage"]),
        "provided relations, storage options are always enabled in non tabular formats\n"
    );
    assert_eq!(stderr(&[]), "");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_s_hardware_address_is_the_same_in_status_network_get_and_the_machine() {
    let rig = deployed();
    let status = rig.status();
    let shown = status["machines"]["0"]["network-interfaces"]["eth0"]["mac-address"].as_str().unwrap();
    let network = rig.run(&["exec", "--unit", "web/0", "network-get http --format json"]).ok().stdout;
    let network: Value = serde_json::from_str(&network).unwrap();
    assert_eq!(network["bind-addresses"][0]["mac-address"], shown);
    assert_eq!(rig.read("web/0", "/sys/class/net/eth0/address").trim(), shown);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn storage_on_the_machine_has_the_size_of_its_file_system() {
    let rig = deployed();
    let status = rig.status();
    let filesystem = &status["storage"]["filesystems"]["0/0"];
    let space = rig.run(&["ssh", "web/0", "df --output=size / | tail -1"]).ok().stdout;
    assert_eq!(filesystem["size"].as_u64().unwrap(), space.trim().parse::<u64>().unwrap() / 1024);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_storage_hook_s_failure_is_named_without_the_storage() {
    let rig = deployed();
    rig.run(&["exec", "--unit", "web/0", "touch /var/tmp/trouble"]).ok();
    rig.run(&["remove-unit", "web/0", "--no-prompt"]);
    assert_eq!(rig.workload("web/0"), ("error".to_owned(), "hook failed: \"storage-detaching\"".to_owned()));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn commands_refuse_invalid_arguments_as_juju_does() {
    let rig = deployed();
    for (words, error) in [
        (["attach-resource", "web", "blob"].as_slice(), "ERROR bad resource arg \"blob\": expected name=path format\n"),
        (
            &["attach-resource", "web", "nosuch=blob.txt"],
            "ERROR failed to upload resource \"nosuch\": unrecognized resource \"nosuch\"\n",
        ),
        (
            &["attach-resource", "web", "blob=/nonexistent"],
            "ERROR failed to upload resource \"blob\": open /nonexistent: no such file or directory\n",
        ),
        (&["show-action", "web", "nosuch"], "unknown action \"nosuch\"\n"),
        (&["remove-unit", "web"], "ERROR invalid unit name \"web\"\n"),
    ] {
        let done = rig.run(words);
        assert_ne!(done.code, 0, "{words:?}");
        assert_eq!(done.stderr, error, "{words:?}");
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn resources_details_show_fetched_and_expected_resources_of_each_unit() {
    let rig = deployed();
    rig.run(&["add-unit", "web"]).ok();
    let given = json(&rig, &["resources", "web"])["resources"][0].clone();
    rig.run(&["exec", "--unit", "web/0", "resource-get blob"]).ok();
    let details = || json(&rig, &["resources", "web", "--details"])["resources"].clone();
    let before = details();
    assert_eq!((&before[0]["unitID"], &before[1]["unitID"]), (&"web/0".into(), &"web/1".into()));
    assert_eq!((&before[0]["unit"], &before[0]["expected"]), (&given, &given));
    assert_eq!((&before[1]["unit"]["name"], &before[1]["expected"]), (&"".into(), &given));
    let table = rig.run(&["resources", "web", "--details"]).ok().stdout;
    assert_eq!(
        table.lines().next().unwrap().split_whitespace().collect::<Vec<_>>(),
        ["Unit", "Resource", "Revision", "Expected"]
    );
    assert!(table.lines().nth(2).unwrap().starts_with("web/1  blob      -"), "{table}");
    // The file is replaced, but the unit has fetched only the first one.
    std::fs::write(rig.folder().join("blob.txt"), "another\n").unwrap();
    rig.run(&["attach-resource", "web", "blob=blob.txt"]).ok();
    let after = details();
    assert_eq!(after[0]["unit"], given, "{after}");
    assert_eq!(after[0]["expected"]["size"], 8, "{after}");
    let unit = json(&rig, &["resources", "web/0", "--details"]);
    assert_eq!(unit, serde_json::json!([after[0]]));
    let table = rig.run(&["resources", "web/0", "--details"]).ok().stdout;
    assert!(table.starts_with("Resource  Revision"), "{table}");
    assert_eq!(json(&rig, &["resources", "web/0"])[0]["size"], 4, "the unit's own");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_model_s_status_log_needs_no_name() {
    let rig = Rig::new();
    rig.run(&["add-model", "m"]).ok();
    let log = json(&rig, &["show-status-log", "--type", "model"]);
    assert_eq!((&log[0]["status"], &log[0]["type"], &log[1]), (&"available".into(), &"model".into(), &Value::Null));
    assert_eq!(rig.run(&["show-status-log"]).error(), "ERROR entity name is missing.");
}
