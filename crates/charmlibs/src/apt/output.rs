//! Interprets the output of `apt-get`, to decide what to do about a failure.

use std::process::Output;

/// Enough for the output of a maintainer script before it failed.
const MAX_LINES: usize = 10;

/// `apt-get` always exits with 100, so only its messages (in English, because of `LC_ALL=C`) tell failures apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Another process holds a lock.
    Locked,
    /// A download failed, but may succeed later.
    Download,
    /// No source has this package or version.
    NotFound,
    /// Something else.
    Other,
}

impl Reason {
    pub(super) fn from_output(output: &Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let has = |words: &[&str]| stderr.lines().any(|line| words.iter().any(|word| line.contains(word)));
        let not_found = ["E: Unable to locate package ", " has no installation candidate"];
        let fetch =
            ["E: Failed to fetch ", "E: Some index files failed to download", "E: Unable to fetch some archives"];
        if has(&[
            // apt-get gives up at once on some locks: those of the lists and of the archives.
            "E: Could not get lock ",
            // apt-get, after waiting for one of dpkg's locks. Without permission to lock, the message ends in `are you
            // root?`.
            ", is another process using it?",
            // dpkg, if another process holds a lock that apt-get does not take.
            "is locked by another process",
            "lock was locked by another process",
        ]) {
            Self::Locked
        } else if has(&not_found) || (has(&["E: Version '"]) && has(&["' was not found"])) {
            Self::NotFound
        } else if has(&fetch) {
            // A server without the file will not have it a moment later: the package lists are out of date.
            if has(&[" 404 "]) { Self::NotFound } else { Self::Download }
        } else {
            Self::Other
        }
    }
}

/// The lines that give the reason: those that apt and dpkg mark as errors, and those that name the holder of a lock.
/// The last lines, if there are no such lines or they only say that something else failed.
pub(super) fn error_lines(output: &Output) -> Vec<String> {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let errors: Vec<_> =
        non_empty_lines(&stderr).filter(|line| line.starts_with("E: ") || line.starts_with("dpkg: error")).collect();
    if errors.is_empty() || errors.iter().any(|line| line.starts_with("E: Sub-process ")) {
        return last_lines(non_empty_lines(&stdout).chain(non_empty_lines(&stderr)));
    }
    // Printed once per second while apt-get waits for a lock.
    let waiting = non_empty_lines(&stdout).filter(|line| line.starts_with("Waiting for cache lock: ")).last();
    last_lines(waiting.into_iter().chain(errors))
}

fn non_empty_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn last_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let lines: Vec<_> = lines.collect();
    lines[lines.len().saturating_sub(MAX_LINES)..].iter().map(|&line| line.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(stdout: &[u8], stderr: &[u8]) -> Output {
        use std::os::unix::process::ExitStatusExt as _;
        let status = std::process::ExitStatus::from_raw(100 << 8);
        Output { status, stdout: stdout.to_vec(), stderr: stderr.to_vec() }
    }

    fn reason(stderr: &str) -> Reason {
        Reason::from_output(&failed(b"", stderr.as_bytes()))
    }

    #[test]
    fn messages_about_every_lock_are_recognized() {
        for stderr in [
            "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)\n\
             E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?",
            "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?",
            "E: Unable to lock the administration directory (/var/lib/dpkg/), is another process using it?",
            "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 4711 (apt-get)\n\
             E: Unable to lock directory /var/lib/apt/lists/",
            "E: Could not get lock /var/cache/apt/archives/lock - open (11: Resource temporarily unavailable)\n\
             E: Unable to lock the download directory",
            "dpkg: error: dpkg frontend lock was locked by another process with pid 4711\n\
             E: Sub-process /usr/bin/dpkg returned an error code (2)",
            "dpkg: error: dpkg status database is locked by another process",
        ] {
            assert_eq!(reason(stderr), Reason::Locked, "{stderr}");
        }
    }

    #[test]
    fn a_missing_permission_is_not_a_lock_held_by_another_process() {
        let stderr = "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\n\
                      E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?";
        assert_eq!(reason(stderr), Reason::Other);
    }

    #[test]
    fn unknown_packages_and_versions_are_not_found() {
        for stderr in [
            "E: Unable to locate package tinyproxi",
            "E: Package 'tinyproxy' has no installation candidate",
            "E: Version '9.9' for 'tinyproxy-bin' was not found",
            "E: Failed to fetch http://archive.example/x.deb  404  Not Found [IP: 192.0.2.1 80]\n\
             E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?",
        ] {
            assert_eq!(reason(stderr), Reason::NotFound, "{stderr}");
        }
    }

    #[test]
    fn a_temporary_failure_is_a_failed_download() {
        let stderr = "E: Failed to fetch http://archive.example/x.deb  Temporary failure resolving 'archive.example'";
        assert_eq!(reason(stderr), Reason::Download);
    }

    #[test]
    fn lines_marked_as_errors_are_preferred() {
        let output = failed(b"Reading package lists...\n", b"W: careful\nE: first\n\nN: by the way\nE: second\n");
        assert_eq!(error_lines(&output), ["E: first", "E: second"]);
    }

    #[test]
    fn the_holder_of_the_lock_is_reported_once() {
        let waiting =
            "Waiting for cache lock: Could not get lock /var/lib/dpkg/lock. It is held by process 4711 (apt)...";
        let error = "E: Unable to lock the administration directory (/var/lib/dpkg/), is another process using it?";
        let output = failed(format!("{waiting}\n{waiting}\n").as_bytes(), format!("{error}\n").as_bytes());
        assert_eq!(error_lines(&output), [waiting, error]);
    }

    #[test]
    fn the_error_has_the_last_lines_of_a_failed_dpkg() {
        let stdout = "Setting up broken (1.0) ...\nbroken: cannot start without a licence\n";
        let stderr = "dpkg: error processing package broken (--configure):\n \
                      installed broken package post-installation script subprocess returned error exit status 1\n\
                      E: Sub-process /usr/bin/dpkg returned an error code (1)\n";
        let lines = error_lines(&failed(stdout.as_bytes(), stderr.as_bytes()));
        assert_eq!(lines.len(), 5);
        assert_eq!(lines[1], "broken: cannot start without a licence");
    }

    #[test]
    fn only_the_last_lines_of_long_output_are_kept() {
        let stdout = (1..=1000).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
        let lines = error_lines(&failed(stdout.as_bytes(), b""));
        assert_eq!(lines.len(), MAX_LINES);
        assert_eq!(lines.last().unwrap(), "line 1000");
    }

    #[test]
    fn invalid_utf8_is_replaced() {
        assert_eq!(error_lines(&failed(b"", b"E: bad \xff byte\n")), ["E: bad \u{fffd} byte"]);
    }
}
