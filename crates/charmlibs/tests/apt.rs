//! Tests of `apt` with fake `apt-get` and `dpkg-query`.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use charmlibs::apt::{Apt, Error};
use tempfile::TempDir;

/// A folder with fake package tools: shell scripts that keep their state in files next to them.
struct Machine {
    folder: TempDir,
}

impl Machine {
    /// A machine on which `hello` can be installed: version 2.10-3, or 2.9-1 on request. `apt-get` runs `script`
    /// first.
    fn new(script: &str) -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        machine.write_program(
            "apt-get",
            &format!(
                "cd $(dirname $0)\n\
                 echo \"$@\" >>log\n\
                 tries=$(grep -c . log)\n\
                 {script}\n\
                 case \"$*\" in\n\
                 *' update') ;;\n\
                 *' install hello') echo installed 2.10-3 >hello ;;\n\
                 *' install hello=2.9-1') echo installed 2.9-1 >hello ;;\n\
                 *' remove hello') echo config-files 2.10-3 >hello ;;\n\
                 *) echo 'Reading package lists...'; echo \"E: Unable to locate package ${{*##* }}\" >&2; exit 100 ;;\n\
                 esac"
            ),
        );
        machine.write_program(
            "dpkg-query",
            "cd $(dirname $0)\n\
             for name; do :; done\n\
             cat $name 2>/dev/null && exit\n\
             echo dpkg-query: no packages found matching $name >&2\n\
             exit 1",
        );
        machine
    }

    /// Write an executable script. Another process does it: if this one had it open for writing, a child that another
    /// test is starting would inherit it, and the kernel would refuse to execute it ("Text file busy").
    fn write_program(&self, name: &str, script: &str) {
        let mut install = Command::new("install")
            .args(["-m", "755", "/dev/stdin"])
            .arg(self.path(name))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        write!(install.stdin.take().unwrap(), "#!/bin/sh\n{script}\n").unwrap();
        assert!(install.wait().unwrap().success());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn apt(&self) -> Apt {
        Apt::in_folder(self.folder.path()).download_pause(Duration::from_millis(1))
    }

    /// Set dpkg's status of `hello`.
    fn set_hello_status(&self, status: &str) {
        fs::write(self.path("hello"), status).unwrap();
    }

    /// The command lines of `apt-get`, without its options.
    fn apt_get_calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        log.lines()
            .map(|line| {
                let start = ["update", "install", "remove"].iter().find_map(|action| line.find(&format!(" {action}")));
                line[start.unwrap()..].trim().to_owned()
            })
            .collect()
    }
}

fn assert_message(error: &Error, message: &str) {
    assert_eq!(error.to_string(), message);
}

#[test]
fn a_package_is_installed() {
    let machine = Machine::new("");
    assert_eq!(machine.apt().installed_version("hello").unwrap(), None);
    machine.apt().add_package("hello").unwrap();
    assert_eq!(machine.apt().installed_version("hello").unwrap().as_deref(), Some("2.10-3"));
}

#[test]
fn an_installed_package_is_not_installed_again() {
    let machine = Machine::new("");
    machine.set_hello_status("installed 2.8-1\n");
    machine.apt().add_package("hello").unwrap();
    machine.apt().add_package_version("hello", "2.8-1").unwrap();
    assert_eq!(machine.apt_get_calls(), [""; 0]);
}

#[test]
fn a_partly_installed_package_is_installed() {
    for status in ["config-files 2.10-3\n", "half-configured 2.10-3\n", "unpacked 2.10-3\n", "not-installed \n"] {
        let machine = Machine::new("");
        machine.set_hello_status(status);
        assert_eq!(machine.apt().installed_version("hello").unwrap(), None, "{status}");
        machine.apt().add_package("hello").unwrap();
        assert_eq!(machine.apt_get_calls(), ["install hello"], "{status}");
    }
}

#[test]
fn a_package_is_installed_in_any_architecture() {
    let machine = Machine::new("");
    machine.set_hello_status("config-files 2.10-2\ninstalled 2.10-3\n");
    assert_eq!(machine.apt().installed_version("hello").unwrap().as_deref(), Some("2.10-3"));
}

#[test]
fn a_version_is_installed_in_place_of_another() {
    let machine = Machine::new("");
    machine.set_hello_status("installed 2.8-1\n");
    machine.apt().add_package_version("hello", "2.9-1").unwrap();
    assert_eq!(machine.apt_get_calls(), ["install hello=2.9-1"]);
    assert_eq!(machine.apt().installed_version("hello").unwrap().as_deref(), Some("2.9-1"));
}

#[test]
fn a_removed_package_is_not_removed_again() {
    let machine = Machine::new("");
    machine.set_hello_status("half-configured 2.10-3\n");
    machine.apt().remove_package("hello").unwrap();
    machine.apt().remove_package("hello").unwrap();
    machine.apt().remove_package("unheard-of").unwrap();
    assert_eq!(machine.apt_get_calls(), ["remove hello"]);
}

#[test]
fn apt_get_asks_no_questions() {
    let machine =
        Machine::new("read answer && exit 1; [ $DEBIAN_FRONTEND = noninteractive ] && [ $LC_ALL = C ] || exit 2");
    machine.apt().add_package("hello").unwrap();
    let log = fs::read_to_string(machine.path("log")).unwrap();
    assert!(log.starts_with("-y -q --option=Dpkg::Options::=--force-confold "), "{log}");
    assert!(log.contains(" -o Acquire::Retries=3 -o DPkg::Lock::Timeout=299 "), "{log}");
}

#[test]
fn the_package_lists_are_updated_for_an_unknown_package() {
    let machine = Machine::new("");
    let error = machine.apt().add_package("helo").unwrap_err();
    assert!(matches!(error, Error::PackageNotFound(_)));
    assert_message(
        &error,
        "failed to install package helo: apt-get exited with code 100: E: Unable to locate package helo",
    );
    assert_eq!(error.failure().unwrap().package(), Some("helo"));
    assert_eq!(error.failure().unwrap().code(), Some(100));
    assert_eq!(error.failure().unwrap().lines(), ["E: Unable to locate package helo"]);
    assert_eq!(machine.apt_get_calls(), ["install helo", "update", "install helo"]);

    let machine = Machine::new("[ $tries -gt 1 ] || { echo E: Unable to locate package hello >&2; exit 100; }");
    machine.apt().add_package("hello").unwrap();
    assert_eq!(machine.apt_get_calls(), ["install hello", "update", "install hello"]);
}

#[test]
fn invalid_names_and_versions_never_reach_apt() {
    let machine = Machine::new("");
    for name in ["", "-y", "hello-", "hello world", "hello=2.9-1", "hello/stable", "hel*", "^hello$", "héllo", "a\nb"]
    {
        for error in [machine.apt().add_package(name), machine.apt().remove_package(name)] {
            assert_message(&error.unwrap_err(), &format!("'{name}' is not a package name"));
        }
    }
    for version in ["", "*", "2.9-1 world", "-1"] {
        let error = machine.apt().add_package_version("hello", version).unwrap_err();
        assert_message(&error, &format!("'{version}' is not a package version"));
    }
    assert_eq!(machine.apt_get_calls(), [""; 0]);
}

#[test]
fn a_pattern_that_installed_another_package_is_an_error() {
    let machine =
        Machine::new("case \"$*\" in *h.llo*) echo \"Note, selecting 'hello' for regex 'h.llo'\"; exit;; esac");
    let error = machine.apt().add_package("h.llo").unwrap_err();
    assert_message(&error, "failed to install package h.llo: apt-get succeeded, but dpkg knows no such package");
}

#[test]
fn apt_get_is_retried_while_a_lock_is_held() {
    let lock = "echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (init)' >&2; exit 100";
    let machine = Machine::new(&format!("[ $tries -gt 2 ] || {{ {lock}; }}"));
    machine.apt().update().unwrap();
    assert_eq!(machine.apt_get_calls(), ["update"; 3]);
}

#[test]
fn a_lock_that_is_held_past_the_timeout_is_an_error() {
    let machine = Machine::new(
        "echo 'Waiting for cache lock: Could not get lock L. It is held by process 7 (x)...'
         echo 'E: Unable to acquire the dpkg frontend lock (L), is another process using it?' >&2; exit 100",
    );
    let started = Instant::now();
    let error = machine.apt().lock_timeout(Duration::from_millis(300)).add_package("hello").unwrap_err();
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert!(matches!(error, Error::Locked { .. }));
    assert_message(
        &error,
        "failed to install package hello: apt-get exited with code 100: \
         Waiting for cache lock: Could not get lock L. It is held by process 7 (x)...; \
         E: Unable to acquire the dpkg frontend lock (L), is another process using it? \
         (another process held the lock for 0 s)",
    );
    let log = fs::read_to_string(machine.path("log")).unwrap();
    assert_eq!(log.matches("DPkg::Lock::Timeout=0 ").count(), log.lines().count(), "apt-get waits no longer than that");
}

#[test]
fn a_failed_download_is_retried() {
    let script = "echo 'E: Failed to fetch http://a.example/h.deb  Connection timed out' >&2; exit 100";
    let machine = Machine::new(&format!("[ $tries -gt 2 ] || {{ {script}; }}"));
    machine.apt().add_package("hello").unwrap();
    assert_eq!(machine.apt_get_calls(), ["install hello"; 3]);

    let machine = Machine::new(script);
    let error = machine.apt().update().unwrap_err();
    assert_message(
        &error,
        "failed to update the package lists: apt-get exited with code 100: \
         E: Failed to fetch http://a.example/h.deb  Connection timed out",
    );
    assert_eq!(error.failure().unwrap().package(), None);
    assert_eq!(machine.apt_get_calls(), ["update"; 3]);
}

#[test]
fn the_package_lists_are_updated_for_a_package_that_the_server_lacks() {
    let machine = Machine::new(
        "[ $tries -gt 1 ] || { echo 'E: Failed to fetch http://a.example/h.deb  404  Gone' >&2; exit 100; }",
    );
    machine.apt().add_package("hello").unwrap();
    assert_eq!(machine.apt_get_calls(), ["install hello", "update", "install hello"]);
}

#[test]
fn other_failures_are_reported_with_the_last_lines() {
    let machine = Machine::new("printf 'E: held \\377 packages\\n' >&2; exit 100");
    machine.set_hello_status("installed 2.10-3\n");
    let error = machine.apt().remove_package("hello").unwrap_err();
    assert!(matches!(error, Error::Failed(_)));
    assert_message(&error, "failed to remove package hello: apt-get exited with code 100: E: held \u{fffd} packages");
    assert_eq!(machine.apt_get_calls(), ["remove hello"]);

    let machine = Machine::new("kill -9 $$");
    let error = machine.apt().add_package("hello").unwrap_err();
    assert_message(&error, "failed to install package hello: apt-get was killed by signal 9 without a message");
    assert_eq!(error.failure().unwrap().code(), None);
}

#[test]
fn a_failure_of_dpkg_is_an_error() {
    let machine = Machine::new("");
    machine.write_program("dpkg-query", "echo dpkg-query: error: cannot open the database >&2; exit 2");
    let error = machine.apt().add_package("hello").unwrap_err();
    assert_message(
        &error,
        "failed to look for package hello: dpkg-query exited with code 2: dpkg-query: error: cannot open the database",
    );
}

#[test]
fn a_machine_without_apt_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = Apt::in_folder(folder.path()).update().unwrap_err();
    assert_message(&error, "could not run apt-get: No such file or directory (os error 2)");
}

#[test]
fn a_daemon_that_a_package_started_is_not_waited_for() {
    let machine = Machine::new("sleep 30 & echo $! >daemon");
    let started = Instant::now();
    machine.apt().add_package("hello").unwrap();
    assert!(started.elapsed().as_secs() < 20);
    let daemon = fs::read_to_string(machine.path("daemon")).unwrap();
    // The shell's own `kill`: the computer may not have a program of that name.
    let kill = Command::new("sh").args(["-c", "kill $0", daemon.trim()]).status().unwrap();
    assert!(kill.success(), "the daemon was alive");
}

#[test]
fn several_packages_are_installed_in_one_run_and_each_is_checked() {
    let machine = Machine::new(
        "case \"$*\" in *' install world hello=2.9-1') echo installed 1 >world; echo installed 2.9-1 >hello; exit;; esac",
    );
    machine.apt().add_packages(&["world", "hello=2.9-1"]).unwrap();
    machine.apt().add_packages(&["world", "hello"]).unwrap();
    machine.apt().add_packages(&[]).unwrap();
    assert_eq!(machine.apt_get_calls(), ["install world hello=2.9-1"]);
    let error = machine.apt().add_packages(&["hello", "a b"]).unwrap_err();
    assert_message(&error, "'a b' is not a package name");
}

#[test]
fn a_configured_ppa_is_not_added_again() {
    let machine = Machine::new("");
    let config = machine.path("etc");
    machine.write_program(
        "add-apt-repository",
        "cd $(dirname $0); echo \"$@\" >>ppas; mkdir -p etc/sources.list.d
         echo 'deb https://ppa.launchpadcontent.net/deadsnakes/ppa/ubuntu/ noble main' >etc/sources.list.d/d.list",
    );
    let apt = machine.apt().config_folder(config);
    assert!(apt.add_ppa("ppa:deadsnakes/ppa").unwrap());
    assert!(!apt.add_ppa("deadsnakes/ppa").unwrap());
    assert_eq!(fs::read_to_string(machine.path("ppas")).unwrap(), "--yes --no-update ppa:deadsnakes/ppa\n");
    assert_eq!(machine.apt_get_calls(), ["update"]);
    for wrong in ["ppa:deadsnakes", "ppa:a/b/c", "ppa:a/--b", ""] {
        assert_message(&apt.add_ppa(wrong).unwrap_err(), &format!("'{wrong}' is not a PPA (ppa:OWNER/NAME)"));
    }
}

#[test]
fn the_error_about_a_missing_ppa_has_its_name() {
    let machine = Machine::new("");
    machine.write_program("add-apt-repository", "echo 'ERROR: ppa not found' >&2; exit 1");
    let error = machine.apt().config_folder(machine.path("etc")).add_ppa("ppa:no/one").unwrap_err();
    assert_message(&error, "failed to add the PPA no/one: add-apt-repository exited with code 1: ERROR: ppa not found");
    assert_eq!(machine.apt_get_calls(), [""; 0]);
}

#[test]
fn an_error_can_be_constructed_in_a_test_and_cloned() {
    let failure = charmlibs::apt::Failure::new("remove", Some("hello"), "apt-get", 100, &["E: no"]);
    let error = Error::Failed(failure);
    assert_message(&error.clone(), "failed to remove package hello: apt-get exited with code 100: E: no");
}
