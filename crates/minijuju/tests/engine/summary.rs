//! A command that settles reports what it changed, and nothing else.

use std::collections::BTreeSet;

use crate::rig::{CommandResult, Rig};

const DB: &str = "name: db\nsummary: s\ndescription: d\nprovides:\n  data: {interface: kv}\n";
const WEB: &str = "name: web\nsummary: s\ndescription: d\nrequires:\n  store: {interface: kv}\n";
const DISPATCH: &str = "status-set active \"$JUJU_HOOK_NAME\"";

/// The units in a command's output.
fn units(done: &CommandResult) -> BTreeSet<String> {
    let words = done.stderr.split(|c: char| c.is_whitespace() || c == ':');
    let is_unit = |word: &&str| {
        let parts = word.split_once('/');
        parts.is_some_and(|(name, number)| ["web", "db", "idle"].contains(&name) && number.parse::<u32>().is_ok())
    };
    words.filter(is_unit).map(str::to_owned).collect()
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_command_that_settles_reports_only_the_units_that_it_changed() {
    let rig = Rig::new();
    let options = ("config.yaml", "options:\n  slug: {type: string, default: none}\n");
    let actions = ("actions.yaml", "backup: {description: d}\n");
    let web = rig.charm("web", DISPATCH, &[("metadata.yaml", WEB), options, actions]);
    rig.run(&["deploy", &rig.charm("idle", DISPATCH, &[]), "-n", "2"]).ok();
    rig.run(&["deploy", &rig.charm("db", DISPATCH, &[("metadata.yaml", DB)])]).ok();
    let deployed = rig.run(&["deploy", &web, "-n", "2"]).ok();
    assert_eq!(units(&deployed), ["web/0", "web/1"].map(str::to_owned).into());
    for (args, reported) in [
        (&["config", "web", "slug=a"][..], &["web/0", "web/1"][..]),
        (&["config", "web", "slug=a"], &[]),
        (&["model-config", "update-status-hook-interval=1m"], &[]),
        (&["fire", "web/1", "update-status"], &["web/1"]),
        (&["integrate", "web", "db"], &["db/0", "web/0", "web/1"]),
        (&["refresh", "web", "--path", &web], &["web/0", "web/1"]),
        (&["expose", "web"], &[]),
        (&["trust", "db"], &["db/0"]),
        (&["run", "web/0", "backup"], &[]),
        (&["exec", "--unit", "web/0", "true"], &[]),
        (&["add-unit", "db"], &["db/1", "web/0", "web/1"]),
        (&["remove-unit", "web/1", "--no-prompt"], &["db/0", "db/1", "web/1"]),
        (&["remove-relation", "web", "db"], &["db/0", "db/1", "web/0"]),
        (&["remove-application", "db", "--no-prompt"], &["db/0", "db/1"]),
        (&["status"], &[]),
    ] {
        let done = rig.run(args).ok();
        let expected: BTreeSet<String> = reported.iter().map(|unit| (*unit).to_owned()).collect();
        assert_eq!(units(&done), expected, "{args:?}: {}", done.stderr);
    }
}
