//! Secrets: a charm's, granted across a relation, and the user's.

use serde_json::Value;

use crate::rig::Rig;

const DB: &str = "name: db\nsummary: s\ndescription: d\nprovides:\n  data: {interface: kv}\n";
const WEB: &str = "name: web\nsummary: s\ndescription: d\nrequires:\n  store: {interface: kv}\n";

#[test]
#[ignore = "needs root: it starts machines"]
fn a_secret_is_read_across_a_relation_and_its_readers_run_secret_changed() {
    let rig = Rig::new();
    let provider = r#"juju-log "$JUJU_HOOK_NAME $JUJU_SECRET_REVISION"
        case $JUJU_HOOK_NAME in
        data-relation-created)
            id=$(secret-add password=first --label creds)
            secret-grant "$id" -r "$JUJU_RELATION_ID"
            relation-set --app secret="$id" ;;
        config-changed) [ "$(config-get pass)" = old ] || secret-set "$(secret-info-get --label creds | head -n1 | tr -d :)" password="$(config-get pass)" ;;
        secret-remove) secret-remove "$JUJU_SECRET_ID" --revision "$JUJU_SECRET_REVISION" ;;
        esac; status-set active; exit 0"#;
    let requirer = r#"juju-log "$JUJU_HOOK_NAME $JUJU_SECRET_LABEL"
        case $JUJU_HOOK_NAME in
        store-relation-changed)
            id=$(relation-get --app secret)
            [ -z "$id" ] || status-set active "$(secret-get "$id" --label mine password)" ;;
        secret-changed) status-set active "$(secret-get "$JUJU_SECRET_ID" --refresh password)" ;;
        esac; exit 0"#;
    let options = ("config.yaml", "options:\n  pass: {type: string, default: old}\n");
    rig.run(&["deploy", &rig.charm("db", provider, &[("metadata.yaml", DB), options])]).ok();
    rig.run(&["deploy", &rig.charm("web", requirer, &[("metadata.yaml", WEB)])]).ok();
    rig.run(&["integrate", "web", "db"]).ok();
    assert_eq!(
        rig.workload("web/0"),
        ("active".to_owned(), "first".to_owned()),
        "{:?}",
        rig.run(&["debug-log", "--replay", "--no-tail"])
    );

    rig.run(&["config", "db", "pass=second"]).ok();
    assert_eq!(rig.workload("web/0").1, "second", "{:?}", rig.run(&["debug-log", "--replay", "--no-tail"]));
    let logged = rig.logged();
    assert!(logged.contains(&"secret-changed mine".to_owned()), "{logged:?}");
    assert!(logged.contains(&"secret-remove 1".to_owned()), "{logged:?}");
    let secrets: Value = serde_json::from_str(&rig.run(&["secrets", "--format", "json"]).ok().stdout).unwrap();
    let (id, secret) = secrets.as_object().unwrap().iter().next().unwrap();
    assert_eq!((&secret["owner"], &secret["revision"]), (&"db".into(), &2.into()));
    let shown = rig.run(&["show-secret", id, "--revisions", "--format", "json"]).ok().stdout;
    assert!(!shown.contains("second") && !shown.contains(r#""revision":1"#), "{shown}");
    let revealed = rig.run(&["show-secret", id, "--reveal", "--format", "json"]).ok().stdout;
    assert!(revealed.contains("second"), "{revealed}");
    assert!(!rig.run(&["debug-log", "--replay", "--no-tail", "--level", "TRACE"]).ok().stdout.contains("second"));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_secret_of_the_users_is_read_by_those_it_is_granted_to() {
    let rig = Rig::new();
    let dispatch = r#"case $JUJU_HOOK_NAME in
        config-changed|secret-changed)
            if text=$(secret-get "$(config-get token)" --refresh key1 2>&1); then status-set active "$text"; else status-set blocked "${text#ERROR }"; fi ;;
        esac; exit 0"#;
    let options = ("config.yaml", "options:\n  token: {type: secret}\n");
    let id = rig.run(&["add-secret", "token", "key1=hunter2"]).ok().stdout.trim().to_owned();
    assert!(id.starts_with("secret:"), "{id}");
    assert_eq!(rig.run(&["add-secret", "token", "key1=x"]).error(), r#"ERROR secret with name "token" already exists"#);
    let charm = rig.charm("web", dispatch, &[options]);
    rig.run(&["deploy", &charm, "--config", &format!("token={id}")]).ok();
    assert_eq!(rig.workload("web/0").0, "blocked");
    rig.run(&["grant-secret", "token", "web"]).ok();
    rig.run(&["fire", "web/0", "config-changed"]).ok();
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), "hunter2".to_owned()));
    rig.run(&["update-secret", "token", "key1=hunter3"]).ok();
    assert_eq!(rig.workload("web/0").1, "hunter3", "it heard of the new revision");
    rig.run(&["remove-secret", "token"]).ok();
    assert_eq!(rig.run(&["show-secret", "token"]).error(), r#"ERROR secret "token" not found"#);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn the_revision_that_a_unit_reads_is_kept_when_its_hook_fails() {
    let rig = Rig::new();
    let dispatch = r#"case $JUJU_DISPATCH_PATH in
        actions/refresh) secret-get "$(config-get token)" --refresh key1 >/dev/null; relation-set -r peers:0 lost=yes; exit 1 ;;
        actions/get) action-set value="$(secret-get "$(config-get token)" key1)" lost="$(relation-get -r peers:0 lost web/0)" ;;
        esac; exit 0"#;
    let files = [
        ("metadata.yaml", "name: web\nsummary: s\ndescription: d\npeers:\n  peers: {interface: p}\n"),
        ("config.yaml", "options:\n  token: {type: secret}\n"),
        ("actions.yaml", "refresh: {description: d}\nget: {description: d}\n"),
    ];
    let id = rig.run(&["add-secret", "token", "key1=one"]).ok().stdout.trim().to_owned();
    rig.run(&["deploy", &rig.charm("web", dispatch, &files), "--config", &format!("token={id}")]).ok();
    rig.run(&["grant-secret", "token", "web"]).ok();
    let read = || rig.run(&["run", "web/0", "get", "--format", "json"]).ok().stdout;
    assert!(read().contains(r#""value":"one""#));
    rig.run(&["update-secret", "token", "key1=two"]).ok();
    assert!(read().contains(r#""value":"one""#));
    assert_ne!(rig.run(&["run", "web/0", "refresh"]).code, 0);
    let after = read();
    assert!(after.contains(r#""value":"two""#) && after.contains(r#""lost":"""#), "{after}");
}
