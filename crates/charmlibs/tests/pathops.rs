//! Tests of `pathops` with files in a temporary folder.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use charmlibs::pathops::{Error, Options, ensure_contents, ensure_folder, ensure_tree, remove};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn file_names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Run the test `name` of this file again, alone, in a shell that `script` has prepared. Returns whether this is that
/// run.
fn rerun_in_shell(name: &str, script: &str) -> bool {
    const RERUN_VARIABLE: &str = "CHARMLIBS_TEST_RERUN";
    if std::env::var_os(RERUN_VARIABLE).is_some() {
        return true;
    }
    let output = Command::new("sh")
        .args(["-c", &format!("{script}; exec \"$0\" --exact {name} --nocapture")])
        .arg(std::env::current_exe().unwrap())
        .env(RERUN_VARIABLE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    false
}

#[test]
fn a_new_file_is_created_with_missing_folders() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/file");
    assert!(ensure_contents(&path, "text\n").unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"text\n");
    assert_eq!(mode(&path), 0o644);
    assert_eq!(file_names(path.parent().unwrap()), ["file"]);
}

#[test]
fn the_umask_does_not_apply_to_the_file() {
    if rerun_in_shell("the_umask_does_not_apply_to_the_file", "umask 077") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(ensure_contents(&path, "").unwrap());
        assert_eq!(mode(&path), 0o644);
        assert!(!ensure_contents(&path, "").unwrap());
    }
}

#[test]
fn a_correct_file_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    ensure_contents(&path, b"\xff\0").unwrap();
    let before = fs::metadata(&path).unwrap();
    assert!(!ensure_contents(&path, b"\xff\0").unwrap());
    let after = fs::metadata(&path).unwrap();
    assert_eq!((after.ino(), after.mtime_nsec()), (before.ino(), before.mtime_nsec()));
}

#[test]
fn other_content_of_the_same_length_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    ensure_contents(&path, "one").unwrap();
    assert!(ensure_contents(&path, "two").unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(file_names(folder.path()), ["file"]);
}

#[test]
fn a_different_mode_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    ensure_contents(&path, "text").unwrap();
    let secret = Options::new().mode(0o600);
    assert!(secret.ensure_contents(&path, "text").unwrap());
    assert_eq!(mode(&path), 0o600);
    assert!(!secret.ensure_contents(&path, "text").unwrap());
    let special = Options::new().mode(0o4755);
    assert!(special.ensure_contents(&path, "text").unwrap());
    assert_eq!(mode(&path), 0o4755);
}

#[test]
fn a_reader_of_the_old_file_reads_it_completely() {
    use std::io::Read as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    ensure_contents(&path, "old text").unwrap();
    let mut reader = fs::File::open(&path).unwrap();
    ensure_contents(&path, "new").unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "old text");
}

#[test]
fn a_reader_never_reads_a_partial_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let contents = ["a".repeat(1 << 16), "b".repeat(1 << 17)];
    ensure_contents(&path, &contents[0]).unwrap();
    std::thread::scope(|scope| {
        let writer =
            scope.spawn(|| (0..50).for_each(|i| assert!(ensure_contents(&path, &contents[(i + 1) % 2]).unwrap())));
        while !writer.is_finished() {
            let text = fs::read_to_string(&path).unwrap();
            assert!(contents.contains(&text), "{} bytes", text.len());
        }
    });
    assert_eq!(file_names(folder.path()), ["file"]);
}

#[test]
fn concurrent_writers_leave_one_complete_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let contents = ["a".repeat(1 << 16), "b".repeat(1 << 17)];
    std::thread::scope(|scope| {
        for content in &contents {
            let path = &path;
            scope.spawn(move || (0..20).for_each(|_| _ = ensure_contents(path, content).unwrap()));
        }
    });
    assert!(contents.contains(&fs::read_to_string(&path).unwrap()));
    assert_eq!(file_names(folder.path()), ["file"]);
}

#[test]
fn a_symbolic_link_is_kept_and_its_target_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (path, target) = (folder.path().join("link"), folder.path().join("real/file"));
    symlink("real/file", &path).unwrap();
    assert!(ensure_contents(&path, "one").unwrap(), "it led nowhere");
    assert!(ensure_contents(&path, "two").unwrap());
    assert!(!ensure_contents(&path, "two").unwrap());
    assert!(path.is_symlink());
    assert_eq!(fs::read(target).unwrap(), b"two");
}

#[test]
fn a_symbolic_link_to_itself_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("link");
    symlink("link", &path).unwrap();
    let error = ensure_contents(&path, "").unwrap_err().to_string();
    assert_eq!(error, format!("could not follow the symbolic link {}: it leads to itself", path.display()));
}

#[test]
fn only_files_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let error = ensure_contents(folder.path(), "").unwrap_err();
    assert_eq!(error.to_string(), format!("could not write {}: it is a folder", folder.path().display()));
    let error = ensure_contents("/dev/null", "").unwrap_err();
    assert_eq!(error.to_string(), "could not write /dev/null: it is not a regular file");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(matches!(ensure_contents(&pipe, "").unwrap_err(), Error::NotRegular { .. }));
}

#[test]
fn an_impossible_path_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    let below = file.join("below");
    let error = ensure_contents(&below, "").unwrap_err().to_string();
    assert!(error.contains(below.to_str().unwrap()) && error.contains("Not a directory"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    for path in ["", "/", "folder/.."] {
        let error = ensure_contents(path, "").unwrap_err().to_string();
        assert_eq!(error, format!("could not write '{path}': it does not end in a file's name"));
    }
    let error = ensure_contents("/proc/file", "").unwrap_err().to_string();
    assert_eq!(error, "could not make a new file beside /proc/file: No such file or directory (os error 2)");
    let error = ensure_contents(folder.path().join("n".repeat(300)), "").unwrap_err().to_string();
    assert!(error.contains("File name too long"), "{error}");
    assert!(ensure_contents(folder.path().join("n".repeat(255)), "").unwrap(), "the longest name that Linux allows");
}

/// A limit for the size of files makes a write fail halfway, like a full disk.
#[test]
fn a_full_disk_keeps_the_old_file_and_leaves_no_other() {
    if rerun_in_shell("a_full_disk_keeps_the_old_file_and_leaves_no_other", "trap '' XFSZ; ulimit -f 8") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        ensure_contents(&path, "old").unwrap();
        let error = ensure_contents(&path, "n".repeat(1 << 16)).unwrap_err().to_string();
        assert_eq!(error, format!("could not write {}: File too large (os error 27)", path.display()));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(file_names(folder.path()), ["file"]);
    }
}

#[test]
fn a_read_only_folder_keeps_the_old_file() {
    // These two capabilities let root write anywhere, and root can drop them. Other users have none to drop.
    let capabilities = "-dac_override,-dac_read_search";
    let script = format!(
        "[ $(id -u) != 0 ] || exec setpriv --inh-caps {capabilities} --bounding-set {capabilities} \
         \"$0\" --exact a_read_only_folder_keeps_the_old_file --nocapture"
    );
    if rerun_in_shell("a_read_only_folder_keeps_the_old_file", &script) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        ensure_contents(&path, "old").unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
        let error = ensure_contents(&path, "new").unwrap_err().to_string();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        assert!(error.contains(path.to_str().unwrap()) && error.contains("Permission denied"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}

#[test]
#[ignore = "needs root: only root can give files away"]
fn owner_and_group_are_set_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let owner = |path: &Path| {
        let file = fs::metadata(path).unwrap();
        (file.uid(), file.gid())
    };
    assert_eq!(fs::metadata("/proc/self").unwrap().uid(), 0, "only root can give files away: run this test as root");
    // In every Debian or Ubuntu: user daemon is 1 in group 1; group sys is 3.
    let daemon = Options::new().user("daemon");
    assert!(daemon.ensure_contents(&path, "text").unwrap());
    assert_eq!(owner(&path), (1, 1), "and the user's own group");
    assert!(!daemon.ensure_contents(&path, "text").unwrap());
    assert!(daemon.clone().group("sys").ensure_contents(&path, "text").unwrap());
    assert_eq!(owner(&path), (1, 3));
    assert!(!daemon.ensure_contents(&path, "text").unwrap(), "the group was not asked for");
    assert!(ensure_contents(&path, "other").unwrap());
    assert_eq!(owner(&path), (1, 3), "the owner was not asked for");
    assert!(Options::new().user("root").mode(0o4755).ensure_contents(&path, "other").unwrap());
    assert_eq!((owner(&path), mode(&path)), ((0, 0), 0o4755));
}

#[test]
fn an_unknown_owner_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let error = Options::new().user("no-such-user").ensure_contents(&path, "").unwrap_err();
    assert_eq!(error.to_string(), "there is no user named 'no-such-user' on this machine");
    assert_eq!(file_names(folder.path()), [""; 0]);
}

#[test]
fn the_umask_does_not_apply_to_the_folders() {
    if rerun_in_shell("the_umask_does_not_apply_to_the_folders", "umask 077") {
        let folder = tempfile::tempdir().unwrap();
        ensure_contents(folder.path().join("a/b/file"), "").unwrap();
        assert_eq!(mode(&folder.path().join("a")), 0o755);
        assert_eq!(mode(&folder.path().join("a/b")), 0o755);
        assert!(Options::new().mode(0o750).ensure_folder(folder.path().join("c/d")).unwrap());
        assert_eq!(mode(&folder.path().join("c")), 0o755);
        assert_eq!(mode(&folder.path().join("c/d")), 0o750);
    }
}

#[test]
fn a_folder_is_created_once_and_a_file_is_not_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    assert!(ensure_folder(&path).unwrap());
    assert!(!ensure_folder(&path).unwrap());
    assert!(Options::new().mode(0o2770).ensure_folder(&path).unwrap());
    assert_eq!(mode(&path), 0o2770);
    ensure_contents(path.join("file"), "").unwrap();
    let error = ensure_folder(path.join("file")).unwrap_err();
    assert!(matches!(error, Error::NotFolder { .. }));
    assert!(error.to_string().ends_with("/data/file: it exists, but is not a folder"), "{error}");
}

#[test]
fn a_tree_is_copied_and_only_differences_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("source"), folder.path().join("srv/target"));
    ensure_contents(source.join("www/index.html"), "hello").unwrap();
    Options::new().mode(0o700).ensure_contents(source.join("bin/run"), "#!/bin/sh\n").unwrap();
    symlink("bin/run", source.join("start")).unwrap();
    assert!(ensure_tree(&source, &target).unwrap());
    assert!(!ensure_tree(&source, &target).unwrap());
    assert_eq!(file_names(&target), ["bin", "start", "www"]);
    assert_eq!(mode(&target.join("bin/run")), 0o700);
    assert_eq!(fs::read_link(target.join("start")).unwrap(), Path::new("bin/run"));

    let unchanged = fs::metadata(target.join("bin/run")).unwrap().ino();
    ensure_contents(target.join("www/index.html"), "changed").unwrap();
    ensure_contents(target.join("www/mine.html"), "mine").unwrap();
    assert!(ensure_tree(&source, &target).unwrap());
    assert_eq!(fs::read(target.join("www/index.html")).unwrap(), b"hello");
    assert_eq!(fs::read(target.join("www/mine.html")).unwrap(), b"mine");
    assert_eq!(fs::metadata(target.join("bin/run")).unwrap().ino(), unchanged);
}

#[test]
fn a_tree_is_not_copied_into_itself() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    ensure_contents(tree.join("file"), "").unwrap();
    symlink(&tree, folder.path().join("link")).unwrap();
    for target in ["tree", "tree/copy/of/it", "link/copy"] {
        let error = ensure_tree(&tree, folder.path().join(target)).unwrap_err();
        assert_eq!(error.to_string(), format!("could not copy {} into itself", tree.display()));
    }
    assert_eq!(file_names(&tree), ["file"]);
    assert!(ensure_tree(&tree, folder.path().join("tree-2")).unwrap());
    assert!(ensure_tree(folder.path().join("gone"), folder.path().join("a")).is_err());
}

#[test]
fn a_tree_never_writes_through_a_link_that_is_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("source"), folder.path().join("target"));
    let victim = folder.path().join("victim");
    ensure_contents(source.join("file"), "new").unwrap();
    ensure_contents(&victim, "old").unwrap();
    ensure_folder(&target).unwrap();
    symlink(&victim, target.join("file")).unwrap();
    assert!(ensure_tree(&source, &target).unwrap());
    assert_eq!(fs::read(&victim).unwrap(), b"old");
    assert_eq!(fs::read(target.join("file")).unwrap(), b"new");
}

#[test]
fn trees_and_links_are_removed_but_not_their_targets() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, removed) = (folder.path().join("kept"), folder.path().join("gone"));
    ensure_contents(kept.join("file"), "").unwrap();
    ensure_contents(removed.join("a/b"), "").unwrap();
    symlink(&kept, removed.join("link")).unwrap();
    assert!(remove(&removed).unwrap());
    assert!(!remove(&removed).unwrap());
    assert!(!remove(kept.join("file/below")).unwrap());
    assert_eq!(file_names(&kept), ["file"]);
    for path in ["/", "..", ""] {
        assert!(matches!(remove(path), Err(Error::NotRemovable { .. })), "{path}");
    }
}

#[test]
#[ignore = "needs root: it gives files away"]
fn the_owner_of_a_tree_and_of_its_content_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    ensure_contents(tree.join("a/file"), "").unwrap();
    symlink("/etc/passwd", tree.join("link")).unwrap();
    let daemon = Options::new().user("daemon");
    assert!(daemon.ensure_owner(&tree).unwrap());
    assert!(!daemon.ensure_owner(&tree).unwrap());
    for path in ["", "a", "a/file", "link"] {
        let owner = fs::symlink_metadata(tree.join(path)).unwrap();
        assert_eq!((owner.uid(), owner.gid()), (1, 1), "{path}");
    }
    assert_eq!(fs::metadata("/etc/passwd").unwrap().uid(), 0);
    assert_eq!(mode(&tree.join("a")), 0o755);

    let copy = folder.path().join("copy");
    assert!(daemon.ensure_tree(&tree, &copy).unwrap());
    assert!(!daemon.ensure_tree(&tree, &copy).unwrap());
    assert_eq!(fs::symlink_metadata(copy.join("a/file")).unwrap().uid(), 1);
}
