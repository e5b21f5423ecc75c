//! The store's files: for each user `users/USER`, with a namespace and a password; for each value
//! `values/NAMESPACE/KEY`. Nothing is kept in memory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use charmlibs::pathops::{self, Options};

use crate::interface::Name;

/// A store in a folder.
#[derive(Clone, Debug)]
pub struct Store(PathBuf);

impl Store {
    /// The store in this folder, which may be empty.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Let a user use a namespace with this password, which replaces the previous one.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn set_user(&self, user: &Name, namespace: &Name, password: &str) -> Result<(), pathops::Error> {
        write(&self.user_file(user), &format!("{namespace} {password}"))
    }

    /// Whether there is such a user.
    #[must_use]
    pub fn has_user(&self, user: &Name) -> bool {
        self.user_file(user).exists()
    }

    /// The user's namespace. `None` if the password is wrong.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn namespace_of(&self, user: &Name, password: &str) -> io::Result<Option<Name>> {
        let line = read(&self.user_file(user))?.unwrap_or_default();
        let namespace = line.split_once(' ').filter(|(_, expected)| *expected == password);
        Ok(namespace.and_then(|(namespace, _)| Name::try_from(namespace.to_owned()).ok()))
    }

    /// Remove a user. The user's values are kept.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn remove_user(&self, user: &Name) -> Result<(), pathops::Error> {
        pathops::remove(self.user_file(user)).map(drop)
    }

    /// The value of a key, if there is one.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn get(&self, namespace: &Name, key: &Name) -> io::Result<Option<String>> {
        read(&self.value_file(namespace, key))
    }

    /// Set the value of a key.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn set(&self, namespace: &Name, key: &Name, value: &str) -> Result<(), pathops::Error> {
        write(&self.value_file(namespace, key), value)
    }

    fn user_file(&self, user: &Name) -> PathBuf {
        self.0.join("users").join(user.as_str())
    }

    fn value_file(&self, namespace: &Name, key: &Name) -> PathBuf {
        self.0.join("values").join(namespace.as_str()).join(key.as_str())
    }
}

/// Write a file that only its owner may read. A reader sees the old file or the new one, even if several clients write
/// it at once.
fn write(file: &Path, text: &str) -> Result<(), pathops::Error> {
    Options::new().mode(0o600).ensure_contents(file, text).map(drop)
}

fn read(file: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn name(name: &str) -> Name {
        Name::try_from(name.to_owned()).unwrap()
    }

    #[test]
    fn a_user_has_one_password_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path());
        let (user, shop) = (name("client-1"), name("shop"));
        assert_eq!(store.namespace_of(&user, "").unwrap(), None);
        store.set_user(&user, &shop, "old").unwrap();
        store.set_user(&user, &shop, "new").unwrap();
        assert_eq!(store.namespace_of(&user, "old").unwrap(), None);
        assert_eq!(store.namespace_of(&user, "new").unwrap(), Some(shop));
        store.remove_user(&user).unwrap();
        store.remove_user(&user).unwrap();
        assert_eq!(store.namespace_of(&user, "new").unwrap(), None);
    }

    #[test]
    fn values_are_kept_by_namespace() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path());
        store.set(&name("a"), &name("key"), "1").unwrap();
        assert_eq!(store.get(&name("a"), &name("key")).unwrap().as_deref(), Some("1"));
        assert_eq!(store.get(&name("b"), &name("key")).unwrap(), None);
    }

    #[test]
    fn clients_that_write_at_once_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path());
        let shop = name("shop");
        thread::scope(|scope| {
            for client in 0..4 {
                let (store, shop) = (&store, &shop);
                scope.spawn(move || {
                    for count in 0..25 {
                        store.set(shop, &name(&format!("key-{client}")), &count.to_string()).unwrap();
                    }
                });
            }
        });
        for client in 0..4 {
            let key = name(&format!("key-{client}"));
            assert_eq!(store.get(&shop, &key).unwrap().as_deref(), Some("24"));
        }
    }
}
