//! The database file: its location, and how to open it.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::schema;
use super::string_enum::UnknownValue;
use crate::private;
use crate::program_name::program_name;

/// What the functions of this module's siblings use: an open connection or transaction.
pub type Db = Connection;

/// The file's name in the data folder.
const FILE_NAME: &str = "minijuju.db";

/// How long to wait for another command's lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot make minijuju's data folder {}: {error}", path.display())]
    Folder { path: PathBuf, error: io::Error },
    #[error("cannot tell where minijuju's data belongs: set MINIJUJU_DATA or HOME")]
    NoDataFolder,
    #[error("cannot open minijuju's database {}: {error}{remedy}", path.display(), remedy = remedy(error))]
    Open { path: PathBuf, error: rusqlite::Error },
    #[error(
        "{} was written by a newer minijuju (version {found} of the tables, this one knows {known}): use that one, or \
         set MINIJUJU_DATA to another folder", path.display(), known = schema::VERSION
    )]
    Newer { path: PathBuf, found: i64 },
    /// It is older than the oldest version that can be migrated.
    #[error(
        "{} was written by an older minijuju (version {found} of the tables, this one knows {known}): `{} clean` \
         starts over", path.display(), program_name(), known = schema::VERSION
    )]
    Older { path: PathBuf, found: i64 },
    /// Another command removed it in the meantime.
    #[error("minijuju's data in {} was removed meanwhile, by `{} clean`: run the command again", .0.display(), program_name())]
    Removed(PathBuf),
    #[error("cannot use minijuju's database: {0}{remedy}", remedy = remedy(.0))]
    Sqlite(rusqlite::Error),
    /// A model has a version of Juju that this program does not know.
    #[error("the model {model:?} is of another minijuju: {error}")]
    UnknownJujuVersion { model: String, error: emulator::UnknownVersion },
    /// A value is not what this program writes.
    #[error("minijuju's database holds something unreadable: {0}")]
    Json(serde_json::Error),
    /// The text of an enum is not one that this program writes.
    #[error("minijuju's database holds something unreadable: {0}")]
    UnknownValue(UnknownValue),
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::FromSqlConversionFailure(column, kind, source) => match source.downcast() {
                Ok(unknown) => Error::UnknownValue(*unknown),
                Err(source) => Error::Sqlite(rusqlite::Error::FromSqlConversionFailure(column, kind, source)),
            },
            error => Error::Sqlite(error),
        }
    }
}

/// What the user can do about a damaged database.
fn remedy(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            format!("; `{} clean` removes all, and starts over", program_name())
        }
        _ => String::new(),
    }
}

pub type Result<T> = std::result::Result<T, Error>;

/// minijuju's data: the database, and the folder that holds it and the machines.
pub struct Store {
    folder: PathBuf,
    connection: Connection,
    /// The file's device and inode: by now another file may have its path.
    identity: (u64, u64),
}

/// The folder of minijuju's data: `$MINIJUJU_DATA`, else `/var/lib/minijuju` for root, else `minijuju` in the user's
/// data folder.
pub fn data_folder() -> Result<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = set("MINIJUJU_DATA") {
        return std::path::absolute(&folder).map_err(|error| Error::Folder { path: folder, error });
    }
    if nix::unistd::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/minijuju"));
    }
    set("XDG_DATA_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| set("HOME").map(|home| home.join(".local/share")))
        .map(|folder| folder.join("minijuju"))
        .ok_or(Error::NoDataFolder)
}

/// Switch to a write-ahead log. Only the first command does. If several do it at the same time, `SQLite` returns an error
/// at once instead of waiting, so it is tried again.
fn enable_write_ahead_log(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

impl Store {
    /// Open the database in `folder`. Creates both if they do not exist.
    pub fn open(folder: &Path) -> Result<Self> {
        let create = || {
            private::data_folder(folder)?;
            private::file(&folder.join(FILE_NAME))?;
            identity(folder)
        };
        let identity = create().map_err(|error| Error::Folder { path: folder.to_owned(), error })?;
        Self::open_existing(folder, identity)
    }

    /// Open the existing database with this identity.
    fn open_existing(folder: &Path, identity: (u64, u64)) -> Result<Self> {
        let path = folder.join(FILE_NAME);
        let failed = |error| Error::Open { path: path.clone(), error };
        let removed = |error: Error| match check_identity(folder, identity) {
            Err(removed) => removed,
            Ok(()) => error,
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&path, flags).map_err(failed).map_err(removed)?;
        // Another command may hold the write lock for a few milliseconds. SQLite releases the locks of killed
        // processes.
        connection.busy_timeout(LOCK_TIMEOUT).map_err(failed)?;
        let found = schema::version(&connection).map_err(failed)?;
        if found > schema::VERSION {
            return Err(Error::Newer { path, found });
        }
        if (1..schema::OLDEST_VERSION).contains(&found) {
            return Err(Error::Older { path, found });
        }
        // With a write-ahead log, NORMAL loses nothing when a process is killed, and never corrupts the file. Only a
        // power cut can lose the last transactions, together with the machines that they describe. FULL would cost a
        // disk flush per hook.
        enable_write_ahead_log(&connection).map_err(failed)?;
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
        // Overwrite deleted data: it may have been a secret.
        connection.pragma_update(None, "secure_delete", true).map_err(failed)?;
        // Otherwise every command would checkpoint the log when it closes the last connection, and wait for the disk.
        // SQLite does so anyway when the log has grown.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
        if found < schema::VERSION {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
            schema::migrate(&tx).map_err(failed)?;
            tx.commit().map_err(failed)?;
        }
        // Check again: only now is it certain which file was opened.
        check_identity(folder, identity)?;
        Ok(Self { folder: folder.to_owned(), connection, identity })
    }

    /// Whether there is a database in `folder`.
    pub fn exists_in(folder: &Path) -> bool {
        folder.join(FILE_NAME).exists()
    }

    /// Another connection to the same data, for another thread.
    pub fn reopen(&self) -> Result<Self> {
        check_identity(&self.folder, self.identity)?;
        Self::open_existing(&self.folder, self.identity)
    }

    /// The folder of minijuju's data.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The connection to read from.
    pub fn db(&self) -> &Db {
        &self.connection
    }

    /// Change the data in a transaction: if `change` fails, nothing changes.
    pub fn write<T, E: From<Error>>(
        &mut self,
        change: impl FnOnce(&Db) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        check_identity(&self.folder, self.identity)?;
        let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(Error::from)?;
        let before = secret_revisions(&tx)?;
        let value = change(&tx)?;
        let removed = !before.is_subset(&secret_revisions(&tx)?);
        tx.commit().map_err(Error::from)?;
        if removed {
            self.truncate_write_ahead_log()?;
        }
        Ok(value)
    }

    /// Truncate the write-ahead log, which holds the content of removed secrets. If a reader of another command blocks
    /// it for too long, the next change of a secret does it.
    fn truncate_write_ahead_log(&self) -> Result<()> {
        Ok(self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }
}

fn identity(folder: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(folder.join(FILE_NAME)).map(|meta| private::identity(&meta))
}

/// Fail if this database was removed or replaced.
fn check_identity(folder: &Path, expected: (u64, u64)) -> Result<()> {
    match identity(folder) {
        Ok(found) if found == expected => Ok(()),
        _ => Err(Error::Removed(folder.to_owned())),
    }
}

/// The current time in milliseconds since 1970.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// All revisions of secrets in all models: model, secret, number.
fn secret_revisions(db: &Db) -> Result<BTreeSet<(String, String, i64)>> {
    let mut statement = db.prepare_cached("SELECT model, secret, revision FROM secret_revision")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_command_waits_for_another() {
        let folder = tempfile::tempdir().unwrap();
        let other = Connection::open(folder.path().join("minijuju.db")).unwrap();
        other.execute_batch("CREATE TABLE t (c); BEGIN IMMEDIATE;").unwrap();
        thread::scope(|scope| {
            let first = scope.spawn(|| Store::open(folder.path()).map(drop));
            // This thread keeps the lock until then. Without waiting, the other one would have failed by then, so this is
            // no race.
            thread::sleep(Duration::from_millis(100));
            other.execute_batch("COMMIT").unwrap();
            first.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_change_that_fails_is_rolled_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let failed: std::result::Result<(), Error> = store.write(|db| {
            db.execute("INSERT INTO client VALUES ('a', 'b')", [])?;
            Err(Error::NoDataFolder)
        });
        assert!(failed.is_err());
        let count: i64 = store.db().query_row("SELECT count(*) FROM client", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 0);
    }

    #[test]
    fn the_error_for_a_file_that_is_not_a_database_names_it_and_a_remedy() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("minijuju.db"), "this is not a database, it is a poem of some length").unwrap();
        let error = Store::open(folder.path()).map(drop).unwrap_err();
        for says in ["minijuju.db: file is not a database", "`minijuju clean` removes all"] {
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
