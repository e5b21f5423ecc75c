//! A unit's life, from deploy to removal.

use std::fs;

use crate::fixture::output;
use crate::rig::Rig;

/// Logs which hook runs.
const LOG_HOOK: &str = r#"juju-log "$JUJU_HOOK_NAME" "#;

const OPTIONS: &str =
    "options:\n  slug: {type: string, default: example}\n  port: {type: int}\n  tls: {type: boolean}\n";

#[test]
#[ignore = "needs root: it starts machines"]
fn a_unit_runs_hooks_in_jujus_order_and_then_only_due_ones() {
    let rig = Rig::new();
    let dispatch = format!(r#"{LOG_HOOK}; status-set active "$(config-get slug) $(is-leader)""#);
    let charm = rig.charm("web", &dispatch, &[("config.yaml", OPTIONS)]);
    let deployed = rig.run(&["deploy", &charm]).ok();
    assert!(deployed.stderr.contains(r#"Deploying "web" from local charm "web", revision 0"#), "{deployed:?}");
    assert_eq!(rig.logged(), ["install", "leader-elected", "config-changed", "start"]);
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), "example True".to_owned()));
    let unit = rig.unit("web/0");
    assert_eq!(unit["juju-status"]["current"], "idle");
    assert_eq!(unit["leader"], true);

    rig.run(&["config", "web", "slug=example", "port=80"]).ok();
    rig.run(&["config", "web", "port=80"]).ok();
    rig.run(&["config", "web", "--reset", "port"]).ok();
    assert_eq!(rig.logged()[4..], ["config-changed", "config-changed"], "set, not changed, reset");

    rig.run(&["fire", "web/0", "update-status"]).ok();
    assert_eq!(rig.logged()[6..], ["update-status"]);
    let misspelt = rig.run(&["fire", "web/0", "updat-status"]).error();
    assert_eq!(misspelt, r#"ERROR Juju has no event "updat-status"; did you mean "update-status"?"#);
    let unknown = rig.run(&["fire", "web/0", "nonsense"]).error();
    assert!(unknown.starts_with(r#"ERROR Juju has no event "nonsense"; it has install, start, "#), "{unknown}");
    assert_eq!(rig.workload("web/0").0, "active");
    rig.run(&["remove-application", "--no-prompt", "web"]).ok();
    assert_eq!(rig.logged()[7..], ["stop", "remove"]);
    assert_eq!(rig.status()["applications"].as_object().map(serde_json::Map::len), Some(0));
    rig.assert_nothing_left();
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_hook_has_jujus_environment_and_no_other() {
    let rig = Rig::new();
    let charm = rig.charm("web", r#"pwd > /srv/cwd; env -0 | sort -z | tr '\0' '\n' > "/srv/$JUJU_HOOK_NAME""#, &[]);
    rig.run(&["deploy", &charm, "app"]).ok();
    let environment = rig.read("app/0", "/srv/install");
    let names: Vec<&str> = environment.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    // Ignore the shell's own variables.
    let names: Vec<&str> = names.into_iter().filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name)).collect();
    assert_eq!(
        names,
        [
            "APT_LISTCHANGES_FRONTEND",
            "CHARM_DIR",
            "CLOUD_API_VERSION",
            "DEBIAN_FRONTEND",
            "JUJU_AGENT_SOCKET_ADDRESS",
            "JUJU_AGENT_SOCKET_NETWORK",
            "JUJU_API_ADDRESSES",
            "JUJU_AVAILABILITY_ZONE",
            "JUJU_CHARM_DIR",
            "JUJU_CHARM_FTP_PROXY",
            "JUJU_CHARM_HTTPS_PROXY",
            "JUJU_CHARM_HTTP_PROXY",
            "JUJU_CHARM_NO_PROXY",
            "JUJU_CONTEXT_ID",
            "JUJU_DISPATCH_PATH",
            "JUJU_HOOK_NAME",
            "JUJU_MACHINE_ID",
            "JUJU_MODEL_NAME",
            "JUJU_MODEL_UUID",
            "JUJU_PRINCIPAL_UNIT",
            "JUJU_SLA",
            "JUJU_UNIT_NAME",
            "JUJU_VERSION",
            "LANG",
            "PATH",
            "TERM",
        ]
    );
    let line = |line: &str| assert!(environment.lines().any(|found| found == line), "{line}: {environment}");
    line("JUJU_DISPATCH_PATH=hooks/install");
    line("JUJU_UNIT_NAME=app/0");
    line("JUJU_MODEL_NAME=default");
    line("JUJU_AGENT_SOCKET_NETWORK=unix");
    line("JUJU_CHARM_NO_PROXY=127.0.0.1,localhost,::1");
    line("JUJU_CHARM_DIR=/var/lib/juju/agents/unit-app-0/charm");
    assert_eq!(rig.read("app/0", "/srv/cwd").trim(), "/var/lib/juju/agents/unit-app-0/charm");
    rig.run(&["model-config", "http-proxy=http://proxy:3128"]).ok();
    rig.run(&["fire", "app/0", "update-status"]).ok();
    let environment = rig.read("app/0", "/srv/update-status");
    let proxies: Vec<&str> = environment.lines().filter(|line| line.to_lowercase().contains("proxy=")).collect();
    let proxies: Vec<&str> = proxies.into_iter().filter(|line| !line.starts_with("JUJU_")).collect();
    assert_eq!(
        proxies,
        [
            "HTTP_PROXY=http://proxy:3128",
            "NO_PROXY=127.0.0.1,::1,localhost",
            "http_proxy=http://proxy:3128",
            "no_proxy=127.0.0.1,::1,localhost",
        ]
    );
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_command_continues_when_an_update_replaces_its_program() {
    let rig = Rig::new();
    let charm = rig.charm("web", r#"status-set active "$(config-get slug)""#, &[("config.yaml", OPTIONS)]);
    rig.run(&["deploy", &charm]).ok();
    // A program that has no path any more when it starts.
    let script = r#"cp "$1" replaced && shift && exec 9<replaced && rm replaced && exec /proc/self/fd/9 "$@""#;
    rig.run_by(script, &["config", "web", "slug=new"]).ok();
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), "new".to_owned()));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn configuration_is_refused_in_jujus_words() {
    let rig = Rig::new();
    let charm = rig.charm("web", LOG_HOOK, &[("config.yaml", OPTIONS)]);
    assert_eq!(
        rig.run(&["deploy", &charm, "--config", "port=x"]).error(),
        r#"ERROR option "port" expected int, got "x""#
    );
    assert_eq!(rig.run(&["deploy", &charm, "--config", "nope=x"]).error(), r#"ERROR unknown option "nope""#);
    let refused = rig.run(&["deploy", &charm, "--constraints", "speed=9"]);
    assert_eq!((refused.code, refused.error().as_str()), (1, r#"ERROR unknown constraint "speed""#));
    assert_eq!(rig.status()["applications"].as_object().map(serde_json::Map::len), Some(0));
    rig.run(&["deploy", &charm]).ok();
    let before = rig.run(&["config", "web"]).ok().stdout;
    fs::write(rig.folder().join("typed.yaml"), "web: {port: text}\n").unwrap();
    fs::write(rig.folder().join("other.yaml"), "other: {port: 1}\n").unwrap();
    for (words, reason) in [
        (
            ["tls=perhaps", "port=8"],
            r#"parsing settings for application: option "tls" expected boolean, got "perhaps""#,
        ),
        (["port=1.5", "tls=true"], r#"parsing settings for application: option "port" expected int, got "1.5""#),
        (["port=9", "nope=1"], r#"parsing settings for application: unknown option "nope""#),
        (["trust=maybe", "port=9"], r#"parsing settings for application: trust: expected bool, got string("maybe")"#),
        (["--reset", "nope"], r#"updating application charm settings: unknown option "nope""#),
        (["--file", "typed.yaml"], r#"parsing settings for application: option "port" expected int, got "text""#),
        (["--file", "other.yaml"], r#"parsing settings for application: no settings found for "web""#),
    ] {
        let done = rig.run(&[["config", "web"], words].concat());
        assert_eq!((done.code, done.stderr), (1, format!("ERROR {reason}\n")));
    }
    assert_eq!(rig.run(&["config", "web"]).ok().stdout, before, "what is refused changes nothing");
    let error = rig.run(&["deploy", &charm]).error();
    assert_eq!(error, r#"ERROR cannot add application "web": application already exists"#);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn trust_can_be_set_by_config() {
    let rig = Rig::new();
    let trust = || rig.run(&["config", "web", "trust"]).ok().stdout;
    rig.run(&["deploy", &rig.charm("web", LOG_HOOK, &[]), "--config", "trust=true"]).ok();
    assert_eq!(trust(), "true\n");
    rig.run(&["config", "web", "trust=no"]).ok();
    assert_eq!(trust(), "false\n");
    rig.run(&["trust", "web", "--scope", "cluster"]).ok();
    assert_eq!(trust(), "true\n", "a scope is for charms in containers; Juju takes it for machine models, too");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn model_configuration_is_checked() {
    let rig = Rig::new();
    rig.run(&["add-model", "testing"]).ok();
    fs::write(rig.folder().join("model.yaml"), "agent-version: 9.9.9\nmode: strict\n").unwrap();
    for (words, reason) in [
        (
            ["test-mode=true", "update-status-hook-interval=often"],
            r#"invalid update status hook interval in model configuration: time: invalid duration "often""#,
        ),
        (["--file", "model.yaml"], r#""agent-version" must be set via "upgrade-model""#),
    ] {
        assert_eq!(rig.run(&["model-config", words[0], words[1]]).error(), format!("ERROR {reason}"));
    }
    let value = |name: &str| rig.run(&["model-config", name]).ok().stdout;
    assert_eq!((value("test-mode"), value("mode")), ("False\n".into(), "requires-prompts\n".into()));
    rig.run(&["model-config", "--file", "model.yaml", "--ignore-read-only-fields"]).ok();
    assert_eq!((value("agent-version"), value("mode")), ("3.6.12\n".into(), "strict\n".into()));
    let done = rig.run(&["model-config", "test-mod=true"]).ok();
    let warning = r#"key "test-mod" is not defined in the current model configuration: possible misspelling"#;
    assert_eq!(done.stderr, format!("WARNING {warning}\n"));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_refresh_brings_the_new_charm_and_leaves_what_the_old_one_made() {
    let rig = Rig::new();
    let old =
        rig.charm("web", &format!("{LOG_HOOK}; [ -f made ] || date > made"), &[("src/old.py", "old"), ("same", "1")]);
    rig.run(&["deploy", &old]).ok();
    let new = rig.charm("web", &format!("{LOG_HOOK} new"), &[("src/new.py", "new"), ("same", "2")]);
    rig.run(&["refresh", "web", "--path", &new]).ok();
    assert_eq!(rig.logged()[4..], ["upgrade-charm new", "config-changed new"]);
    let charm = "/var/lib/juju/agents/unit-web-0/charm";
    let files = rig.run(&["ssh", "web/0", &format!("cd {charm} && find . -type f | sort && cat same")]).ok().stdout;
    assert_eq!(files, "./dispatch\n./made\n./metadata.yaml\n./same\n./src/new.py\n2");
    assert_eq!(rig.status()["applications"]["web"]["charm-rev"], 1);
    let other = rig.charm("other", LOG_HOOK, &[]);
    assert!(rig.run(&["refresh", "web", "--path", &other]).error().contains("cannot refresh \"web\" to \"other\""));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn another_unit_becomes_the_leader_when_the_leader_is_removed() {
    let rig = Rig::new();
    let charm = rig.charm("web", r#"status-set active "$(is-leader)""#, &[]);
    rig.run(&["deploy", &charm, "-n", "2"]).ok();
    assert_eq!(rig.workload("web/0").1, "True");
    assert_eq!(rig.workload("web/1").1, "False");
    rig.run(&["remove-unit", "--no-prompt", "web/0"]).ok();
    assert_eq!(rig.workload("web/1").1, "True");
    assert_eq!(rig.unit("web/0"), serde_json::Value::Null);
    rig.run(&["add-unit", "web"]).ok();
    assert_eq!(rig.unit("web/2")["machine"], "2");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_that_was_rebooted_starts_its_units_again() {
    let rig = Rig::new();
    let dispatch = format!(
        r#"{LOG_HOOK}; [ "$JUJU_HOOK_NAME" = config-changed ] && [ ! -f /srv/minijuju-test-once ] && touch /srv/minijuju-test-once && juju-reboot --now"#
    );
    let charm = rig.charm("web", &format!("{dispatch}; exit 0"), &[]);
    rig.run(&["deploy", &charm]).ok();
    assert_eq!(rig.logged(), ["install", "leader-elected", "config-changed", "config-changed", "start"]);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn units_run_on_this_computer_itself_on_request() {
    let rig = Rig::new();
    let charm = rig.charm("minijuju-test-host", r#"juju-log "$JUJU_HOOK_NAME"; status-set active "$(hostname)""#, &[]);
    let run = |args: &[&str]| {
        let output = output(rig.command(args).env("MINIJUJU_MACHINES", "host"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["deploy", &charm]);
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(rig.workload("minijuju-test-host/0"), ("active".to_owned(), hostname.trim().to_owned()));
    let folder = std::path::Path::new("/var/lib/juju/agents/unit-minijuju-test-host-0");
    assert!(folder.is_dir());
    run(&["remove-application", "--no-prompt", "minijuju-test-host"]);
    assert!(!folder.exists());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_charm_without_dispatch_runs_its_hooks_and_skips_those_it_lacks() {
    let rig = Rig::new();
    let path = rig.folder().join("old.charm");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (file, text) in [
        ("metadata.yaml", "name: old\nsummary: s\ndescription: d\n"),
        ("hooks/start", "#!/bin/sh\nstatus-set active \"from $0\"\n"),
    ] {
        let mode = if file.starts_with("hooks") { 0o755 } else { 0o644 };
        zip.start_file(file, zip::write::SimpleFileOptions::default().unix_permissions(mode)).unwrap();
        std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    rig.run(&["deploy", "./old.charm"]).ok();
    let (status, message) = rig.workload("old/0");
    assert_eq!(status, "active");
    assert!(message.ends_with("hooks/start"), "{message}");
    let log = rig.run(&["debug-log", "--replay", "--no-tail"]).ok().stdout;
    assert!(log.contains(r#"skipped "install" hook (missing)"#), "{log}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn juju_reboot_now_never_returns_to_the_hook() {
    let rig = Rig::new();
    let script = r#"
[ "$JUJU_HOOK_NAME" = config-changed ] && [ ! -f /srv/rebooted ] && {
    touch /srv/rebooted
    juju-reboot --now
    juju-log "went on"; touch /srv/went-on
}
status-set active
"#;
    rig.run(&["deploy", &rig.charm("web", script, &[])]).ok();
    assert_eq!(rig.workload("web/0").0, "active");
    assert_eq!(rig.read("web/0", "/srv/rebooted"), "");
    assert_ne!(rig.run(&["ssh", "web/0", "test", "-e", "/srv/went-on"]).code, 0, "it went on after its reboot");
    assert_eq!(rig.logged(), Vec::<String>::new());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_command_ends_with_the_units_that_it_changed() {
    let rig = Rig::new();
    let charm = rig.charm("tiny", "status-set active", &[]);
    let units = |done: crate::rig::CommandResult| {
        let lines: Vec<String> = done.ok().stderr.lines().map(str::to_owned).collect();
        lines.into_iter().filter_map(|line| Some(line.split_once(" is active")?.0.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(units(rig.run(&["deploy", &charm, "-n", "3"])), ["tiny/0", "tiny/1", "tiny/2"]);
    assert_eq!(units(rig.run(&["fire", "tiny/1", "update-status"])), ["tiny/1"]);
    assert_eq!(units(rig.run(&["add-unit", "tiny"])), ["tiny/3"]);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn debug_logs_machines_hooks_and_hook_commands_instead_of_steps() {
    let rig = Rig::new();
    let charm = rig.charm("web", "status-set active ready; relation-get nothing; true", &[]);
    let stderr = rig.run(&["deploy", &charm, "--debug"]).ok().stderr;
    for line in [
        "DEBUG juju.machine host_program.rs:",
        "INFO  juju.machine start.rs:",
        "DEBUG juju.worker.uniter.operation hook_run.rs:",
        "running hook web/0-install-",
        "web/0: ran \"install\" hook (via hook dispatching script: dispatch)",
        "running hook tool \"status-set\" for web/0-install-",
        "hook tool \"relation-get\" ended with code 2",
        "INFO  juju.cmd mod.rs:",
    ] {
        assert!(stderr.contains(line), "{line}: {stderr}");
    }
    // Other messages are part of the log.
    assert!(stderr.contains("web/0 install (") && stderr.lines().all(|line| line.contains(".rs:")), "{stderr}");
    let steps = rig.run(&["fire", "web/0", "update-status"]).ok().stderr;
    assert!(steps.contains("web/0 update-status (") && !steps.contains(".rs:"), "{steps}");
    assert_eq!(rig.run(&["fire", "web/0", "update-status", "--quiet"]).ok().stderr, "");
}
