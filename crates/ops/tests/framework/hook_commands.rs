//! Hook commands that fail or give unexpected answers, in each way that Juju can.

use anyhow::Result;
use ops::{Error, Framework, Model, Port, hookcmds, on};
use serde::Deserialize;

use crate::juju::Juju;

/// Run the function in `start`, and return its error, or an empty string.
fn start(juju: &Juju, handler: fn(&Model) -> Result<()>) -> String {
    juju.start(handler).map_or_else(|error| ops::chain(&error), |()| String::new())
}

#[test]
fn the_error_of_a_failed_command_has_its_arguments_exit_code_and_message() {
    let juju = Juju::new();
    for (command, code, stderr, handler) in [
        (
            "config-get --format=json",
            1,
            "ERROR connection is shut down",
            (|m| {
                m.config()?;
                Ok(())
            }) as fn(&Model) -> Result<()>,
        ),
        ("is-leader --format=json", 1, "ERROR leadership status unknown", |m| {
            m.is_leader()?;
            Ok(())
        }),
        ("goal-state --format=json", 1, "ERROR permission denied", |m| {
            m.goal_state()?;
            Ok(())
        }),
        ("credential-get --format=json", 1, "ERROR cannot access cloud credentials: the controller is away", |m| {
            m.cloud_spec()?;
            Ok(())
        }),
        ("network-get --format=json db", 1, "ERROR no network config found for binding \"db\"", |m| {
            m.binding("db")?;
            Ok(())
        }),
        ("resource-get seed", 1, "ERROR could not download resource: HTTP request failed", |m| {
            m.resource("seed")?;
            Ok(())
        }),
        ("storage-list --format=json data", 1, "ERROR permission denied", |m| {
            m.storages("data")?;
            Ok(())
        }),
        (
            "open-port 80/tcp",
            1,
            "ERROR cannot open 80/tcp (unit \"app/0\"): conflicts with existing 80/tcp (unit \"b/0\")",
            |m| Ok(m.unit().open_port(Port::tcp(80))?),
        ),
        ("juju-reboot", 1, "ERROR juju-reboot is not supported when running an action.", |m| Ok(m.unit().reboot()?)),
        ("application-version-set -- 1.0", 130, "", |m| Ok(m.unit().set_workload_version("1.0")?)),
    ] {
        juju.fail(command, code, &format!("{stderr}\n"));
        let reason = if stderr.is_empty() { "it gave no reason" } else { stderr };
        assert_eq!(
            start(&juju, handler),
            format!("event start: StartCharm::on_start failed: `{command}` failed with exit code {code}: {reason}")
        );
    }
}

#[test]
fn the_error_for_a_missing_command_names_it() {
    // As with an agent that is too old for the command.
    let error = start(&Juju::new(), |model| {
        model.config()?;
        Ok(())
    });
    assert!(error.contains("could not run `config-get --format=json`: "), "{error}");
}

#[test]
fn the_error_for_unexpected_output_shows_the_command_and_the_output() {
    let juju = Juju::new();
    for (answer, expected) in [
        ("", "`config-get --format=json` printed invalid output: it is empty"),
        ("slug: x", "expected value at line 1 column 1: slug: x"),
        ("[1]", "invalid type: sequence, expected a map at line 1 column 0: [1]"),
    ] {
        juju.answer("config-get", answer);
        let error = start(&juju, |model| {
            model.config()?;
            Ok(())
        });
        assert!(error.contains(expected), "{error}");
    }
    juju.answer("opened-ports", r#"["http"]"#);
    let error = start(&juju, |model| {
        model.unit().opened_ports()?;
        Ok(())
    });
    assert!(error.contains("\"http\" is not a port such as 8000/tcp"), "{error}");

    juju.answer("relation-ids", r#"["db"]"#);
    let error = start(&juju, |model| {
        model.relations("db")?;
        Ok(())
    });
    assert!(error.contains("`relation-ids` printed \"db\", which is not a relation such as database:3"), "{error}");

    juju.answer("storage-list", r#"["data"]"#);
    let error = start(&juju, |model| {
        model.storages("data")?;
        Ok(())
    });
    assert!(
        error.contains("`storage-list` printed \"data\", which is not a storage instance such as data/0"),
        "{error}"
    );
}

#[test]
fn unknown_fields_are_ignored_and_missing_fields_are_named() {
    let juju = Juju::new();
    juju.answer("status-get", r#"{"status": "active", "message": "", "status-data": {}, "mood": "fine"}"#);
    juju.answer("storage-list", r#"["data/0"]"#);
    juju.answer("storage-get", r#"{"kind": "filesystem", "location": "/data", "colour": "red"}"#);
    juju.answer("goal-state", r#"{"units": {"app/0": {"status": "active", "since": "", "x": 1}}, "y": 2}"#);
    juju.answer(
        "network-get",
        r#"{"bind-addresses": [{"interface-name": "e0", "addresses": [{"value": "10.0.0.1", "scope": "x"}]}], "z": 3}"#,
    );
    let error = start(&juju, |model| {
        assert_eq!(model.unit().status()?, ops::Status::active());
        assert_eq!(model.storages("data")?[0].location()?, std::path::Path::new("/data"));
        assert_eq!(model.app().planned_units()?, 1);
        assert_eq!(model.binding("db")?.bind_address().unwrap().to_string(), "10.0.0.1");
        Ok(())
    });
    assert_eq!(error, "");

    juju.answer("storage-get", r#"{"kind": "filesystem"}"#);
    let error = start(&juju, |model| {
        model.storages("data")?[0].location()?;
        Ok(())
    });
    assert!(
        error.contains("`storage-get --format=json -s data/0` printed") && error.contains("missing field `location`"),
        "{error}"
    );

    juju.answer("status-get", r#"{"message": ""}"#);
    let error = start(&juju, |model| {
        let _ = model.unit().status()?;
        Ok(())
    });
    assert!(error.contains("missing field `status`"), "{error}");
}

#[test]
fn an_unrecognized_status_becomes_unknown_with_a_warning() {
    let juju = Juju::new();
    juju.answer("status-get", r#"{"status": "joyful", "message": "at last"}"#);
    let error = start(&juju, |model| {
        let status = model.unit().status()?;
        assert_eq!((status.name, status.message.as_str()), (ops::StatusName::Unknown, "at last"));
        Ok(())
    });
    assert_eq!(error, "");
    let warnings = juju.warnings();
    assert!(warnings[0].starts_with("\"joyful\" is not a status") && warnings.len() == 1, "{warnings:?}");
}

#[test]
fn text_too_long_for_a_command_line_is_cut_and_nul_is_replaced() {
    let juju = Juju::new();
    juju.answer("application-version-set", "");
    let error = start(&juju, |model| {
        model.unit().set_workload_version(&"1".repeat(200_000))?;
        model.unit().set_workload_version("1\u{0}2")?;
        model.unit().set_status(ops::Status::blocked("a\u{0}b"))?;
        tracing::error!("{}", "é".repeat(100_000));
        tracing::error!("a\u{0}b");
        Ok(())
    });
    assert_eq!(error, "");
    let ran = juju.commands();
    assert_eq!(ran[0].len(), "application-version-set -- ".len() + 64 * 1024);
    assert_eq!(ran[1..], ["application-version-set -- 1?2"]);
    assert_eq!(juju.statuses(), ["unit blocked a?b"]);
    assert_eq!(juju.warnings(), ["the workload's version has 200000 bytes: only 65536 are passed on"]);
}

#[test]
fn config_and_leadership_are_cached_in_a_hook() {
    #[derive(Deserialize)]
    struct Config {
        port: u16,
    }
    let juju = Juju::new();
    juju.leader(true);
    juju.answer("config-get", r#"{"port": 80}"#);
    let error = start(&juju, |model| {
        for _ in 0..2 {
            assert_eq!(model.load_config::<Config>()?.port, 80);
            assert!(model.unit().is_leader()?);
        }
        Ok(())
    });
    assert_eq!(error, "");
    assert_eq!(juju.commands(), ["config-get --format=json", "is-leader --format=json"]);
}

#[test]
fn a_config_option_of_the_wrong_type_is_named_with_its_value() {
    #[derive(Debug, Deserialize)]
    struct Config {
        #[allow(dead_code)]
        port: u16,
    }
    let juju = Juju::new();
    juju.answer("config-get", r#"{"port": 70000}"#);
    let error = start(&juju, |model| {
        let Err(Error::Config(error)) = model.load_config::<Config>() else { panic!("it loads") };
        assert_eq!((error.name.as_str(), error.text().as_str()), ("port", "70000"));
        Err(Error::Config(error).into())
    });
    assert!(error.contains("config option port is 70000: invalid value: integer `70000`, expected u16"), "{error}");
}

#[test]
fn set_ports_closes_other_ports_and_opens_missing_ones() {
    let juju = Juju::new();
    juju.answer("opened-ports", r#"["80/tcp", "443/tcp", "icmp"]"#);
    juju.answer("open-port", "");
    juju.answer("close-port", "");
    let error = start(&juju, |model| Ok(model.unit().set_ports([Port::tcp(443), Port::Udp(53, 54)])?));
    assert_eq!(error, "");
    assert_eq!(
        juju.commands(),
        ["opened-ports --format=json", "close-port icmp", "close-port 80/tcp", "open-port 53-54/udp"]
    );
}

#[test]
fn reboot_now_ends_the_hook_without_saving_and_without_failing() {
    let juju = Juju::new();
    juju.answer("juju-reboot", "");
    let result = juju.start(|model| {
        model.store("key", &1)?;
        model.unit().reboot_now()?;
        unreachable!("reboot_now never succeeds")
    });
    assert!(matches!(result, Err(Error::Rebooting)));
    assert_eq!(juju.commands(), ["juju-reboot --now"]);
    assert_eq!(juju.stored_state(), None);
}

#[test]
fn other_hook_commands_can_be_run_through_the_model() {
    let juju = Juju::new();
    juju.answer("state-get", r#"{"key": "value"}"#);
    juju.answer("state-set", "");
    let error = start(&juju, |model| {
        let state = hookcmds::state_get(model.runner())?;
        assert_eq!(state["key"], "value");
        Ok(hookcmds::state_set(model.runner(), &state)?)
    });
    assert_eq!(error, "");
    assert_eq!(juju.commands()[1], r#"state-set --file - < {"key":"value"}"#);
}

#[test]
fn storage_networks_and_resources_are_cached_in_a_hook() {
    let juju = Juju::new();
    juju.answer("storage-list", r#"["data/0"]"#);
    juju.answer("storage-get", r#"{"kind": "filesystem", "location": "/data"}"#);
    juju.answer("network-get", r#"{"ingress-addresses": ["10.0.0.1"]}"#);
    juju.answer("resource-get", "/seed.txt");
    juju.answer("relation-ids", r#"["db:3"]"#);
    let error = start(&juju, |model| {
        for _ in 0..2 {
            assert_eq!(model.storages("data")?[0].location()?, std::path::Path::new("/data"));
            assert_eq!(model.binding("db")?.ingress_address().unwrap().to_string(), "10.0.0.1");
            assert_eq!(model.relation("db")?.unwrap().binding()?.name(), "db");
            assert_eq!(model.resource("seed")?, std::path::Path::new("/seed.txt"));
        }
        Ok(())
    });
    assert_eq!(error, "");
    assert_eq!(
        juju.commands(),
        [
            "storage-list --format=json data",
            "storage-get --format=json -s data/0",
            "network-get --format=json db",
            "relation-ids db --format=json",
            "network-get --format=json -r 3 db",
            "resource-get seed",
        ]
    );
}

#[test]
fn the_error_of_a_closure_names_its_function() {
    struct ClosureCharm;
    impl ops::Charm for ClosureCharm {
        fn observe(framework: &mut Framework<Self>) {
            framework
                .observe(on::start(), |_: &Self, _: &ops::StartEvent, _: &Model| anyhow::bail!("no") as Result<()>);
        }
    }
    let error = Juju::new().dispatch("hooks/start", &[], &mut ClosureCharm).unwrap_err();
    assert_eq!(ops::chain(&error), "event start: a closure in observe failed: no");
}
