//! The database file: where it is, how it is opened, and which version its tables have.

use std::env;
use std::fs;
use std::io;
use std::io::Read as _;
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
    #[error("cannot make minijuju's data folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no place for it.
    #[error("cannot tell where minijuju's data belongs: set MINIJUJU_DATA or HOME")]
    Homeless,
    /// It is not a database that can be opened.
    #[error("cannot open minijuju's database {}: {source}{remedy}", path.display(), remedy = remedy(source))]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rusqlite::Error,
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
    Sqlite(#[source] rusqlite::Error),
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
    Json(#[from] serde_json::Error),
    /// A word in it is none that this program writes.
    #[error("minijuju's database holds something unreadable: {0}")]
    Word(#[source] UnknownWord),
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
fn remedy(source: &rusqlite::Error) -> String {
    match source.sqlite_error_code() {
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
        return std::path::absolute(&folder).map_err(|source| Error::Folder { path: folder, source });
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
        let identity = make().map_err(|source| Error::Folder { path: folder.to_owned(), source })?;
        Self::open_file(folder, identity)
    }

    /// Open the database that this is the identity of, which is there.
    fn open_file(folder: &Path, identity: (u64, u64)) -> Result<Self> {
        let path = folder.join(FILE);
        let failed = |source| Error::Open { path: path.clone(), source };
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
    pub fn again(&self) -> Result<Self> {
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

/// Bytes that nobody can guess.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The kernel's generator is always there; without it, nothing else on the machine would work either.
    fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).expect("/dev/urandom is readable");
    bytes
}

#[cfg(test)]
mod tests {
    use emulator::JujuVersion;
    use serde_json::json;

    use super::*;
    use crate::store::action::{self, TaskKind, TaskStatus};
    use crate::store::{model, relation, resource};

    #[test]
    fn data_of_a_newer_version_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.db().pragma_update(None, "user_version", VERSION + 1).unwrap();
        drop(store);
        let error = Store::open(folder.path()).map(drop).unwrap_err();
        assert!(error.to_string().contains("was written by a newer minijuju"), "{error}");
    }

    #[test]
    fn data_of_an_older_version_says_how_to_begin_anew() {
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path()).unwrap().db().pragma_update(None, "user_version", 1).unwrap();
        let error = Store::open(folder.path()).map(drop).unwrap_err();
        assert!(error.to_string().contains("`minijuju clean` starts over"), "{error}");
    }

    /// A data folder as minijuju with version 3 of the tables left it.
    fn version_3(rows: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let old = Connection::open(folder.path().join(FILE)).unwrap();
        old.execute_batch(include_str!("testdata/version_3.sql")).unwrap();
        old.execute_batch(rows).unwrap();
        old.pragma_update(None, "user_version", 3).unwrap();
        folder
    }

    #[test]
    fn tasks_of_version_3_keep_what_they_are_and_lose_the_context_among_their_results() {
        let folder = version_3(
            r#"INSERT INTO model (uuid, name, created) VALUES ('m', 'demo', 0);
            INSERT INTO task (model, id, operation, unit, action, params, status, message, results, log, enqueued, started,
                completed) VALUES
            ('m', 2, 1, 'web/0', 'backup', '{"to":"a"}', 'completed', '', '{"context":"mine"}', '[[7,"hm"]]', 1, 2, 3),
            ('m', 3, 1, 'web/0', 'juju-exec', '{"command":"true"}', 'running', '', '{"context":"web/0-x"}', '[]', 1, 2, NULL),
            ('m', 4, 1, '0', 'juju-exec', '{"command":"true"}', 'failed', 'no', '{"context":"0-x"}', '[]', 1, 2, 3);"#,
        );
        let store = Store::open(folder.path()).unwrap();
        let tasks = action::all(store.db(), "m").unwrap();
        let kinds: Vec<&TaskKind> = tasks.iter().map(|task| &task.kind).collect();
        assert_eq!(kinds, [&TaskKind::Action("backup".to_owned()), &TaskKind::UnitExec, &TaskKind::MachineExec]);
        let contexts: Vec<Option<&str>> = tasks.iter().map(|task| task.context.as_deref()).collect();
        assert_eq!(contexts, [None, Some("web/0-x"), None]);
        let results: Vec<String> = tasks.iter().map(|task| task.results.to_string()).collect();
        assert_eq!(results, [r#"{"context":"mine"}"#, "{}", "{}"], "an action's own result of that name stays");
        let (first, second) = (&tasks[0], &tasks[1]);
        assert_eq!(
            (first.receiver.as_str(), &first.params["to"], first.status),
            ("web/0", &json!("a"), TaskStatus::Completed)
        );
        assert_eq!((&first.log, first.completed), (&vec![(7, "hm".to_owned())], Some(3)));
        assert_eq!((second.command(), second.status, second.started), (Some("true"), TaskStatus::Running, Some(2)));
    }

    #[test]
    fn the_tables_of_version_3_become_those_of_a_new_database() {
        let columns = |store: &Store| -> Vec<String> {
            let sql = "SELECT m.name || '.' || c.name || ' ' || c.type FROM sqlite_schema m, pragma_table_info(m.name) c \
                       ORDER BY 1";
            let mut statement = store.db().prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
        };
        let (old, new) = (version_3(""), tempfile::tempdir().unwrap());
        let migrated = Store::open(old.path()).unwrap();
        assert_eq!(columns(&migrated), columns(&Store::open(new.path()).unwrap()));
        let version: i64 = migrated.db().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version, VERSION);
    }

    #[test]
    fn a_model_of_an_older_minijuju_is_of_juju_3_6_and_keeps_its_resources() {
        let folder = version_3(
            "INSERT INTO model (uuid, name, created) VALUES ('m', 'demo', 0);
            INSERT INTO application (model, name, charm, revision, archive, metadata) VALUES ('m', 'web', 'web', 0, '', '{}');
            INSERT INTO resource (model, application, name, path, filename, added)
                VALUES ('m', 'web', 'blob', '/data/blob', 'blob.txt', 7);",
        );
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(model::find(store.db(), "demo").unwrap().unwrap().juju, JujuVersion::V3_6);
        let [blob] = &resource::of(store.db(), "m", "web").unwrap()[..] else { panic!("not one resource") };
        assert_eq!((blob.path.as_str(), blob.added, blob.fingerprint.as_str()), ("/data/blob", 7, ""));
        assert!(resource::fetched(store.db(), "m", "web/0").unwrap().is_empty());
    }

    #[test]
    fn a_model_of_a_juju_that_is_not_known_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let sql =
            r#"INSERT INTO model (uuid, name, created, config) VALUES ('m', 'demo', 0, '{"agent-version":"5.1"}');"#;
        store.db().execute_batch(sql).unwrap();
        assert_eq!(
            model::find(store.db(), "demo").unwrap_err().to_string(),
            "the model \"demo\" is of another minijuju: Juju version \"5.1\" is not known: it may be 3.6 or 4.0, with a \
             third number or without"
        );
    }

    #[test]
    fn a_word_that_minijuju_does_not_write_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let sql = "INSERT INTO model (uuid, name, created) VALUES ('m', 'demo', 0);
            INSERT INTO relation (model, id, life, interface, scope) VALUES ('m', 1, 'undead', 'http', 'global');";
        store.db().execute_batch(sql).unwrap();
        let error = relation::all(store.db(), "m").unwrap_err();
        assert_eq!(error.to_string(), r#"minijuju's database holds something unreadable: unknown life "undead""#);
    }

    #[test]
    fn a_first_command_waits_for_another() {
        let folder = tempfile::tempdir().unwrap();
        let other = Connection::open(folder.path().join("minijuju.db")).unwrap();
        other.execute_batch("CREATE TABLE t (c); BEGIN IMMEDIATE;").unwrap();
        thread::scope(|scope| {
            let first = scope.spawn(|| Store::open(folder.path()).map(drop));
            // It cannot end before the lock is gone, so this is no race: without waiting it would fail by then.
            thread::sleep(Duration::from_millis(100));
            other.execute_batch("COMMIT").unwrap();
            first.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_change_that_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let failed: std::result::Result<(), Error> = store.write(|db| {
            db.execute("INSERT INTO client VALUES ('a', 'b')", [])?;
            Err(Error::Homeless)
        });
        assert!(failed.is_err());
        let count: i64 = store.db().query_row("SELECT count(*) FROM client", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 0);
    }

    #[test]
    fn a_file_that_is_no_database_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("minijuju.db"), "this is not a database, it is a poem of some length").unwrap();
        let error = Store::open(folder.path()).map(drop).unwrap_err();
        for says in ["minijuju.db: file is not a database", "`minijuju clean` removes all"] {
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
