//! A machine's user `ubuntu`, who can become root. Juju's images have this user, and `juju ssh` logs in as it.
//!
//! All changes go to the machine's own view, never to the computer.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::Path;

use super::{Error, Result};

/// The name of the user, and of its group.
pub const DEFAULT_USER: &str = "ubuntu";

/// Allows the user everything with `sudo`, the real one or the stand-in.
pub(super) const SUDOERS: &str = "/etc/sudoers.d/90-minijuju";

/// The first UID of regular users (login.defs(5)).
const FIRST_UID: u32 = 1000;

/// The UID of `nobody`.
const NOBODY_UID: u32 = 65_534;

/// Create the user, with home and sudo rights, in the machine whose root is this process's root. Existing parts are
/// left alone.
pub(super) fn create() -> Result<()> {
    let users = read("/etc/passwd")?;
    if entry(&users, DEFAULT_USER).is_none() {
        add_user(&users)?;
    }
    let folder = Path::new(SUDOERS).parent().unwrap_or(Path::new("/"));
    fs::DirBuilder::new().recursive(true).mode(0o750).create(folder).map_err(Error::file("make", folder))?;
    let rule = format!("{DEFAULT_USER} ALL=(ALL:ALL) NOPASSWD:ALL\n");
    let written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o440).open(SUDOERS);
    written.and_then(|mut file| file.write_all(rule.as_bytes())).map_err(Error::file("write", SUDOERS))?;
    fs::set_permissions(SUDOERS, Permissions::from_mode(0o440)).map_err(Error::file("write", SUDOERS))
}

fn add_user(users: &str) -> Result<()> {
    let groups = read("/etc/group")?;
    let user = first_free_id(users, &groups);
    let group = if let Some(group) = entry(&groups, DEFAULT_USER).and_then(|fields| id(&fields)) {
        group
    } else {
        append("/etc/group", &format!("{DEFAULT_USER}:x:{user}:"))?;
        append_if_exists("/etc/gshadow", &format!("{DEFAULT_USER}:!::"))?;
        user
    };
    append("/etc/passwd", &format!("{DEFAULT_USER}:x:{user}:{group}:Ubuntu:/home/{DEFAULT_USER}:/bin/bash"))?;
    append_if_exists("/etc/shadow", &format!("{DEFAULT_USER}:!:20000:0:99999:7:::"))?;
    let home = Path::new("/home").join(DEFAULT_USER);
    if !home.exists() {
        create_home(&home, user, group).map_err(Error::file("make", &home))?;
    }
    Ok(())
}

/// Create a home folder from `/etc/skel`.
fn create_home(home: &Path, user: u32, group: u32) -> io::Result<()> {
    fs::create_dir_all(home)?;
    for entry in fs::read_dir("/etc/skel").into_iter().flatten().flatten() {
        if entry.file_type()?.is_file() {
            let file = home.join(entry.file_name());
            fs::copy(entry.path(), &file)?;
            chown(&file, Some(user), Some(group))?;
        }
    }
    chown(home, Some(user), Some(group))?;
    fs::set_permissions(home, Permissions::from_mode(0o750))
}

/// The fields of `name`'s line in `/etc/passwd` or `/etc/group`.
pub(super) fn entry<'a>(text: &'a str, name: &str) -> Option<Vec<&'a str>> {
    text.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields.first() == Some(&name))
}

/// The UID or GID in such a line's fields.
pub(super) fn id(fields: &[&str]) -> Option<u32> {
    fields.get(2)?.parse().ok()
}

/// The first number that is free as UID and as GID.
fn first_free_id(users: &str, groups: &str) -> u32 {
    let taken: Vec<u32> =
        users.lines().chain(groups.lines()).filter_map(|line| id(&line.split(':').collect::<Vec<_>>())).collect();
    (FIRST_UID..NOBODY_UID).find(|number| !taken.contains(number)).unwrap_or(FIRST_UID)
}

fn read(path: &str) -> Result<String> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => Ok(String::from_utf8_lossy(&read.map_err(Error::file("read", path))?).into_owned()),
    }
}

/// Append a line, after a missing final line break if need be.
fn append(path: &str, line: &str) -> Result<()> {
    let before = read(path)?;
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let file = OpenOptions::new().append(true).create(true).mode(0o644).open(path);
    file.and_then(|mut file| writeln!(file, "{gap}{line}")).map_err(Error::file("write", path))
}

fn append_if_exists(path: &str, line: &str) -> Result<()> {
    if Path::new(path).exists() && entry(&read(path)?, DEFAULT_USER).is_none() { append(path, line) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_gets_the_first_number_that_neither_a_user_nor_a_group_has() {
        assert_eq!(first_free_id("root:x:0:0::/root:/bin/sh\n", "root:x:0:\n"), 1000);
        assert_eq!(first_free_id("ann:x:1000:1000::/home/ann:/bin/sh\n", "users:x:1001:\nnobody:x:65534:\n"), 1002);
    }

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let users = "ubuntu2:x:1:1::/:/bin/sh\nubuntu:x:1000:1000:Ubuntu:/home/ubuntu:/bin/bash";
        assert_eq!(entry(users, "ubuntu").and_then(|fields| id(&fields)), Some(1000));
        assert_eq!(entry(users, "ubunt"), None);
    }
}
