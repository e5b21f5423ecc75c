//! Reloading and stopping.

use super::*;

#[test]
fn reload_is_sigusr1_and_stop_is_sigterm() {
    let machine = Machine::new();
    let running = machine.run("tinyproxy");
    let mut tinyproxy = machine.tinyproxy();
    machine.write_pid_file(format!("{}\n", running.child.id()));
    tinyproxy.reload_config().unwrap();
    assert_eq!(running.line(), "SIGUSR1");
    assert!(tinyproxy.is_running());
    tinyproxy.timeout(Duration::ZERO).stop().unwrap();
    assert_eq!(running.line(), "SIGTERM");
    assert_eq!(running.line(), "", "its output ended");
}

#[test]
fn the_next_hook_reloads_if_a_hook_was_killed_before_that() {
    let machine = Machine::new();
    let running = machine.run("tinyproxy");
    let mut tinyproxy = machine.tinyproxy();
    let pid_file = machine.write_pid_file(running.child.id().to_string());
    let long_ago = std::time::SystemTime::now() - Duration::from_mins(1);
    fs::File::open(&pid_file).unwrap().set_modified(long_ago).unwrap();
    assert!(tinyproxy.ensure_config(8000, "foo").unwrap());
    // The hook is killed here, and Juju retries it: the file is right, but tinyproxy has not read it.
    assert!(tinyproxy.ensure_config(8000, "foo").unwrap());
    tinyproxy.reload_config().unwrap();
    assert_eq!(running.line(), "SIGUSR1");
    assert!(!tinyproxy.ensure_config(8000, "foo").unwrap());
}

#[test]
fn stop_repeats_sigterm_if_tinyproxy_lost_it() {
    let machine = Machine::new();
    let mut running = machine.run_script("tinyproxy", "n=0; trap 'n=$((n + 1)); [ $n -lt 3 ] || exit 3' TERM");
    machine.write_pid_file(running.child.id().to_string());
    machine.tinyproxy().timeout(TIMEOUT).stop().unwrap();
    assert!(!machine.tinyproxy().is_running());
    assert_eq!(running.exit_code(), Some(3));
}

#[test]
fn stop_returns_if_the_process_does_not_end() {
    let machine = Machine::new();
    let running = machine.run_script("tinyproxy", "trap '' TERM");
    machine.write_pid_file(running.child.id().to_string());
    machine.tinyproxy().timeout(Duration::ZERO).stop().unwrap();
    assert!(machine.tinyproxy().is_running());
}

#[test]
fn reload_without_a_process_is_an_error() {
    let error = Machine::new().tinyproxy().reload_config().unwrap_err();
    assert_eq!(error.to_string(), "tinyproxy is not running");
}

#[test]
fn stop_without_a_process_does_nothing() {
    Machine::new().tinyproxy().stop().unwrap();
}

#[test]
fn reload_waits_until_the_signal_is_handled() {
    let machine = Machine::new();
    // It opens the first pipe when it may continue, then handles signals, then writes to the second pipe.
    let (go, done) = (machine.path("go"), machine.path("done"));
    assert!(Command::new("mkfifo").args([&go, &done]).status().unwrap().success());
    let program = machine.install(
        "tinyproxy",
        &format!(
            "read line <{}; sleep 0.01; trap 'echo SIGUSR1 >{}; exit 0' USR1; while :; do read nothing; done",
            go.display(),
            done.display()
        ),
    );
    let mut child = Command::new(program).stdin(Stdio::piped()).spawn().unwrap();
    machine.write_pid_file(child.id().to_string());
    with_timeout("it opens its first pipe", move || fs::write(go, "\n").unwrap());
    machine.tinyproxy().timeout(TIMEOUT).reload_config().unwrap();
    assert_eq!(with_timeout("it opens its second pipe", move || fs::read_to_string(done).unwrap()), "SIGUSR1\n");
    assert!(with_timeout("the signal ends it", move || child.wait().unwrap()).success());
}

#[test]
fn reload_does_not_kill_a_process_without_a_handler() {
    let machine = Machine::new();
    let running = machine.run_script("tinyproxy", ":");
    machine.write_pid_file(running.child.id().to_string());
    let error = machine.tinyproxy().timeout(Duration::from_millis(10)).reload_config().unwrap_err();
    assert!(matches!(error, Error::NotHandled { .. }), "{error}");
    assert!(machine.tinyproxy().is_running());
}
