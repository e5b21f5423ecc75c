//! Relations: hooks on both sides, databags, peers and subordinates.

use serde_json::Value;

use crate::rig::Rig;

/// Logs which hook runs, and its remote unit.
const LOG_HOOK: &str = r#"juju-log "$JUJU_UNIT_NAME $JUJU_HOOK_NAME $JUJU_REMOTE_UNIT" "#;

const DB: &str = "name: db\nsummary: s\ndescription: d\nprovides:\n  data: {interface: kv}\n";
const WEB: &str = "name: web\nsummary: s\ndescription: d\nrequires:\n  store: {interface: kv}\n";

/// A unit's log: hooks and remote units, without the unit's own name.
fn messages_of(logged: &[String], unit: &str) -> Vec<String> {
    // In a relation hook, Juju prefixes messages with the relation.
    let messages = logged.iter().map(|line| line.split_once(": ").map_or(line.as_str(), |(_, message)| message));
    let messages = messages.filter_map(|message| message.strip_prefix(&format!("{unit} ")));
    messages.map(|message| message.trim().to_owned()).collect()
}

#[test]
#[ignore = "needs root: it starts machines"]
fn both_sides_run_a_relation_s_hooks_in_jujus_order_and_read_each_others_data() {
    let rig = Rig::new();
    let provider = format!(
        r"{LOG_HOOK}
        case $JUJU_HOOK_NAME in
        data-relation-created) relation-set --app version=16 ;;
        data-relation-joined) relation-set host=h-$JUJU_REMOTE_UNIT ;;
        esac"
    );
    let requirer = format!(
        r#"{LOG_HOOK}
        case $JUJU_HOOK_NAME in
        store-relation-changed) status-set active "$(relation-get host db/0)/$(relation-get --app version)" ;;
        store-relation-broken) status-set waiting gone ;;
        esac"#
    );
    rig.run(&["deploy", &rig.charm("db", &provider, &[("metadata.yaml", DB)])]).ok();
    rig.run(&["deploy", &rig.charm("web", &requirer, &[("metadata.yaml", WEB)])]).ok();
    rig.run(&["integrate", "web", "db:data"]).ok();
    let logged = rig.logged();
    assert_eq!(
        messages_of(&logged, "db/0")[4..],
        ["data-relation-created", "data-relation-joined web/0", "data-relation-changed web/0",]
    );
    let web = messages_of(&logged, "web/0")[4..].to_vec();
    assert_eq!(web[0], "store-relation-created");
    assert!(web.contains(&"store-relation-joined db/0".to_owned()), "{web:?}");
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), "h-web/0/16".to_owned()));

    let shown: Value = serde_json::from_str(&rig.run(&["show-unit", "web/0", "--format", "json"]).ok().stdout).unwrap();
    let relation = &shown["web/0"]["relation-info"][0];
    assert_eq!(relation["application-data"]["version"], "16");
    assert_eq!(relation["related-units"]["db/0"]["data"]["host"], "h-web/0");
    assert_eq!(relation["local-unit"], serde_json::json!({"in-scope": false, "data": null}));
    let status = rig.status();
    assert_eq!(status["applications"]["web"]["relations"]["store"][0]["related-application"], "db");
    let repeated = rig.run(&["integrate", "web", "db"]);
    assert_eq!(
        (repeated.code, repeated.stderr.as_str()),
        (
            1,
            "ERROR cannot add relation \"web:store db:data\"\nrelation web:store db:data: \n\n\
             Use 'juju status --relations' to view the current relations.\n"
        )
    );
    assert_eq!(rig.run(&["integrate", "web", "web"]).error(), "ERROR no relations found");

    let before = rig.logged().len();
    rig.run(&["remove-relation", "web", "db"]).ok();
    let after = rig.logged()[before..].to_vec();
    assert_eq!(messages_of(&after, "web/0"), ["store-relation-departed db/0", "store-relation-broken"]);
    assert_eq!(messages_of(&after, "db/0"), ["data-relation-departed web/0", "data-relation-broken"]);
    assert_eq!(rig.workload("web/0").1, "gone");
    assert_eq!(rig.status()["applications"]["web"]["relations"], Value::Null);
    assert!(rig.run(&["remove-relation", "web", "db"]).error().contains("not found"));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_hook_that_fails_changes_no_databag() {
    let rig = Rig::new();
    let provider = r"case $JUJU_HOOK_NAME in
        data-relation-joined) relation-set host=early; [ -f /srv/minijuju-test-fixed ] || exit 1; relation-set host=late ;;
        esac";
    let requirer =
        r#"[ "$JUJU_HOOK_NAME" = store-relation-changed ] && status-set active "$(relation-get host)"; exit 0"#;
    rig.run(&["deploy", &rig.charm("db", provider, &[("metadata.yaml", DB)])]).ok();
    rig.run(&["deploy", &rig.charm("web", requirer, &[("metadata.yaml", WEB)])]).ok();
    rig.run(&["integrate", "web", "db"]).ok();
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), String::new()));
    assert_eq!(rig.workload("db/0").1, r#"hook failed: "data-relation-joined" for web:store"#);
    rig.run(&["ssh", "db/0", "sudo touch /srv/minijuju-test-fixed"]).ok();
    rig.run(&["resolved", "db/0"]).ok();
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), "late".to_owned()));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn peers_run_hooks_when_a_peer_joins_or_departs() {
    let rig = Rig::new();
    let metadata = "name: web\nsummary: s\ndescription: d\npeers:\n  cluster: {interface: web}\n";
    let dispatch = format!(
        r#"{LOG_HOOK}; status-set active "$(relation-list -r "$(relation-ids cluster)" | sort | tr '\n' ' ')"; exit 0"#
    );
    rig.run(&["deploy", &rig.charm("web", &dispatch, &[("metadata.yaml", metadata)])]).ok();
    assert_eq!(
        messages_of(&rig.logged(), "web/0"),
        ["install", "cluster-relation-created", "leader-elected", "config-changed", "start",]
    );
    rig.run(&["add-unit", "web", "-n", "2"]).ok();
    assert_eq!(rig.workload("web/0").1, "web/1 web/2 ");
    assert_eq!(rig.workload("web/2").1, "web/0 web/1 ");
    rig.run(&["remove-unit", "--no-prompt", "web/1"]).ok();
    assert_eq!(rig.workload("web/0").1, "web/2 ");
    let logged = rig.logged();
    assert!(messages_of(&logged, "web/0").contains(&"cluster-relation-departed web/1".to_owned()), "{logged:?}");
    let leaving = messages_of(&logged, "web/1");
    let end = &leaving[leaving.len() - 2..];
    assert_eq!(end, ["stop", "remove"]);
    rig.run(&["remove-application", "--no-prompt", "web"]).ok();
    rig.assert_nothing_left();
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_subordinate_runs_beside_its_principal_and_is_removed_with_it() {
    let rig = Rig::new();
    let principal = "name: web\nsummary: s\ndescription: d\n";
    let subordinate = "name: agent\nsummary: s\ndescription: d\nsubordinate: true\nrequires:\n  \
                       host: {interface: juju-info, scope: container}\n";
    rig.run(&[
        "deploy",
        &rig.charm("web", &format!("{LOG_HOOK}; status-set active"), &[("metadata.yaml", principal)]),
        "-n",
        "2",
    ])
    .ok();
    let dispatch = format!(r#"{LOG_HOOK}; hostname > /srv/agent; status-set active "beside $JUJU_PRINCIPAL_UNIT""#);
    rig.run(&["deploy", &rig.charm("agent", &dispatch, &[("metadata.yaml", subordinate)])]).ok();
    assert_eq!(rig.status()["applications"]["agent"]["units"], Value::Null);
    rig.run(&["integrate", "agent", "web"]).ok();
    let status = rig.status();
    let below = status["applications"]["web"]["units"]["web/1"]["subordinates"].as_object().unwrap();
    let (_, unit) = below.iter().next().unwrap();
    assert_eq!(unit["workload-status"]["message"], "beside web/1");
    assert_eq!(status["applications"]["agent"]["subordinate-to"], serde_json::json!(["web"]));
    assert_eq!(rig.read("web/0", "/srv/agent"), rig.run(&["ssh", "web/0", "hostname"]).ok().stdout);

    rig.run(&["remove-unit", "--no-prompt", "web/0"]).ok();
    let logged = rig.logged();
    assert!(
        messages_of(&logged, "agent/0").contains(&"stop".to_owned())
            || messages_of(&logged, "agent/1").contains(&"stop".to_owned()),
        "{logged:?}"
    );
    rig.run(&["remove-application", "--no-prompt", "web", "agent"]).ok();
    assert_eq!(rig.status()["applications"].as_object().map(serde_json::Map::len), Some(0), "{:?}", rig.status());
    rig.assert_nothing_left();
}

#[test]
#[ignore = "needs root: it starts machines"]
fn hook_commands_answer_from_the_model() {
    let rig = Rig::new();
    let look = r#"
        [ "$JUJU_HOOK_NAME" = update-status ] || { open-port 80-82/tcp; status-set active ready; exit 0; }
        {
            network-get store --ingress-address
            network-get store --bind-address
            unit-get private-address
            opened-ports
            relation-ids store
            relation-list -r "$(relation-ids store)"
            relation-get -r "$(relation-ids store)" --app - db
            relation-model-get -r "$(relation-ids store)"
        } > /srv/seen
        goal-state --format json > /srv/goal
        is-leader --format json"#;
    let provider =
        r#"[ "$JUJU_HOOK_NAME" = data-relation-created ] && relation-set --app key=value; status-set active up"#;
    rig.run(&["deploy", &rig.charm("db", provider, &[("metadata.yaml", DB)])]).ok();
    rig.run(&["deploy", &rig.charm("web", look, &[("metadata.yaml", WEB)])]).ok();
    rig.run(&["integrate", "web", "db"]).ok();
    rig.run(&["fire", "web/0", "update-status"]).ok();
    let address = rig.unit("web/0")["public-address"].as_str().unwrap().to_owned();
    let seen = rig.read("web/0", "/srv/seen");
    let lines: Vec<&str> = seen.lines().collect();
    assert_eq!(lines[..7], [&address, &address, &address, "80-82/tcp", "store:0", "db/0", "key: value"]);
    assert!(lines[7].starts_with("uuid: "), "{lines:?}");
    let goal: Value = serde_json::from_str(&rig.read("web/0", "/srv/goal")).unwrap();
    assert_eq!(goal["units"]["web/0"]["status"], "active");
    assert_eq!(goal["relations"]["store"]["db"]["status"], "joined");
    assert_eq!(goal["relations"]["store"]["db/0"]["status"], "active");
    assert_eq!(rig.unit("web/0")["open-ports"], serde_json::json!(["80-82/tcp"]));
    rig.run(&["add-unit", "db"]).ok();
    let get = "relation-get --format smart -r data:0 ingress-address db/1";
    let asked = rig.run(&["exec", "--unit", "db/0", "--", get]).ok().stdout;
    assert_eq!(asked.trim(), rig.unit("db/1")["public-address"].as_str().unwrap(), "a unit of its own application");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_dying_unit_does_not_list_relations_that_it_has_left() {
    let rig = Rig::new();
    let db = "name: db\nsummary: s\ndescription: d\nprovides:\n  data: {interface: kv}\n";
    let web = "name: web\nsummary: s\ndescription: d\nrequires:\n  store: {interface: kv}\n";
    let dispatch = r#"juju-log "$JUJU_HOOK_NAME of $JUJU_UNIT_NAME: [$(relation-ids store)]"; exit 0"#;
    rig.run(&["deploy", &rig.charm("db", "exit 0", &[("metadata.yaml", db)])]).ok();
    rig.run(&["deploy", &rig.charm("web", dispatch, &[("metadata.yaml", web)]), "-n", "2"]).ok();
    rig.run(&["integrate", "web", "db"]).ok();
    rig.run(&["remove-unit", "web/1", "--no-prompt"]).ok();
    let logged = rig.logged();
    let of = |hook: &str| logged.iter().find(|line| line.contains(&format!("{hook} of web/1: "))).cloned();
    assert!(of("store-relation-created").is_some_and(|line| line.ends_with("[store:0]")), "{logged:?}");
    for hook in ["stop", "remove"] {
        assert_eq!(of(hook), Some(format!("{hook} of web/1: []")), "{logged:?}");
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_leader_s_successor_runs_the_hook_about_its_departure_before_it_leads() {
    let rig = Rig::new();
    let metadata = "name: web\nsummary: s\ndescription: d\npeers:\n  cluster: {interface: web}\n";
    let dispatch = r#"juju-log "$JUJU_UNIT_NAME $JUJU_HOOK_NAME leads=$(is-leader)"; exit 0"#;
    rig.run(&["deploy", &rig.charm("web", dispatch, &[("metadata.yaml", metadata)]), "-n", "2"]).ok();
    let before = rig.logged().len();
    rig.run(&["remove-unit", "--no-prompt", "web/0"]).ok();
    let after = rig.logged()[before..].to_vec();
    assert_eq!(messages_of(&after, "web/1"), ["cluster-relation-departed leads=False", "leader-elected leads=True"]);
    assert_eq!(rig.unit("web/1")["leader"], true);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_unit_in_error_does_not_keep_the_others_from_leading() {
    let rig = Rig::new();
    let metadata = "name: web\nsummary: s\ndescription: d\npeers:\n  cluster: {interface: web}\n";
    let dispatch = r#"[ "$JUJU_UNIT_NAME $JUJU_HOOK_NAME" != "web/1 cluster-relation-departed" ]"#;
    rig.run(&["deploy", &rig.charm("web", dispatch, &[("metadata.yaml", metadata)]), "-n", "2"]).ok();
    rig.run(&["remove-unit", "--no-prompt", "web/0"]).ok();
    assert_eq!(rig.workload("web/1").1, r#"hook failed: "cluster-relation-departed""#);
    assert_eq!(rig.unit("web/1")["leader"], true);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_unit_of_a_subordinate_is_removed_only_with_its_relation() {
    let rig = Rig::new();
    let subordinate = "name: agent\nsummary: s\ndescription: d\nsubordinate: true\nrequires:\n  \
                       host: {interface: juju-info, scope: container}\n";
    rig.run(&["deploy", &rig.charm("web", "exit 0", &[])]).ok();
    rig.run(&["deploy", &rig.charm("agent", "exit 0", &[("metadata.yaml", subordinate)])]).ok();
    rig.run(&["integrate", "agent", "web"]).ok();
    assert_eq!(
        rig.run(&["remove-unit", "--no-prompt", "agent/0"]).error(),
        "ERROR removing unit agent/0 failed: unit \"agent/0\" is a subordinate, to remove use remove-relation. Note: this \
         will remove all units of \"agent\""
    );
    // Of several units, those that can be removed are, but none of those that Juju would ask about.
    let asked = rig.run(&["remove-unit", "--dry-run", "agent/0", "web/0"]);
    assert_eq!((asked.code, asked.stdout.as_str()), (1, ""));
    let below = &rig.status()["applications"]["web"]["units"]["web/0"]["subordinates"];
    assert!(below["agent/0"].is_object(), "{below}");
    rig.run(&["remove-relation", "agent", "web"]).ok();
    assert_eq!(rig.status()["applications"]["web"]["units"]["web/0"]["subordinates"], Value::Null);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn show_unit_shows_the_data_of_peers_and_of_present_units() {
    let rig = Rig::new();
    let db =
        "name: db\nsummary: s\ndescription: d\nprovides:\n  data: {interface: kv}\npeers:\n  cluster: {interface: p}\n";
    rig.run(&["deploy", &rig.charm("db", "exit 0", &[("metadata.yaml", db)]), "-n", "2"]).ok();
    rig.run(&["deploy", &rig.charm("web", "exit 0", &[("metadata.yaml", WEB)])]).ok();
    rig.run(&["integrate", "web", "db"]).ok();
    let shown = |unit: &str, endpoint: &str| -> Value {
        let shown = rig.run(&["show-unit", unit, "--endpoint", endpoint, "--format", "json"]).ok().stdout;
        serde_json::from_str::<Value>(&shown).unwrap()[unit]["relation-info"][0].take()
    };
    let peers = shown("db/0", "cluster");
    assert!(peers["local-unit"]["data"]["ingress-address"].is_string(), "{peers}");
    assert_eq!(peers["related-units"].as_object().unwrap().keys().collect::<Vec<_>>(), ["db/1"]);
    assert_eq!(shown("web/0", "store")["related-units"].as_object().unwrap().len(), 2);
    rig.run(&["remove-unit", "--no-prompt", "db/1"]).ok();
    let store = shown("web/0", "store");
    assert_eq!(store["related-units"].as_object().unwrap().keys().collect::<Vec<_>>(), ["db/0"]);
    assert_eq!(store["local-unit"], serde_json::json!({"in-scope": false, "data": null}));
    let missing = rig.run(&["show-unit", "web/7", "web/0", "web/8"]);
    assert_eq!(
        (missing.stdout.as_str(), missing.stderr.as_str()),
        ("{}\n", "ERROR unit \"web/7\" not found\nunit \"web/8\" not found\n")
    );
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_relation_hook_s_failure_names_the_other_side() {
    let rig = Rig::new();
    let requirer = r#"[ "$JUJU_HOOK_NAME" != store-relation-created ]"#;
    rig.run(&["deploy", &rig.charm("db", "exit 0", &[("metadata.yaml", DB)])]).ok();
    rig.run(&["deploy", &rig.charm("web", requirer, &[("metadata.yaml", WEB)])]).ok();
    rig.run(&["integrate", "web", "db"]).ok();
    assert_eq!(rig.workload("web/0").1, r#"hook failed: "store-relation-created" for db:data"#);
}
