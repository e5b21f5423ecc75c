//! SSH keys, which are stored but have no effect.

use crate::rig::Rig;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEX/dPu4PmtvgK3La9zioCEDrJ5jDAvMhx6BzwjECLOk";
const FINGERPRINT: &str = "f4:aa:6e:b0:f1:cb:7b:23:10:d0:dc:b0:c7:15:02:68";

#[test]
#[ignore = "needs root: it starts machines"]
fn keys_are_listed_and_removed_and_have_no_effect() {
    let rig = Rig::new();
    assert_eq!(rig.run(&["ssh-keys"]).ok().stdout, "");
    let needless = "minijuju needs no SSH keys";
    let added = rig.run(&["add-ssh-key", &format!("{KEY} joe@ubuntu"), "nonsense", &format!("{KEY} again")]).ok();
    assert!(added.stderr.contains(needless), "{added:?}");
    for reason in [
        "cannot add key \"nonsense\": invalid ssh key: nonsense",
        &format!("cannot add key \"{KEY} again\": duplicate ssh key: {KEY} again"),
    ] {
        assert!(added.stderr.lines().any(|line| line == reason), "{reason} in {added:?}");
    }
    let listed = rig.run(&["list-ssh-keys"]).ok();
    assert_eq!(listed.stdout, format!("Keys used in model: admin/default\n{FINGERPRINT} (joe@ubuntu)\n"));
    let full = rig.run(&["ssh-keys", "--full"]).ok().stdout;
    assert_eq!(full, format!("Keys used in model: admin/default\n{KEY} joe@ubuntu\n"));
    assert!(rig.run(&["import-ssh-key", "gh:joe"]).ok().stderr.contains(needless));
    let removed = rig.run(&["remove-ssh-key", "joe@ubuntu", "nobody"]).ok();
    assert!(removed.stderr.contains("cannot remove key id \"nobody\": key not found: nobody"), "{removed:?}");
    assert!(rig.run(&["ssh-keys"]).ok().stderr.contains("No keys to display."));
}
