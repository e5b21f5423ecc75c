//! Replacing a charm: what is in use must stay, and what is missing is added.

use crate::rig::Rig;

const METADATA: &str = "
name: web
summary: s
description: d
requires: {db: {interface: pg}}
storage:
  cache: {type: filesystem, multiple: {range: 0-3}}
";

const DISPATCH: &str = r#"
juju-log "$JUJU_HOOK_NAME $JUJU_STORAGE_ID"
[ "$JUJU_HOOK_NAME" != install ] || [ ! -e "$JUJU_CHARM_DIR/broken" ] || exit 1
"#;

#[test]
#[ignore = "needs root: it starts machines"]
fn a_refresh_that_would_remove_something_in_use_changes_nothing() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", DISPATCH, &[("metadata.yaml", METADATA)]), "--storage", "cache=1"]).ok();
    let pg = "name: pg\nsummary: s\ndescription: d\nprovides: {data: {interface: pg}}\n";
    rig.run(&["deploy", &rig.charm("pg", DISPATCH, &[("metadata.yaml", pg)])]).ok();
    rig.run(&["integrate", "web", "pg"]).ok();
    let before = rig.logged().len();
    for (line, reason) in [
        ("requires: {db: {interface: pg}}", "would break relation \"web:db pg:data\""),
        ("  cache: {type: filesystem, multiple: {range: 0-3}}", "in-use storage \"cache\" removed"),
    ] {
        let metadata = METADATA.replace(line, "").replace("storage:\n\n", "");
        let charm = rig.charm("web", DISPATCH, &[("metadata.yaml", &metadata)]);
        let error = rig.run(&["refresh", "web", "--path", &charm]).error();
        assert!(error.starts_with("ERROR cannot upgrade application \"web\" to charm \"local:web-"), "{error}");
        assert!(error.ends_with(reason), "{error}");
    }
    assert_eq!(rig.logged().len(), before);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_charm_for_another_base_is_refused_unless_forced_but_is_added_to_the_model() {
    let rig = Rig::new();
    let on = |base: &str| {
        let manifest = format!("bases: [{{name: ubuntu, channel: '{base}', architectures: [amd64, arm64]}}]\n");
        rig.charm("web", DISPATCH, &[("metadata.yaml", METADATA), ("manifest.yaml", &manifest)])
    };
    rig.run(&["deploy", &on("22.04")]).ok();
    let newer = on("24.04");
    let refused = rig.run(&["refresh", "web", "--path", &newer]);
    assert_eq!(
        (refused.code, refused.stderr.as_str()),
        (
            1,
            "Added local charm \"web\", revision 1, to the model\nERROR cannot upgrade application \"web\" to charm \
             \"local:web-1\": base \"ubuntu@22.04\" not supported by charm, the charm supported bases are: ubuntu@24.04\n"
        )
    );
    assert_eq!(rig.status()["applications"]["web"]["charm-rev"], 0);
    rig.run(&["refresh", "web", "--path", &newer, "--force-base"]).ok();
    assert_eq!(rig.run(&["refresh", "web", "--path", "./none"]).error(), "ERROR no charm found at \"./none\"");
    assert_eq!(rig.run(&["deploy", "./none"]).error(), "ERROR no charm was found at \"./none\"");
    let error = rig.run(&["refresh", "web", "--path", &rig.charm("other", "true", &[])]);
    assert_eq!(error.stderr, "ERROR cannot refresh \"web\" to \"other\"\n");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_refresh_gives_units_the_storage_that_they_lack() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", DISPATCH, &[("metadata.yaml", METADATA)])]).ok();
    let before = rig.logged().len();
    let metadata = format!("{METADATA}  data: {{type: filesystem, location: /srv/data}}\n");
    let charm = rig.charm("web", DISPATCH, &[("metadata.yaml", &metadata)]);
    let stderr = rig.run(&["refresh", "web", "--path", &charm]).ok().stderr;
    assert!(stderr.contains("no change to endpoint in space \"alpha\": db"), "{stderr}");
    let hooks: Vec<String> = rig.logged()[before..].iter().map(|line| line.trim().to_owned()).collect();
    assert_eq!(hooks, ["upgrade-charm", "config-changed", "data-storage-attached data/0"]);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_refresh_while_install_is_in_error_brings_upgrade_charm() {
    let rig = Rig::new();
    let broken = rig.charm("web", DISPATCH, &[("metadata.yaml", METADATA), ("broken", "")]);
    rig.run(&["deploy", &broken]);
    let fixed = rig.charm("web", DISPATCH, &[("metadata.yaml", METADATA), ("fixed", "")]);
    rig.run(&["refresh", "web", "--path", &fixed]);
    rig.run(&["exec", "--unit", "web/0", "rm $JUJU_CHARM_DIR/broken"]).ok();
    rig.run(&["resolved", "web/0"]).ok();
    let hooks: Vec<String> = rig.logged().iter().map(|line| line.trim().to_owned()).collect();
    assert_eq!(hooks, ["install", "install", "leader-elected", "upgrade-charm", "config-changed", "start"]);
}
