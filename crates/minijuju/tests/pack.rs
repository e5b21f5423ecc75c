//! Packing charms: the content, and that it is reproducible.

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    io::Read as _,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use ops_metadata::CharmMeta;
use tempfile::TempDir;
use zip::ZipArchive;

const HEAD: &str = "type: charm\nname: demo\nsummary: A demo.\ndescription: A demo.\nbase: ubuntu@22.04\n";

/// This computer's architecture by Juju's name.
fn juju_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn platforms() -> String {
    format!("platforms: {{{}: }}\n", juju_arch())
}

/// Write the files of a project. One that starts with `#!` is executable.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        if content.starts_with("#!") {
            fs::set_permissions(&path, Permissions::from_mode(0o775)).unwrap();
        }
    }
    folder
}

/// A charm in Rust without dependencies, so that it builds anywhere.
fn rust_project(charmcraft: &str, dispatch: &str, main: &str) -> TempDir {
    project(&[
        ("charmcraft.yaml", &format!("{HEAD}{}{charmcraft}", platforms())),
        ("dispatch", dispatch),
        ("Cargo.toml", "[package]\nname = \"demo-charm\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n"),
        ("Cargo.lock", "version = 4\n\n[[package]]\nname = \"demo-charm\"\nversion = \"0.1.0\"\n"),
        ("src/main.rs", main),
        ("templates/a.conf", "a"),
        ("README.md", "Not for the charm."),
    ])
}

const DISPATCH: &str = "#!/bin/sh\nexec ./bin/demo-charm\n";
const PARTS: &str = "
parts:
  charm: {plugin: rust, source: .}
  files: {plugin: dump, source: ., stage: [dispatch, templates/]}
config: {options: {slug: {type: string, default: x}}}
actions: {ping: {description: Ping.}}
";

/// Run `minijuju pack PROJECT -o OUTPUT`. Returns whether it succeeded, and its standard error.
fn run_pack(project: &Path, output: &Path) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minijuju"));
    let done = command.arg("pack").arg(project).arg("-o").arg(output).output().unwrap();
    (done.status.success(), String::from_utf8(done.stderr).unwrap())
}

#[test]
fn the_output_folder_is_created_when_the_charm_is_packed() {
    let good = project(&[("charmcraft.yaml", &format!("{HEAD}{}", platforms())), ("dispatch", "#!/bin/sh\n")]);
    let bad = project(&[("charmcraft.yaml", "name: Bad Name\n")]);
    let out = TempDir::new().unwrap();
    let folder = out.path().join("new/folder");
    let (packed, stderr) = run_pack(bad.path(), &folder);
    assert!(!packed && !stderr.contains("making") && !out.path().join("new").exists(), "{stderr}");
    let (packed, stderr) = run_pack(good.path(), &folder);
    assert!(packed && stderr.contains(&format!("making the folder {}\n", folder.display())), "{stderr}");
    assert!(folder.join(format!("demo_{}.charm", juju_arch())).is_file());
    let (packed, stderr) = run_pack(good.path(), &folder);
    assert!(packed && !stderr.contains("making"), "{stderr}");
}

#[test]
fn a_file_is_not_a_folder_to_pack_into() {
    let good = project(&[("charmcraft.yaml", &format!("{HEAD}{}", platforms())), ("dispatch", "#!/bin/sh\n")]);
    let out = TempDir::new().unwrap();
    let (packed, stderr) = run_pack(good.path(), &out.path().join("demo.charm"));
    assert!(!packed && stderr.contains(&format!("did you mean `-o {}`", out.path().display())), "{stderr}");
    let file = out.path().join("file");
    fs::write(&file, "kept").unwrap();
    let (packed, stderr) = run_pack(good.path(), &file);
    assert!(
        !packed && stderr.contains(&format!("-o takes a folder, and {} is not a folder", file.display())),
        "{stderr}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1, "nothing is made");
}

/// The charm that `minijuju pack PROJECT -o OUTPUT` makes, or its error.
fn pack(project: &Path, out: &Path) -> Result<PathBuf, String> {
    let (packed, stderr) = run_pack(project, out);
    let last = |mark: &str| {
        format!("\n{stderr}").split_once(&format!("\n{mark} ")).map(|(_, rest)| rest.trim_end().to_owned())
    };
    if packed { Ok(last("Packed").unwrap().into()) } else { Err(last("ERROR").unwrap()) }
}

/// Unpack a charm as an archive.
fn unpack(charm: &Path, to: &Path) {
    ZipArchive::new(File::open(charm).unwrap()).unwrap().extract(to).unwrap();
}

/// The charm's files: mode and content (for a link: its target).
fn contents(charm: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut zip = ZipArchive::new(File::open(charm).unwrap()).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).unwrap();
            let mut content = vec![];
            file.read_to_end(&mut content).unwrap();
            (file.name().unwrap().into_owned(), (file.unix_mode().unwrap(), content))
        })
        .collect()
}

#[test]
fn a_rust_charm_has_the_files_that_charmcraft_packs() {
    let project = rust_project(PARTS, DISPATCH, "fn main() { println!(\"hello\") }");
    let out = project.path().join("out");
    let (packed, stderr) = run_pack(project.path(), &out);
    assert!(packed, "{stderr}");
    let charm = out.join(format!("demo_{}.charm", juju_arch()));
    let steps: Vec<&str> = stderr.lines().filter(|line| !line.starts_with("  ")).collect();
    let [warning, making, packed] = steps[..] else { panic!("{stderr}") };
    assert!(warning.starts_with("WARNING bin/demo-charm is linked dynamically"), "{stderr}");
    assert_eq!(making, format!("making the folder {}", out.display()));
    assert_eq!(packed, format!("Packed {}", charm.display()));
    assert!(stderr.starts_with("  cargo builds demo-charm\n"), "{stderr}");

    let files = contents(&charm);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "actions.yaml",
            "bin/demo-charm",
            "config.yaml",
            "dispatch",
            "manifest.yaml",
            "metadata.yaml",
            "templates/a.conf",
        ]
    );
    assert_eq!((files["dispatch"].0, &files["dispatch"].1[..]), (0o100_755, DISPATCH.as_bytes()));
    assert_eq!((files["bin/demo-charm"].0, files["metadata.yaml"].0), (0o100_755, 0o100_644));

    let to = out.join("unpacked");
    unpack(&charm, &to);
    assert_eq!(CharmMeta::load(&to).unwrap(), CharmMeta::load(project.path()).unwrap());
    let output = std::process::Command::new("./dispatch").current_dir(&to).output().unwrap();
    assert_eq!(output.stdout, b"hello\n");

    let before = fs::read(&charm).unwrap();
    fs::write(project.path().join("README.md"), "Changed.").unwrap();
    assert_eq!(fs::read(pack(project.path(), &out).unwrap()).unwrap(), before, "the same project, the same bytes");
    let left: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_failed_build_of_a_rust_charm_prints_the_reason() {
    let project = rust_project(PARTS, DISPATCH, "fn main() { nonsense }");
    for quiet in [&["--quiet"][..], &[]] {
        let mut minijuju = std::process::Command::new(env!("CARGO_BIN_EXE_minijuju"));
        let output = minijuju.args(quiet).arg("pack").current_dir(project.path()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.matches("cannot find value `nonsense`").count(), 1, "{stderr}");
        assert!(stderr.ends_with("ERROR cargo could not build the binary `demo-charm`\n"), "{stderr}");
        assert!(!output.status.success());
    }

    let project = rust_project(PARTS, "#!/bin/sh\nexec ./bin/other\n", "fn main() {}");
    let message = pack(project.path(), project.path()).unwrap_err();
    assert_eq!(message, "cargo could not build the binary `other`");
}

#[test]
fn a_rust_charm_needs_a_dispatch_that_starts_its_binary() {
    let project = rust_project(PARTS, "#!/bin/sh\n./bin/demo-charm \"$@\"\n", "fn main() {}");
    let message = pack(project.path(), project.path()).unwrap_err();
    assert!(message.ends_with("such as `exec ./bin/my-charm`, but is `./bin/demo-charm \"$@\"`"), "{message}");
    fs::remove_file(project.path().join("dispatch")).unwrap();
    let message = pack(project.path(), project.path()).unwrap_err();
    assert!(message.contains("has neither an executable `dispatch` nor a `hooks` folder"), "{message}");
}

#[test]
fn parts_that_only_charmcraft_can_build_are_refused() {
    for (part, reason) in [
        ("{plugin: make, source: .}", "the plugin `make` is unknown here"),
        ("{plugin: dump, source: .}", "it puts the whole project into the charm; name its files under `stage`"),
        ("{plugin: dump, source: ., stage: ['*.sh']}", "`*.sh` is not the plain path of a file or folder"),
        ("{plugin: dump, source: ., stage: [../x]}", "`../x` is not the plain path of a file or folder"),
        ("{plugin: dump, source: ., override-build: make}", "it has commands of its own (`override-…`)"),
        ("{plugin: dump, source: templates, organize: {'*': b/}}", "`*` is not the plain path of a file or folder"),
        (
            "{plugin: dump, source: 'https://example.com/x.tgz'}",
            "its source https://example.com/x.tgz is not in the project",
        ),
    ] {
        let parts = format!("parts: {{charm: {{plugin: rust, source: .}}, other: {part}}}\n");
        let project = rust_project(&parts, DISPATCH, "fn main() {}");
        let message = pack(project.path(), project.path()).unwrap_err();
        let expected = format!("charmcraft.yaml: parts.other: {reason}; `charmcraft pack` makes this charm");
        assert_eq!(message, expected);
    }
}

#[test]
fn a_charm_that_is_not_in_rust_has_the_files_of_its_folder() {
    let project = project(&[
        ("charmcraft.yaml", &format!("{HEAD}{}config: {{options: {{a: {{type: int}}}}}}\n", platforms())),
        ("dispatch", "#!/bin/sh\nexec ./src/charm.py\n"),
        ("src/charm.py", "#!/usr/bin/env python3\n"),
        ("src/__pycache__/charm.pyc", "left out"),
        (".git/HEAD", "left out"),
        ("old.charm", "left out"),
        ("lib/data.txt", "data"),
    ]);
    symlink("../lib/data.txt", project.path().join("src/inner")).unwrap();
    symlink("/etc/hostname", project.path().join("src/outer")).unwrap();
    let charm = pack(project.path(), project.path()).unwrap();
    let files = contents(&charm);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "config.yaml",
            "dispatch",
            "lib/data.txt",
            "manifest.yaml",
            "metadata.yaml",
            "src/charm.py",
            "src/inner",
            "src/outer",
        ]
    );
    assert_eq!((files["src/inner"].0, &files["src/inner"].1[..]), (0o120_777, &b"../lib/data.txt"[..]));
    assert_eq!(files["src/outer"].1, fs::read("/etc/hostname").unwrap(), "Juju refuses links that lead out");
    assert_eq!(files["src/charm.py"].0, 0o100_755);
    unpack(&charm, &project.path().join("unpacked"));
}

#[test]
fn a_charm_without_charmcraft_yaml_has_the_files_of_its_folder() {
    let metadata = "name: demo\nsummary: x\ndescription: x\n";
    let project = project(&[("metadata.yaml", metadata), ("hooks/install", "#!/bin/sh\n")]);
    let files = contents(&pack(project.path(), project.path()).unwrap());
    assert_eq!(files.keys().collect::<Vec<_>>(), ["hooks/install", "metadata.yaml"]);
}

#[test]
fn a_folder_without_a_charm_is_not_packed() {
    let message = |files: &[(&str, &str)]| {
        let project = project(files);
        pack(project.path(), project.path()).unwrap_err().replace(&project.path().display().to_string(), "DIR")
    };
    assert_eq!(message(&[]), "DIR is not a charm: it has no charmcraft.yaml and no metadata.yaml");
    assert_eq!(
        message(&[("metadata.yaml", "name: demo\n")]),
        "DIR has neither an executable `dispatch` nor a `hooks` folder: Juju would have nothing to execute"
    );
    assert!(
        message(&[("metadata.yaml", "name: Demo\n")])
            .starts_with("metadata.yaml: name: \"Demo\" is not a charm's name")
    );
    let other = format!("{HEAD}platforms: {{pdp11: }}\n");
    assert_eq!(
        message(&[("charmcraft.yaml", &other)]),
        format!("charmcraft.yaml: platforms: the charm is made for pdp11, not for {}", juju_arch())
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let project = project(&[("metadata.yaml", "name: demo\n"), ("dispatch", "#!/bin/sh\n")]);
    let message = pack(project.path(), &project.path().join("dispatch/out")).unwrap_err();
    assert!(message.starts_with("cannot write ") && message.contains("dispatch/out/demo_"), "{message}");
}

/// The warnings of packing, except the one about static linking, which the project lacks.
fn warnings(project: &Path) -> Vec<String> {
    let (packed, stderr) = run_pack(project, project);
    assert!(packed, "{stderr}");
    stderr.lines().filter_map(|line| line.strip_prefix("WARNING ")).map(str::to_owned).collect()
}

const STATIC: &str = "[target.'cfg(all(target_os = \"linux\", target_env = \"gnu\"))']\n\
                      rustflags = [\"-C\", \"target-feature=+crt-static\"]\n";

#[test]
fn a_dynamically_linked_binary_gets_a_warning() {
    let project = rust_project(PARTS, DISPATCH, "fn main() {}");
    fs::create_dir(project.path().join(".cargo")).unwrap();
    fs::write(project.path().join(".cargo/config.toml"), STATIC.replace('+', "-")).unwrap();
    let found = warnings(project.path());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("bin/demo-charm is linked dynamically: "), "{found:?}");
    fs::write(project.path().join(".cargo/config.toml"), STATIC).unwrap();
    assert_eq!(warnings(project.path()), [""; 0]);
}

#[test]
fn a_prime_without_the_binary_and_unknown_keys_get_a_warning() {
    let parts = "provide: {}\nparts: {charm: {plugin: rust, source: ., prime: [bin/other]}}\n";
    let project = rust_project(parts, DISPATCH, "fn main() {}");
    let found = warnings(project.path()).join("\n");
    assert!(
        found
            .contains("charmcraft.yaml: provide: neither Charmcraft nor Juju knows this key; did you mean `provides`?")
    );
    assert!(
        found.contains(
            "parts.charm.prime lacks bin/demo-charm, so `charmcraft pack` would leave the charm's binary out"
        )
    );
    for prime in ["bin/demo-charm", "bin", "bin/*", "-lib"] {
        let parts = format!("parts: {{charm: {{plugin: rust, source: ., prime: ['{prime}']}}}}\n");
        let project = rust_project(&parts, DISPATCH, "fn main() {}");
        assert!(!warnings(project.path()).join("\n").contains("prime"), "{prime}");
    }
}

#[test]
fn a_project_where_cargo_never_ran_or_that_got_a_dependency_is_packed() {
    let project = rust_project(PARTS, DISPATCH, "fn main() { helper::help() }");
    fs::remove_file(project.path().join("Cargo.lock")).unwrap();
    fs::create_dir_all(project.path().join("helper/src")).unwrap();
    fs::write(project.path().join("helper/src/lib.rs"), "pub fn help() {}").unwrap();
    let manifest = "[package]\nname = \"helper\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    fs::write(project.path().join("helper/Cargo.toml"), manifest).unwrap();
    let manifest = fs::read_to_string(project.path().join("Cargo.toml")).unwrap();
    let manifest = format!("{manifest}[dependencies]\nhelper = {{ path = \"helper\" }}\n");
    fs::write(project.path().join("Cargo.toml"), &manifest).unwrap();
    pack(project.path(), project.path()).unwrap();
    // The lock file from before the dependency was added.
    let lock = "version = 4\n\n[[package]]\nname = \"demo-charm\"\nversion = \"0.1.0\"\n";
    fs::write(project.path().join("Cargo.lock"), lock).unwrap();
    pack(project.path(), project.path()).unwrap();
    assert!(fs::read_to_string(project.path().join("Cargo.lock")).unwrap().contains("helper"));
}

#[test]
fn organize_in_a_dump_part_puts_files_elsewhere() {
    for (part, path) in [
        ("source: templates, organize: {a.conf: etc/b.conf}", "etc/b.conf"),
        ("source: templates, organize: {a.conf: etc/}", "etc/a.conf"),
        ("source: ., organize: {templates/a.conf: b.conf}, stage: [b.conf]", "b.conf"),
        ("source: ., organize: {templates: conf}, prime: [conf]", "conf/a.conf"),
        ("source: ., organize: {templates: conf}, prime: [conf/a.conf]", "conf/a.conf"),
        ("source: ., organize: {templates: etc/conf}, stage: [etc]", "etc/conf/a.conf"),
    ] {
        let parts = format!("parts: {{charm: {{plugin: rust, source: .}}, files: {{plugin: dump, {part}}}}}\n");
        let project = rust_project(&parts, DISPATCH, "fn main() {}");
        let files = contents(&pack(project.path(), project.path()).unwrap());
        let config_files: Vec<_> = files.keys().filter(|path| path.contains(".conf")).collect();
        assert_eq!(config_files, [path], "{part}");
    }
}
