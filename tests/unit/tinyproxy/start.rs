//! Starting, and its failures.

use super::*;

#[test]
fn runs_tinyproxy_without_arguments() {
    let machine = Machine::new();
    machine.install("tinyproxy", &format!("echo \"$#\" >{}", machine.path("arguments").display()));
    machine.tinyproxy().start().unwrap();
    assert_eq!(fs::read_to_string(machine.path("arguments")).unwrap(), "0\n");
}

#[test]
fn is_not_done_twice() {
    let machine = Machine::new();
    let running = machine.run("tinyproxy");
    machine.write_pid_file(running.child.id().to_string());
    machine.install("tinyproxy", "echo started again; exit 1");
    machine.tinyproxy().start().unwrap();
}

#[test]
fn that_fails_has_tinyproxys_error() {
    let machine = Machine::new();
    machine.install("tinyproxy", "echo 'ERROR: Syntax error on line 6'; echo Not starting. >&2; exit 70");
    let error = machine.tinyproxy().start().unwrap_err().to_string();
    assert!(
        error.ends_with("usr/bin/tinyproxy` exited with code 70: Not starting.; ERROR: Syntax error on line 6"),
        "{error}"
    );
}

#[test]
fn does_not_wait_for_a_daemon_that_keeps_its_output_open() {
    let machine = Machine::new();
    machine.install("tinyproxy", &format!("sleep 30 & echo $! >{}", machine.path("pid").display()));
    let started = Instant::now();
    machine.tinyproxy().start().unwrap();
    assert!(started.elapsed().as_secs() < 20);
    let pid = fs::read_to_string(machine.path("pid")).unwrap();
    assert!(terminate(pid.trim()), "the daemon was alive");
}

#[test]
fn names_a_port_that_is_taken() {
    let machine = Machine::new();
    machine.install("tinyproxy", &format!("echo >{}", machine.path("ran").display()));
    let taken = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut tinyproxy = machine.tinyproxy();
    tinyproxy.ensure_config(port, "example").unwrap();
    let error = tinyproxy.start().unwrap_err().to_string();
    assert!(error.starts_with(&format!("tinyproxy cannot listen on port {port}: Address already in use")), "{error}");
    assert!(!machine.path("ran").exists());
    // The kernel picks a free port.
    tinyproxy.ensure_config(0, "example").unwrap();
    tinyproxy.start().unwrap();
    assert!(machine.path("ran").exists());
}

#[test]
fn without_the_executable_is_an_error() {
    assert!(matches!(Machine::new().tinyproxy().start(), Err(Error::NotInstalled)));
}
