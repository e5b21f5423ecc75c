//! Actions: parameters in, results out.

use anyhow::Result;
use ops::{ActionEvent, Error, Framework, Model, on};
use serde::{Deserialize, Serialize};

use crate::juju::Juju;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Params {
    target: String,
    #[serde(default)]
    keep_days: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Results {
    size_bytes: u64,
    target: String,
    nested: Nested,
}

#[derive(Serialize)]
struct Nested {
    ok: bool,
}

struct BackupCharm(fn(&ActionEvent) -> Result<()>);

impl ops::Charm for BackupCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::action("backup"), Self::on_backup);
    }
}

impl BackupCharm {
    fn on_backup(&mut self, event: &ActionEvent, _: &Model) -> Result<()> {
        (self.0)(event)
    }
}

const VARS: [(&str, &str); 2] = [("JUJU_ACTION_UUID", "7"), ("JUJU_ACTION_NAME", "backup")];

fn run(juju: &Juju, handler: fn(&ActionEvent) -> Result<()>) -> Result<(), Error> {
    juju.dispatch("actions/backup", &VARS, &mut BackupCharm(handler)).map(drop)
}

#[test]
fn results_and_messages_too_long_for_a_command_line_are_cut_and_nul_is_replaced() {
    let juju = Juju::new();
    for command in ["action-set", "action-log", "action-fail"] {
        juju.answer(command, "");
    }
    run(&juju, |event| {
        event.set_results(&std::collections::BTreeMap::from([
            ("long", "x".repeat(200_000)),
            ("nul", "a\0b".to_owned()),
        ]))?;
        event.log(&"x".repeat(200_000))?;
        event.fail(&"x".repeat(200_000))?;
        Ok(())
    })
    .unwrap();
    let lengths: Vec<usize> = juju.commands().iter().map(String::len).collect();
    assert_eq!(
        lengths,
        ["action-set  nul=a?b".len() + 131_071, "action-log -- ".len() + 65_536, "action-fail -- ".len() + 65_536]
    );
    assert!(juju.commands()[0].ends_with(" nul=a?b"));
    assert_eq!(juju.warnings().len(), 3, "{:?}", juju.warnings());
    assert_eq!(juju.warnings()[0], "the action's result long has 200000 bytes: only 131066 are passed on");
}

#[test]
fn results_too_large_for_one_command_line_are_set_by_several() {
    let juju = Juju::new();
    juju.answer("action-set", "");
    run(&juju, |event| {
        let results = (0..30).map(|i| (format!("r{i:02}"), "x".repeat(100_000)));
        Ok(event.set_results(&results.collect::<std::collections::BTreeMap<_, _>>())?)
    })
    .unwrap();
    let ran = juju.commands();
    assert_eq!(ran.len(), 6);
    assert!(ran.iter().all(|line| line.len() < 600_000));
    assert_eq!(ran.iter().map(|line| line.matches('=').count()).sum::<usize>(), 30);
}

#[test]
fn parameters_load_into_the_charm_s_own_type_and_results_become_dotted_keys() {
    let juju = Juju::new();
    juju.answer("action-get", r#"{"target": "/backup", "keep-days": 7, "unknown": [1]}"#);
    juju.answer("action-set", "");
    juju.answer("action-log", "");
    run(&juju, |event| {
        assert_eq!((event.name(), event.id()), ("backup", "7"));
        let params: Params = event.load_params()?;
        assert_eq!((params.target.as_str(), params.keep_days), ("/backup", 7));
        event.log("-v starts with a hyphen")?;
        let nested = Nested { ok: true };
        Ok(event.set_results(&Results { size_bytes: 12, target: "a=b c".to_owned(), nested })?)
    })
    .unwrap();
    assert_eq!(
        juju.commands(),
        [
            "action-get --format=json",
            "action-log -- -v starts with a hyphen",
            "action-set nested.ok=true size-bytes=12 target=a=b c",
        ]
    );
}

#[test]
fn a_parameter_of_the_wrong_type_is_named_with_its_value() {
    let juju = Juju::new();
    for (params, expected) in [
        (r#"{"target": 7}"#, "action backup: parameter target is 7: invalid type: integer `7`, expected a string"),
        (r#"{"target": "", "keep-days": "x"}"#, "action backup: parameter keep-days is \"x\": invalid type: string"),
        (r#"{"target": "", "keep-days": 400}"#, "action backup: parameter keep-days is 400: invalid value"),
        ("{}", "action backup: parameter target: it is not set, and there is no default"),
        ("null", "action backup: parameter target: it is not set, and there is no default"),
    ] {
        juju.answer("action-get", params);
        let error = ops::chain(
            &run(&juju, |event| {
                event.load_params::<Params>()?;
                Ok(())
            })
            .unwrap_err(),
        );
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn results_that_juju_would_refuse_are_refused_before_a_hook_command_runs() {
    let juju = Juju::new();
    run(&juju, |event| {
        for results in [
            serde_json::json!({"Upper": 1}),
            serde_json::json!({"a_b": 1}),
            serde_json::json!({"-a": 1}),
            serde_json::json!({"a": {"B": 1}}),
            serde_json::json!({"a.b": 1, "a": {"b": 2}}),
            serde_json::json!([1]),
            serde_json::json!("text"),
        ] {
            let error = event.set_results(&results).unwrap_err();
            assert!(matches!(error, Error::ActionResults { .. }), "{results}: {error}");
        }
        Ok(event.set_results(&serde_json::json!({}))?)
    })
    .unwrap();
    assert_eq!(juju.commands(), [""; 0]);
}

#[test]
fn a_failed_action_has_its_message_and_the_process_succeeds() {
    let juju = Juju::new();
    juju.answer("action-fail", "");
    juju.answer("action-set", "");
    run(&juju, |event| {
        event.fail("- no space")?;
        Ok(event.set_results(&serde_json::json!({"free": 0}))?)
    })
    .unwrap();
    assert_eq!(juju.commands(), ["action-fail -- - no space", "action-set free=0"]);
}

#[test]
fn setting_a_reserved_result_returns_juju_s_error() {
    let juju = Juju::new();
    juju.fail("action-set", 1, "ERROR cannot set reserved action key \"stdout\"\n");
    let error = run(&juju, |event| Ok(event.set_results(&serde_json::json!({"stdout": "s3cret"}))?)).unwrap_err();
    assert!(ops::chain(&error).contains("`action-set stdout=…`"), "{}", ops::chain(&error));
    assert!(ops::chain(&error).ends_with("ERROR cannot set reserved action key \"stdout\""), "{error}");
}
