//! What the commands for relations answer.

use crate::Juju;
use crate::Relation;
use crate::tests::{answer, answer_with, check, check_error, juju};

/// `db:7` with `postgresql/0` and `/1`, `peers:8` with `app/1`, and no relation of `logs`.
fn related() -> Juju {
    let mut juju = juju();
    let mut db = Relation::new("db").id(7).remote_app("postgresql").remote_app_data([("version", "16")]);
    let bag = |data: &[(&str, &str)]| data.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    db.remote_units_data =
        [(0, bag(&[("host", "10.0.0.1"), ("port", "5432")])), (1, bag(&[("host", "10.0.0.2")]))].into();
    db.local_units_data = [(3, bag(&[("ready", "yes")]))].into();
    let mut peers = Relation::peer("peers").id(8).local_app_data([("key", "shared")]);
    peers.remote_units_data = [(1, bag(&[("seen", "yes")]))].into();
    juju.state.relations = vec![db, peers];
    juju.state.relations[0].local_unit_data = [("private-address".to_owned(), "192.0.2.0".to_owned())].into();
    juju
}

fn in_changed() -> Juju {
    let mut juju = related();
    juju.hook.name = "db-relation-changed".to_owned();
    juju.hook.relation = Some(7);
    juju.hook.remote_app = Some("postgresql".to_owned());
    juju.hook.remote_unit = Some("postgresql/1".to_owned());
    juju
}

#[test]
fn relation_get_reads_databags_of_other_units() {
    let mut juju = related();
    for (line, stdout) in [
        (&["relation-get", "-r", "7", "-", "postgresql/0"][..], "host: 10.0.0.1\nport: \"5432\"\n"),
        (
            &["relation-get", "-r", "db:7", "", "postgresql/0", "--format=json"],
            "{\"host\":\"10.0.0.1\",\"port\":\"5432\"}\n",
        ),
        (&["relation-get", "-r", "7", "port", "postgresql/0"], "5432\n"),
        (&["relation-get", "-r", "7", "port", "postgresql/0", "--format=yaml"], "\"5432\"\n"),
        (&["relation-get", "-r", "7", "port", "postgresql/1"], ""),
        (&["relation-get", "-r", "7", "port", "postgresql/1", "--format=json"], "null\n"),
        (&["relation-get", "-r", "7", "--app", "-", "postgresql"], "version: \"16\"\n"),
        (&["relation-get", "-r", "7", "--app", "version", "postgresql/3"], "16\n"),
        (&["relation-get", "-r", "7", "-", "app/0"], "private-address: 192.0.2.0\n"),
        (&["relation-get", "-r", "7", "-", "app/3"], "ready: \"yes\"\n"),
        (&["relation-get", "-r", "8", "-", "app/1"], "seen: \"yes\"\n"),
        (&["relation-get", "-r", "8", "--app", "-", "app"], "key: shared\n"),
    ] {
        check(&mut juju, line, stdout);
    }
}

#[test]
fn unit_and_application_default_to_those_of_the_hook() {
    let mut juju = in_changed();
    check(&mut juju, &["relation-get"], "host: 10.0.0.2\n");
    check(&mut juju, &["relation-get", "host"], "10.0.0.2\n");
    check(&mut juju, &["relation-get", "--app", "version"], "16\n");
    juju.hook.remote_unit = None;
    check(&mut juju, &["relation-get", "version"], "16\n");
    juju.hook.remote_app = None;
    check_error(&mut juju, &["relation-get", "version"], 2, "no unit or application specified");
}

#[test]
fn data_that_the_unit_may_not_read_is_refused() {
    let mut juju = related();
    for (line, code, error) in [
        (&["relation-get"][..], 2, "no relation id specified"),
        (&["relation-get", "-r", "7"], 2, "no unit or application specified"),
        (&["relation-get", "-r", "7", "-", "postgresql"], 2, "expected unit name, got application name \"postgresql\""),
        (&["relation-get", "-r", "7", "-", "X"], 2, "invalid unit name \"X\""),
        (&["relation-get", "-r", "7", "-", "postgresql/0", "x"], 2, "unrecognized args: [\"x\"]"),
        (&["relation-get", "-r", "7", "-", "mysql/0"], 1, "permission denied"),
        (&["relation-get", "-r", "7", "--app", "-", "mysql"], 1, "permission denied"),
        (&["relation-get", "-r", "7", "--app", "-", "app"], 1, "permission denied"),
        (
            &["relation-get", "-r", "8", "-", "app/9"],
            1,
            "cannot read settings for unit \"app/9\" in relation \"app:peers\": settings not found",
        ),
    ] {
        check_error(&mut juju, line, code, error);
    }
    juju.state.leader = true;
    check(&mut juju, &["relation-get", "-r", "7", "--app", "-", "app"], "{}\n");
}

#[test]
fn changes_take_effect_when_the_hook_succeeds() {
    let mut juju = in_changed();
    check(&mut juju, &["relation-set", "a=1", "private-address="], "");
    check(&mut juju, &["relation-set", "b = two words "], "");
    check(&mut juju, &["relation-get", "-", "app/0"], "a: \"1\"\nb: two words\n");
    assert!(juju.state.relations[0].local_unit_data.contains_key("private-address"));
    let state = juju.succeed().state;
    let set = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "two words".to_owned())].into();
    assert_eq!(state.relations[0].local_unit_data, set);

    let mut juju = in_changed();
    check(&mut juju, &["relation-set", "a=1"], "");
    assert_eq!(juju.fail().state, in_changed().state);
}

#[test]
fn settings_can_come_from_a_file_and_be_for_the_application() {
    let mut juju = in_changed();
    check_error(&mut juju, &["relation-set", "--app", "a=1"], 1, "cannot write relation settings");
    juju.state.leader = true;
    let output = answer_with(&mut juju, &["relation-set", "--app", "--file", "-", "b=3"], "a: 1\nb: 2\nc: ''\n");
    assert_eq!((output.code, output.stderr), (0, vec![]));
    check(&mut juju, &["relation-get", "--app", "-", "app"], "a: \"1\"\nb: \"3\"\n");
    assert_eq!(juju.succeed().state.relations[0].local_app_data.len(), 2);
    for null in ["a: null\n", "{\"a\": null}"] {
        let mut juju = in_changed();
        juju.state.relations[0].local_unit_data.insert("a".to_owned(), "1".to_owned());
        assert_eq!(answer_with(&mut juju, &["relation-set", "--file", "-"], null).code, 0);
        check(&mut juju, &["relation-get", "a", "app/0", "--format=json"], "null\n");
    }
    check_error(
        &mut related(),
        &["relation-set", "-r", "7", "--file", "/nonsense"],
        1,
        "open /nonsense: no such file or directory",
    );
}

#[test]
fn refuses_wrong_settings() {
    check_error(&mut related(), &["relation-set", "a=1"], 2, "no relation id specified");
    check_error(&mut in_changed(), &["relation-set", "a"], 2, "expected \"key=value\", got \"a\"");
    check_error(&mut in_changed(), &["relation-set", "a=1", "a=2"], 2, "key \"a\" specified more than once");
    let output = answer(&mut in_changed(), &["relation-set", "--format", "x"]);
    assert_eq!((output.code, output.stderr), (0, b"--format flag deprecated for command \"relation-set\"".to_vec()));
}

#[test]
fn lists_relations_of_an_endpoint() {
    let mut juju = related();
    juju.state.relations.push(Relation::new("db").id(10).remote_app("other"));
    for (line, stdout) in [
        (&["relation-ids", "db"][..], "db:10\ndb:7\n"),
        (&["relation-ids", "db", "--format=json"], "[\"db:10\",\"db:7\"]\n"),
        (&["relation-ids", "logs"], ""),
        (&["relation-ids", "logs", "--format=json"], "[]\n"),
        (&["relation-ids", "logs", "--format=yaml"], "[]\n"),
    ] {
        check(&mut juju, line, stdout);
    }
    check_error(&mut juju, &["relation-ids"], 2, "no endpoint name specified");
    check_error(&mut juju, &["relation-ids", "db", "x"], 2, "unrecognized args: [\"x\"]");
    let mut juju = in_changed();
    check(&mut juju, &["relation-ids"], "db:7\n");
    juju.hook.name = "db-relation-broken".to_owned();
    check(&mut juju, &["relation-ids"], "");
}

#[test]
fn lists_units_at_the_other_end() {
    let mut juju = related();
    for (line, stdout) in [
        (&["relation-list", "-r", "7"][..], "postgresql/0\npostgresql/1\n"),
        (&["relation-list", "-r", "7", "--format=json"], "[\"postgresql/0\",\"postgresql/1\"]\n"),
        (&["relation-list", "-r", "7", "--app"], "postgresql\n"),
        (&["relation-list", "-r", "7", "--app", "--format=json"], "\"postgresql\"\n"),
        (&["relation-list", "-r", "8"], "app/1\n"),
        (&["relation-list", "-r", "8", "--app"], "app\n"),
    ] {
        check(&mut juju, line, stdout);
    }
    check_error(&mut juju, &["relation-list"], 2, "no relation id specified");
    check_error(&mut juju, &["relation-list", "-r", "7", "x"], 2, "unrecognized args: [\"x\"]");
}

#[test]
fn a_departing_unit_is_not_listed_but_can_be_read() {
    let mut juju = in_changed();
    juju.hook.name = "db-relation-departed".to_owned();
    check(&mut juju, &["relation-list"], "postgresql/0\n");
    check(&mut juju, &["relation-get", "host"], "10.0.0.2\n");
    juju.state.relations[0].departed_units.push(0);
    check(&mut juju, &["relation-list"], "");
    check(&mut juju, &["relation-get", "host", "postgresql/0"], "10.0.0.1\n");
}

#[test]
fn names_the_model_at_the_other_end() {
    let mut juju = related();
    let uuid = juju.state.model.uuid.clone();
    check(&mut juju, &["relation-model-get", "-r", "7"], &format!("uuid: {uuid}\n"));
    juju.state.relations[0].remote_model_uuid = Some("there".to_owned());
    check(&mut juju, &["relation-model-get", "-r", "7", "--format=json"], "{\"uuid\":\"there\"}\n");
    check_error(&mut juju, &["relation-model-get"], 2, "no relation id specified");
}
