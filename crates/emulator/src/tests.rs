//! What the tests of all commands share.

use std::path::Path;

use ops::hookcmds::Output;
use ops_metadata::CharmMeta;

use crate::{Action, Call, Hook, Juju};
use crate::{Relation, State};

const CHARMCRAFT_YAML: &str = "
name: app
summary: An application.
description: An application.
requires:
  db:
    interface: postgresql_client
  logs:
    interface: syslog
    optional: true
provides:
  web:
    interface: http
peers:
  peers:
    interface: peers
extra-bindings:
  public:
storage:
  data:
    type: filesystem
    multiple:
      range: 1-
  disk:
    type: block
resources:
  software:
    type: file
    filename: software.zip
config:
  options:
    slug:
      type: string
      default: example
    verbose:
      type: boolean
      default: false
    port:
      type: int
    size:
      type: int
      default: 1000000
    token:
      type: secret
actions:
  backup: {}
";

/// Answers of Juju 4.0 that differ from 3.6, besides those that are tested with their command.
#[test]
fn juju_4_has_different_outputs() {
    use crate::{JujuVersion, Secret, Storage};

    let juju_4 = || {
        let mut juju = juju();
        juju.hook.version = JujuVersion::V4_0;
        juju
    };
    let both = |line: &[&str], old: (i32, &str), new: (i32, &str)| {
        check_error(&mut juju(), line, old.0, old.1);
        check_error(&mut juju_4(), line, new.0, new.1);
    };
    both(
        &["storage-get", "-s", "data/9", "kind"],
        (2, "invalid value \"data/9\" for option -s: storage attachment data/9:app/0 not found"),
        (2, "invalid value \"data/9\" for option -s: storage instance \"data/9\" not found"),
    );
    both(
        &["storage-add", "data=x!"],
        (2, "cannot parse constraints for storage \"data\": unrecognized storage constraint \"x!\" not valid"),
        (2, "cannot parse directive for storage \"data\": unrecognized storage constraint \"x!\" not valid"),
    );
    both(
        &["secret-get", "--label", "nope"],
        (1, "consumer label \"nope\" not found"),
        (1, "secret URI for consumer label \"nope\" not found"),
    );
    both(&["relation-get", "-r", "1", "-", "other/0"], (1, "permission denied"), (1, "relation unit not found"));
    // A unit that is not the leader reads its application's databag.
    check_error(&mut juju(), &["relation-get", "-r", "1", "--app", "-", "app"], 1, "permission denied");
    check(&mut juju_4(), &["relation-get", "-r", "1", "--app", "-", "app"], "{}\n");
    let mut revoked = juju_4();
    revoked.state.secrets = vec![Secret { revoked: true, ..Secret::new([("k", "v")]).label("theirs") }];
    check_error(&mut revoked, &["secret-get", "--label", "theirs"], 1, "\"app/0\" is not allowed to read this secret");
    let mut stored = juju_4();
    stored.state.storages.push(Storage::new("data").location("/srv"));
    check(&mut stored, &["storage-get", "-s", "data/0", "location"], "/srv\n");
    let network = answer(&mut juju_4(), &["network-get", "db", "--format=json"]);
    let network = String::from_utf8(network.stdout).unwrap();
    assert!(network.contains(r#""hostname":"192.0.2.0""#), "{network}");
    for name in ["leader-get", "payload-register", "k8s-raw-get", "pod-spec-set"] {
        let removed = answer(&mut juju_4(), &[name]);
        assert_eq!(
            (removed.code, String::from_utf8(removed.stderr).unwrap()),
            (127, format!("{name}: command not found\n"))
        );
    }
}

/// Juju 4 names applications and units by their UUIDs in errors of its database.
#[test]
fn juju_4_names_applications_and_units_by_uuid() {
    use crate::JujuVersion;

    let juju_4 = || {
        let mut juju = juju();
        juju.hook.version = JujuVersion::V4_0;
        juju
    };
    let (app, unit) = (juju_4().uuid_of("app"), juju_4().uuid_of("app/0"));
    assert_ne!(app, unit);
    let resource = String::from_utf8(answer(&mut juju_4(), &["resource-get", "nope"]).stderr).unwrap();
    let ending = format!(": getting UUID of resource nope for application {app}: resource not found\n");
    assert!(resource.ends_with(&ending), "{resource}");
    let adding = |name| format!("preparing storage additions: preparing storage add \"{name}\" for unit \"app/0\": ");
    let refusals = [
        (
            &["storage-add", "nope"][..],
            adding("nope") + &format!("getting unit \"{unit}\" storage directive: storage name not supported"),
        ),
        (&["storage-add", "disk=2"], adding("disk") + "storage \"disk\" cannot exceed 1 storage instances"),
        (
            &["storage-add", "disk=2", "nope"],
            adding("nope") + &format!("getting unit \"{unit}\" storage directive: storage name not supported"),
        ),
        (
            &["open-port", "80", "--endpoints", "nope,public"],
            format!(
                "update ports: looking up relation endpoint uuids for unit \"{unit}\": invalid endpoint(s); [nope public] \
                 does exist on unit {unit}"
            ),
        ),
    ];
    for (line, refusal) in refusals {
        let mut juju = juju_4();
        check(&mut juju, line, "");
        assert_eq!(juju.succeed().refusal, Some(refusal), "{line:?}");
    }
}

pub(crate) fn juju() -> Juju {
    let meta = CharmMeta::parse(CHARMCRAFT_YAML).unwrap();
    let state =
        State::default().with_config("slug", "foo").with_relation(Relation::new("db").id(1).remote_app("postgresql"));
    Juju::new(state, Hook::new("app/0", "update-status"), meta)
}

/// The action `backup`, with parameters.
pub(crate) fn in_action() -> Juju {
    let mut juju = juju();
    let params = r#"{"outfile": {"type": {"2": "gzip", "1": "raw"}}, "retries": 3, "verbose": true}"#;
    let params = serde_json::from_str(params).unwrap();
    juju.hook.action = Some(Action { name: "backup".to_owned(), id: "1".to_owned(), params });
    juju
}

pub(crate) fn answer(juju: &mut Juju, line: &[&str]) -> Output {
    answer_with(juju, line, "")
}

pub(crate) fn answer_with(juju: &mut Juju, line: &[&str], stdin: &str) -> Output {
    let args: Vec<String> = line[1..].iter().map(|arg| (*arg).to_owned()).collect();
    let (cwd, root) = (Path::new("/"), Path::new("/"));
    juju.answer(&Call { name: line[0], args: &args, stdin: Some(stdin.as_bytes()), cwd, root })
}

/// Check that a command succeeds with this standard output, and without output on standard error.
#[track_caller]
pub(crate) fn check(juju: &mut Juju, line: &[&str], stdout: &str) {
    let output = answer(juju, line);
    let texts = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.code, texts), (0, (stdout.to_owned(), String::new())), "{line:?}");
}

/// Check that a command fails with `code` and `ERROR error`, and without output on standard output.
#[track_caller]
pub(crate) fn check_error(juju: &mut Juju, line: &[&str], code: i32, error: &str) {
    let output = answer(juju, line);
    let texts = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.code, texts), (code, (String::new(), format!("ERROR {error}\n"))), "{line:?}");
}
