//! What the tests of all families start from.

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

/// A hook on `app/0`, with one relation `db` with `postgresql/0`, and the option `slug` set to `foo`.
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

/// The command succeeds, prints `stdout`, and nothing on standard error.
#[track_caller]
pub(crate) fn check(juju: &mut Juju, line: &[&str], stdout: &str) {
    let output = answer(juju, line);
    let texts = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.code, texts), (0, (stdout.to_owned(), String::new())), "{line:?}");
}

/// The command fails with `code` and `ERROR error`, and prints nothing on standard output.
#[track_caller]
pub(crate) fn check_error(juju: &mut Juju, line: &[&str], code: i32, error: &str) {
    let output = answer(juju, line);
    let texts = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.code, texts), (code, (String::new(), format!("ERROR {error}\n"))), "{line:?}");
}
