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
fn data_of_an_old_version_is_an_error_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    Store::open(folder.path()).unwrap().db().pragma_update(None, "user_version", 1).unwrap();
    let error = Store::open(folder.path()).map(drop).unwrap_err();
    assert!(error.to_string().contains("`minijuju clean` starts over"), "{error}");
}

/// A data folder that minijuju left with version 3 of the tables.
fn version_3(rows: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let old = Connection::open(folder.path().join(FILE)).unwrap();
    old.execute_batch(include_str!("../testdata/version_3.sql")).unwrap();
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
    let sql = r#"INSERT INTO model (uuid, name, created, config) VALUES ('m', 'demo', 0, '{"agent-version":"5.1"}');"#;
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
        // This thread keeps the lock until then. Without waiting, the other one would have failed by then, so this is
        // no race.
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
fn a_file_that_is_not_a_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("minijuju.db"), "this is not a database, it is a poem of some length").unwrap();
    let error = Store::open(folder.path()).map(drop).unwrap_err();
    for says in ["minijuju.db: file is not a database", "`minijuju clean` removes all"] {
        assert!(error.to_string().contains(says), "{error}");
    }
}
