//! Lets Cargo build the charm's binary, and inspects the result.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde::Deserialize;

use super::{PackError, Profile, Step};

/// The parts of Cargo's messages on standard output that matter here.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Build the package in a folder. Returns the binary's path, which only Cargo knows: configuration can change both the
/// target folder and the target.
pub(super) fn build(
    project: &Path,
    binary: &str,
    profile: Profile,
    progress: &mut dyn FnMut(Step<'_>),
) -> Result<PathBuf, PackError> {
    let profile = match profile {
        Profile::Release => "release",
        Profile::Dev => "dev",
    };
    // Cargo sets this variable for the commands that it runs.
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut child = Command::new(&cargo)
        .args(["build", "--profile", profile, "--bin", binary, "--message-format=json-render-diagnostics"])
        .current_dir(project)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| PackError::CannotRunCargo { cargo: cargo.clone(), error })?;
    let unreadable = |error| PackError::CannotRunCargo { cargo: cargo.clone(), error };

    let stdout = child.stdout.take().map(BufReader::new);
    let stderr = child.stderr.take().map(BufReader::new);
    let mut messages = vec![];
    let built = thread::scope(|scope| {
        let built = scope.spawn(|| {
            let lines = stdout.into_iter().flat_map(|stdout| stdout.lines().map_while(Result::ok));
            lines
                .filter_map(|line| serde_json::from_str::<Message>(&line).ok())
                .filter_map(|m| built_executable(m, binary))
                .last()
        });
        for line in stderr.into_iter().flat_map(|stderr| stderr.lines().map_while(Result::ok)) {
            progress(Step::Cargo { line: &line });
            messages.push(line);
        }
        built.join().ok().flatten()
    });
    let status = child.wait().map_err(unreadable)?;
    match built {
        Some(path) if status.success() => Ok(path),
        _ => {
            if messages.is_empty() {
                progress(Step::Cargo { line: &format!("it ended with {status}, without a message") });
            }
            Err(PackError::Build { binary: binary.to_owned(), hint: static_library_hint(&messages) })
        }
    }
}

/// What to do if the linker cannot find the static C library: some distributions have it in a separate package.
fn static_library_hint(messages: &[String]) -> Option<&'static str> {
    // The messages of GNU ld and of LLD.
    let linker_errors = ["cannot find -lc", "unable to find library -lc", "cannot find -lgcc_eh", "cannot find crt1.o"];
    let is_missing = messages.iter().any(|line| {
        linker_errors.iter().any(|words| line.trim_end_matches(": No such file or directory").ends_with(words))
    });
    is_missing.then_some(
        "the static C library, which is linked into a charm, is missing: install libc6-dev on Debian and Ubuntu, glibc-static on Fedora, \
         or build for musl (`rustup target add x86_64-unknown-linux-musl`, and that target in .cargo/config.toml)",
    )
}

/// Whether a program needs a dynamic loader, and so the C library of the computer that it runs on. An ELF file says so
/// in a program header. Only 64-bit files are read, of either byte order, because all of Juju's architectures are.
pub(super) fn is_dynamic(program: &Path) -> Result<bool, PackError> {
    let content = fs::read(program).map_err(|error| PackError::Read { path: program.to_owned(), error })?;
    Ok(has_interpreter(&content).unwrap_or(false))
}

fn has_interpreter(elf: &[u8]) -> Option<bool> {
    const PT_INTERP: u64 = 3;
    if !elf.starts_with(b"\x7fELF\x02") {
        return None;
    }
    let big_endian = *elf.get(5)? == 2;
    let number = |at: usize, size: usize| {
        let bytes = elf.get(at..at.checked_add(size)?)?;
        let fold = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if big_endian { bytes.iter().fold(0, fold) } else { bytes.iter().rev().fold(0, fold) })
    };
    let table = usize::try_from(number(32, 8)?).ok()?;
    let (size, count) = (usize::try_from(number(54, 2)?).ok()?, usize::try_from(number(56, 2)?).ok()?);
    let mut headers = (0..count).map(|index| number(table.checked_add(index * size)?, 4));
    Some(headers.any(|kind| kind == Some(PT_INTERP)))
}

fn built_executable(message: Message, binary: &str) -> Option<PathBuf> {
    let target = message.target?;
    let is_binary = message.reason == "compiler-artifact" && target.name == binary && target.kind == ["bin"];
    message.executable.filter(|_| is_binary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_static_c_library_is_named_with_what_to_install() {
        for line in [
            "          rust-lld: error: unable to find library -lc",
            "          /usr/bin/ld: cannot find -lc: No such file or directory",
            "          /usr/bin/ld: cannot find -lgcc_eh",
        ] {
            let hint = static_library_hint(&["error: linking with `cc` failed".to_owned(), line.to_owned()]);
            assert!(hint.is_some_and(|hint| hint.contains("glibc-static")), "{line}");
        }
        assert_eq!(static_library_hint(&["rust-lld: error: unable to find library -lcurl".to_owned()]), None);
    }

    #[test]
    fn a_program_that_names_a_loader_is_dynamic() {
        let elf = |kind: u8| {
            let mut elf = [0; 64 + 56];
            elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
            (elf[32], elf[54], elf[56], elf[64]) = (64, 56, 1, kind);
            elf
        };
        assert_eq!(has_interpreter(&elf(3)), Some(true));
        assert_eq!(has_interpreter(&elf(1)), Some(false));
        assert_eq!(has_interpreter(b"#!/bin/sh\n"), None);
        assert_eq!(has_interpreter(b"\x7fELF\x02\x01"), None, "cut off");
    }
}
