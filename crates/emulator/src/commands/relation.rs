//! `relation-get`, `relation-set`, `relation-ids`, `relation-list` and `relation-model-get`.

use ops_metadata::RelationRole;

use crate::Juju;
use crate::command_line::failure::{Answer, Failure};
use crate::command_line::invocation::Invocation;
use crate::command_line::key_value;
use crate::command_line::spec::{DEPRECATED_FORMAT, FORMAT, Flag, Kind, OUTPUT, RELATION, Spec};
use crate::format::Value;
use crate::format::quote::quoted;
use crate::name;
use crate::state::{Databag, Relation, RelationId, RelationKind};

pub(crate) static GET: Spec = Spec {
    name: "relation-get",
    args: "<key> <unit id>",
    purpose: "Get relation settings.",
    doc: "Prints the value that a unit has set under a key; all keys and values without a key\n\
          or with -. In a hook about a unit at the other end, that is the default unit.\n\n\
          With --app prints what the application of that unit has set. A unit also sees what\n\
          it has set itself, and the leader what its application has set.",
    examples: &["relation-get", "relation-get username", "relation-get -r database:7 - mongodb/5"],
    see_also: &[],
    flags: &[
        Flag::bool(&["app"], "Get the relation data for the overall application, not just a unit"),
        FORMAT,
        OUTPUT,
        RELATION,
    ],
    run: get,
};

pub(crate) static SET: Spec = Spec {
    name: "relation-set",
    args: "key=value [key=value ...]",
    purpose: "Sets relation settings.",
    doc: "Sets what the units at the other end can read, once the hook has succeeded. A key\n\
          without a value is removed. With --app the leader sets it for its application.\n\n\
          With --file keys and values are read from a YAML file, - being standard input;\n\
          arguments override them.",
    examples: &["relation-set port=80 tuning=default", "relation-set -r server:3 username=jim password=12345"],
    see_also: &[],
    flags: &[
        Flag::bool(&["app"], "Sets relation settings for the application instead of the unit (leader only)."),
        Flag { names: &["file"], kind: Kind::File(""), usage: "Names a file with keys and values." },
        DEPRECATED_FORMAT,
        RELATION,
    ],
    run: set,
};

pub(crate) static IDS: Spec = Spec {
    name: "relation-ids",
    args: "<name>",
    purpose: "Lists all relation IDs for the given endpoint.",
    doc: "Lists the relations of an endpoint, as other commands take them. In a hook about a\n\
          relation its endpoint is the default. Relations that are broken are left out.",
    examples: &["relation-ids database"],
    see_also: &[],
    flags: &[FORMAT, OUTPUT],
    run: ids,
};

pub(crate) static LIST: Spec = Spec {
    name: "relation-list",
    args: "",
    purpose: "Lists relation units.",
    doc: "Lists the units at the other end of a relation, or with --app the application.\n\
          Outside of a hook about a relation, -r must name it.",
    examples: &[],
    see_also: &[],
    flags: &[
        Flag::bool(&["app"], "Lists remote application instead of participating units."),
        FORMAT,
        OUTPUT,
        RELATION,
    ],
    run: list,
};

pub(crate) static MODEL_GET: Spec = Spec {
    name: "relation-model-get",
    args: "",
    purpose: "Gets details about the model housing a related application.",
    doc: "Prints the UUID of the model of the application at the other end.\n\
          Outside of a hook about a relation, -r must name it.",
    examples: &[],
    see_also: &[],
    flags: &[FORMAT, OUTPUT, RELATION],
    run: model_get,
};

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> Answer {
    let id = invocation.relation_id(juju)?;
    let mut args = invocation.args().iter().copied();
    let key = args.next().filter(|key| *key != "-").unwrap_or_default();
    let (source, of_app) = whose(juju, invocation, args.next())?;
    invocation.no_args_from(2)?;
    let relation = juju.state.get_relation(id).ok_or_else(|| Failure::run("relation not found"))?;
    let settings = juju.settings(relation, &source, of_app)?;
    let value = match key {
        "" => Value::map(settings.iter().map(|(key, value)| (key.clone(), value))),
        key => settings.get(key).map_or(Value::Null, Value::from),
    };
    invocation.write(&value)
}

/// The unit or application whose settings are wanted, and whether it is an application.
fn whose(juju: &Juju, invocation: &Invocation<'_>, named: Option<&str>) -> Result<(String, bool), Failure> {
    let of_app = invocation.is_set("app");
    let hook = &juju.hook;
    match named {
        Some(named) if of_app => {
            let app = if name::is_unit(named) { named.split('/').next().unwrap_or(named) } else { named };
            Ok((app.to_owned(), true))
        }
        Some(named) if name::is_unit(named) => Ok((named.to_owned(), false)),
        Some(named) if name::is_application(named) => {
            Err(Failure::usage(format!("expected unit name, got application name {}", quoted(named))))
        }
        Some(named) => Err(Failure::usage(format!("invalid unit name {}", quoted(named)))),
        None => {
            let unit = hook.remote_unit.as_ref().filter(|_| !of_app).map(|unit| (unit.clone(), false));
            let source = unit.or_else(|| Some((hook.remote_app.clone()?, true)));
            source.ok_or_else(|| Failure::usage("no unit or application specified"))
        }
    }
}

fn set(juju: &mut Juju, invocation: &mut Invocation<'_>) -> Answer {
    let id = invocation.relation_id(juju)?;
    key_value::parse(invocation.args())?;
    invocation.warn_of_format();
    let values = key_value::parse_with_file(invocation)?;
    let relation = juju.state.get_relation(id).ok_or_else(|| Failure::run("relation not found"))?;
    let databag = if invocation.is_set("app") {
        if !juju.state.leader {
            return Err(Failure::run("cannot write relation settings"));
        }
        juju.pending.app_data.entry(id).or_insert_with(|| relation.local_app_data.clone())
    } else {
        juju.pending.unit_data.entry(id).or_insert_with(|| relation.local_unit_data.clone())
    };
    for (key, value) in values {
        if value.is_empty() {
            databag.remove(&key);
        } else {
            databag.insert(key, value);
        }
    }
    Ok(())
}

fn ids(juju: &mut Juju, invocation: &mut Invocation<'_>) -> Answer {
    let default = juju.hook_relation().map(|relation| relation.endpoint.clone());
    let endpoint = match invocation.args().first() {
        Some(endpoint) => (*endpoint).to_owned(),
        None => default.ok_or_else(|| Failure::usage("no endpoint name specified"))?,
    };
    invocation.no_args_from(1)?;
    let relations = juju.state.relations.iter();
    let listed = relations.filter(|relation| relation.endpoint == endpoint && !juju.is_broken(relation));
    let mut ids: Vec<String> = listed.map(Relation::full_id).collect();
    ids.sort();
    invocation.write(&Value::Lines(ids))
}

fn list(juju: &mut Juju, invocation: &mut Invocation<'_>) -> Answer {
    invocation.relation_id(juju)?;
    invocation.no_args_from(0)?;
    let relation = invocation.relation(juju)?;
    let value = if invocation.is_set("app") {
        relation.remote_app_name(juju.hook.app()).into()
    } else {
        Value::Lines(juju.members(relation))
    };
    invocation.write(&value)
}

fn model_get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> Answer {
    invocation.relation_id(juju)?;
    invocation.no_args_from(0)?;
    let relation = invocation.relation(juju)?;
    let uuid = relation.remote_model_uuid.as_ref().unwrap_or(&juju.state.model.uuid);
    invocation.write(&Value::fields([("uuid", uuid.into())]))
}

impl Juju {
    /// Whether no unit is left in a relation that is being removed.
    pub(crate) fn is_broken(&self, relation: &Relation) -> bool {
        let breaking = self.hook.relation == Some(relation.id) && self.hook.name.ends_with("-relation-broken");
        relation.kind != RelationKind::Peer && (relation.broken || breaking)
    }

    /// The units at the other end. One that is just departing is none any more.
    fn members(&self, relation: &Relation) -> Vec<String> {
        let mut members = relation.remote_unit_names(self.hook.app());
        if self.hook.relation == Some(relation.id) {
            match &self.hook.remote_unit {
                Some(unit) if self.hook.is_departure() => members.retain(|member| member != unit),
                Some(unit) if !members.contains(unit) => {
                    members.push(unit.clone());
                    members.sort();
                }
                _ => {}
            }
        }
        if self.is_broken(relation) { Vec::new() } else { members }
    }

    /// What a unit or an application has set, as far as this unit may read it.
    fn settings<'a>(&'a self, relation: &'a Relation, source: &str, of_app: bool) -> Result<&'a Databag, Failure> {
        let app = self.hook.app();
        let permission_denied = || Failure::run("permission denied");
        if source == self.hook.unit && !of_app {
            return Ok(self.pending.unit_data.get(&relation.id).unwrap_or(&relation.local_unit_data));
        }
        if of_app && source == app {
            // Of its own application's settings, only the leader of an ordinary relation may read; every unit of a
            // peer relation may.
            let own = self.pending.app_data.get(&relation.id).unwrap_or(&relation.local_app_data);
            let may_read = self.state.leader || relation.kind == RelationKind::Peer;
            return if may_read { Ok(own) } else { Err(permission_denied()) };
        }
        if of_app {
            let known = source == relation.remote_app_name(app);
            return if known { Ok(&relation.remote_app_data) } else { Err(permission_denied()) };
        }
        let Some((source_app, number)) = source.rsplit_once('/') else { return Err(permission_denied()) };
        let units = match source_app {
            _ if source_app == relation.remote_app_name(app) => &relation.remote_units_data,
            _ if source_app == app => &relation.local_units_data,
            _ => return Err(permission_denied()),
        };
        let settings = number.parse().ok().and_then(|number| units.get(&number));
        settings.ok_or_else(|| {
            let key = relation_key(self, relation);
            Failure::run(format!(
                "cannot read settings for unit {} in relation {}: settings not found",
                quoted(source),
                quoted(&key)
            ))
        })
    }
}

/// How Juju's messages name a relation: the end that requires first.
fn relation_key(juju: &Juju, relation: &Relation) -> String {
    let (app, endpoint) = (juju.hook.app(), &relation.endpoint);
    let own = format!("{app}:{endpoint}");
    if relation.kind == RelationKind::Peer {
        return own;
    }
    let remote = format!("{}:{}", relation.remote_app, relation.remote_endpoint.as_ref().unwrap_or(endpoint));
    let requires = juju.meta.relations.get(endpoint).is_some_and(|meta| meta.role == RelationRole::Requires);
    if requires { format!("{own} {remote}") } else { format!("{remote} {own}") }
}

/// What this hook has set, to take effect when it has succeeded.
pub(crate) fn commit(relations: &mut [Relation], id: RelationId, databag: Databag, of_app: bool) {
    if let Some(relation) = relations.iter_mut().find(|relation| relation.id == id) {
        *(if of_app { &mut relation.local_app_data } else { &mut relation.local_unit_data }) = databag;
    }
}

#[cfg(test)]
mod tests {
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
    fn gets_what_others_have_set() {
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
    fn takes_unit_and_application_from_the_hook() {
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
    fn refuses_what_the_unit_may_not_read() {
        let mut juju = related();
        for (line, code, error) in [
            (&["relation-get"][..], 2, "no relation id specified"),
            (&["relation-get", "-r", "7"], 2, "no unit or application specified"),
            (
                &["relation-get", "-r", "7", "-", "postgresql"],
                2,
                "expected unit name, got application name \"postgresql\"",
            ),
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
    fn sets_what_takes_effect_when_the_hook_has_succeeded() {
        let mut juju = in_changed();
        check(&mut juju, &["relation-set", "a=1", "private-address="], "");
        check(&mut juju, &["relation-set", "b = two words "], "");
        check(&mut juju, &["relation-get", "-", "app/0"], "a: \"1\"\nb: two words\n");
        assert!(juju.state.relations[0].local_unit_data.contains_key("private-address"));
        let state = juju.finish(true).state;
        let set = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "two words".to_owned())].into();
        assert_eq!(state.relations[0].local_unit_data, set);

        let mut juju = in_changed();
        check(&mut juju, &["relation-set", "a=1"], "");
        assert_eq!(juju.finish(false).state, in_changed().state);
    }

    #[test]
    fn sets_from_a_file_and_for_the_application() {
        let mut juju = in_changed();
        check_error(&mut juju, &["relation-set", "--app", "a=1"], 1, "cannot write relation settings");
        juju.state.leader = true;
        let output = answer_with(&mut juju, &["relation-set", "--app", "--file", "-", "b=3"], "a: 1\nb: 2\nc: ''\n");
        assert_eq!((output.code, output.stderr), (0, vec![]));
        check(&mut juju, &["relation-get", "--app", "-", "app"], "a: \"1\"\nb: \"3\"\n");
        assert_eq!(juju.finish(true).state.relations[0].local_app_data.len(), 2);
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
        assert_eq!(
            (output.code, output.stderr),
            (0, b"--format flag deprecated for command \"relation-set\"".to_vec())
        );
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
    fn a_unit_that_departs_is_not_listed_and_can_be_read() {
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
        let own = juju.state.model.uuid.clone();
        check(&mut juju, &["relation-model-get", "-r", "7"], &format!("uuid: {own}\n"));
        juju.state.relations[0].remote_model_uuid = Some("there".to_owned());
        check(&mut juju, &["relation-model-get", "-r", "7", "--format=json"], "{\"uuid\":\"there\"}\n");
        check_error(&mut juju, &["relation-model-get"], 2, "no relation id specified");
    }
}
