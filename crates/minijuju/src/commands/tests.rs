//! Tests of the command line: what it accepts, and its answers to mistakes.

use std::ffi::OsString;
use std::time::Duration;

use clap_complete::Shell;

use super::Command;
use crate::cli::{self, EarlyExit, ModelIdentifier, Pair, completion};
use crate::format::{Document, StatusFormat, Tabular};

type Invocation = cli::Invocation<Command>;

/// Split a line at spaces; `_` stands for a space within a word.
fn words(line: &str) -> Vec<OsString> {
    let words = line.split_whitespace().map(|word| word.replace('_', " "));
    std::iter::once("juju".to_owned()).chain(words).map(OsString::from).collect()
}

pub(super) fn parse(line: &str) -> Invocation {
    cli::parse(words(line)).unwrap_or_else(|early_exit| panic!("{line}: {early_exit:?}"))
}

fn early_exit(line: &str) -> EarlyExit {
    match cli::parse::<Command>(words(line)) {
        Err(early_exit) => early_exit,
        Ok(invocation) => panic!("{line}: {invocation:?}"),
    }
}

pub(super) fn assert_refused(line: &str, reason: &str, code: u8) {
    assert_eq!(
        early_exit(line),
        EarlyExit { stdout: String::new(), stderr: format!("ERROR {reason}\n"), code },
        "{line}"
    );
}

/// The arguments of a line, which must be the command `$name`.
macro_rules! command {
    ($line:expr, $name:ident) => {{
        match $crate::commands::tests::parse($line).command {
            $crate::commands::Command::$name(arguments) => arguments,
            other => panic!("{}: {other:?}", $line),
        }
    }};
}

pub(super) use command;

pub(super) fn pair(name: &str, value: &str) -> Pair {
    Pair { name: name.into(), value: value.into() }
}

#[test]
fn the_model_option_is_known_for_every_command() {
    assert_eq!(parse("status -m c:admin/testing").session.model.as_deref(), Some("c:admin/testing"));
    assert_eq!(parse("ssh --model testing tinyproxy/0 -m x").session.model.as_deref(), Some("testing"));
    assert_eq!(parse("destroy-model testing").session.model, None);
    assert_eq!(parse("models -c ctl").session.controller.as_deref(), Some("ctl"));
    assert_eq!(ModelIdentifier::parse("c:admin/testing").model, "testing");
}

#[test]
fn global_options_are_accepted_before_and_after_the_command() {
    for line in ["-q --debug status", "status -q --debug", "--quiet status --debug=true"] {
        let global = parse(line).session.global;
        assert!(global.quiet && global.debug && !global.verbose, "{line}");
    }
    assert_eq!(
        parse("--logging-config <root>=DEBUG status").session.global.logging_config.as_deref(),
        Some("<root>=DEBUG")
    );
}

#[test]
fn aliases_are_those_of_juju() {
    for (line, plain) in [
        ("relate a b", "integrate a b"),
        ("resolve a/0", "resolved a/0"),
        ("list-models", "models"),
        ("list-secrets", "secrets"),
        ("list-actions a", "actions a"),
        ("list-machines", "machines"),
    ] {
        assert_eq!(format!("{:?}", parse(line).command), format!("{:?}", parse(plain).command), "{line}");
    }
}

#[test]
fn status_has_all_its_formats() {
    assert_eq!(command!("status", Status).output.format(), StatusFormat::Tabular);
    assert_eq!(command!("status --format=json", Status).output.format(), StatusFormat::Json);
    assert_eq!(command!("status --format oneline", Status).output.format(), StatusFormat::Oneline);
    let status = command!("status tinyproxy 0 --relations --storage --watch 1s --utc --color", Status);
    assert_eq!(status.selectors, ["tinyproxy", "0"]);
    assert_eq!(status.watch, Some(Duration::from_secs(1)));
    assert!(status.relations && status.storage && status.times.utc && status.colors.color);
    assert!(command!("status --integrations", Status).integrations);
    assert_refused("status --format xml", "invalid value \"xml\" for option --format: unknown format \"xml\"", 2);
}

#[test]
fn a_command_that_fails_prints_an_empty_document_as_json_or_yaml() {
    for (line, nothing) in [
        ("status", ""),
        ("status --format=json", "{}\n"),
        ("status --format yaml", "{}\n"),
        ("status --format oneline", ""),
        ("config a", "{}\n"),
        ("config a b=1", "{}\n"),
        ("show-unit a/0", "{}\n"),
        ("show-unit a/0 --format json", "{}\n"),
        ("actions a", ""),
        ("actions a --format yaml", "{}\n"),
        ("actions a --schema", ""),
        ("version", ""),
        ("version --format json", "{}\n"),
        ("run a/0 b", ""),
        ("run a/0 b --format json", "{}\n"),
        ("constraints a", ""),
        ("deploy .", ""),
    ] {
        assert_eq!(parse(line).session.empty_output(), nothing, "{line}");
    }
}

/// Each line is one that Jubilant generates.
#[test]
fn every_command_line_of_jubilant_is_accepted() {
    for line in [
        "add-model --no-switch jubilant-1a2b --controller c --config image-stream=daily --credential x",
        "add-model --no-switch jubilant-1a2b localhost",
        "add-secret --model m s --info why --file /tmp/f",
        "add-unit --model m app --num-units 2 --to 0,1",
        "config --model m --format json app",
        "config --model m app slug=foo flag=true",
        "config --model m app --reset a,b",
        "debug-log --model m --limit 1000",
        "deploy --model m ./x.charm app --base ubuntu@22.04 --bind alpha --config a=1 --constraints mem=8G --force \
         --num-units 2 --resource r=./f --storage data=1G --to 0 --trust",
        "destroy-model m --no-prompt --destroy-storage --force --no-wait --timeout 60s",
        "destroy-model m --no-prompt --release-storage",
        "exec --model m --format json --machine 0 --wait 60s -- uname -a",
        "exec --model m --format json --unit app/0 -- sh -c ls",
        "grant-secret --model m secret:abc app",
        "integrate --model m a:x b:y",
        "model-config --model m --format json",
        "model-config --model m a=b --reset c,d",
        "model-constraints --model m --format json",
        "set-model-constraints --model m arch=amd64",
        "set-model-constraints --model m arch= cores=4 mem=1.5G root-disk=0 allocate-public-ip=t",
        "refresh --model m app --base ubuntu@24.04 --config a=1 --force --force-base --force-units --path ./x.charm \
         --resource r=./f --storage data=1G --trust",
        "remove-application --model m --no-prompt a b --destroy-storage --force",
        "remove-relation --model m a b --force",
        "remove-secret --model m secret:abc --revision 1",
        "remove-unit --model m --no-prompt a/0 a/1 --destroy-storage --force",
        "run --model m --format json app/0 do-it --wait 60.5s --params /tmp/p.yaml",
        "scp --model m -- app/0:/etc/hosts .",
        "scp --model m --no-host-key-checks -- -r . app/0:/srv",
        "secrets --model m --owner model-m --format json",
        "show-model --format json m",
        "show-secret --model m secret:abc --format json --reveal --revision 2",
        "show-secret --model m name --format json --revisions",
        "show-unit --model m app/0 --format json",
        "ssh --model m app/0 ls -l",
        "ssh --model m --no-host-key-checks ubuntu@0 -o X=y ls",
        "status --model m --format json",
        "switch m",
        "trust --model m app --remove",
        "trust --model m app --scope cluster",
        "update-secret --model m secret:abc --info i --name n --auto-prune --file /tmp/f",
        "version --format json --all",
    ] {
        parse(line);
    }
    assert_eq!(command!("show-unit a/0 --format json", ShowUnit).output.format(), Document::Json);
    assert_eq!(command!("secrets --format json", Secrets).output.format(), Tabular::Json);
}

#[test]
fn invalid_arguments_are_refused_in_jujus_words() {
    for (line, reason) in [
        ("status --foo", "option provided but not defined: --foo"),
        ("--foo status", "option provided but not defined: --foo"),
        ("deploy", "no charm or bundle specified"),
        ("deploy a b c d", "unrecognized args: [\"c\" \"d\"]"),
        ("deploy . Bad", "invalid application name \"Bad\", unexpected uppercase character"),
        ("deploy . -n 0", "--num-units must be a positive integer"),
        ("deploy . -n two", "invalid value \"two\" for option -n: strconv.ParseInt: parsing \"two\": invalid syntax"),
        ("deploy . --resource x", "invalid value \"x\" for option --resource: badly formatted name value pair: x"),
        ("set-constraints a speed=9", "unknown constraint \"speed\""),
        (
            "set-constraints a mem=8GB",
            "bad \"mem\" constraint: must be a non-negative float with optional M/G/T/P suffix",
        ),
        ("set-constraints a cores=-1", "bad \"cores\" constraint: must be a non-negative integer"),
        ("set-model-constraints arch=x86", "bad \"arch\" constraint: \"x86\" not recognized"),
        (
            "set-constraints a allocate-public-ip=maybe",
            "bad \"allocate-public-ip\" constraint: must be 'true' or 'false'",
        ),
        ("status --watch fast", "invalid value \"fast\" for option --watch: time: invalid duration \"fast\""),
        ("status --color --no-color", "cannot mix --no-color and --color"),
        ("add-unit a --num-units -1", "--num-units must be a positive integer"),
        (
            "add-model Bad",
            "\"Bad\" is not a valid name: model names may only contain lowercase letters, digits and hyphens",
        ),
        ("destroy-model", "no model specified"),
        ("destroy-model m --timeout 3s", "--timeout can only be used with --force (dangerous)"),
        ("remove-unit", "no units specified"),
        ("remove-unit a/0 --no-wait", "--no-wait without --force not valid"),
        ("remove-application a_b", "invalid application name \"a b\""),
        ("refresh a --path x --revision 1", "--path and --revision are mutually exclusive"),
        ("add-unit a -n 2 --attach-storage data/0", "--attach-storage cannot be used with -n"),
        ("detach-storage", "detach-storage requires at least one storage ID"),
        ("detach-storage data", "storage ID \"data\" not valid"),
        ("attach-storage a/0", "attach-storage requires a unit ID and at least one storage ID"),
        ("remove-storage data/x", "storage ID \"data/x\" not valid"),
        ("show-status-log", "entity name is missing."),
        (
            "show-status-log a/0 -n 3 --days 2",
            "backlog size, backlog date and backlog days back cannot be specified together",
        ),
        ("resolved", "no unit specified"),
        ("resolved --all a/0", "specifying unit names(s) with --all not supported"),
        ("show-unit x", "unit name x not valid"),
        ("show-unit x y", "unit names x, y not valid"),
        ("integrate a", "an integration must involve two applications"),
        ("remove-relation x", "relation ID \"x\" not valid"),
        ("actions a --schema --format tabular", "full schema not compatible with tabular output"),
        ("show-task x", "task ID \"x\" not valid"),
        ("switch a b", "unrecognized args: [\"b\"]"),
        ("fire tinyproxy update-status", "unit name \"tinyproxy\" not valid"),
    ] {
        assert_refused(line, reason, 2);
    }
}

#[test]
fn unsupported_commands_and_options_are_refused_by_name() {
    assert_refused(
        "register lxd",
        "minijuju does not do \"register\": there is a controller already; start with \"minijuju add-model\"",
        2,
    );
    for line in ["wait-for application x", "add-machine", "find x", "grant-cloud bob add-model lxd"] {
        let early_exit = early_exit(line);
        let name = line.split(' ').next().unwrap_or_default();
        assert!(early_exit.stderr.starts_with(&format!("ERROR minijuju does not do {name:?}: ")), "{early_exit:?}");
        assert_eq!(early_exit.code, 2, "{line}");
    }
    for (line, option) in [("deploy . --overlay x", "--overlay"), ("refresh a --switch b", "--switch")] {
        assert!(early_exit(line).stderr.starts_with(&format!("ERROR minijuju does not do {option:?}: ")), "{line}");
    }
}

#[test]
fn options_that_juju_ignores_on_machines_are_accepted() {
    for line in [
        "ssh --container charm tinyproxy/0",
        "ssh --remote tinyproxy/0",
        "scp --container charm a tinyproxy/0:",
        "scp --remote a tinyproxy/0:",
        "deploy ./x.charm --channel latest/edge --revision 5 --dry-run",
        "deploy ./x.charm --channel 1.2",
        "refresh x --path ./x.charm --channel edge",
    ] {
        parse(line);
    }
    for (channel, reason) in [
        ("latest/odd", "risk in channel \"latest/odd\" not valid"),
        ("/edge", "track in channel \"/edge\" not valid"),
        ("edge/", "branch in channel \"edge/\" not valid"),
        ("a/edge/b/c", "channel is malformed and has too many components \"a/edge/b/c\""),
    ] {
        assert_refused(&format!("deploy . --channel {channel}"), &format!("error in --channel: {reason}"), 2);
    }
}

#[test]
fn unknown_commands_are_errors() {
    assert_refused(
        "stauts --format json",
        "juju: \"stauts\" is not a juju command. See \"juju --help\".\n\nDid you mean:\n\tstatus",
        1,
    );
}

#[test]
fn every_command_has_help() {
    for line in ["", "help", "--help", "-h"] {
        let help = early_exit(line);
        assert!(help.code == 0 && help.stdout.contains("juju deploy ."), "{line}: {help:?}");
    }
    let commands = early_exit("help commands").stdout;
    assert!(commands.contains("Alias for 'integrate'."), "{commands}");
    for line in commands.lines() {
        let name = line.split(' ').next().unwrap_or_default();
        let help = early_exit(&format!("help {name}"));
        assert_eq!(help.code, 0, "{name}");
        if name != "help" {
            assert!(help.stdout.starts_with("Usage: juju "), "{name}: {}", help.stdout);
            assert!(help.stdout.contains("\nSummary:\n"), "{name}: {}", help.stdout);
        }
    }
    for line in ["deploy --help", "ssh -h", "config tinyproxy --help", "relate --help"] {
        assert!(early_exit(line).stdout.starts_with("Usage: juju "), "{line}");
    }
    assert_eq!(early_exit("help register").code, 2);
    assert_eq!(early_exit("help stauts").code, 1);
    assert_eq!(early_exit("help topics").code, 0);
    assert!(early_exit("help deploy").stdout.contains("Examples:\n    juju deploy .\n"));
    assert!(matches!(parse("--version").command, Command::Version(_)));
}

#[test]
fn every_shell_has_completions() {
    for (shell, sign) in
        [(Shell::Bash, "complete -F"), (Shell::Fish, "complete -c minijuju"), (Shell::Zsh, "#compdef minijuju")]
    {
        let script = completion::<Command>(shell, "minijuju");
        assert!(script.contains(sign) && script.contains("remove-application"), "{shell}");
    }
}
