//! Relations across models: an offer in one, a consumer in another.

use serde_json::Value;

use crate::rig::Rig;

const DB: &str = "name: db\nsummary: s\ndescription: A database.\nprovides:\n  data: {interface: kv}\n  \
                  local: {interface: kv, scope: container}\n";
const WEB: &str = "name: web\nsummary: s\ndescription: d\nrequires:\n  store: {interface: kv}\n";

/// Grants a secret to related applications, and shares the option `word`.
const PROVIDER: &str = r#"juju-log "$JUJU_HOOK_NAME $JUJU_REMOTE_APP $JUJU_REMOTE_UNIT $JUJU_DEPARTING_UNIT"
    case $JUJU_HOOK_NAME in
    data-relation-created)
        id=$(secret-add password=first --label creds)
        secret-grant "$id" -r "$JUJU_RELATION_ID"
        relation-set --app secret="$id" word="$(config-get word)" ;;
    data-relation-changed) status-set active "$(relation-get hello "$JUJU_REMOTE_UNIT")" ;;
    config-changed)
        for id in $(relation-ids data); do
            relation-set -r "$id" --app word="$(config-get word)"
            secret-set "$(secret-info-get --label creds | head -n1 | tr -d :)" password="$(config-get word)"
        done ;;
    secret-remove) secret-remove "$JUJU_SECRET_ID" --revision "$JUJU_SECRET_REVISION" ;;
    esac; exit 0"#;

/// Reads both.
const REQUIRER: &str = r#"juju-log "$JUJU_HOOK_NAME $JUJU_REMOTE_APP $JUJU_REMOTE_UNIT $JUJU_SECRET_LABEL"
    case $JUJU_HOOK_NAME in
    store-relation-created) relation-set hello="from $JUJU_UNIT_NAME" ;;
    store-relation-changed|secret-changed)
        id=$(relation-get -r "$(relation-ids store)" --app secret sql)
        word=$(relation-get -r "$(relation-ids store)" --app word sql)
        [ -z "$id" ] || status-set active "$word $(secret-get "$id" --label mine --refresh password)" ;;
    store-relation-broken) status-set blocked broken ;;
    esac; exit 0"#;

/// `db` in the model `there`, which offers it, and `web` in the current model `here`.
fn deployed_with_offer() -> Rig {
    let rig = Rig::new();
    let options = ("config.yaml", "options:\n  word: {type: string, default: one}\n");
    rig.run(&["add-model", "there"]).ok();
    rig.run(&["deploy", &rig.charm("db", PROVIDER, &[("metadata.yaml", DB), options])]).ok();
    let stderr = rig.run(&["offer", "there.db:data", "kept"]).ok().stderr;
    assert!(stderr.contains("Application \"db\" endpoints [data] available at \"admin/there.kept\""), "{stderr}");
    rig.run(&["add-model", "here"]).ok();
    rig.run(&["deploy", &rig.charm("web", REQUIRER, &[("metadata.yaml", WEB)])]).ok();
    rig
}

/// The status of a model, as JSON.
fn status(rig: &Rig, model: &str) -> Value {
    serde_json::from_str(&rig.run(&["status", "-m", model, "--format", "json"]).ok().stdout).unwrap()
}

fn message(rig: &Rig, model: &str, unit: &str) -> String {
    let application = unit.split('/').next().unwrap();
    status(rig, model)["applications"][application]["units"][unit]["workload-status"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn logged(rig: &Rig, model: &str) -> Vec<String> {
    let log = rig.run(&["debug-log", "-m", model, "--replay", "--no-tail", "--level", "INFO"]).ok().stdout;
    let messages = log.lines().filter_map(|line| Some(line.split_once(".juju-log ")?.1));
    // In a relation hook, Juju prefixes messages with the relation.
    messages.map(|message| message.split_once(": ").map_or(message, |(_, message)| message).to_owned()).collect()
}

#[test]
#[ignore = "needs root: it starts machines"]
fn both_sides_exchange_data_until_the_relation_ends() {
    let rig = deployed_with_offer();
    let stderr = rig.run(&["consume", "there.kept", "sql"]).ok().stderr;
    assert!(stderr.contains("Added admin/there.kept as sql"), "{stderr}");
    assert_eq!(status(&rig, "here")["application-endpoints"]["sql"]["application-status"]["current"], "unknown");
    rig.run(&["integrate", "web", "sql"]).ok();
    assert_eq!(message(&rig, "here", "web/0"), "one first");
    assert_eq!(message(&rig, "there", "db/0"), "from web/0");

    let there = status(&rig, "there");
    assert_eq!(there["offers"]["kept"]["active-connected-count"], 1);
    assert_eq!(there["offers"]["kept"]["endpoints"]["data"]["role"], "provider");
    assert_eq!(there["applications"]["db"]["relations"], Value::Null, "as on Juju");
    let here = status(&rig, "here");
    assert_eq!(here["applications"]["web"]["relations"]["store"][0]["related-application"], "sql");
    assert_eq!(here["application-endpoints"]["sql"]["url"], "minijuju:admin/there.kept");
    assert_eq!(here["application-endpoints"]["sql"]["relations"]["data"][0], "web");
    assert_eq!(here["application-endpoints"]["sql"]["application-status"]["message"], "from web/0");
    let hooks = logged(&rig, "there");
    let created = hooks.iter().find_map(|hook| hook.strip_prefix("data-relation-created ")).unwrap();
    let proxy = created.trim();
    assert!(proxy.strip_prefix("remote-").is_some_and(|hex| hex.len() == 32), "{hooks:?}");
    assert!(hooks.contains(&format!("data-relation-joined {proxy} {proxy}/0 ")), "{hooks:?}");
    assert!(logged(&rig, "here").contains(&"store-relation-joined sql sql/0 ".to_owned()));
    let unit = rig.run(&["show-unit", "-m", "there", "db/0"]).ok().stdout;
    for text in ["cross-model: true", "related-endpoint: store", &format!("{proxy}/0:"), "hello: from web/0"] {
        assert!(unit.contains(text), "{text} in {unit}");
    }

    // One hook of the other model both creates a revision of the secret and changes the databag.
    rig.run(&["config", "-m", "there", "db", "word=two"]).ok();
    assert_eq!(message(&rig, "here", "web/0"), "two two");
    assert!(logged(&rig, "here").contains(&"secret-changed   mine".to_owned()), "{:?}", logged(&rig, "here"));
    assert!(logged(&rig, "there").iter().any(|hook| hook.starts_with("secret-remove")), "nobody reads the first");

    let offers = rig.run(&["offers", "-m", "there"]).ok().stdout;
    let line = offers.lines().nth(1).unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(&line[..7], ["kept", "admin", "0", "joined", "data", "kv", "provider"], "{offers}");
    assert!(line[7].ends_with("/32"), "{offers}");
    assert_eq!(
        rig.run(&["remove-offer", "there.kept"]).error(),
        "ERROR cannot delete application offer \"kept\": offer has 1 relation"
    );
    let refused = rig.run(&["remove-application", "-m", "there", "db", "--no-prompt"]);
    assert!(refused.code == 1 && refused.stderr.contains("application is used by 1 consumer"), "{refused:?}");

    rig.run(&["remove-relation", "web", "sql"]).ok();
    assert_eq!(message(&rig, "here", "web/0"), "broken");
    let hooks = logged(&rig, "there");
    assert!(hooks.contains(&format!("data-relation-departed {proxy} {proxy}/0 {proxy}/0")), "{hooks:?}");
    assert!(hooks.contains(&format!("data-relation-broken {proxy}  ")), "{hooks:?}");
    assert_eq!(status(&rig, "there")["offers"]["kept"]["total-connected-count"], Value::Null);

    rig.run(&["remove-offer", "there.kept"]).ok();
    let sql = &status(&rig, "here")["application-endpoints"]["sql"];
    assert_eq!(sql["application-status"]["current"], "terminated");
    assert!(sql["application-status"]["since"].as_str().is_some_and(|since| !since.is_empty()), "{sql}");
    let refused = rig.run(&["integrate", "web", "sql"]).error();
    assert!(refused.contains("Offer \"sql\" has been removed from the remote model."), "{refused}");
    rig.run(&["remove-saas", "sql"]).ok();
    assert_eq!(status(&rig, "here")["application-endpoints"], Value::Null);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn integrate_takes_the_url_of_an_offer_and_remove_offer_force_removes_the_relation() {
    let rig = deployed_with_offer();
    rig.run(&["integrate", "web:store", "admin/there.kept", "--via", "192.0.2.0/24"]).ok();
    assert_eq!(message(&rig, "there", "db/0"), "from web/0");
    let unit = rig.run(&["show-unit", "-m", "there", "db/0"]).ok().stdout;
    assert!(unit.contains("egress-subnets: 192.0.2.0/24"), "{unit}");
    assert!(rig.run(&["offers", "-m", "there"]).ok().stdout.contains("192.0.2.0/24"));
    let error = rig.run(&["integrate", "web", "there.kept"]).error();
    assert!(error.contains("cannot add relation \"web:store kept:data\""), "{error}");
    rig.run(&["remove-offer", "there.kept", "--force", "-y"]).ok();
    assert_eq!(message(&rig, "here", "web/0"), "broken");
    assert_eq!(status(&rig, "there")["offers"], Value::Null);
}

/// The hooks that a model's units ran since, without the data that goes with them.
fn since(rig: &Rig, model: &str, before: usize) -> Vec<String> {
    let hooks = logged(rig, model).split_off(before);
    hooks.iter().map(|hook| hook.split(' ').next().unwrap_or_default().to_owned()).collect()
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_suspended_relation_breaks_on_both_sides_until_it_is_resumed() {
    let rig = deployed_with_offer();
    let stderr = rig.run(&["integrate", "web", "there.kept"]).ok().stderr;
    assert!(stderr.contains("✓ there: db/0 data-relation-joined (remote-"), "{stderr}");
    assert!(stderr.contains("✓ web/0 store-relation-joined (kept/0)"), "{stderr}");
    let (here, there) = (logged(&rig, "here").len(), logged(&rig, "there").len());
    let refused = rig.run(&["suspend-relation", "0"]).error();
    let reason = "cannot set suspend status for \"web:store kept:data\" which is not associated with an offer";
    assert_eq!(refused, format!("ERROR {reason}"));
    assert_eq!(rig.run(&["suspend-relation", "-m", "there", "7"]).error(), "ERROR relation 7 not found");

    rig.run(&["suspend-relation", "-m", "there", "0", "--message", "for a while"]).ok();
    assert_eq!(since(&rig, "there", there), ["data-relation-departed", "data-relation-broken"]);
    assert_eq!(since(&rig, "here", here), ["store-relation-departed", "store-relation-broken"]);
    assert_eq!(message(&rig, "here", "web/0"), "broken");
    let offers = rig.run(&["offers", "-m", "there", "--format", "yaml"]).ok().stdout;
    assert!(offers.contains("current: suspended\n      message: for a while\n"), "{offers}");
    assert_eq!(status(&rig, "there")["offers"]["kept"]["active-connected-count"], Value::Null);
    assert_eq!(status(&rig, "there")["offers"]["kept"]["total-connected-count"], 1);
    let table = rig.run(&["status", "--relations"]).ok().stdout;
    assert!(table.contains("regular  suspended  for a while"), "{table}");
    assert_eq!(rig.run(&["exec", "--unit", "web/0", "--", "relation-ids store"]).ok().stdout, "");
    rig.run(&["config", "-m", "there", "db", "word=two"]).ok();
    assert_eq!(since(&rig, "here", here).len(), 2, "no hook runs meanwhile");

    rig.run(&["resume-relation", "-m", "there", "0"]).ok();
    // What the offering application shares comes first, and `there` ran config-changed before.
    assert_eq!(
        since(&rig, "here", here)[2..],
        ["changed", "joined", "changed"].map(|kind| format!("store-relation-{kind}"))
    );
    assert_eq!(since(&rig, "there", there)[3..], ["joined", "changed"].map(|kind| format!("data-relation-{kind}")));
    assert_eq!(status(&rig, "there")["offers"]["kept"]["active-connected-count"], 1);
    let unit = rig.run(&["show-unit", "-m", "there", "db/0"]).ok().stdout;
    assert!(unit.contains("ingress-address") && !unit.contains("hello"), "its databag is a new one: {unit}");

    rig.run(&["suspend-relation", "-m", "there", "0"]).ok();
    let table = rig.run(&["status", "--relations"]).ok().stdout;
    assert!(table.contains("suspended  suspending after update from remote model"), "{table}");
    let before = logged(&rig, "here").len();
    rig.run(&["remove-relation", "web", "kept"]).ok();
    assert_eq!(since(&rig, "here", before), Vec::<String>::new(), "it broke before");
    assert_eq!(status(&rig, "there")["offers"]["kept"]["total-connected-count"], Value::Null);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn commands_about_offers_print_what_juju_4_prints() {
    let rig = Rig::new();
    rig.run(&["add-model", "there", "--config", "agent-version=4.0"]).ok();
    rig.run(&[
        "deploy",
        &rig.charm(
            "db",
            PROVIDER,
            &[("metadata.yaml", DB), ("config.yaml", "options:\n  word: {type: string, default: one}\n")],
        ),
    ])
    .ok();
    rig.run(&["offer", "there.db:data", "kept"]).ok();
    rig.run(&["offer", "there.db:data", "kept"]).ok();
    rig.run(&["add-model", "here", "--config", "agent-version=4.0"]).ok();
    rig.run(&["deploy", &rig.charm("web", REQUIRER, &[("metadata.yaml", WEB)])]).ok();
    let uuid = status_uuid(&rig, "there");
    for (args, reason) in [
        (
            &["offer", "there.db:juju-info", "kept"][..],
            "offer \"kept\" already exists, updating offers is not supported",
        ),
        (&["offer", "there.nope:data"], &format!("application \"nope\" not found in model \"{uuid}\"")),
        (&["offer", "there.db:x"], "creating offer \"db\": \"x\": endpoint not found"),
        (
            &["offer", "there.db:local"],
            "creating offer \"db\": can only offer endpoints with global scope, provided scope \"container\"",
        ),
        (&["consume", "there.kept", "web"], "could not consume admin/there.kept: application \"web\" already exists"),
        (&["remove-offer", "there.nope"], "\"nope\": offer not found"),
    ] {
        assert_eq!(rig.run(args).error(), format!("ERROR {reason}"), "{args:?}");
    }
    rig.run(&["remove-saas", "nope"]).ok();
    rig.run(&["integrate", "web", "there.kept"]).ok();
    let refused = rig.run(&["remove-offer", "there.kept"]).error();
    assert!(
        refused.starts_with("ERROR cannot delete offer ") && refused.ends_with(", it has 1 connections"),
        "{refused}"
    );
    // Both sides may suspend it.
    rig.run(&["suspend-relation", "0"]).ok();
    assert_eq!(message(&rig, "here", "web/0"), "broken");
}

fn status_uuid(rig: &Rig, model: &str) -> String {
    let shown = rig.run(&["show-model", model, "--format", "json"]).ok().stdout;
    serde_json::from_str::<Value>(&shown).unwrap()[model]["model-uuid"].as_str().unwrap().to_owned()
}

#[test]
#[ignore = "needs root: it starts machines"]
fn grant_and_revoke_fail_because_admin_is_the_only_user() {
    let rig = deployed_with_offer();
    for (args, reason) in [
        (&["grant", "admin", "read", "there.kept"][..], "user already has \"read\" access or greater"),
        (&["grant", "admin", "write", "here"], "user already has \"write\" access or greater"),
        (
            &["grant", "bob", "consume", "there.kept"],
            "could not grant offer access: user \"bob\" does not exist locally: user \"bob\" not found",
        ),
        (&["grant", "bob", "read", "there.nope"], "application offer \"nope\" not found"),
        (&["revoke", "bob", "read", "here"], "could not revoke model access: user \"bob\" not found"),
        (
            &["revoke", "admin", "admin", "there.kept"],
            "could not revoke offer access: \"admin\" is the only user, and keeps all access",
        ),
    ] {
        assert_eq!(rig.run(args).error(), format!("ERROR {reason}"), "{args:?}");
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn destroying_a_model_removes_its_side_of_cross_model_relations() {
    let rig = deployed_with_offer();
    rig.run(&["integrate", "web", "there.kept"]).ok();
    rig.run(&["destroy-model", "there", "--no-prompt"]).ok();
    assert_eq!(message(&rig, "here", "web/0"), "broken");
    assert_eq!(status(&rig, "here")["applications"]["web"]["relations"], Value::Null);
    assert_eq!(status(&rig, "here")["application-endpoints"]["kept"]["application-status"]["current"], "terminated");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn invalid_arguments_about_offers_are_refused_in_jujus_words() {
    let rig = deployed_with_offer();
    for (args, reason) in [
        (&["offer", "db"][..], "endpoints must conform to format \"<application-name>:<endpoint-name>[,...]\" "),
        (&["offer", "there.nope:data"], "getting offered application nope: application \"nope\" not found"),
        (&["offer", "nope.db:data"], "getting model details: model minijuju:admin/nope not found"),
        (
            &["offer", "there.db:x"],
            "cannot add application offer \"db\": getting relation endpoint for relation \"x\" and application \"db\": \
             application \"db\" has no \"x\" relation",
        ),
        (
            &["offer", "there.db:local"],
            "cannot add application offer \"db\": can only offer endpoints with global scope, provided scope \"container\"",
        ),
        (&["consume", "there.nope"], "application offer \"admin/there.nope\" not found"),
        (&["consume", "nope.kept"], "model \"admin/nope\" not found"),
        (&["consume", "kept"], "application offer URL is missing application"),
        (
            &["consume", "there.kept", "web"],
            "could not consume admin/there.kept: cannot add saas application \"web\": local application with same name \
             already exists",
        ),
        (&["find-offers", "--interface", "nope"], "no matching application offers found"),
        (&["show-offer", "there.nope"], "application offer \"admin/there.nope\" not found"),
        (&["remove-offer", "there.nope"], "offer \"nope\" not found"),
        (&["integrate", "web", "web", "--via", "10.0.0.0/8"], "no relations found"),
    ] {
        assert_eq!(rig.run(args).error(), format!("ERROR {reason}"), "{args:?}");
    }
    let removed = rig.run(&["remove-saas", "nope"]);
    assert_eq!(removed.code, 1);
    let reason = "removing SAAS application nope failed: saas application \"nope\" not found";
    assert_eq!(removed.stderr.trim(), reason);

    rig.run(&["consume", "there.kept"]).ok();
    let taken = rig.run(&["deploy", &rig.charm("web", "exit 0", &[("metadata.yaml", WEB)]), "kept"]).error();
    assert_eq!(taken, "ERROR cannot add application \"kept\": saas application with same name already exists");
    let found = rig.run(&["find-offers"]).ok().stdout;
    assert_eq!(found, "Store     URL               Access  Interfaces\nminijuju  admin/there.kept  admin   kv:data\n");
    let shown = rig.run(&["show-offer", "there.kept", "--format", "yaml"]).ok().stdout;
    assert_eq!(
        rig.run(&["show-offer", "-m", "there", "kept", "--format", "yaml"]).ok().stdout,
        shown,
        "by its name alone"
    );
    assert_eq!(rig.run(&["show-offer", "kept"]).error(), "ERROR application offer \"admin/here.kept\" not found");
    assert!(shown.starts_with("minijuju:admin/there.kept:\n  description: A database.\n  access: admin\n"), "{shown}");
}
