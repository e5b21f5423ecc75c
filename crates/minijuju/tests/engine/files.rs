//! Shells and files on machines.

use std::fs;

use crate::rig::Rig;

#[test]
#[ignore = "needs root: it starts machines"]
fn ssh_runs_a_command_as_it_is_and_ends_as_it_does() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", "true", &[])]).ok();
    let done = rig.run(&["ssh", "web/0", "echo out; echo err >&2; exit 9"]);
    assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (9, "out\n", "err\n"));
    assert_eq!(rig.run(&["ssh", "web/leader", "echo", "$HOME", "a  b"]).ok().stdout, "/root a b\n");
    assert_eq!(rig.run(&["ssh", "0", "hostname"]).ok().stdout.trim(), rig.unit_hostname());
    assert_eq!(rig.run(&["ssh", "web/1", "true"]).error(), r#"ERROR unit "web/1" not found"#);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn scp_copies_files_and_folders_both_ways() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", "true", &[])]).ok();
    let here = |path: &str| rig.folder().join(path).to_string_lossy().into_owned();
    fs::create_dir_all(rig.folder().join("in/deep")).unwrap();
    fs::write(rig.folder().join("in/deep/file"), "content").unwrap();
    fs::write(rig.folder().join("one"), "1").unwrap();

    rig.run(&["scp", &here("one"), "web/0:/root/two"]).ok();
    assert_eq!(rig.read("web/0", "/root/two"), "1");
    rig.run(&["scp", &here("one"), "web/0:"]).ok();
    assert_eq!(rig.read("web/0", "/root/one"), "1");
    rig.run(&["scp", "--", "-r", &here("in"), "web/0:/root"]).ok();
    assert_eq!(rig.read("web/0", "/root/in/deep/file"), "content");
    rig.run(&["scp", "--", "-r", "web/0:/root/in", &here("out")]).ok();
    assert_eq!(fs::read_to_string(rig.folder().join("out/deep/file")).unwrap(), "content");
    rig.run(&["scp", "web/0:/root/two", &here("two")]).ok();
    assert_eq!(fs::read_to_string(rig.folder().join("two")).unwrap(), "1");

    assert!(rig.run(&["scp", "web/0:/root/none", &here("x")]).error().contains("No such file"));
    assert!(rig.run(&["scp", "web/0:/root/in", &here("x")]).error().contains("not a regular file"));
}
