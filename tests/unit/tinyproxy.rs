//! Tests of the workload helper on a fake machine: a temporary folder with programs that the tests write.

mod machine;

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use std::time::{Duration, Instant};

use machine::{LONG, Machine, in_time};
use tinyproxy_charm::tinyproxy::{Error, Workload as _};

/// The tutorial's config file, for port 8000 and slug `example`.
const CONFIG: &str = r#"PidFile "/var/run/tinyproxy.pid"
Port 8000
Timeout 600
ReverseOnly Yes
ReversePath "/example/" "http://www.example.com/"
"#;

/// Send SIGTERM to a process with the shell's own `kill`: the program comes with procps, which is not installed
/// everywhere.
fn terminate(pid: &str) -> bool {
    Command::new("sh").args(["-c", "kill -TERM \"$0\"", pid]).status().unwrap().success()
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

mod config {
    use super::*;

    #[test]
    fn is_written_byte_for_byte() {
        let machine = Machine::new();
        assert!(machine.tinyproxy().ensure_config(8000, "example").unwrap());
        assert_eq!(fs::read_to_string(machine.path("etc/tinyproxy/tinyproxy.conf")).unwrap(), CONFIG);
        assert_eq!(fs::metadata(machine.tinyproxy().config_file()).unwrap().permissions().mode() & 0o7777, 0o644);
    }

    #[test]
    fn is_left_alone_if_it_is_right() {
        let machine = Machine::new();
        let file = machine.write("etc/tinyproxy/tinyproxy.conf", CONFIG);
        let before = fs::metadata(&file).unwrap();
        assert!(!machine.tinyproxy().ensure_config(8000, "example").unwrap());
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before.modified().unwrap());
    }

    #[test]
    fn takes_the_place_of_a_link_and_leaves_what_that_leads_to() {
        let machine = Machine::new();
        let other = machine.write("etc/shadow", "not the charm's");
        fs::create_dir_all(machine.path("etc/tinyproxy")).unwrap();
        let path = machine.path("etc/tinyproxy/tinyproxy.conf");
        symlink(&other, &path).unwrap();
        assert!(machine.tinyproxy().ensure_config(8000, "example").unwrap());
        assert_eq!(fs::read_to_string(&other).unwrap(), "not the charm's");
        assert!(!path.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), CONFIG);
    }

    #[test]
    fn is_replaced_if_the_slug_or_port_changes() {
        let machine = Machine::new();
        let mut tinyproxy = machine.tinyproxy();
        assert!(tinyproxy.ensure_config(8000, "example").unwrap());
        assert!(tinyproxy.ensure_config(8000, "foo").unwrap());
        assert!(tinyproxy.ensure_config(8001, "foo").unwrap());
        assert!(!tinyproxy.ensure_config(8001, "foo").unwrap());
        let expected = CONFIG.replace("example/\" ", "foo/\" ").replace("8000", "8001");
        assert_eq!(fs::read_to_string(tinyproxy.config_file()).unwrap(), expected);
        assert_eq!(names_in(&machine.path("etc/tinyproxy")), ["tinyproxy.conf"]);
    }

    #[test]
    fn that_cannot_be_written_names_the_file() {
        let machine = Machine::new();
        machine.write("etc/tinyproxy", "a file where the folder should be");
        let error = machine.tinyproxy().ensure_config(8000, "example").unwrap_err();
        let path = machine.path("etc/tinyproxy/tinyproxy.conf");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        assert_eq!(fs::read_to_string(machine.path("etc/tinyproxy")).unwrap(), "a file where the folder should be");
    }
}

mod version {
    use super::*;

    fn version(script: &str) -> Result<String, Error> {
        let machine = Machine::new();
        machine.install("tinyproxy", script);
        machine.tinyproxy().version()
    }

    #[test]
    fn test_version() {
        assert_eq!(version("[ \"$*\" = -v ] && echo tinyproxy 1.11.0").unwrap(), "1.11.0");
    }

    #[test]
    fn of_a_build_between_releases() {
        assert_eq!(
            version("echo '  tinyproxy 1.11.0-git-55-g0123abc' | tail -c +3").unwrap(),
            "1.11.0-git-55-g0123abc"
        );
    }

    #[test]
    fn that_is_none_is_an_error_that_quotes_it() {
        for (script, quoted) in [
            ("", "\"\""),
            ("echo tinyproxy", "\"tinyproxy\""),
            ("echo 1.11.0", "\"1.11.0\""),
            ("echo squid 6.1", "\"squid 6.1\""),
            ("echo tinyproxy 1.11.0; echo and more", r#""tinyproxy 1.11.0\nand more""#),
            (r"printf 'tinyproxy \377'", "\"tinyproxy \u{fffd}\""),
        ] {
            let error = version(script).unwrap_err().to_string();
            assert_eq!(error, format!("could not find a version in what `tinyproxy -v` printed: {quoted}"));
        }
    }

    #[test]
    fn of_a_program_that_fails_is_an_error_with_its_words() {
        let error = version("echo cannot load libraries >&2; exit 127").unwrap_err().to_string();
        assert!(error.ends_with("usr/bin/tinyproxy -v` exited with code 127: cannot load libraries"), "{error}");
    }

    #[test]
    fn of_what_is_not_installed_is_an_error() {
        let error = Machine::new().tinyproxy().version().unwrap_err();
        assert!(matches!(error, Error::NotInstalled), "{error}");
    }
}

mod installation {
    use super::*;

    #[test]
    fn needs_an_executable_file_on_the_path() {
        let machine = Machine::new();
        assert!(!machine.tinyproxy().is_installed());
        let program = machine.write("usr/bin/tinyproxy", "");
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        assert!(machine.tinyproxy().is_installed());
        fs::set_permissions(&program, Permissions::from_mode(0o644)).unwrap();
        assert!(!machine.tinyproxy().is_installed(), "it is not executable");
        fs::remove_file(&program).unwrap();
        fs::create_dir(&program).unwrap();
        assert!(!machine.tinyproxy().is_installed(), "it is a folder");
    }

    #[test]
    fn updates_the_package_lists_first() {
        let machine = Machine::new();
        machine.install_apt();
        machine.tinyproxy().install().unwrap();
        assert!(machine.tinyproxy().is_installed());
        let log = fs::read_to_string(machine.path("apt.log")).unwrap();
        let actions: Vec<_> = log.lines().map(|line| line.split_once(" update").map_or(line, |_| "update")).collect();
        assert_eq!(actions.len(), 2);
        assert_eq!(actions[0], "update");
        assert!(actions[1].ends_with(" install tinyproxy-bin"), "{}", actions[1]);
    }

    #[test]
    fn that_fails_says_what_apt_said() {
        let machine = Machine::new();
        machine.install_apt();
        machine.install("apt-get", "echo 'E: Unmet dependencies' >&2; exit 100");
        let error = machine.tinyproxy().install().unwrap_err();
        assert_eq!(
            error.to_string(),
            "failed to update the package lists: apt-get exited with code 100: E: Unmet dependencies"
        );
    }
}

mod pid_file {
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
            let (running, started) = in_time(make, move || (tinyproxy.is_running(), tinyproxy.start()));
            assert!(!running);
            let message =
                format!("tinyproxy cannot write its PID file: {} is there, and is no file: remove it", path.display());
            assert_eq!(started.unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn of_tinyproxy_means_running() {
        let machine = Machine::new();
        let running = machine.run("tinyproxy");
        machine.set_pid(format!("{}\n", running.child.id()));
        assert!(machine.tinyproxy().is_running());
    }

    #[test]
    fn that_is_absent_means_not_running() {
        assert!(!Machine::new().tinyproxy().is_running());
    }

    #[test]
    fn that_names_no_process_means_not_running() {
        let machine = Machine::new();
        for text in [
            "",
            "\n",
            "garbage",
            "12 34",
            "-1",
            "0",
            "-0",
            "1.5",
            "0x1",
            "4294967297",
            "99999999999999999999",
            "\0\0\0\0",
        ] {
            machine.set_pid(text);
            assert!(!machine.tinyproxy().is_running(), "{text:?}");
        }
        machine.set_pid(b"\xff\xfe1\n");
        assert!(!machine.tinyproxy().is_running(), "not UTF-8");
        machine.set_pid("1".repeat(1 << 20));
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
        machine.set_pid(child.id().to_string());
        assert!(!machine.tinyproxy().is_running());
    }

    #[test]
    fn of_a_process_that_ended_but_was_not_waited_for_means_not_running() {
        let machine = Machine::new();
        let program = machine.install("tinyproxy", "exit");
        let mut child = Command::new(program).stdout(Stdio::piped()).spawn().unwrap();
        machine.set_pid(child.id().to_string());
        // Its output ends with the process, or a moment earlier.
        let mut output = BufReader::new(child.stdout.take().unwrap());
        in_time("its output ends", move || assert_eq!(output.read_until(b'\n', &mut Vec::new()).unwrap(), 0));
        let stat = format!("/proc/{}/stat", child.id());
        in_time("the process becomes a zombie", move || {
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
        let stranger = machine.run("stranger");
        let mut tinyproxy = machine.tinyproxy();
        machine.set_pid(stranger.child.id().to_string());
        assert!(!tinyproxy.is_running());
        tinyproxy.stop().unwrap();
        assert!(matches!(tinyproxy.reload_config(), Err(Error::NotRunning)));
        // If a signal had been sent, that failure would come first.
        let name = machine.path("usr/bin/stranger");
        assert!(terminate(&stranger.child.id().to_string()));
        assert_eq!(stranger.line(), "SIGTERM", "{}", name.display());
        assert_eq!(stranger.line(), "");
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
            machine.set_pid(number);
            machine.tinyproxy().is_running()
        });
        assert!(!is_running.unwrap().join().unwrap());
    }

    #[test]
    fn survives_an_upgrade_of_the_executable() {
        let machine = Machine::new();
        let running = machine.run("tinyproxy");
        machine.set_pid(running.child.id().to_string());
        fs::remove_file(machine.path("usr/bin/tinyproxy")).unwrap();
        assert!(machine.tinyproxy().is_running());
    }
}

mod signals {
    use super::*;

    #[test]
    fn reload_is_sigusr1_and_stop_is_sigterm() {
        let machine = Machine::new();
        let running = machine.run("tinyproxy");
        let mut tinyproxy = machine.tinyproxy();
        machine.set_pid(format!("{}\n", running.child.id()));
        tinyproxy.reload_config().unwrap();
        assert_eq!(running.line(), "SIGUSR1");
        assert!(tinyproxy.is_running());
        tinyproxy.patience(Duration::ZERO).stop().unwrap();
        assert_eq!(running.line(), "SIGTERM");
        assert_eq!(running.line(), "", "its output ended");
    }

    #[test]
    fn reload_that_a_killed_hook_missed_is_caught_up() {
        let machine = Machine::new();
        let running = machine.run("tinyproxy");
        let mut tinyproxy = machine.tinyproxy();
        let pid_file = machine.set_pid(running.child.id().to_string());
        let long_ago = std::time::SystemTime::now() - Duration::from_mins(1);
        fs::File::open(&pid_file).unwrap().set_modified(long_ago).unwrap();
        assert!(tinyproxy.ensure_config(8000, "foo").unwrap());
        // The hook is killed here. Juju runs it again: the file is right, but tinyproxy has not read it.
        assert!(tinyproxy.ensure_config(8000, "foo").unwrap());
        tinyproxy.reload_config().unwrap();
        assert_eq!(running.line(), "SIGUSR1");
        assert!(!tinyproxy.ensure_config(8000, "foo").unwrap());
    }

    #[test]
    fn stop_asks_again_if_tinyproxy_forgot() {
        let machine = Machine::new();
        let mut running = machine.run_script("tinyproxy", "n=0; trap 'n=$((n + 1)); [ $n -lt 3 ] || exit 3' TERM");
        machine.set_pid(running.child.id().to_string());
        machine.tinyproxy().patience(LONG).stop().unwrap();
        assert!(!machine.tinyproxy().is_running());
        assert_eq!(running.exit_code(), Some(3));
    }

    #[test]
    fn stop_of_what_does_not_end_comes_back() {
        let machine = Machine::new();
        let running = machine.run_script("tinyproxy", "trap '' TERM");
        machine.set_pid(running.child.id().to_string());
        machine.tinyproxy().patience(Duration::ZERO).stop().unwrap();
        assert!(machine.tinyproxy().is_running());
    }

    #[test]
    fn reload_of_what_is_not_running_is_an_error() {
        let error = Machine::new().tinyproxy().reload_config().unwrap_err();
        assert_eq!(error.to_string(), "tinyproxy is not running");
    }

    #[test]
    fn stop_of_what_is_not_running_is_none() {
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
        machine.set_pid(child.id().to_string());
        in_time("it opens its first pipe", move || fs::write(go, "\n").unwrap());
        machine.tinyproxy().patience(LONG).reload_config().unwrap();
        assert_eq!(in_time("it opens its second pipe", move || fs::read_to_string(done).unwrap()), "SIGUSR1\n");
        assert!(in_time("the signal ends it", move || child.wait().unwrap()).success());
    }

    #[test]
    fn reload_spares_a_process_that_the_signal_would_end() {
        let machine = Machine::new();
        let running = machine.run_script("tinyproxy", ":");
        machine.set_pid(running.child.id().to_string());
        let error = machine.tinyproxy().patience(Duration::from_millis(10)).reload_config().unwrap_err();
        assert!(matches!(error, Error::NotCaught { .. }), "{error}");
        assert!(machine.tinyproxy().is_running());
    }
}

mod start {
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
        machine.set_pid(running.child.id().to_string());
        machine.install("tinyproxy", "echo started again; exit 1");
        machine.tinyproxy().start().unwrap();
    }

    #[test]
    fn that_fails_says_what_tinyproxy_said() {
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
        assert!(
            error.starts_with(&format!("tinyproxy cannot listen on port {port}: Address already in use")),
            "{error}"
        );
        assert!(!machine.path("ran").exists());
        // The kernel picks a free port.
        tinyproxy.ensure_config(0, "example").unwrap();
        tinyproxy.start().unwrap();
        assert!(machine.path("ran").exists());
    }

    #[test]
    fn of_what_is_not_installed_is_an_error() {
        assert!(matches!(Machine::new().tinyproxy().start(), Err(Error::NotInstalled)));
    }
}

mod uninstall {
    use super::*;

    #[test]
    fn leaves_nothing_and_can_be_repeated() {
        let machine = Machine::new();
        machine.install_apt();
        let mut tinyproxy = machine.tinyproxy();
        tinyproxy.install().unwrap();
        tinyproxy.ensure_config(8000, "example").unwrap();
        machine.set_pid("1\n");
        for _ in 0..2 {
            tinyproxy.uninstall().unwrap();
            assert!(!tinyproxy.is_installed());
            assert_eq!(names_in(&machine.path("etc")), [""; 0]);
            assert_eq!(names_in(&machine.path("var/run")), [""; 0]);
        }
        let log = fs::read_to_string(machine.path("apt.log")).unwrap();
        assert_eq!(log.lines().filter(|line| line.contains(" remove ")).count(), 1);
    }

    #[test]
    fn leaves_what_others_put_into_the_config_folder() {
        let machine = Machine::new();
        machine.install_apt();
        let mut tinyproxy = machine.tinyproxy();
        tinyproxy.ensure_config(8000, "example").unwrap();
        machine.write("etc/tinyproxy/filter", "example.org\n");
        tinyproxy.uninstall().unwrap();
        assert_eq!(names_in(&machine.path("etc/tinyproxy")), ["filter"]);
    }

    #[test]
    fn names_a_file_that_cannot_be_removed() {
        let machine = Machine::new();
        machine.install_apt();
        fs::create_dir_all(machine.path("var/run/tinyproxy.pid")).unwrap();
        let error = machine.tinyproxy().uninstall().unwrap_err().to_string();
        let path = machine.path("var/run/tinyproxy.pid");
        assert!(error.starts_with(&format!("could not remove {}: ", path.display())), "{error}");
    }

    #[test]
    fn removes_a_config_file_that_leads_nowhere() {
        let machine = Machine::new();
        machine.install_apt();
        fs::create_dir_all(machine.path("etc/tinyproxy")).unwrap();
        symlink("/nonexistent/tinyproxy.conf", machine.path("etc/tinyproxy/tinyproxy.conf")).unwrap();
        machine.tinyproxy().uninstall().unwrap();
        assert_eq!(names_in(&machine.path("etc")), [""; 0]);
    }
}
