//! The choice of Juju 4.0: what charms and tests see of it.

use serde_json::Value;

use crate::rig::{CommandResult, Rig};

const METADATA: &str = "name: web\nsummary: s\ndescription: d\nprovides:\n  data: {interface: kv}\n\
                        requires:\n  store: {interface: kv}\n";
const ACTIONS: &str = "greet:\n  description: Say hello.\n  params:\n    name: {type: string}\n  required: [name]\n";
const CONFIG: &str = "options:\n  port: {type: int}\n";

/// Logs its hooks, and defines the action `greet`.
const DISPATCH: &str = r#"
case "$JUJU_DISPATCH_PATH" in
actions/*) action-set greeting="hello $(action-get name)" ;;
*) juju-log "$JUJU_VERSION $JUJU_HOOK_NAME${JUJU_SLA:+ sla}$(command -v leader-get >/dev/null && echo ' leader-get')" ;;
esac
status-set active"#;

/// Two units of a charm in a model of this version.
fn deployed(version: &str) -> Rig {
    let rig = Rig::new();
    rig.run(&["add-model", "m", "--config", &format!("agent-version={version}")]).ok();
    let charm =
        rig.charm("web", DISPATCH, &[("metadata.yaml", METADATA), ("actions.yaml", ACTIONS), ("config.yaml", CONFIG)]);
    rig.run(&["deploy", &charm, "-n", "2"]).ok();
    rig
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_model_of_juju_4_shows_its_version_and_life_and_gives_its_hooks_what_juju_4_gives() {
    let rig = deployed("4.0.15");
    let logged = rig.logged();
    assert!(logged.contains(&"4.0.15 install".to_owned()), "{logged:?}");
    assert!(!logged.iter().any(|line| line.contains("leader-settings-changed")), "{logged:?}");
    let status = rig.status();
    assert_eq!((&status["model"]["version"], &status["model"]["sla"]), (&"4.0.15".into(), &Value::Null));
    let machine = &status["machines"]["0"];
    assert_eq!((&machine["juju-status"]["version"], &machine["juju-status"]["life"]), (&Value::Null, &"alive".into()));
    assert_eq!(machine["modification-status"], serde_json::json!({}));
    let address = machine["network-interfaces"]["eth0"]["ip-addresses"][0].as_str().unwrap();
    assert!(address.ends_with("/24"), "{address}");
    let application = &status["applications"]["web"];
    assert_eq!(application["life"], "alive");
    assert_eq!(application["endpoint-bindings"]["juju-info"], "alpha");
    assert_eq!(application["units"]["web/0"]["juju-status"]["version"], "4.0.15");
    assert!(!rig.run(&["status"]).ok().stdout.contains("SLA"));
    for command in ["models", "show-model"] {
        assert!(!rig.run(&[command, "--format", "yaml"]).ok().stdout.contains("sla:"), "{command}");
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn juju_4_looks_for_an_action_first_and_checks_its_parameters_when_it_runs() {
    let rig = deployed("4.0");
    let run = |words: &[&str]| -> CommandResult { rig.run(&[["run", "web/0"].as_slice(), words].concat()) };
    let done = run(&["greet", "name=you", "--format", "json"]).ok();
    let tasks: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((&tasks["web/0"]["id"], &tasks["web/0"]["results"]["greeting"]), (&"1".into(), &"hello you".into()));
    assert_eq!(tasks["web/0"]["timing"]["completed"], Value::Null);
    assert!(done.stderr.starts_with("Running operation 0 with 1 task\n"), "{done:?}");
    let done = run(&["greet", "extra=1"]).ok();
    assert_eq!(
        done.stdout,
        "Action id 3 failed: cannot run \"greet\" action: validation failed: (root) : \"name\" property is missing and \
         required, given {\"extra\":1}; (root) : additional property \"extra\" is not allowed, given {\"extra\":1}\n"
    );
    assert_eq!(run(&["nope"]).error(), "ERROR action \"nope\" not defined for unit \"web/0\". (not found)");
    let done = rig.run(&["run", "web/99", "greet"]).ok();
    assert_eq!(
        done.stderr,
        "\nOperation 4 failed to schedule any tasks:\nlinking task to unit: getting unit UUID for \"web/99\": unit \
         \"web/99\" not found\n"
    );
    assert!(run(&["greet", "name=you"]).ok().stderr.contains("task 7 on"), "the task that could not be was number 5");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn commands_refuse_in_the_words_of_juju_4() {
    let rig = deployed("4.0");
    for (words, error) in [
        (["config", "web", "port=x"].as_slice(), "option \"port\" expected int, got \"x\""),
        (&["config", "web", "nope=1"], "invalid application config: unknown option \"nope\""),
        (
            &["integrate", "web", "nope"],
            "adding relation between endpoints \"web\" and \"nope\": cannot relate endpoints \"web\" and \"nope\": no \
             candidates for nope: relation endpoint not found",
        ),
        (
            &["integrate", "web", "web:nope"],
            "adding relation between endpoints \"web\" and \"web:nope\": cannot relate endpoints \"web\" and \"web:nope\": \
             no candidates for web:nope: relation endpoint not found",
        ),
        (
            &["remove-relation", "web:data", "web:store"],
            "relation with endpoints [web:data web:store] or id 0 not found",
        ),
        (&["remove-relation", "7"], "relation with endpoints [] or id 7 not found"),
        (&["config", "nope"], "application nope not found"),
        (&["constraints", "nope"], "application nope not found"),
        (&["show-application", "nope"], "application nope not found"),
        (&["show-unit", "web/9"], "unit web/9 not found"),
        (&["remove-unit", "web/9", "--no-prompt"], "removing unit web/9 failed: unit \"web/9\" not found"),
        (&["remove-unit", "nope/0", "--no-prompt"], "removing unit nope/0 failed: application nope not found"),
        (&["show-storage", "data/9"], "storage instance \"data/9\" not found"),
        (&["show-operation", "9"], "operation \"9\" not found"),
        (&["show-task", "9"], "id not found"),
        (&["add-model", "m", "--config", "agent-version=4.0"], "model admin/m already exists"),
    ] {
        assert_eq!(rig.run(words).error(), format!("ERROR {error}"), "{words:?}");
    }
    let error = rig.run(&["resolved", "web/0"]).error();
    assert!(error.starts_with("ERROR checking unit \""), "{error}");
    assert!(error.ends_with("\" status: unit is not in error state"), "{error}");
    let done = rig.run(&["cancel-task", "9"]).ok();
    assert_eq!(
        (&*done.stdout, &*done.stderr),
        ("", "WARNING The following tasks could not be canceled:\ntask: 9, error: \n\n")
    );
    for (command, error) in [("remove-storage", "failed to remove"), ("detach-storage", "failed to detach")] {
        let stderr = rig.run(&[command, "data/9"]).stderr;
        assert_eq!(stderr, format!("{error} data/9: storage \"data/9\" does not exist\n"));
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn models_of_both_versions_coexist_and_show_unit_shows_each_its_side() {
    let rig = Rig::new();
    let files = [("metadata.yaml", &*format!("{METADATA}peers:\n  crew: {{interface: crew}}\n"))];
    for (model, version, shared, private) in [("old", "3.6", "two/0", true), ("new", "4.0", "one/0", false)] {
        rig.run(&["add-model", model, "--config", &format!("agent-version={version}")]).ok();
        let dispatch = "case $JUJU_HOOK_NAME in *-relation-created) relation-set --app from=$JUJU_UNIT_NAME ;; esac";
        let charm = rig.charm("web", dispatch, &files);
        rig.run(&["deploy", &charm, "one"]).ok();
        rig.run(&["deploy", &charm, "two"]).ok();
        rig.run(&["integrate", "one:store", "two:data"]).ok();
        rig.run(&["integrate", "one:data", "two:store"]).ok();
        let shown = rig.run(&["show-unit", "one/0", "--format", "json"]).ok().stdout;
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let relations = shown["one/0"]["relation-info"].as_array().unwrap();
        // Juju 3.6 sorts by ID, Juju 4 by role first: providers, requirers, peers.
        let order: Vec<&str> = relations.iter().map(|one| one["endpoint"].as_str().unwrap()).collect();
        let expected = if version == "3.6" { ["crew", "store", "data"] } else { ["data", "store", "crew"] };
        assert_eq!(order, expected, "{version}");
        let relation = relations.iter().find(|one| one["endpoint"] == "data").unwrap();
        assert_eq!(relation["application-data"]["from"], shared, "{version}: {relation}");
        assert_eq!(relation["related-units"]["two/0"]["data"]["private-address"].is_string(), private, "{version}");
    }
    assert!(rig.run(&["status", "-m", "old"]).ok().stdout.contains("SLA"));
    assert!(rig.run(&["show-model", "old"]).ok().stdout.contains("sla: unsupported"));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_charm_is_refused_by_a_version_that_it_does_not_assume() {
    let rig = Rig::new();
    let metadata = format!("{METADATA}assumes: [juju >= 4]\n");
    let charm = rig.charm("web", "true", &[("metadata.yaml", &metadata)]);
    rig.run(&["add-model", "old"]).ok();
    let refused = rig.run(&["deploy", &charm]);
    assert_eq!(refused.code, 1);
    let reason =
        "ERROR Charm cannot be deployed because:\n  - charm requires Juju version >= 4.0.0, model has version 3.6.12\n";
    assert!(refused.stderr.starts_with(reason), "{refused:?}");
    assert_eq!(rig.status()["applications"].as_object().map(serde_json::Map::len), Some(0));
    rig.run(&["add-model", "new", "--config", "agent-version=4.0"]).ok();
    rig.run(&["deploy", &charm]).ok();
}

#[test]
#[ignore = "needs root: it starts machines"]
fn the_version_is_chosen_by_the_environment_by_bootstrap_or_for_one_model() {
    let rig = Rig::new();
    let version = |rig: &Rig| rig.run(&["version"]).ok().stdout;
    assert!(version(&rig).starts_with("3.6.12-"), "{}", version(&rig));
    rig.run(&["bootstrap", "localhost", "--agent-version", "4.0"]).ok();
    assert!(version(&rig).starts_with("4.0.15-"), "{}", version(&rig));
    rig.run(&["add-model", "new"]).ok();
    assert_eq!(rig.status()["model"]["version"], "4.0.15");
    let mut old = rig.command(&["add-model", "old"]);
    assert!(old.env("MINIJUJU_JUJU", "3.6").output().unwrap().status.success());
    assert_eq!(rig.run(&["model-config", "agent-version", "-m", "old"]).ok().stdout, "3.6.12\n");
    let mut bad = rig.command(&["add-model", "bad"]);
    let bad = bad.env("MINIJUJU_JUJU", "5").output().unwrap();
    let known = "is not known: it may be 3.6 or 4.0, with a third number or without\n";
    assert_eq!(String::from_utf8_lossy(&bad.stderr), format!("ERROR MINIJUJU_JUJU: Juju version \"5\" {known}"));
    let error = rig.run(&["add-model", "bad", "--config", "agent-version=5"]).error();
    assert_eq!(format!("{error}\n"), format!("ERROR Juju version \"5\" {known}"));
    let error = rig.run(&["bootstrap", "localhost", "--agent-version", "5"]);
    assert!(error.code != 0 && error.stderr.contains("Juju version \"5\" is not known"), "{error:?}");
    let models = rig.run(&["models", "--format", "json"]).ok().stdout;
    assert!(!models.contains("\"bad\""), "{models}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn juju_4_mounts_storage_without_a_location_in_a_folder_with_a_uuid() {
    let rig = Rig::new();
    let metadata = format!(
        "{METADATA}storage:\n  cache: {{type: filesystem, multiple: {{range: 0-2}}}}\n  \
         logs: {{type: filesystem, multiple: {{range: 1-}}, location: /srv/logs}}\n  \
         data: {{type: filesystem, location: /srv/data}}\n"
    );
    let charm = rig.charm("web", "true", &[("metadata.yaml", &metadata)]);
    for (version, by_uuid) in [("3.6", false), ("4.0", true)] {
        let model = format!("m{}", &version[..1]);
        rig.run(&["add-model", &model, "--config", &format!("agent-version={version}")]).ok();
        rig.run(&["deploy", &charm, "--storage", "cache=1"]).ok();
        let place = |id: &str| {
            let location = rig.run(&["exec", "--unit", "web/0", &format!("storage-get -s {id} location")]).ok().stdout;
            let location = location.trim().to_owned();
            rig.run(&["ssh", "web/0", &format!("test -d {location}")]).ok();
            location
        };
        assert_eq!(place("data/1"), "/srv/data");
        for (id, folder) in [("cache/0", "/var/lib/juju/storage"), ("logs/2", "/srv/logs")] {
            let found = place(id);
            let last = found.strip_prefix(folder).unwrap().to_owned();
            let lengths: Vec<usize> = last.trim_start_matches('/').split('-').map(str::len).collect();
            if by_uuid {
                assert_eq!(lengths, [8, 4, 4, 4, 12], "{found}");
            } else {
                assert_eq!(last, format!("/{id}"));
            }
        }
        let refused = rig.run(&["add-storage", "web/0", "nope"]).stderr;
        let too_many = rig.run(&["add-storage", "web/0", "cache=2"]).stderr;
        let (unknown, most) = if by_uuid {
            (
                "storage name \"nope\" not supported by charm",
                "storage directive \"cache\" request count 3 exceeds the charm's maximum count of 2",
            )
        } else {
            (
                "charm storage \"nope\" not found",
                "attaching 2 storage instances brings the total to 3, exceeding the maximum of 2",
            )
        };
        assert_eq!(refused, format!("failed to add storage \"nope\" to web/0: {unknown}\n"));
        assert_eq!(too_many, format!("failed to add storage \"cache\" to web/0: {most}\n"));
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_model_keeps_its_version_when_the_version_of_new_models_changes() {
    let rig = deployed("4.0.15");
    let mut old = rig.command(&["run", "web/0", "greet", "name=you", "--format", "json"]);
    let done = old.env("MINIJUJU_JUJU", "3.6").output().unwrap();
    let tasks: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&tasks["web/0"]["id"], &tasks["web/0"]["timing"]["completed"]), (&"1".into(), &Value::Null));
    let mut status = rig.command(&["status", "--format", "json"]);
    let status = status.env("MINIJUJU_JUJU", "3.6").output().unwrap();
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["model"]["version"], "4.0.15");
    // What is not about a model has the client's version.
    let mut version = rig.command(&["version"]);
    assert!(String::from_utf8_lossy(&version.env("MINIJUJU_JUJU", "3.6").output().unwrap().stdout).starts_with("3.6."));
}
