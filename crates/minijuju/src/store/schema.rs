//! The tables of the database, and their versions. A database of an older version is migrated when it is opened.

use rusqlite::Connection;

/// The tables of this version.
const SCHEMA: &str = include_str!("schema.sql");

/// The version of [`SCHEMA`], kept in the file as `PRAGMA user_version`.
pub const VERSION: i64 = 9;

/// The statements that turn the tables of one version into those of the next.
const MIGRATIONS: [(i64, &str); 6] = [
    (3, include_str!("version_4.sql")),
    (4, include_str!("version_5.sql")),
    (5, include_str!("version_6.sql")),
    (6, include_str!("version_7.sql")),
    (7, include_str!("version_8.sql")),
    (8, include_str!("version_9.sql")),
];

/// The oldest version that can be migrated.
pub const OLDEST_VERSION: i64 = MIGRATIONS[0].0;

/// The version of the tables in a database; 0 if it has none.
pub fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Create the tables, or migrate those of an older version. Must run in a transaction.
pub fn migrate(transaction: &Connection) -> rusqlite::Result<()> {
    // Another first command may have created the tables by now.
    let found = version(transaction)?;
    if found == 0 {
        transaction.execute_batch(SCHEMA)?;
    } else {
        for (_, migration) in MIGRATIONS.iter().filter(|(from, _)| *from >= found) {
            transaction.execute_batch(migration)?;
        }
    }
    transaction.pragma_update(None, "user_version", VERSION)
}

#[cfg(test)]
mod tests {
    use emulator::JujuVersion;
    use serde_json::json;

    use super::*;
    use crate::store::task::{self, TaskKind, TaskStatus};
    use crate::store::{Store, cross_model, model, resource, saas};

    #[test]
    fn data_of_a_newer_version_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.db().pragma_update(None, "user_version", VERSION + 1).unwrap();
        drop(store);
        let error = Store::open(folder.path()).map(drop).unwrap_err();
        assert!(error.to_string().contains("was written by a newer minijuju"), "{error}");
    }

    #[test]
    fn data_of_an_old_version_is_an_error_with_a_remedy() {
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path()).unwrap().db().pragma_update(None, "user_version", 1).unwrap();
        let error = Store::open(folder.path()).map(drop).unwrap_err();
        assert!(error.to_string().contains("`minijuju clean` starts over"), "{error}");
    }

    /// A data folder that minijuju left with version 3 of the tables.
    fn version_3(rows: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let old = Connection::open(folder.path().join("minijuju.db")).unwrap();
        old.execute_batch(include_str!("testdata/version_3.sql")).unwrap();
        old.execute_batch(rows).unwrap();
        old.pragma_update(None, "user_version", 3).unwrap();
        folder
    }

    #[test]
    fn tasks_of_version_3_keep_their_kind_and_lose_the_context_in_their_results() {
        let folder = version_3(
            r#"INSERT INTO model (uuid, name, created) VALUES ('m', 'demo', 0);
            INSERT INTO task (model, id, operation, unit, action, params, status, message, results, log, enqueued, started,
                completed) VALUES
            ('m', 2, 1, 'web/0', 'backup', '{"to":"a"}', 'completed', '', '{"context":"mine"}', '[[7,"hm"]]', 1, 2, 3),
            ('m', 3, 1, 'web/0', 'juju-exec', '{"command":"true"}', 'running', '', '{"context":"web/0-x"}', '[]', 1, 2, NULL),
            ('m', 4, 1, '0', 'juju-exec', '{"command":"true"}', 'failed', 'no', '{"context":"0-x"}', '[]', 1, 2, 3);"#,
        );
        let store = Store::open(folder.path()).unwrap();
        let tasks = task::all(store.db(), "m").unwrap();
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
        assert_eq!(version(migrated.db()).unwrap(), VERSION);
    }

    #[test]
    fn a_cross_model_relation_of_version_8_keeps_its_applications_and_subnets() {
        let folder = version_3("");
        let old = Connection::open(folder.path().join("minijuju.db")).unwrap();
        for (_, migration) in MIGRATIONS.iter().filter(|(from, _)| *from < 8) {
            old.execute_batch(migration).unwrap();
        }
        old.execute_batch(
            "INSERT INTO model (uuid, name, created) VALUES ('m', 'web', 0), ('n', 'db', 0);
            INSERT INTO relation (model, id, interface, scope) VALUES ('m', 0, 'sql', 'global');
            INSERT INTO crossing VALUES ('o', 'm', 0, 'wiki', 'sql', 'n', 1, 'pg', 'remote-1', '10.0.0.0/8', 7);
            INSERT INTO saas (model, name, offer, source, url, endpoints, since, gone)
                VALUES ('m', 'sql', 'o', 'n', 'admin/db.pg', '[]', 7, 9);",
        )
        .unwrap();
        old.pragma_update(None, "user_version", 8).unwrap();
        let store = Store::open(folder.path()).unwrap();
        let [relation] = &cross_model::all(store.db(), "m").unwrap()[..] else { panic!("not one relation") };
        assert_eq!(
            (relation.offerer.application.as_str(), relation.offerer.remote_application.as_str()),
            ("pg", "remote-1")
        );
        assert_eq!((relation.egress_subnets.as_str(), relation.since), ("10.0.0.0/8", 7));
        assert_eq!(saas::find(store.db(), "m", "sql").unwrap().unwrap().terminated, Some(9));
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
        let [blob] = &resource::of_application(store.db(), "m", "web").unwrap()[..] else { panic!("not one resource") };
        assert_eq!((blob.path.as_str(), blob.added, blob.fingerprint.as_str()), ("/data/blob", 7, ""));
        assert!(resource::of_unit(store.db(), "m", "web/0").unwrap().is_empty());
    }
}
