//! Users and groups by name.

use super::Error;
use crate::accounts;

/// The UID and GID that a file should have. `None` means unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) user: Option<u32>,
    pub(super) group: Option<u32>,
    /// The primary group of `user`.
    pub(super) group_of_user: Option<u32>,
}

impl Owner {
    /// Look up the names.
    pub(super) fn look_up(user: Option<&str>, group: Option<&str>) -> Result<Self, Error> {
        let mut owner = Self::default();
        if let Some(name) = user {
            // name:password:UID:GID:…
            let fields = getent("user", "passwd", name)?;
            owner.user = Some(parse_number("user", name, fields.get(2))?);
            owner.group_of_user = Some(parse_number("user", name, fields.get(3))?);
        }
        if let Some(name) = group {
            // name:password:GID:members
            owner.group = Some(parse_number("group", name, getent("group", "group", name)?.get(2))?);
        }
        Ok(owner)
    }
}

/// The fields of the entry `name` in the machine's `database`.
fn getent(kind: &'static str, database: &str, name: &str) -> Result<Vec<String>, Error> {
    accounts::entry(database, name)
        .map_err(|error| Error::Getent { kind, name: name.to_owned(), reason: error.to_string() })?
        .ok_or_else(|| Error::UnknownOwner { kind, name: name.to_owned() })
}

fn parse_number(kind: &'static str, name: &str, field: Option<&String>) -> Result<u32, Error> {
    field.and_then(|field| field.parse().ok()).ok_or_else(|| Error::Getent {
        kind,
        name: name.to_owned(),
        reason: "it did not print an entry".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_has_uid_and_gid_0() {
        let owner = Owner::look_up(Some("root"), Some("root")).unwrap();
        assert_eq!(owner, Owner { user: Some(0), group: Some(0), group_of_user: Some(0) });
    }

    #[test]
    fn no_names_leave_the_owner_unchanged() {
        assert_eq!(Owner::look_up(None, None).unwrap(), Owner::default());
    }

    #[test]
    fn the_error_about_an_unknown_user_has_its_name() {
        let error = Owner::look_up(Some("no-such-user"), None).unwrap_err();
        assert_eq!(error.to_string(), "there is no user named 'no-such-user' on this machine");
    }

    #[test]
    fn the_error_about_an_unknown_group_has_its_name() {
        let error = Owner::look_up(Some("root"), Some("--no-such-group")).unwrap_err();
        assert_eq!(error.to_string(), "there is no group named '--no-such-group' on this machine");
    }
}
