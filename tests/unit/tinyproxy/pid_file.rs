//! The PID file, with any content.

use super::*;

#[test]
fn that_is_a_fifo_or_a_folder_means_not_running_and_keeps_tinyproxy_from_starting() {
    for make in ["mkfifo", "mkdir"] {
        let machine = Machine::new();
        machine.install("tinyproxy", "exit 0");
        let path = machine.tinyproxy().pid_file();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new(make).arg(&path).status().unwrap().success());
        let mut tinyproxy = machine.tinyproxy();
        let (running, started) = with_timeout(make, move || (tinyproxy.is_running(), tinyproxy.start()));
        assert!(!running);
        let message = format!("tinyproxy cannot write its PID file: {} is not a file: remove it", path.display());
        assert_eq!(started.unwrap_err().to_string(), message);
    }
}

#[test]
fn of_tinyproxy_means_running() {
    let machine = Machine::new();
    let running = machine.run("tinyproxy");
    machine.write_pid_file(format!("{}\n", running.child.id()));
    assert!(machine.tinyproxy().is_running());
}

#[test]
fn that_is_absent_means_not_running() {
    assert!(!Machine::new().tinyproxy().is_running());
}

#[test]
fn that_names_no_process_means_not_running() {
    let machine = Machine::new();
    for text in
        ["", "\n", "garbage", "12 34", "-1", "0", "-0", "1.5", "0x1", "4294967297", "99999999999999999999", "\0\0\0\0"]
    {
        machine.write_pid_file(text);
        assert!(!machine.tinyproxy().is_running(), "{text:?}");
    }
    machine.write_pid_file(b"\xff\xfe1\n");
    assert!(!machine.tinyproxy().is_running(), "not UTF-8");
    machine.write_pid_file("1".repeat(1 << 20));
    assert!(!machine.tinyproxy().is_running(), "1 MiB long");
}

#[test]
fn that_is_a_folder_means_not_running() {
    let machine = Machine::new();
    fs::create_dir_all(machine.path("var/run/tinyproxy.pid")).unwrap();
    assert!(!machine.tinyproxy().is_running());
}

#[test]
fn that_is_stale_means_not_running() {
    let machine = Machine::new();
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    machine.write_pid_file(child.id().to_string());
    assert!(!machine.tinyproxy().is_running());
}

#[test]
fn of_a_process_that_ended_but_was_not_waited_for_means_not_running() {
    let machine = Machine::new();
    let program = machine.install("tinyproxy", "exit");
    let mut child = Command::new(program).stdout(Stdio::piped()).spawn().unwrap();
    machine.write_pid_file(child.id().to_string());
    // Its output ends with the process, or a moment earlier.
    let mut output = BufReader::new(child.stdout.take().unwrap());
    with_timeout("its output ends", move || assert_eq!(output.read_until(b'\n', &mut Vec::new()).unwrap(), 0));
    let stat = format!("/proc/{}/stat", child.id());
    with_timeout("the process becomes a zombie", move || {
        while !fs::read_to_string(&stat).unwrap().contains(") Z ") {
            std::thread::yield_now();
        }
    });
    assert!(!machine.tinyproxy().is_running());
    child.wait().unwrap();
}

#[test]
fn of_another_program_means_not_running_and_it_gets_no_signal() {
    let machine = Machine::new();
    let other_program = machine.run("other");
    let mut tinyproxy = machine.tinyproxy();
    machine.write_pid_file(other_program.child.id().to_string());
    assert!(!tinyproxy.is_running());
    tinyproxy.stop().unwrap();
    assert!(matches!(tinyproxy.reload_config(), Err(Error::NotRunning)));
    // If a signal had been sent, that failure would come first.
    let name = machine.path("usr/bin/other");
    assert!(terminate(&other_program.child.id().to_string()));
    assert_eq!(other_program.line(), "SIGTERM", "{}", name.display());
    assert_eq!(other_program.line(), "");
}

#[test]
fn of_a_thread_of_another_program_means_not_running() {
    let machine = Machine::new();
    let is_running = std::thread::Builder::new().name("tinyproxy".to_owned()).spawn(move || {
        // PROCESS/task/THREAD. The kernel also has a /proc entry for the thread's ID, with the thread's name.
        let this = fs::read_link("/proc/thread-self").unwrap();
        let number = this.file_name().unwrap().to_str().unwrap();
        let name = fs::read_to_string(format!("/proc/{number}/comm")).unwrap();
        assert_eq!(name, "tinyproxy\n");
        machine.write_pid_file(number);
        machine.tinyproxy().is_running()
    });
    assert!(!is_running.unwrap().join().unwrap());
}

#[test]
fn survives_an_upgrade_of_the_executable() {
    let machine = Machine::new();
    let running = machine.run("tinyproxy");
    machine.write_pid_file(running.child.id().to_string());
    fs::remove_file(machine.path("usr/bin/tinyproxy")).unwrap();
    assert!(machine.tinyproxy().is_running());
}
