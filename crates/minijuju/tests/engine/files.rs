//! Shells and files on machines.

use std::fs;

use crate::rig::Rig;

#[test]
#[ignore = "needs root: it starts machines"]
fn ssh_runs_a_command_unchanged_and_returns_its_exit_code() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", "true", &[])]).ok();
    let done = rig.run(&["ssh", "web/0", "echo out; echo err >&2; exit 9"]);
    assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (9, "out\n", "err\n"));
    assert_eq!(rig.run(&["ssh", "web/leader", "echo", "$HOME", "a  b"]).ok().stdout, "/home/ubuntu a b\n");
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

    rig.run(&["scp", &here("one"), "root@web/0:/root/two"]).ok();
    assert_eq!(rig.read("web/0", "/root/two"), "1");
    rig.run(&["scp", &here("one"), "root@web/0:"]).ok();
    assert_eq!(rig.read("web/0", "/root/one"), "1");
    rig.run(&["scp", "--", "-r", &here("in"), "root@web/0:/root"]).ok();
    assert_eq!(rig.read("web/0", "/root/in/deep/file"), "content");
    rig.run(&["scp", "--", "-r", "root@web/0:/root/in", &here("out")]).ok();
    assert_eq!(fs::read_to_string(rig.folder().join("out/deep/file")).unwrap(), "content");
    rig.run(&["scp", "root@web/0:/root/two", &here("two")]).ok();
    assert_eq!(fs::read_to_string(rig.folder().join("two")).unwrap(), "1");

    assert!(rig.run(&["scp", "root@web/0:/root/none", &here("x")]).error().contains("No such file"));
    assert!(rig.run(&["scp", "root@web/0:/root/in", &here("x")]).error().contains("not a regular file"));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn the_user_of_a_machine_is_ubuntu_with_full_sudo_rights() {
    let rig = Rig::new();
    let before = ["/etc/passwd", "/etc/group", "/etc/shadow"].map(|path| fs::read(path).unwrap());
    let here = fs::exists("/usr/bin/sudo").unwrap();
    let dispatch =
        r#"[ "$JUJU_HOOK_NAME" != start ] || sudo -u ubuntu A=b sh -c 'echo "$A $HOME" > ~/made-by-the-charm'"#;
    rig.run(&["deploy", &rig.charm("web", dispatch, &[])]).ok();
    let ssh = |line: &str| rig.run(&["ssh", "web/0", line]);
    assert_eq!(ssh("id -un; id -gn; pwd; echo $HOME").ok().stdout, "ubuntu\nubuntu\n/home/ubuntu\n/home/ubuntu\n");
    assert_eq!(ssh("cat made-by-the-charm").ok().stdout, "b /home/ubuntu\n");
    assert_eq!(rig.run(&["ssh", "root@web/0", "id -un"]).ok().stdout, "root\n");
    assert_ne!(ssh("touch /root/x").code, 0, "it is not root itself");
    let done = ssh("sudo sh -c 'id -u; id -g; echo $HOME $SUDO_USER; exit 7'");
    assert_eq!((done.code, done.stdout.as_str()), (7, "0\n0\n/root ubuntu\n"));
    assert_eq!(ssh("echo content | sudo tee /srv/file >/dev/null; cat /srv/file").ok().stdout, "content\n");
    assert_eq!(ssh("sudo -u nobody id -un").ok().stdout, "nobody\n");
    assert_eq!(ssh("sudo -i pwd").ok().stdout, "/root\n");
    assert_ne!(ssh("sudo -n no-such-program").code, 0);
    assert_ne!(ssh("sudo -u nobody sudo id").code, 0, "nobody else may");

    let file = rig.folder().join("file");
    fs::write(&file, "here").unwrap();
    rig.run(&["scp", &file.to_string_lossy(), "web/0:/home/ubuntu/file"]).ok();
    assert_eq!(ssh("stat -c %U /home/ubuntu/file; cat file").ok().stdout, "ubuntu\nhere");
    let refused = rig.run(&["scp", &file.to_string_lossy(), "web/0:/root/file"]);
    assert_ne!(refused.code, 0, "{refused:?}");

    assert_eq!(rig.run(&["exec", "--machine", "0", "--", "id -un; pwd"]).ok().stdout, "ubuntu\n/home/ubuntu\n");
    assert_eq!(rig.run(&["exec", "--unit", "web/0", "--", "id", "-un"]).ok().stdout, "root\n");

    assert_eq!(before, ["/etc/passwd", "/etc/group", "/etc/shadow"].map(|path| fs::read(path).unwrap()));
    assert_eq!(fs::exists("/usr/bin/sudo").unwrap(), here, "nothing of this computer has changed");
    assert!(!fs::exists("/etc/sudoers.d/90-minijuju").unwrap() && !fs::exists("/home/ubuntu/file").unwrap());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_charm_can_add_users_and_finds_ubuntu() {
    let rig = Rig::new();
    let dispatch = r"case $JUJU_HOOK_NAME in
        install) id ubuntu && useradd --create-home app && chown ubuntu:ubuntu /srv ;;
        update-status) juju-reboot ;;
        esac";
    rig.run(&["deploy", &rig.charm("web", dispatch, &[])]).ok();
    assert_eq!(rig.workload("web/0").0, "unknown");
    let numbers = rig.run(&["ssh", "web/0", "id -u ubuntu; id -u app; stat -c %U /srv /home/app"]).ok().stdout;
    let lines: Vec<&str> = numbers.lines().collect();
    assert_ne!(lines[0], lines[1]);
    assert_eq!(lines[2..], ["ubuntu", "app"]);
    // The same after the machine has restarted.
    rig.run(&["fire", "web/0", "update-status"]).ok();
    assert_eq!(rig.run(&["ssh", "web/0", "id -u ubuntu; id -u app; stat -c %U /srv /home/app"]).ok().stdout, numbers);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn exec_runs_a_command_as_a_script() {
    let rig = Rig::new();
    rig.run(&["deploy", &rig.charm("web", "true", &[])]).ok();
    for target in [["--unit", "web/0"], ["--machine", "0"]] {
        let done = rig.run(&["exec", target[0], target[1], "--", "echo $0; no-such-program; exit 0"]).ok();
        let script = done.stdout.lines().next().unwrap();
        assert!(script.starts_with("/tmp/juju-exec") && script.ends_with("/script.sh"), "{done:?}");
        assert!(done.stdout.contains(&format!("{script}: line 1: no-such-program: command not found")), "{done:?}");
    }
    let left = rig.run(&["ssh", "web/0", "ls /tmp"]).ok().stdout;
    assert!(!left.contains("juju-exec"), "{left}");
}
