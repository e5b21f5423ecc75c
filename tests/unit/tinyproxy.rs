//! Tests of the workload helper on a fake machine: a temporary folder with programs that the tests write.

mod machine;
mod pid_file;
mod signals;
mod start;

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use std::time::{Duration, Instant};

use machine::{Machine, TIMEOUT, with_timeout};
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

fn file_names(folder: &Path) -> Vec<String> {
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
    fn replaces_a_link_and_not_its_target() {
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
        assert_eq!(file_names(&machine.path("etc/tinyproxy")), ["tinyproxy.conf"]);
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
    fn that_is_invalid_is_an_error_that_quotes_it() {
        for (script, quoted) in [
            ("", "\"\""),
            ("echo tinyproxy", "\"tinyproxy\""),
            ("echo 1.11.0", "\"1.11.0\""),
            ("echo squid 6.1", "\"squid 6.1\""),
            ("echo tinyproxy 1.11.0; echo and more", r#""tinyproxy 1.11.0\nand more""#),
            (r"printf 'tinyproxy \377'", "\"tinyproxy \u{fffd}\""),
        ] {
            let error = version(script).unwrap_err().to_string();
            assert_eq!(error, format!("there is no version in the output of `tinyproxy -v`: {quoted}"));
        }
    }

    #[test]
    fn of_a_program_that_fails_is_an_error_with_its_words() {
        let error = version("echo cannot load libraries >&2; exit 127").unwrap_err().to_string();
        assert!(error.ends_with("usr/bin/tinyproxy -v` exited with code 127: cannot load libraries"), "{error}");
    }

    #[test]
    fn of_a_package_that_is_not_installed_is_an_error() {
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
    fn that_fails_has_apts_error() {
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

mod uninstall {
    use super::*;

    #[test]
    fn leaves_nothing_and_can_be_repeated() {
        let machine = Machine::new();
        machine.install_apt();
        let mut tinyproxy = machine.tinyproxy();
        tinyproxy.install().unwrap();
        tinyproxy.ensure_config(8000, "example").unwrap();
        machine.write_pid_file("1\n");
        for _ in 0..2 {
            tinyproxy.uninstall().unwrap();
            assert!(!tinyproxy.is_installed());
            assert_eq!(file_names(&machine.path("etc")), [""; 0]);
            assert_eq!(file_names(&machine.path("var/run")), [""; 0]);
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
        assert_eq!(file_names(&machine.path("etc/tinyproxy")), ["filter"]);
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
        assert_eq!(file_names(&machine.path("etc")), [""; 0]);
    }
}
