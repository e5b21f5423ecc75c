//! Users and groups, through `getent`, `useradd`, `groupadd` and their siblings.
//!
//! A hook can be run again at any time, so adding one that is there and removing one that is not both succeed, and return
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
    /// The number.
    pub uid: u32,
    /// The number of the user's own group.
    pub gid: u32,
    /// The full name, or what else the entry says (GECOS).
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
    /// The number.
    pub gid: u32,
    /// Users who are in it, besides those whose own group it is.
    pub members: Vec<String>,
}

/// Why users or groups are not as they should be.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Debian has no such names, so it is not given to a program, which could take it for an option.
    #[error("'{name}' is not the name of a {kind}")]
    Name {
        /// `user` or `group`.
        kind: &'static str,
        /// What was given.
        name: String,
    },
    /// What is there differs from what was asked for, and is not changed: files belong to its number.
    #[error("the {kind} {name} is there, but its {what} is {there} and not {wanted}")]
    Differs {
        /// `user` or `group`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What differs, such as `number`.
        what: &'static str,
        /// What it is.
        there: String,
        /// What was asked for.
        wanted: String,
    },
    /// The machine has no such user or group.
    #[error("there is no {kind} named '{name}' on this machine")]
    NotFound {
        /// `user` or `group`.
        kind: &'static str,
        /// What was looked for.
        name: String,
    },
    /// The users and groups of the machine could not be read.
    #[error("could not look for the {kind} '{name}' with getent: {why}")]
    Getent {
        /// `user` or `group`.
        kind: &'static str,
        /// What was looked for.
        name: String,
        /// Why not.
        why: String,
    },
    /// The program that should have made the change failed.
    #[error("failed to {doing} the {kind} {name}: {error}")]
    Program {
        /// `add`, `change` or `remove`.
        doing: &'static str,
        /// `user` or `group`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What it said.
        error: Box<process::Error>,
    },
}

/// The user of this name (or number), if there is one.
///
/// # Errors
/// [`Error::Getent`]: the machine could not say.
pub fn user_exists(user: &str) -> Result<Option<User>, Error> {
    // name:password:UID:GID:comment:home:shell
    read("user", "passwd", user, |fields| {
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

/// The group of this name (or number), if there is one.
///
/// # Errors
/// [`Error::Getent`]: the machine could not say.
pub fn group_exists(group: &str) -> Result<Option<Group>, Error> {
    // name:password:GID:members
    read("group", "group", group, |fields| {
        let [name, _, gid, members] = fields else { return None };
        let members = members.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Some(Group { name: name.to_owned(), gid: gid.parse().ok()?, members })
    })
}

fn read<T>(
    kind: &'static str,
    database: &str,
    key: &str,
    entry: impl FnOnce(&[String]) -> Option<T>,
) -> Result<Option<T>, Error> {
    let failed = |why| Error::Getent { kind, name: key.to_owned(), why };
    // A name that is empty would list all.
    if key.is_empty() {
        return Err(Error::Name { kind, name: String::new() });
    }
    match accounts::entry(database, key).map_err(|error| failed(error.to_string()))? {
        None => Ok(None),
        Some(fields) => {
            entry(&fields).map(Some).ok_or_else(|| failed("it printed something else than an entry".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_on_every_machine() {
        let root = user_exists("root").unwrap().unwrap();
        assert_eq!((root.uid, root.gid, root.home.as_str()), (0, 0, "/root"));
        assert_eq!(user_exists("0").unwrap().unwrap(), root);
        assert_eq!(group_exists("root").unwrap().unwrap().gid, 0);
    }

    #[test]
    fn who_is_not_there_is_no_error_but_no_name_is() {
        assert_eq!(user_exists("no-such-user").unwrap(), None);
        assert_eq!(group_exists("--no-such-group").unwrap(), None);
        assert_eq!(user_exists("").unwrap_err().to_string(), "'' is not the name of a user");
    }
}
