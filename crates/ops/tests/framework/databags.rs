//! Databags: read when they are needed, written as what changed, refused before Juju refuses.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use ops::{Error, Framework, Model, RelationBrokenEvent, on};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::juju::{DB_3, Juju};

#[test]
fn reading_one_of_many_databags_runs_only_the_commands_for_it() {
    let juju = Juju::new();
    let ids: Vec<String> = (1..=50).map(|id| format!("db:{id}")).collect();
    juju.answer("relation-ids db", &json!(ids).to_string());
    for id in 1..=50 {
        let units: Vec<String> = (0..20).map(|unit| format!("other-{id}/{unit}")).collect();
        juju.answer(&format!("relation-list --format=json -r db:{id}"), &json!(units).to_string());
        juju.answer(
            &format!("relation-list --format=json --app -r db:{id}"),
            &json!(format!("other-{id}")).to_string(),
        );
    }
    juju.answer("relation-get", r#"{"host": "10.0.0.1"}"#);
    juju.start(|model| {
        let relations = model.relations("db")?;
        assert_eq!(relations.len(), 50);
        for _ in 0..2 {
            let units = relations[6].units()?;
            assert_eq!(units.len(), 20);
            assert_eq!(relations[6].data(&units[3]).get("host")?.as_deref(), Some("10.0.0.1"));
            assert_eq!(relations[6].data(&units[3]).get("port")?, None);
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(
        juju.commands(),
        [
            "relation-ids db --format=json",
            "relation-list --format=json -r db:7",
            "relation-get --format=json -r db:7 - other-7/3",
        ]
    );
}

#[test]
fn only_keys_that_change_are_written_and_can_be_read_back_at_once() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.answer("relation-get", r#"{"same": "1", "old": "2", "gone": "3"}"#);
    juju.answer("relation-set", "");
    juju.start(|model| {
        let bag = model.relation("db")?.unwrap().unit_data();
        bag.update([("same", "1"), ("old", "20"), ("new", "4"), ("gone", ""), ("never", "")])?;
        bag.update([("same", "1"), ("old", "20")])?;
        bag.set("new", "4")?;
        bag.remove("gone")?;
        let read: Vec<(String, String)> = bag.all()?.into_iter().collect();
        assert_eq!(read, [("new", "4"), ("old", "20"), ("same", "1")].map(|(k, v)| (k.to_owned(), v.to_owned())));
        Ok(())
    })
    .unwrap();
    assert_eq!(
        juju.commands(),
        [
            "relation-ids db --format=json",
            "relation-get --format=json -r db:3 - app/0",
            r#"relation-set -r db:3 --file - < {"gone":"","new":"4","old":"20"}"#,
        ]
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Request {
    database: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_connections: Option<u32>,
    extensions: Option<Vec<String>>,
}

#[test]
fn a_struct_is_saved_and_loaded_as_json_by_field() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.answer(
        "relation-get",
        r#"{"database": "\"shop\"", "extensions": "[\"hstore\"]", "egress-subnets": "10.0.0.1/32"}"#,
    );
    juju.answer("relation-set", "");
    juju.start(|model| {
        let bag = model.relation("db")?.unwrap().unit_data();
        let request: Request = bag.load()?;
        assert_eq!(
            request,
            Request { database: "shop".into(), max_connections: None, extensions: Some(vec!["hstore".into()]) }
        );
        // `None` removes the key, unless it is skipped. Other keys stay.
        bag.save(&Request { max_connections: Some(5), extensions: None, ..request })?;
        assert!(bag.get("egress-subnets")?.is_some());
        Ok(())
    })
    .unwrap();
    assert_eq!(
        juju.commands().last().unwrap(),
        r#"relation-set -r db:3 --file - < {"extensions":"","max-connections":"5"}"#
    );
}

#[test]
fn the_error_for_a_value_of_the_wrong_type_has_relation_key_and_value() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    for (bag, expected) in [
        (json!({"database": "shop"}), "database is \"shop\": it is not JSON: "),
        (json!({"database": "7"}), "database is \"7\": invalid type: integer `7`, expected a string"),
        (json!({"database": "\"shop\"", "max-connections": "-1"}), "max-connections is \"-1\": invalid value"),
        (json!({}), "database: it is not set, and there is no default"),
    ] {
        juju.answer("relation-get", &bag.to_string());
        let error = juju
            .start(|model| {
                let relation = model.relation("db")?.unwrap();
                relation.data(&model.unit_named("postgresql/0")).load::<Request>()?;
                Ok(())
            })
            .unwrap_err();
        let error = ops::chain(&error);
        assert!(error.contains("relation db:3, databag of postgresql/0: "), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_databag_without_a_key_is_incomplete_and_one_with_an_invalid_value_is_an_error() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    let load = |bag: &str| {
        juju.answer("relation-get", bag);
        juju.start(|model| {
            let relation = model.relation("db")?.unwrap();
            let data = relation.data(&model.unit_named("postgresql/0"));
            match data.load_if_complete::<Request>()? {
                Some(request) => bail!("loaded {}", request.database),
                None => Ok(()),
            }
        })
    };
    load("{}").unwrap();
    load(r#"{"egress-subnets": "10.0.0.1/32", "max-connections": "5"}"#).unwrap();
    assert!(ops::chain(&load(r#"{"database": "\"shop\""}"#).unwrap_err()).ends_with("loaded shop"));
    for invalid in ["null", "shop", "7"] {
        let error = ops::chain(&load(&format!(r#"{{"database": "{invalid}"}}"#)).unwrap_err());
        assert!(error.contains(&format!("databag of postgresql/0: database is \"{invalid}\": ")), "{error}");
    }
}

#[test]
fn only_structs_and_maps_can_be_saved() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    let error = juju.start(|model| Ok(model.relation("db")?.unwrap().unit_data().save(&7)?)).unwrap_err();
    assert!(ops::chain(&error).contains("only the fields of a struct, or a map, can be saved"), "{error}");
    assert_eq!(juju.commands(), ["relation-ids db --format=json"]);
}

#[test]
fn writes_that_juju_would_refuse_are_refused_before_a_hook_command_runs() {
    let juju = Juju::new();
    juju.leader(false);
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.answer("relation-ids cluster", r#"["cluster:1"]"#);
    juju.start(|model| {
        let db = model.relation("db")?.unwrap();
        let cluster = model.relation("cluster")?.unwrap();
        for (bag, expected) in [
            (db.data(&model.unit_named("postgresql/0")), "only postgresql/0 itself can write it, and this is app/0"),
            (db.data(&model.application("postgresql")), "only postgresql itself can write it, and this is app/0"),
            (db.app_data(), "app/0 is not the leader, and only the leader can write it"),
            (cluster.app_data(), "app/0 is not the leader, and only the leader can write it"),
            (cluster.data(&model.unit_named("app/1")), "only app/1 itself can write it, and this is app/0"),
        ] {
            let error = bag.set("key", "value").unwrap_err();
            assert!(matches!(error, Error::RelationDataAccess { .. }), "{error}");
            assert!(error.to_string().ends_with(expected), "{error}");
        }
        Ok(())
    })
    .unwrap();
    assert!(!juju.commands().iter().any(|line| line.starts_with("relation-set") || line.starts_with("relation-get")));
}

#[test]
fn only_the_leader_and_peers_read_their_application_s_databag() {
    let juju = Juju::new();
    juju.leader(false);
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.answer("relation-ids cluster", r#"["cluster:1"]"#);
    juju.answer("relation-get", r#"{"key": "value"}"#);
    juju.start(|model| {
        let error = model.relation("db")?.unwrap().app_data().get("key").unwrap_err();
        assert!(error.to_string().ends_with("app/0 is not the leader, and only the leader can read it"), "{error}");
        assert_eq!(model.relation("cluster")?.unwrap().app_data().get("key")?.as_deref(), Some("value"));
        Ok(())
    })
    .unwrap();

    juju.leader(true);
    juju.answer("relation-set", "");
    juju.start(|model| {
        let bag = model.relation("db")?.unwrap().app_data();
        assert_eq!(bag.get("key")?.as_deref(), Some("value"));
        Ok(bag.set("key", "other")?)
    })
    .unwrap();
    assert_eq!(
        juju.commands()[1..],
        [
            "is-leader --format=json",
            "relation-get --format=json -r db:3 --app - app",
            r#"relation-set -r db:3 --app --file - < {"key":"other"}"#,
        ]
    );
}

#[test]
fn values_of_any_length_and_with_any_character_are_passed_on_standard_input() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.answer("relation-get", "{}");
    juju.answer("relation-set", "");
    juju.start(|model| {
        Ok(model
            .relation("db")?
            .unwrap()
            .unit_data()
            .update([("long", "x".repeat(200_000)), ("odd", "-a=\n\"ü\"".into())])?)
    })
    .unwrap();
    let ran = juju.commands();
    let (command, input) = ran.last().unwrap().split_once(" < ").unwrap();
    assert_eq!(command, "relation-set -r db:3 --file -");
    let input: BTreeMap<String, String> = serde_json::from_str(input).unwrap();
    assert_eq!(input["long"].len(), 200_000);
    assert_eq!(input["odd"], "-a=\n\"ü\"");
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Server {
    host: String,
    port: u16,
    tls: bool,
    path: Option<String>,
}

#[test]
fn a_struct_is_saved_and_loaded_as_plain_text() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.answer(
        "relation-get",
        r#"{"host": "10.0.0.7", "port": "80", "tls": "true", "egress-subnets": "10.0.0.1/32"}"#,
    );
    juju.answer("relation-set", "");
    juju.start(|model| {
        let bag = model.relation("db")?.unwrap().unit_data();
        let server: Server = bag.load_plain()?;
        assert_eq!(server, Server { host: "10.0.0.7".into(), port: 80, tls: true, path: None });
        bag.save_plain(&Server { port: 8080, path: Some("/a".into()), ..server })?;
        assert_eq!(bag.load_plain::<Server>()?.port, 8080);
        bag.remove("tls")?;
        assert_eq!(bag.load_plain_if_complete::<Server>()?, None);
        bag.set("tls", "perhaps")?;
        let error = bag.load_plain_if_complete::<Server>().unwrap_err().to_string();
        assert_eq!(error, "relation db:3, databag of app/0: tls is \"perhaps\": it is not true or false");
        let error = bag.save_plain(&std::collections::BTreeMap::from([("ports", [80, 81])])).unwrap_err().to_string();
        assert!(error.contains("ports is [80,81]: it is a list or a map"), "{error}");
        bag.clear()?;
        assert_eq!(bag.all()?.into_keys().collect::<Vec<_>>(), ["egress-subnets"], "what Juju set stays");
        Ok(())
    })
    .unwrap();
    let ran = juju.commands();
    assert_eq!(ran[2], r#"relation-set -r db:3 --file - < {"path":"/a","port":"8080"}"#);
    let cleared = r#"{"host":"","path":"","port":"","tls":""}"#;
    assert_eq!(ran.last().unwrap(), &format!("relation-set -r db:3 --file - < {cleared}"));
}

#[test]
fn a_failed_write_is_not_cached() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.answer("relation-get", r#"{"key": "old"}"#);
    juju.fail("relation-set", 1, "ERROR permission denied\n");
    juju.start(|model| {
        let bag = model.relation("db")?.unwrap().unit_data();
        let error = bag.set("key", "new").unwrap_err();
        assert_eq!(
            ops::chain(&error),
            "`relation-set -r db:3 --file -` failed with exit code 1: ERROR permission denied"
        );
        assert_eq!(bag.get("key")?.as_deref(), Some("old"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_databag_that_was_never_written_is_empty() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    for output in ["{}", "null"] {
        juju.answer("relation-get", output);
        juju.start(|model| {
            assert!(model.relation("db")?.unwrap().unit_data().all()?.is_empty());
            Ok(())
        })
        .unwrap();
    }
}

struct Client;

impl ops::Charm for Client {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::relation_broken("db"), Self::on_broken);
    }
}

impl Client {
    fn on_broken(&self, _: &RelationBrokenEvent, model: &Model) -> Result<()> {
        let relation = model.relation_by_id("db", 3)?;
        assert!(!relation.is_active());
        assert_eq!(relation.data(&model.application("postgresql")).get("host")?.as_deref(), Some("10.0.0.1"));
        Ok(())
    }
}

#[test]
fn in_relation_broken_the_remote_application_s_data_can_still_be_read() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.answer("relation-get", r#"{"host": "10.0.0.1"}"#);
    juju.dispatch("hooks/db-relation-broken", &DB_3[..2], &mut Client).unwrap();
}
