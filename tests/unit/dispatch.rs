//! Tests of the charm's process, as Juju starts it: environment, hook commands, exit code, log lines. The hook
//! commands are scripts that record how they were called.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::program;

/// A folder with hook commands, first on the charm's `PATH`.
struct Juju {
    dir: TempDir,
}

impl Juju {
    /// `config-get` runs this line of shell; the other hook commands do nothing.
    fn with_config_get(config_get: &str) -> Self {
        let juju = Self { dir: tempfile::tempdir().unwrap() };
        juju.command("config-get", config_get);
        for name in ["status-set", "juju-log", "application-version-set"] {
            juju.command(name, "");
        }
        juju
    }

    fn command(&self, name: &str, script: &str) {
        let path = self.dir.path().join(name);
        let log = self.dir.path().join("log");
        program::write(&path, &format!("echo {name} \"$@\" >> '{}'\n{script}", log.display()));
    }

    /// Dispatch with these variables. tinyproxy is not on this `PATH`.
    fn dispatch(&self, vars: &[(&str, &str)]) -> Output {
        let path = format!("{}:/nonexistent", self.dir.path().display());
        let mut charm = Command::new(env!("CARGO_BIN_EXE_tinyproxy-charm"));
        charm.env_clear().env("PATH", path).env("TMPDIR", self.dir.path()).current_dir(self.dir.path());
        charm.envs(vars.iter().copied()).output().unwrap()
    }

    /// The recorded calls.
    fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

const UPDATE_STATUS: [(&str, &str); 5] = [
    ("JUJU_DISPATCH_PATH", "hooks/update-status"),
    ("JUJU_UNIT_NAME", "tinyproxy/0"),
    ("JUJU_MODEL_NAME", "testing"),
    ("JUJU_MODEL_UUID", "cdac5656-2423-4388-8f30-41854b4cca7d"),
    ("JUJU_VERSION", "3.6.8"),
];

const VALID_CONFIG: &str = r#"echo '{"slug":"example"}'"#;

#[test]
fn update_status_runs_two_hook_commands() {
    let juju = Juju::with_config_get(VALID_CONFIG);
    let output = juju.dispatch(&UPDATE_STATUS);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        juju.calls(),
        [
            "config-get --format=json",
            "status-set --application=False maintenance -- Waiting for tinyproxy to be installed"
        ]
    );
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
}

/// With an apt whose only package is tinyproxy.
#[test]
fn install_logs_the_package_and_its_version() {
    let juju = Juju::with_config_get(VALID_CONFIG);
    let tinyproxy = juju.dir.path().join("tinyproxy");
    let tinyproxy = tinyproxy.display();
    juju.command(
        "apt-get",
        &format!(
            "case \"$*\" in *' install tinyproxy-bin')\n\
             printf '#!/bin/sh\\necho tinyproxy 1.11.0\\n' >'{tinyproxy}'; /bin/chmod 755 '{tinyproxy}' ;;\nesac"
        ),
    );
    juju.command(
        "dpkg-query",
        &format!("[ -e '{tinyproxy}' ] && echo installed 1.11.0-1 && exit\necho no packages found >&2\nexit 1"),
    );
    let mut vars = UPDATE_STATUS;
    vars[0].1 = "hooks/install";
    let output = juju.dispatch(&vars);
    let calls = juju.calls();
    assert!(output.status.success(), "{output:?} {calls:#?}");
    let installed = calls.iter().position(|call| call.starts_with("juju-log --log-level INFO")).unwrap();
    assert_eq!(
        calls[installed..],
        [
            "juju-log --log-level INFO -- installed package=tinyproxy-bin version=1.11.0-1",
            "application-version-set -- 1.11.0",
            "config-get --format=json",
            "status-set --application=False maintenance -- Waiting for tinyproxy to start",
        ]
    );
}

/// Arguments cannot hold NUL, but the status still says what is wrong.
#[test]
fn a_slug_with_nul_blocks() {
    let juju = Juju::with_config_get(r#"echo '{"slug":"a\u0000b"}'"#);
    let output = juju.dispatch(&UPDATE_STATUS);
    assert!(output.status.success(), "{output:?}");
    let blocked = "blocked -- Invalid slug: 'a?b'. Slug must match the regex [a-z0-9-]+";
    assert_eq!(juju.calls()[1], format!("status-set --application=False {blocked}"));
}

#[test]
fn outside_juju_it_prints_a_hint_and_exits_2() {
    let output = Juju::with_config_get(VALID_CONFIG).dispatch(&[]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("tinyproxy-charm is a Juju charm") && stderr.contains("juju deploy"), "{stderr}");
}

/// Check that exactly one line at ERROR is logged with this text, and that the exit code is 1.
fn assert_fails_with(juju: &Juju, vars: &[(&str, &str)], parts: &[&str]) {
    let output = juju.dispatch(vars);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let calls = juju.calls();
    let errors: Vec<_> = calls.iter().filter(|call| call.starts_with("juju-log --log-level ERROR -- ")).collect();
    assert_eq!(errors.len(), 1, "{calls:?}");
    for part in parts {
        assert!(errors[0].contains(part), "{errors:?} does not say {part:?}");
    }
    assert!(!calls.iter().any(|call| call.starts_with("status-set")), "{calls:?}");
}

#[test]
fn a_missing_variable_is_named() {
    for missing in ["JUJU_UNIT_NAME", "JUJU_MODEL_NAME", "JUJU_MODEL_UUID"] {
        let vars: Vec<_> = UPDATE_STATUS.into_iter().filter(|(name, _)| *name != missing).collect();
        assert_fails_with(&Juju::with_config_get(VALID_CONFIG), &vars, &[missing, "is not set"]);
    }
}

#[test]
fn an_event_that_does_not_exist_is_named() {
    let mut vars = UPDATE_STATUS;
    vars[0].1 = "hooks/nonsense";
    assert_fails_with(
        &Juju::with_config_get(VALID_CONFIG),
        &vars,
        &["JUJU_DISPATCH_PATH", "\"nonsense\" is not an event"],
    );
}

#[test]
fn config_get_that_fails_is_named_with_its_reason() {
    for (script, message) in [
        ("echo 'ERROR connection is shut down' >&2; exit 1", "failed with exit code 1: ERROR connection is shut down"),
        ("exit 3", "failed with exit code 3"),
        ("kill -9 $$", "failed with exit code 137"),
        ("", "it is empty"),
        (r#"printf '%s' '{"slug":"exa'"#, "EOF while parsing"),
        ("echo '[1, 2]'", "invalid type"),
        (r"printf '\377'", "it is not UTF-8"),
    ] {
        assert_fails_with(&Juju::with_config_get(script), &UPDATE_STATUS, &["config-get --format=json", message]);
    }
}

#[test]
fn a_hook_command_that_is_not_there_is_named() {
    let juju = Juju::with_config_get(VALID_CONFIG);
    fs::remove_file(juju.dir.path().join("config-get")).unwrap();
    assert_fails_with(&juju, &UPDATE_STATUS, &["could not run `config-get --format=json`", "No such file"]);
}

#[test]
fn without_juju_log_the_error_goes_to_standard_error() {
    let juju = Juju::with_config_get("exit 1");
    juju.command("juju-log", "exit 1");
    let output = juju.dispatch(&UPDATE_STATUS);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("ERROR") && stderr.contains("config-get"), "{stderr}");
}

#[test]
fn under_juju_debug_the_log_goes_to_standard_error_too() {
    let juju = Juju::with_config_get("exit 1");
    let vars: Vec<_> = UPDATE_STATUS.into_iter().chain([("JUJU_DEBUG", "1")]).collect();
    let output = juju.dispatch(&vars);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("ERROR ") && stderr.contains("config-get"), "{stderr}");
    assert!(juju.calls().iter().any(|call| call.starts_with("juju-log --log-level ERROR")));
}

/// Without tinyproxy on the machine, so that only the status is set.
#[test]
fn an_invalid_slug_blocks_the_unit_however_odd_it_is() {
    for slug in ["", "two words", "two\\nlines", "ünïcode", "example\\n"] {
        let juju = Juju::with_config_get(&format!("printf '%s' '{{\"slug\":\"{slug}\"}}'"));
        let output = juju.dispatch(&UPDATE_STATUS);
        assert!(output.status.success(), "{output:?}");
        let calls = juju.calls().join("\n");
        let shown = slug.replace("\\n", "\n");
        let status = format!("blocked -- Invalid slug: '{shown}'. Slug must match the regex [a-z0-9-]+");
        assert!(calls.contains(&status), "{calls}");
    }
}

/// Linux accepts no argument of more than 128 KiB, and nobody would read such a status.
#[test]
fn a_slug_of_a_megabyte_blocks_the_unit_with_a_shorter_message() {
    let juju = Juju::with_config_get(r#"printf '{"slug":"%01048576d/"}' 0"#);
    let output = juju.dispatch(&UPDATE_STATUS);
    assert!(output.status.success(), "{output:?}");
    let calls = juju.calls();
    let status = calls.iter().find(|call| call.starts_with("status-set")).unwrap();
    assert!(status.contains("blocked -- Invalid slug: '0000") && status.len() < 128 * 1024, "{}", status.len());
    assert!(calls.iter().any(|call| call.starts_with("juju-log --log-level WARNING -- the status message has")));
}
