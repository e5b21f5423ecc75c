//! A command's log: `--debug`, `--show-log`, `--log-file` and `--logging-config`, as in Juju's commands.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

fn run(data: &TempDir, args: &[&str], levels: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minijuju"));
    command.args(args).env("MINIJUJU_DATA", data.path().join("data")).current_dir(data.path());
    command.env_remove("JUJU_MODEL").env_remove("JUJU_LOGGING_CONFIG");
    if let Some(levels) = levels {
        command.env("JUJU_LOGGING_CONFIG", levels);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    output
}

fn stderr(data: &TempDir, args: &[&str], levels: Option<&str>) -> String {
    String::from_utf8(run(data, args, levels).stderr).unwrap()
}

#[test]
fn the_log_goes_to_standard_error_at_the_requested_level() {
    let data = TempDir::new().unwrap();
    let plain = run(&data, &["models"], None);
    assert_eq!(plain.stderr, b"");
    for (args, levels, event, step) in [
        (&["models"][..], None, false, false),
        (&["models", "--show-log"], None, true, false),
        (&["--debug", "models"], None, true, true),
        (&["models", "--show-log"], Some("<root>=TRACE"), true, true),
        (&["models", "--show-log", "--logging-config", "juju.cmd=ERROR"], Some("<root>=TRACE"), false, false),
        (&["models", "--logging-config", "TRACE"], None, false, false),
    ] {
        let output = stderr(&data, args, levels);
        assert_eq!(output.contains(" INFO  juju.cmd mod.rs:"), event, "{args:?}: {output}");
        assert_eq!(output.contains("running minijuju models"), event, "{args:?}: {output}");
        assert_eq!(output.contains("DEBUG"), step, "{args:?}: {output}");
        assert_eq!(run(&data, args, levels).stdout, plain.stdout, "{args:?}");
    }
}

#[test]
fn the_log_goes_to_a_file_and_not_to_standard_error() {
    let data = TempDir::new().unwrap();
    let args = ["models", "--log-file", "log", "--logging-config", "<root>=INFO"];
    for times in 1..3 {
        assert_eq!(stderr(&data, &args, None), "");
        let log = fs::read_to_string(data.path().join("log")).unwrap();
        assert_eq!(log.matches("running minijuju models").count(), times, "{log}");
        assert_eq!(log.matches("command finished").count(), times, "{log}");
    }
}

#[test]
fn levels_that_cannot_be_read_are_ignored_with_a_warning() {
    let data = TempDir::new().unwrap();
    let output = stderr(&data, &["models", "--logging-config", "garbage"], None);
    assert_eq!(output, "WARNING --logging-config is ignored: config value expected '=', found \"garbage\"\n");
}

#[test]
fn arguments_of_a_command_are_not_logged() {
    let data = TempDir::new().unwrap();
    run(&data, &["add-model", "m"], None);
    let output = stderr(&data, &["add-secret", "token", "value=hunter2", "--debug"], Some("<root>=TRACE"));
    assert!(output.contains("running minijuju add-secret") && !output.contains("hunter2"), "{output}");
}
