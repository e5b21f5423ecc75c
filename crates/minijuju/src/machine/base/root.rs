//! Checks whether a folder can be the root of a base's machines.

use std::io::Read as _;
use std::path::Path;

use super::super::Files;

/// What minijuju runs in every machine. The smallest root of Debian or Ubuntu has all of it.
const REQUIRED_PROGRAMS: [&str; 4] = ["/bin/sh", "/usr/bin/env", "/usr/bin/setpriv", "/bin/mount"];

/// Architectures: Rust's name, Juju's name, the number in the header of an ELF file (elf(5), `e_machine`).
const ARCHITECTURES: [(&str, &str, u16); 5] = [
    ("x86_64", "amd64", 62),
    ("aarch64", "arm64", 183),
    ("powerpc64", "ppc64el", 21),
    ("riscv64", "riscv64", 243),
    ("s390x", "s390x", 22),
];

/// Why a folder cannot be the root of a base's machines. The message continues a sentence about the folder.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidRoot {
    #[error("cannot be read: {0}")]
    Unreadable(String),
    #[error("is not a root file system: it has no /etc/os-release that names a distribution")]
    NoRelease,
    #[error("is {actual} according to its /etc/os-release, not {expected}")]
    OtherRelease { actual: String, expected: String },
    #[error("is not a root file system: /bin/sh: {0}")]
    NoShell(String),
    #[error("is not a root file system: its /bin/sh is not a program")]
    ShellNotElf,
    #[error("is for {actual}, but this computer is {expected}")]
    OtherArchitecture { actual: String, expected: &'static str },
    #[error("lacks {0}, which every machine needs")]
    MissingProgram(&'static str),
}

/// Check that a folder can be the root of this base's machines. The error is the reason.
pub(super) fn check_root(root: &Path, name: &str) -> Result<(), InvalidRoot> {
    let files = Files::at(root).map_err(|error| InvalidRoot::Unreadable(error.to_string()))?;
    let (Some(id), Some(version)) = (os_release_value(root, "ID"), os_release_value(root, "VERSION_ID")) else {
        return Err(InvalidRoot::NoRelease);
    };
    let actual = format!("{id}@{version}");
    if actual != name {
        return Err(InvalidRoot::OtherRelease { actual, expected: name.to_owned() });
    }
    let shell = files.read("/bin/sh").map_err(|error| InvalidRoot::NoShell(error.to_string()))?;
    let host = ARCHITECTURES.iter().find(|(rust, _, _)| *rust == std::env::consts::ARCH);
    let number = elf_machine(&shell).ok_or(InvalidRoot::ShellNotElf)?;
    if let Some((_, juju, _)) = host.filter(|(_, _, host)| *host != number) {
        let other = ARCHITECTURES.iter().find(|(_, _, other)| *other == number);
        let actual =
            other.map_or_else(|| format!("another architecture ({number})"), |(_, juju, _)| (*juju).to_owned());
        return Err(InvalidRoot::OtherArchitecture { actual, expected: juju });
    }
    match REQUIRED_PROGRAMS.iter().find(|program| files.metadata(program).is_err()) {
        Some(missing) => Err(InvalidRoot::MissingProgram(missing)),
        None => Ok(()),
    }
}

/// The architecture number of an ELF program.
fn elf_machine(program: &[u8]) -> Option<u16> {
    let mut header = [0; 20];
    program.take(20).read_exact(&mut header).ok()?;
    let bytes = [header[18], header[19]];
    match header {
        [0x7f, b'E', b'L', b'F', _, 1, ..] => Some(u16::from_le_bytes(bytes)),
        [0x7f, b'E', b'L', b'F', _, 2, ..] => Some(u16::from_be_bytes(bytes)),
        _ => None,
    }
}

/// A value from the root's `/etc/os-release` (os-release(5)).
pub(super) fn os_release_value(root: &Path, key: &str) -> Option<String> {
    let text = Files::at(root).ok()?.read("/etc/os-release").ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
    Some(value.trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn root(release: &str, shell: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["etc", "bin", "usr/bin"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("etc/os-release"), release).unwrap();
        for program in REQUIRED_PROGRAMS {
            fs::write(folder.path().join(program.trim_start_matches('/')), shell).unwrap();
        }
        folder
    }

    fn program(machine: u16) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(18, 0);
        bytes.extend(machine.to_le_bytes());
        bytes
    }

    fn host_architecture() -> u16 {
        ARCHITECTURES.iter().find(|(rust, _, _)| *rust == std::env::consts::ARCH).unwrap().2
    }

    const NOBLE: &str = "NAME=\"Ubuntu\"\nID=ubuntu\nVERSION_ID=\"24.04\"\n";

    #[test]
    fn a_root_of_the_release_that_it_is_named_after_is_valid() {
        assert_eq!(check_root(root(NOBLE, &program(host_architecture())).path(), "ubuntu@24.04"), Ok(()));
    }

    #[test]
    fn an_invalid_root_is_an_error_that_names_the_reason() {
        let other = if host_architecture() == 183 { (62, "amd64") } else { (183, "arm64") };
        for (root, name, reason) in [
            (
                root(NOBLE, &program(host_architecture())),
                "ubuntu@22.04",
                "is ubuntu@24.04 according to its /etc/os-release, not ubuntu@22.04",
            ),
            (
                root("", &program(host_architecture())),
                "ubuntu@24.04",
                "it has no /etc/os-release that names a distribution",
            ),
            (root(NOBLE, b"#!text"), "ubuntu@24.04", "its /bin/sh is not a program"),
            (root(NOBLE, &program(other.0)), "ubuntu@24.04", &format!("is for {}, but this computer is", other.1)),
        ] {
            let error = check_root(root.path(), name).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
        }
        let incomplete = root(NOBLE, &program(host_architecture()));
        fs::remove_file(incomplete.path().join("usr/bin/setpriv")).unwrap();
        assert_eq!(
            check_root(incomplete.path(), "ubuntu@24.04").unwrap_err().to_string(),
            "lacks /usr/bin/setpriv, which every machine needs"
        );
    }
}
