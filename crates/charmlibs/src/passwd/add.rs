//! Adding and removing users and groups.

use super::{Error, Group, User, group_exists, user_exists};
use crate::process::Run;

/// The properties of a new user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewUser {
    system: bool,
    uid: Option<u32>,
    shell: Option<String>,
    home: Option<String>,
    create_home: bool,
    group: Option<String>,
    groups: Vec<String>,
    password_hash: Option<String>,
}

impl NewUser {
    /// A user who can log in with a key or password: with a home folder and the shell `/bin/bash`.
    #[must_use]
    pub fn login() -> Self {
        Self { shell: Some("/bin/bash".to_owned()), create_home: true, ..Self::default() }
    }

    /// A system user for a service: with a low UID, the shell `/usr/sbin/nologin`, and no home folder.
    #[must_use]
    pub fn system() -> Self {
        Self { system: true, shell: Some("/usr/sbin/nologin".to_owned()), ..Self::default() }
    }

    /// Set the UID.
    #[must_use]
    pub fn uid(mut self, uid: u32) -> Self {
        self.uid = Some(uid);
        self
    }

    /// Set the login shell.
    #[must_use]
    pub fn shell(mut self, shell: impl Into<String>) -> Self {
        self.shell = Some(shell.into());
        self
    }

    /// Set the home folder. It is created for a [`NewUser::login`].
    #[must_use]
    pub fn home(mut self, home: impl Into<String>) -> Self {
        self.home = Some(home.into());
        self
    }

    /// Set whether the home folder is created.
    #[must_use]
    pub fn create_home(mut self, create: bool) -> Self {
        self.create_home = create;
        self
    }

    /// Set the primary group, which must exist. By default it is the group with the user's name, which is created if
    /// it is missing.
    #[must_use]
    pub fn primary_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Set the other groups, which must exist.
    #[must_use]
    pub fn secondary_groups(mut self, groups: &[&str]) -> Self {
        self.groups = groups.iter().map(|&group| group.to_owned()).collect();
        self
    }

    /// Set the password hash, as from `openssl passwd -6`. By default the user has no password, and cannot log in with
    /// one.
    #[must_use]
    pub fn password_hash(mut self, hash: impl Into<String>) -> Self {
        self.password_hash = Some(hash.into());
        self
    }
}

/// Ensure that the user `name` exists. Returns whether it was added. An existing user is only added to missing groups.
///
/// # Errors
/// [`Error::Differs`]: it exists with another UID. [`Error::NotFound`]: there is no such group. See [`Error`] for
/// others.
pub fn add_user(name: &str, new: &NewUser) -> Result<bool, Error> {
    check_name("user", name)?;
    for group in new.group.iter().chain(&new.groups) {
        require_group(group)?;
    }
    if let Some(existing) = user_exists(name)? {
        if let Some(uid) = new.uid.filter(|&uid| uid != existing.uid) {
            return Err(differs("user", name, existing.uid, uid));
        }
        for group in &new.groups {
            add_user_to_group(name, group)?;
        }
        return Ok(false);
    }
    let mut run = Run::new("useradd");
    let uid = new.uid.map(|uid| uid.to_string());
    // `useradd` refuses to create the user's own group if it exists.
    let existing_group = group_exists(name)?.map(|_| name.to_owned());
    let group = new.group.clone().or(existing_group);
    for (option, value) in [("--uid", &uid), ("--shell", &new.shell), ("--home-dir", &new.home), ("--gid", &group)] {
        if let Some(value) = value {
            run = run.args([option, value]);
        }
    }
    if group.is_none() {
        run = run.arg("--user-group");
    }
    if !new.groups.is_empty() {
        run = run.args(["--groups", &new.groups.join(",")]);
    }
    if new.system {
        run = run.arg("--system");
    }
    run = run.arg(if new.create_home { "--create-home" } else { "--no-create-home" });
    if let Some(hash) = &new.password_hash {
        run = run.arg("--password").secret_arg(hash);
    }
    run_program("add", "user", name, run)?;
    tracing::info!(user = name, "added the user");
    Ok(true)
}

/// The properties of a new group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewGroup {
    system: bool,
    gid: Option<u32>,
}

impl NewGroup {
    /// A group for users.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A group for a service, with a low GID.
    #[must_use]
    pub fn system() -> Self {
        Self { system: true, gid: None }
    }

    /// Set the GID.
    #[must_use]
    pub fn gid(mut self, gid: u32) -> Self {
        self.gid = Some(gid);
        self
    }
}

/// Ensure that the group `name` exists. Returns whether it was added.
///
/// # Errors
/// [`Error::Differs`]: it exists with another GID. See [`Error`] for others.
pub fn add_group(name: &str, new: &NewGroup) -> Result<bool, Error> {
    check_name("group", name)?;
    if let Some(existing) = group_exists(name)? {
        return match new.gid {
            Some(gid) if gid != existing.gid => Err(differs("group", name, existing.gid, gid)),
            _ => Ok(false),
        };
    }
    let mut run = Run::new("groupadd");
    if new.system {
        run = run.arg("--system");
    }
    if let Some(gid) = new.gid {
        run = run.args(["--gid", &gid.to_string()]);
    }
    run_program("add", "group", name, run)?;
    tracing::info!(group = name, "added the group");
    Ok(true)
}

/// Ensure that `user` is in `group`. Returns whether it was added.
///
/// # Errors
/// [`Error::NotFound`]: there is no such user or group. See [`Error`] for others.
pub fn add_user_to_group(user: &str, group: &str) -> Result<bool, Error> {
    let user_entry = require_user(user)?;
    let group_entry = require_group(group)?;
    if user_entry.gid == group_entry.gid || group_entry.members.contains(&user_entry.name) {
        return Ok(false);
    }
    run_program("change", "user", user, Run::new("usermod").args(["--append", "--groups", group]))?;
    tracing::info!(user, group, "added the user to the group");
    Ok(true)
}

/// Remove the user `name`. Returns whether it existed. The home folder and the mailbox are kept.
///
/// # Errors
/// [`Error::Program`]: for example, a process of the user is running. See [`Error`] for others.
pub fn remove_user(name: &str) -> Result<bool, Error> {
    delete_user(name, Run::new("userdel"))
}

/// Remove the user `name`, the home folder and the mailbox. Returns whether the user existed.
///
/// # Errors
/// As [`remove_user`].
pub fn remove_user_and_home(name: &str) -> Result<bool, Error> {
    delete_user(name, Run::new("userdel").arg("--remove"))
}

fn delete_user(name: &str, run: Run) -> Result<bool, Error> {
    check_name("user", name)?;
    if user_exists(name)?.is_none() {
        return Ok(false);
    }
    run_program("remove", "user", name, run)?;
    tracing::info!(user = name, "removed the user");
    Ok(true)
}

/// Remove the group `name`. Returns whether it existed.
///
/// # Errors
/// [`Error::Program`]: for example, it is a user's primary group. See [`Error`] for others.
pub fn remove_group(name: &str) -> Result<bool, Error> {
    delete_group(name, Run::new("groupdel"))
}

/// Remove the group `name`, even if it is a user's primary group. Returns whether it existed. That user's GID then has
/// no name.
///
/// # Errors
/// See [`Error`].
pub fn remove_group_of_user(name: &str) -> Result<bool, Error> {
    delete_group(name, Run::new("groupdel").arg("--force"))
}

fn delete_group(name: &str, run: Run) -> Result<bool, Error> {
    check_name("group", name)?;
    if group_exists(name)?.is_none() {
        return Ok(false);
    }
    run_program("remove", "group", name, run)?;
    tracing::info!(group = name, "removed the group");
    Ok(true)
}

fn require_user(name: &str) -> Result<User, Error> {
    check_name("user", name)?;
    user_exists(name)?.ok_or_else(|| Error::NotFound { kind: "user", name: name.to_owned() })
}

fn require_group(name: &str) -> Result<Group, Error> {
    check_name("group", name)?;
    group_exists(name)?.ok_or_else(|| Error::NotFound { kind: "group", name: name.to_owned() })
}

fn run_program(operation: &'static str, kind: &'static str, name: &str, run: Run) -> Result<(), Error> {
    match run.arg("--").arg(name).env("LC_ALL", "C").output() {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::Program { operation, kind, name: name.to_owned(), error: error.into() }),
    }
}

fn differs(kind: &'static str, name: &str, actual: u32, requested: u32) -> Error {
    let (name, actual, requested) = (name.to_owned(), actual.to_string(), requested.to_string());
    Error::Differs { kind, name, property: "number", actual, requested }
}

/// Debian's rule for `useradd`, without names that end in `$` and without numbers.
fn check_name(kind: &'static str, name: &str) -> Result<(), Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let start = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if start && name.len() <= 32 && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(Error::Name { kind, name: name.to_owned() })
}
