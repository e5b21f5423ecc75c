//! Secrets: their content goes only to Juju, and to the handler that asks for it.

use std::time::{Duration, UNIX_EPOCH};

use ops::{Error, Rotate, SecretContent, SecretOwner, SecretUpdate};

use crate::juju::Juju;

const ID: &str = "secret:9m4e2mr0ui3e8a215n4g";

#[test]
fn content_is_never_on_a_command_line() {
    let juju = Juju::new();
    juju.answer("secret-add", &format!("{ID}\n"));
    juju.answer("secret-set", "");
    juju.start(|model| {
        let about = SecretUpdate::default()
            .label("admin")
            .description("-x")
            .rotate(Rotate::Daily)
            .expire_in(Duration::from_secs(90));
        let secret = model.unit().add_secret(&SecretContent::new([("password", "hunter2")]), &about)?;
        assert_eq!((secret.id()?.as_str(), secret.label()), (ID, Some("admin")));
        let leap_day = UNIX_EPOCH + Duration::from_secs(951_782_401);
        let expiring = SecretUpdate::default().expire_at(leap_day);
        model.unit().add_secret(&SecretContent::new([("password", "hunter2")]), &expiring)?;
        Ok(secret.set_content(&SecretContent::new([("password", "hunter3")]))?)
    })
    .unwrap();
    let ran = juju.commands();
    assert!(ran[1].starts_with("secret-add --expire 2000-02-29T00:00:01Z --owner unit --file /"), "{}", ran[1]);
    assert!(
        ran[0]
            .starts_with("secret-add --label admin --description -x --expire 90s --rotate daily --owner unit --file /"),
        "{}",
        ran[0]
    );
    assert!(ran[2].starts_with(&format!("secret-set --owner application {ID} --file /")), "{}", ran[2]);
    assert!(!ran.iter().any(|line| line.contains("hunter")));
    for line in ran {
        let file = line.rsplit(' ').next().unwrap().to_owned();
        assert!(!std::path::Path::new(&file).exists(), "{file} is left behind");
    }
}

#[test]
fn content_is_in_no_error_and_no_debug_output() {
    let juju = Juju::new();
    for printed in [
        r#"{"password": "hunter2""#,
        r#"{"password": ["hunter2"]}"#,
        r#""hunter2""#,
        "hunter2",
        r#"{"password": "hunter2"} hunter2"#,
    ] {
        juju.answer("secret-get", printed);
        let error = juju
            .start(|model| {
                model.secret(ID).get()?;
                Ok(())
            })
            .unwrap_err();
        let texts = format!("{} | {error:?} | {error:#?}", ops::chain(&error));
        assert!(texts.contains("secret-get") && !texts.contains("hunter"), "{texts}");
    }
    juju.answer("secret-get", r#"{"password": "hunter2"}"#);
    juju.start(|model| {
        let secret = model.secret(ID);
        let content = secret.get()?;
        assert_eq!(content.expose("password"), Some("hunter2"));
        assert_eq!(content.keys().collect::<Vec<_>>(), ["password"]);
        let texts = format!("{content:?} {content:#?} {secret:?}");
        assert!(!texts.contains("hunter"), "{texts}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn each_method_passes_its_options_to_secret_get() {
    let juju = Juju::new();
    juju.answer("secret-get", r#"{"password": "hunter2"}"#);
    juju.start(|model| {
        let secret = model.secret(ID);
        secret.get()?;
        secret.refresh()?;
        secret.peek()?;
        model.secret_with_label("db").get()?;
        model.secret(ID).with_label("db").get()?;
        Ok(())
    })
    .unwrap();
    assert_eq!(
        juju.commands(),
        [
            format!("secret-get --format=json {ID}"),
            format!("secret-get --format=json {ID} --refresh"),
            format!("secret-get --format=json {ID} --peek"),
            "secret-get --format=json --label db".to_owned(),
            format!("secret-get --format=json {ID} --label db"),
        ]
    );
}

#[test]
fn a_missing_secret_and_one_that_was_not_granted_are_different_errors() {
    let juju = Juju::new();
    juju.fail("secret-get", 1, "ERROR secret \"9m4e2mr0ui3e8a215n4g\" not found\n");
    juju.start(|model| {
        let error = model.secret(ID).get().unwrap_err();
        assert!(matches!(&error, Error::SecretNotFound { .. }), "{error}");
        assert_eq!(error.to_string(), format!("secret {ID} not found"));
        Ok(())
    })
    .unwrap();
    juju.fail("secret-get", 1, "ERROR permission denied\n");
    juju.start(|model| {
        let error = model.secret(ID).get().unwrap_err();
        assert!(matches!(&error, Error::SecretDenied { .. }), "{error}");
        assert_eq!(error.to_string(), format!("secret {ID}: permission denied"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn granting_for_a_removed_relation_is_relation_not_found() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.fail("secret-grant", 2, "ERROR invalid value \"3\" for option --relation: relation not found\n");
    juju.fail("secret-revoke", 2, "ERROR invalid value \"3\" for option --relation: relation not found\n");
    juju.start(|model| {
        let relation = model.relation("db")?.unwrap();
        for error in [model.secret(ID).grant(&relation).unwrap_err(), model.secret(ID).revoke(&relation).unwrap_err()] {
            assert!(matches!(&error, Error::RelationNotFound { id: 3, .. }), "{error}");
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_secret_known_by_its_label_is_managed_by_its_id() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.answer(
        "secret-info-get",
        r#"{"9m4e2mr0ui3e8a215n4g": {"revision": 2, "label": "admin", "owner": "application", "rotation": "monthly",
            "expiry": "2026-11-22T08:15:01Z", "rotates": "2026-11-22T09:45:01+01:30", "new-in-juju-9": {}}}"#,
    );
    juju.answer(
        "secret-info-get --format=json --label plain",
        r#"{"9m4e2mr0ui3e8a215n4g": {"revision": 1, "label": "plain", "owner": "unit", "rotation": "never"}}"#,
    );
    juju.answer("secret-grant", "");
    juju.answer("secret-remove", "");
    juju.start(|model| {
        let plain = model.secret_with_label("plain").info()?;
        assert!(plain.expiry.is_none() && plain.rotates.is_none());
        let secret = model.secret_with_label("admin");
        let info = secret.info()?;
        assert_eq!((info.id.as_str(), info.revision), ("9m4e2mr0ui3e8a215n4g", 2));
        assert_eq!((info.owner, info.rotation), (SecretOwner::Application, Rotate::Monthly));
        // By `date -u -d @1795335301 +%FT%TZ`.
        assert_eq!(info.expiry, Some(UNIX_EPOCH + Duration::from_secs(1_795_335_301)));
        assert_eq!(info.rotates, Some(UNIX_EPOCH + Duration::from_secs(1_795_335_301)));
        assert_eq!(secret.id()?, ID);
        secret.grant(&model.relation("db")?.unwrap())?;
        secret.remove_revision(1)?;
        Ok(())
    })
    .unwrap();
    let ran: Vec<String> = juju
        .commands()
        .into_iter()
        .filter(|line| !line.starts_with("secret-info-get") && line.starts_with("secret"))
        .collect();
    assert_eq!(ran, [format!("secret-grant --relation 3 {ID}"), format!("secret-remove {ID} --revision 1")]);
}

#[test]
fn content_that_juju_would_refuse_is_refused_before_a_hook_command_runs() {
    let juju = Juju::new();
    juju.start(|model| {
        for content in [SecretContent::default(), SecretContent::new([("UPPER", "hunter2")])] {
            let error = model.unit().add_secret(&content, &SecretUpdate::default()).unwrap_err();
            assert!(matches!(error, Error::SecretContent { .. }), "{error}");
            let error = model.secret(ID).set_content(&content).unwrap_err();
            assert!(matches!(error, Error::SecretContent { .. }), "{error}");
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(juju.commands(), [""; 0]);
}
