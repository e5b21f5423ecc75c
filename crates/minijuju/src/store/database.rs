//! The database file: where it is, how it is opened, and which version its tables have.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::secret;
use super::word::UnknownWord;
use crate::called::called;
use crate::private;

/// What the functions of this module's neighbours read and write: an open connection, or a transaction on it.
pub type Db = Connection;

/// The file's name in the data folder.
const FILE: &str = "minijuju.db";

/// The version of [`SCHEMA`], kept in the file as `PRAGMA user_version`.
const VERSION: i64 = 7;

/// What makes the tables of a version those of the next one.
const MIGRATIONS: [(i64, &str); 4] = [
    (3, include_str!("version_4.sql")),
    (4, include_str!("version_5.sql")),
    (5, include_str!("version_6.sql")),
    (6, include_str!("version_7.sql")),
];

/// The oldest version that is brought up to date.
const OLDEST: i64 = MIGRATIONS[0].0;

/// How long a command waits for another that holds a lock.
const PATIENCE: Duration = Duration::from_secs(10);

const SCHEMA: &str = include_str!("schema.sql");

/// The database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its folder could not be made.
    #[error("cannot make minijuju's data folder {}: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// There is no place for it.
    #[error("cannot tell where minijuju's data belongs: set MINIJUJU_DATA or HOME")]
    Homeless,
    /// It is not a database that can be opened.
    #[error("cannot open minijuju's database {}: {error}{remedy}", path.display(), remedy = remedy(error))]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: rusqlite::Error,
    },
    /// A later minijuju wrote it.
    #[error(
        "{} was written by a newer minijuju (version {found} of the tables, this one knows {VERSION}): use that one, or \
         set MINIJUJU_DATA to another folder", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version found in it.
        found: i64,
    },
    /// An earlier minijuju wrote it, whose tables this one does not know.
    #[error(
        "{} was written by an older minijuju (version {found} of the tables, this one knows {VERSION}): `{} clean` \
         starts over", path.display(), called()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// The version found in it.
        found: i64,
    },
    /// Another command removed it meanwhile.
    #[error("minijuju's data in {} was removed meanwhile, by `{} clean`: run the command again", .0.display(), called())]
    Gone(PathBuf),
    /// A read or a write failed.
    #[error("cannot use minijuju's database: {0}{remedy}", remedy = remedy(.0))]
    Sqlite(rusqlite::Error),
    /// A model is of a Juju that this program does not know.
    #[error("the model {model:?} is of another minijuju: {why}")]
    Version {
        /// The model.
        model: String,
        /// Its version.
        why: emulator::UnknownVersion,
    },
    /// A value in it is not what this program wrote.
    #[error("minijuju's database holds something unreadable: {0}")]
    Json(serde_json::Error),
    /// A word in it is not one that this program writes.
    #[error("minijuju's database holds something unreadable: {0}")]
    Word(UnknownWord),
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
                Ok(unknown) => Error::Word(*unknown),
                Err(source) => Error::Sqlite(rusqlite::Error::FromSqlConversionFailure(column, kind, source)),
            },
            error => Error::Sqlite(error),
        }
    }
}

/// What a person can do about a database that is damaged.
fn remedy(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            format!("; `{} clean` removes all, and starts over", called())
        }
        _ => String::new(),
    }
}

/// What this module returns.
pub type Result<T> = std::result::Result<T, Error>;

/// minijuju's data: the database, and the folder in which it and the machines live.
pub struct Store {
    folder: PathBuf,
    connection: Connection,
    /// Which file it is: another one may be at the same place by now.
    identity: (u64, u64),
}

/// The folder of minijuju's data: `$MINIJUJU_DATA`; else `/var/lib/minijuju` for root; else `minijuju` in the user's
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
        .ok_or(Error::Homeless)
}

/// Switch to a write-ahead log. The first command does; others that come meanwhile would fail without waiting.
fn with_log(connection: &Connection) -> rusqlite::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < until => {
                thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

impl Store {
    /// Open the database in `folder`, making both where they do not exist.
    pub fn open(folder: &Path) -> Result<Self> {
        let make = || {
            private::data_folder(folder)?;
            private::file(&folder.join(FILE))?;
            identity(folder)
        };
        let identity = make().map_err(|error| Error::Folder { path: folder.to_owned(), error })?;
        Self::open_file(folder, identity)
    }

    /// Open the database that this is the identity of, which is there.
    fn open_file(folder: &Path, identity: (u64, u64)) -> Result<Self> {
        let path = folder.join(FILE);
        let failed = |error| Error::Open { path: path.clone(), error };
        let gone = |error: Error| match check(folder, identity) {
            Err(gone) => gone,
            Ok(()) => error,
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&path, flags).map_err(failed).map_err(gone)?;
        // Another command may hold the write lock for a few milliseconds; one that died left nothing to wait for.
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
        if found > VERSION {
            return Err(Error::Newer { path, found });
        }
        if (1..OLDEST).contains(&found) {
            return Err(Error::Older { path, found });
        }
        // With a write-ahead log, NORMAL loses nothing when a process is killed, and never corrupts; only a power cut can
        // drop the last transactions, together with the machines that they are about. FULL would cost a disk flush per
        // hook.
        with_log(&connection).map_err(failed)?;
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
        // What is deleted is overwritten: it may have been a secret.
        connection.pragma_update(None, "secure_delete", true).map_err(failed)?;
        // The last connection to close would copy the log into the file and wait for the disk, in every command. The log
        // is copied now and then anyway, when it has grown.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
        if found < VERSION {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
            // Another first command may have been quicker.
            let found: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
            if found == 0 {
                tx.execute_batch(SCHEMA).map_err(failed)?;
            } else {
                for (_, migration) in MIGRATIONS.iter().filter(|(from, _)| *from >= found) {
                    tx.execute_batch(migration).map_err(failed)?;
                }
            }
            tx.pragma_update(None, "user_version", VERSION).map_err(failed)?;
            tx.commit().map_err(failed)?;
        }
        // Only now is it sure which file was opened.
        check(folder, identity)?;
        Ok(Self { folder: folder.to_owned(), connection, identity })
    }

    /// Whether there is a database in `folder`.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(FILE).exists()
    }

    /// Another connection to the same data, for another thread.
    pub fn reopen(&self) -> Result<Self> {
        check(&self.folder, self.identity)?;
        Self::open_file(&self.folder, self.identity)
    }

    /// The folder of minijuju's data.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What to read from.
    pub fn db(&self) -> &Db {
        &self.connection
    }

    /// Change the data: all of what `change` does, or nothing if it fails.
    pub fn write<T, E: From<Error>>(
        &mut self,
        change: impl FnOnce(&Db) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        check(&self.folder, self.identity)?;
        let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(Error::from)?;
        let before = secret::revisions(&tx)?;
        let value = change(&tx)?;
        let removed = !before.is_subset(&secret::revisions(&tx)?);
        tx.commit().map_err(Error::from)?;
        if removed {
            self.forget_log()?;
        }
        Ok(value)
    }

    /// Empty the write-ahead log, in which the content of secrets is that were removed. Another command that reads may be
    /// in the way for longer than one waits; then the next one that changes a secret does.
    fn forget_log(&self) -> Result<()> {
        Ok(self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }
}

fn identity(folder: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(folder.join(FILE)).map(|meta| private::identity(&meta))
}

/// Fail if another database is in place of this one, or none.
fn check(folder: &Path, expected: (u64, u64)) -> Result<()> {
    match identity(folder) {
        Ok(found) if found == expected => Ok(()),
        _ => Err(Error::Gone(folder.to_owned())),
    }
}

/// Now, in milliseconds since 1970.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests;
