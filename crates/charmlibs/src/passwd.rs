//! Users and groups, through `getent`, `useradd`, `groupadd` and their siblings.
//!
//! A hook can run again at any time. So adding what exists, or removing what does not exist, succeeds and returns
//! `false`.
//!
//! ```no_run
//! use charmlibs::passwd::{self, NewGroup, NewUser};
//!
//! passwd::add_group("data", &NewGroup::system())?;
//! passwd::add_user("app", &NewUser::system().home("/srv/app").secondary_groups(&["data"]))?;
//! # Ok::<(), passwd::Error>(())
//! ```

mod add;

pub use add::{
    NewGroup, NewUser, add_group, add_user, add_user_to_group, remove_group, remove_group_of_user, remove_user,
    remove_user_and_home,
};

use crate::{accounts, process};

/// A user of the machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct User {
    /// The name.
    pub name: String,
    /// The UID.
    pub uid: u32,
    /// The GID of the user's primary group.
    pub gid: u32,
    /// The comment field (GECOS), usually the full name.
    pub comment: String,
    /// The home folder.
    pub home: String,
    /// The login shell.
    pub shell: String,
}

/// A group of the machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// The name.
    pub name: String,
    /// The GID.
    pub gid: u32,
    /// The members, without those whose primary group it is.
    pub members: Vec<String>,
}

/// Why an operation on users or groups failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Debian allows no such name. It is not passed to a program, which could treat it as an option.
    #[error("'{name}' is not the name of a {kind}")]
    Name {
        /// `user` or `group`.
        kind: &'static str,
        /// The invalid name.
        name: String,
    },
    /// The existing user or group differs from what was requested. It is not changed, because files belong to its
    /// number.
    #[error("the {kind} {name} exists, but its {property} is {actual} and not {requested}")]
    Differs {
        /// `user` or `group`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The property that differs, such as `number`.
        property: &'static str,
        /// The actual value.
        actual: String,
        /// The requested value.
        requested: String,
    },
    /// The machine has no such user or group.
    #[error("there is no {kind} named '{name}' on this machine")]
    NotFound {
        /// `user` or `group`.
        kind: &'static str,
        /// The missing name.
        name: String,
    },
    /// The machine's users and groups could not be read.
    #[error("could not look for the {kind} '{name}' with getent: {reason}")]
    Getent {
        /// `user` or `group`.
        kind: &'static str,
        /// The requested name.
        name: String,
        /// The reason.
        reason: String,
    },
    /// The program that makes the change failed.
    #[error("failed to {operation} the {kind} {name}: {error}")]
    Program {
        /// `add`, `change` or `remove`.
        operation: &'static str,
        /// `user` or `group`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Its error.
        error: Box<process::Error>,
    },
}

/// The user with this name (or UID), if it exists.
///
/// # Errors
/// [`Error::Getent`]: `getent` failed.
pub fn user_exists(user: &str) -> Result<Option<User>, Error> {
    // name:password:UID:GID:comment:home:shell
    look_up("user", "passwd", user, |fields| {
        let [name, _, uid, gid, comment, home, shell] = fields else { return None };
        let text = str::to_owned;
        Some(User {
            name: text(name),
            uid: uid.parse().ok()?,
            gid: gid.parse().ok()?,
            comment: text(comment),
            home: text(home),
            shell: text(shell),
        })
    })
}

/// The group with this name (or GID), if it exists.
///
/// # Errors
/// [`Error::Getent`]: `getent` failed.
pub fn group_exists(group: &str) -> Result<Option<Group>, Error> {
    // name:password:GID:members
    look_up("group", "group", group, |fields| {
        let [name, _, gid, members] = fields else { return None };
        let members = members.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Some(Group { name: name.to_owned(), gid: gid.parse().ok()?, members })
    })
}

fn look_up<T>(
    kind: &'static str,
    database: &str,
    key: &str,
    entry: impl FnOnce(&[String]) -> Option<T>,
) -> Result<Option<T>, Error> {
    let getent_error = |reason| Error::Getent { kind, name: key.to_owned(), reason };
    // An empty name would list all entries.
    if key.is_empty() {
        return Err(Error::Name { kind, name: String::new() });
    }
    match accounts::entry(database, key).map_err(|error| getent_error(error.to_string()))? {
        None => Ok(None),
        Some(fields) => entry(&fields).map(Some).ok_or_else(|| getent_error("it did not print an entry".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_found_by_name_and_by_number() {
        let root = user_exists("root").unwrap().unwrap();
        assert_eq!((root.uid, root.gid, root.home.as_str()), (0, 0, "/root"));
        assert_eq!(user_exists("0").unwrap().unwrap(), root);
        assert_eq!(group_exists("root").unwrap().unwrap().gid, 0);
    }

    #[test]
    fn a_missing_user_is_none_and_an_empty_name_is_an_error() {
        assert_eq!(user_exists("no-such-user").unwrap(), None);
        assert_eq!(group_exists("--no-such-group").unwrap(), None);
        assert_eq!(user_exists("").unwrap_err().to_string(), "'' is not the name of a user");
    }
}
