//! Tests of unpacking: good charms completely, bad ones not at all, with one sentence each. `tests/pack.rs` tests
//! packing.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::unpack::MAX_SIZE;
use super::{Profile, juju_arch, pack, unpack};

/// A `.charm` made entry by entry.
struct Charm {
    folder: TempDir,
    zip: ZipWriter<File>,
}

impl Charm {
    /// An empty archive.
    fn empty() -> Self {
        let folder = TempDir::new().unwrap();
        let charm = folder.path().join("x.charm");
        let zip = ZipWriter::new(File::options().read(true).write(true).create_new(true).open(charm).unwrap());
        Self { folder, zip }
    }

    /// What every charm needs.
    fn new() -> Self {
        Self::empty().file("metadata.yaml", 0o644, "name: x").file("dispatch", 0o755, "#!/bin/sh")
    }

    fn file(mut self, path: &str, mode: u32, content: &str) -> Self {
        self.zip.start_file(path, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
        self.zip.write_all(content.as_bytes()).unwrap();
        self
    }

    fn link(mut self, path: &str, target: &str) -> Self {
        self.zip.add_symlink(path, target, SimpleFileOptions::default()).unwrap();
        self
    }

    /// Unpack it. Returns the folder, or the error.
    fn unpack(self) -> Result<(TempDir, PathBuf), String> {
        self.zip.finish().unwrap();
        unpack_in(self.folder)
    }

    /// Unpack it, which must fail.
    fn refusal(self) -> String {
        self.unpack().unwrap_err()
    }
}

fn unpack_in(folder: TempDir) -> Result<(TempDir, PathBuf), String> {
    let charm = folder.path().join("x.charm");
    let to = folder.path().join("agents/unit-x-0/charm");
    match unpack(&charm, &to) {
        Ok(()) => Ok((folder, to)),
        Err(error) => {
            assert!(!to.exists(), "nothing of a refused charm is left");
            let parent = to.parent().unwrap();
            assert!(!parent.exists() || fs::read_dir(parent).unwrap().next().is_none(), "nor of the attempt");
            let message = error.to_string();
            assert_eq!(message.lines().count(), 1, "{message}");
            Err(message.replace(&format!("{}/", folder.path().display()), ""))
        }
    }
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_charm_is_unpacked_with_modes_and_links() {
    let (_folder, to) = Charm::new()
        .file("bin/x", 0o755, "binary")
        .file("lib/secret", 0o600, "s")
        .file("lib/setuid", 0o4755, "s")
        .file("deep/er/file", 0o644, "text")
        .link("link", "deep/er/file")
        .link("deep/up", "../bin/x")
        .link("dangling", "not/there")
        .unpack()
        .unwrap();
    assert_eq!(fs::read_to_string(to.join("link")).unwrap(), "text");
    assert_eq!(fs::read_link(to.join("deep/up")).unwrap(), Path::new("../bin/x"));
    assert_eq!(mode(&to.join("bin/x")), 0o755);
    assert_eq!(mode(&to.join("lib/secret")), 0o600);
    assert_eq!(mode(&to.join("lib/setuid")), 0o755, "no other bits than Juju keeps");
    assert_eq!(mode(&to), 0o755);
}

#[test]
fn a_charm_is_unpacked_into_an_empty_folder_only() {
    let (folder, to) = Charm::new().unpack().unwrap();
    let charm = folder.path().join("x.charm");
    let message = unpack(&charm, &to).unwrap_err().to_string();
    assert!(message.starts_with("cannot unpack the charm to "), "{message}");
    fs::remove_dir_all(&to).unwrap();
    fs::create_dir(&to).unwrap();
    unpack(&charm, &to).unwrap();
    assert!(to.join("dispatch").exists());
}

#[test]
fn a_charm_may_have_only_hooks() {
    let charm = Charm::empty().file("metadata.yaml", 0o644, "name: x").file("hooks/install", 0o644, "#!/bin/sh");
    let (_folder, to) = charm.unpack().unwrap();
    assert_eq!(mode(&to.join("hooks/install")), 0o744, "Juju makes hooks executable");
}

#[test]
fn an_invalid_charm_is_refused() {
    let unpack_error = |content: &[u8]| {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("x.charm"), content).unwrap();
        unpack_in(folder).unwrap_err()
    };
    for content in [&b""[..], b"name: x", &b"0".repeat(100_000)] {
        let message = unpack_error(content);
        assert!(message.starts_with("x.charm is not a charm that can be deployed: it is not a zip file"), "{message}");
    }

    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("x.charm")).unwrap();
    assert_eq!(unpack_in(folder).unwrap_err(), "x.charm is not a charm that can be deployed: it is not a file");
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("x.charm");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();
    assert_eq!(unpack_in(folder).unwrap_err(), "x.charm is not a charm that can be deployed: it is not a file");
    let missing = unpack_in(TempDir::new().unwrap()).unwrap_err();
    assert_eq!(missing, "cannot read the charm x.charm: No such file or directory (os error 2)");
}

#[test]
fn a_charm_that_juju_could_not_execute_is_refused() {
    let metadata = || Charm::empty().file("metadata.yaml", 0o644, "name: x");
    assert_eq!(
        metadata().refusal(),
        "x.charm is not a charm that can be deployed: it has neither `dispatch` nor `hooks`, so Juju would have nothing \
         to execute"
    );
    assert_eq!(
        metadata().file("dispatch", 0o644, "#!/bin/sh").refusal(),
        "x.charm is not a charm that can be deployed: its `dispatch` is not executable (chmod +x dispatch, and pack it \
         again)"
    );
    assert!(metadata().file("dispatch/x", 0o755, "").refusal().contains("`dispatch`"));
    assert!(Charm::empty().file("dispatch", 0o755, "").refusal().ends_with("it has no metadata.yaml"));
}

#[test]
fn paths_that_lead_out_are_refused() {
    for path in ["../x", "/etc/x", "a/../../x", "a/..", ".."] {
        let message = Charm::new().file(path, 0o644, "out").refusal();
        assert!(message.ends_with("which leads out of the charm's folder"), "{path}: {message}");
    }
}

#[test]
fn links_that_lead_out_are_refused() {
    for (path, target) in
        [("a", "/etc/passwd"), ("a", ".."), ("a", "b/../../x"), ("d/a", "../../x"), ("a", ""), ("a", "a")]
    {
        let message = Charm::new().link(path, target).refusal();
        assert!(message.ends_with("leads out of the charm's folder, or nowhere"), "{path} -> {target}: {message}");
    }
    // Each of these looks harmless by itself.
    let chain = Charm::new().link("here", ".").link("up", "here/..");
    assert!(chain.refusal().contains(r#"its link "up" to "here/..""#));
    let chain = Charm::new().file("a/b/c", 0o644, "").link("l", "a/b").link("m", "l/../../..");
    assert!(chain.refusal().contains(r#"its link "m""#));
    let loop_of_links = Charm::new().link("a", "b").link("b", "a");
    assert!(loop_of_links.refusal().contains("or nowhere"));
}

#[test]
fn files_below_links_and_files_are_refused() {
    let message = Charm::new().file("d/x", 0o644, "").link("a", "d").file("a/y", 0o644, "through").refusal();
    assert!(message.ends_with(r#"it holds "a/y" below "a", which is a link"#), "{message}");
    let message = Charm::new().file("a", 0o644, "").file("a/y", 0o644, "").refusal();
    assert!(message.ends_with(r#"it holds "a/y" below "a", which is a file"#), "{message}");
}

#[test]
fn the_same_path_twice_is_refused() {
    let message = Charm::new().file("a/b", 0o644, "1").file("a//b", 0o644, "2").refusal();
    assert!(message.ends_with(r#"it holds "a/b" twice"#), "{message}");
}

#[test]
fn devices_are_refused() {
    let mut charm = Charm::new().file("null", 0o666, "");
    charm.zip.finish().unwrap();
    // The type is in the upper half of the entry's external attributes, in the central directory.
    let path = charm.folder.path().join("x.charm");
    let mut bytes = fs::read(&path).unwrap();
    let entry = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    bytes[entry + 41] = 0o020_666_u16.to_le_bytes()[1];
    fs::write(&path, bytes).unwrap();
    charm.zip = ZipWriter::new(File::create(charm.folder.path().join("other")).unwrap());
    let message = unpack_in(charm.folder).unwrap_err();
    assert!(message.ends_with(r#""null" in it is neither a file nor a folder nor a link"#), "{message}");
}

/// A charm with `count` times 8 MiB of zeros, a few kilobytes each on disk.
fn zeros(count: u64) -> Charm {
    let mut charm = Charm::new();
    charm.zip.start_file("zeros-0", SimpleFileOptions::default()).unwrap();
    charm.zip.write_all(&vec![0; 8 << 20]).unwrap();
    for copy in 1..count {
        charm.zip.deep_copy_file("zeros-0", &format!("zeros-{copy}")).unwrap();
    }
    charm
}

#[test]
fn a_zip_bomb_is_refused_before_anything_is_written() {
    let size = 8 << 20;
    assert_eq!(
        zeros(MAX_SIZE / size).refusal(),
        format!(
            "x.charm is not a charm that can be deployed: unpacked it has {} bytes, and {MAX_SIZE} is the limit",
            MAX_SIZE + "name: x#!/bin/sh".len() as u64
        )
    );
}

#[test]
fn a_large_file_that_is_not_a_zip_file_is_refused_at_once() {
    let folder = TempDir::new().unwrap();
    // A sparse file, which takes no space.
    File::create(folder.path().join("x.charm")).unwrap().set_len(1 << 30).unwrap();
    let before = Instant::now();
    let message = unpack_in(folder).unwrap_err();
    assert!(message.contains("it is not a zip file"), "{message}");
    assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
}

#[test]
fn a_wrong_size_in_the_zip_file_is_refused() {
    let charm = zeros(1);
    charm.zip.finish().unwrap();
    let path = charm.folder.path().join("x.charm");
    let mut bytes = fs::read(&path).unwrap();
    let entry = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    bytes[entry + 24..entry + 28].copy_from_slice(&1_u32.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let message = unpack_in(charm.folder).unwrap_err();
    assert!(message.contains(r#""zeros-0" in it is damaged"#), "{message}");
}

#[test]
fn a_damaged_charm_is_refused() {
    let charm = Charm::new().file("text", 0o644, &"some text, ".repeat(100));
    charm.zip.finish().unwrap();
    let path = charm.folder.path().join("x.charm");
    let good = fs::read(&path).unwrap();
    let mut refused = 0;
    for position in (0..good.len()).step_by(7) {
        let mut bytes = good.clone();
        bytes[position] ^= 0x5a;
        fs::write(&path, bytes).unwrap();
        let to = charm.folder.path().join("to");
        // Some bytes mean nothing, such as times. In any case there must be a result, and no partial output.
        match unpack(&path, &to) {
            Ok(()) => fs::remove_dir_all(&to).unwrap(),
            Err(error) => {
                refused += 1;
                assert!(!to.exists(), "{error}");
            }
        }
    }
    assert!(refused > 10, "{refused}");
}

#[test]
fn a_charm_is_built_for_release_or_in_the_profile_of_its_tests() {
    let project = TempDir::new().unwrap();
    fs::create_dir(project.path().join("src")).unwrap();
    for (path, content) in [
        ("dispatch", "#!/bin/sh\nexec ./bin/demo\n"),
        ("Cargo.toml", "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n"),
        (
            "charmcraft.yaml",
            &format!(
                "type: charm\nname: demo\nsummary: s\ndescription: d\nbase: ubuntu@22.04\nplatforms: {{{}: }}\nparts: {{charm: {{plugin: rust, source: .}}}}\n",
                juju_arch()
            ),
        ),
        ("src/main.rs", "fn main() { print!(\"{}\", cfg!(debug_assertions)) }"),
    ] {
        fs::write(project.path().join(path), content).unwrap();
    }
    fs::set_permissions(project.path().join("dispatch"), fs::Permissions::from_mode(0o755)).unwrap();
    for (profile, debug) in [(Profile::Release, "false"), (Profile::Dev, "true")] {
        let charm = pack(project.path(), project.path(), profile, &mut |_| ()).unwrap();
        let folder = project.path().join(debug);
        unpack(&charm, &folder).unwrap();
        let ran = Command::new(folder.join("dispatch")).current_dir(&folder).output().unwrap();
        assert_eq!(String::from_utf8(ran.stdout).unwrap(), debug);
    }
}
