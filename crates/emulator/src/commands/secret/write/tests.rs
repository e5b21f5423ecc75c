use crate::Juju;
use crate::tests::{answer, check, check_error, juju};
use crate::{Rotate, Secret, SecretId, SecretOwner, Timestamp};

const ID: &str = "9m4e2mr0ui3e8a215n4g";

fn owner() -> Juju {
    let mut juju = juju();
    juju.hook.clock = || Timestamp::from_unix(0);
    juju.state.secrets = vec![Secret::new([("token", "one")]).id(ID).owned_by_unit()];
    juju
}

/// Add a secret, and return its id.
fn add(juju: &mut Juju, line: &[&str]) -> String {
    let output = answer(juju, line);
    assert_eq!((output.code, String::from_utf8(output.stderr).unwrap()), (0, String::new()), "{line:?}");
    let uri = String::from_utf8(output.stdout).unwrap();
    uri.trim_end().parse::<SecretId>().unwrap().to_string()
}

#[test]
fn adds_a_secret_when_the_hook_has_succeeded() {
    let mut juju = owner();
    let line = [
        "secret-add",
        "--owner",
        "unit",
        "--label=l",
        "--description",
        "d",
        "--expire=24h",
        "--rotate=daily",
        "key#base64=YWJj",
        "other=x=y",
    ];
    let id = add(&mut juju, &line);
    check(&mut juju, &["secret-get", &id], "key: abc\nother: x=y\n");
    check(&mut juju, &["secret-get", "--label", "l"], "key: abc\nother: x=y\n");
    let info = format!(
        "{id}:\n  revision: 1\n  label: l\n  owner: unit\n  description: d\n  rotation: daily\n  expiry: 1970-01-02T00:00:00Z\n"
    );
    check(&mut juju, &["secret-info-get", &id], &info);
    check(&mut juju, &["secret-set", &id, "key=later"], "");
    check(&mut juju, &["secret-get", &id], "key: later\n");
    assert_eq!(juju.state.secrets.len(), 1);
    let state = juju.succeed().state;
    let secret = state.get_secret_by_label("l").unwrap();
    assert_eq!(secret.latest().unwrap(), &[("key", "later")].into_iter().collect());
    assert_eq!(secret.owner, Some(SecretOwner::Unit));
    assert_eq!(secret.description.as_deref(), Some("d"));
    assert_eq!(secret.rotate, Rotate::Daily);
    assert_eq!(secret.next_rotate, Some(Timestamp::from_unix(86_400)));
    assert_eq!(secret.expire, Some(Timestamp::from_unix(86_400)));
    assert_eq!(secret.latest_revision(), 1);
    assert_eq!(secret.tracked_revision, None);
}

/// `CreateSecretURIs` of Juju's facade puts the model into each URI.
#[test]
fn secret_add_prints_a_uri_that_names_the_model_and_is_understood_in_each_form() {
    let mut juju = juju();
    let output = answer(&mut juju, &["secret-add", "--owner=unit", "key=value"]);
    let uri = String::from_utf8(output.stdout).unwrap().trim_end().to_owned();
    let uuid = juju.state.model.uuid.clone();
    let id = uri.strip_prefix(&format!("secret://{uuid}/")).unwrap_or_else(|| panic!("{uri}")).to_owned();
    for form in
        [uri.clone(), id.clone(), format!("secret:{id}"), format!("secret:/{id}"), format!("secret:{uuid}/{id}")]
    {
        check(&mut juju, &["secret-get", &form], "key: value\n");
        check(
            &mut juju,
            &["secret-info-get", &form, "--format=json"],
            &format!("{{\"{id}\":{{\"revision\":1,\"label\":\"\",\"owner\":\"unit\"}}}}\n"),
        );
        check(&mut juju, &["secret-set", &form, "key=value"], "");
    }
    check(&mut juju, &["secret-ids"], &format!("{id}\n"));
    check(&mut juju, &["secret-grant", &uri, "-r", "1"], "");
    check(&mut juju, &["secret-revoke", &uri, "-r", "1"], "");
    check(&mut juju, &["secret-remove", &uri], "");
    check(&mut juju, &["secret-ids"], "");
}

#[test]
fn a_failed_hook_adds_nothing() {
    let mut juju = owner();
    add(&mut juju, &["secret-add", "--owner=unit", "key=value"]);
    check(&mut juju, &["secret-set", ID, "token=two"], "");
    assert_eq!(juju.fail().state, owner().state);
}

#[test]
fn only_the_leader_adds_to_the_application() {
    let mut juju = owner();
    check_error(&mut juju, &["secret-add", "key=value"], 1, "this unit is not the leader");
    juju.state.leader = true;
    add(&mut juju, &["secret-add", "key=value"]);
    assert_eq!(juju.succeed().state.secrets[1].owner, Some(SecretOwner::Application));
}

#[test]
fn reads_content_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = folder.path().join("secret.yaml");
    std::fs::write(&yaml, "number: 42\nkey#base64: YWJj\nkept: from file\n").unwrap();
    let plain = folder.path().join("plain");
    std::fs::write(&plain, b"\xff\xfe").unwrap();
    let mut juju = owner();
    let from_file = format!("binary#file={}", plain.display());
    let id =
        add(&mut juju, &["secret-add", "--owner=unit", "--file", yaml.to_str().unwrap(), "kept=from args", &from_file]);
    check(&mut juju, &["secret-get", &id, "kept"], "from file\n");
    check(&mut juju, &["secret-get", &id, "number"], "\"42\"\n");
    check(&mut juju, &["secret-get", &id, "key"], "abc\n");
    check(&mut juju, &["secret-get", &id, "binary#base64"], "//4=\n");
    check(&mut juju, &["secret-get", &id, "binary"], "!!binary //4=\n");
    check(&mut juju, &["secret-get", &id, "binary", "--format=json"], "\"\\ufffd\\ufffd\"\n");
    let error = "reading content for secret key \"key\": open /nonsense: no such file or directory";
    check_error(&mut juju, &["secret-add", "key#file=/nonsense"], 2, error);
}

#[test]
fn sets_a_new_revision_when_the_hook_has_succeeded() {
    let mut juju = owner();
    check(&mut juju, &["secret-set", ID, "token=two", "--label=renamed"], "");
    check(&mut juju, &["secret-get", ID], "token: one\n");
    check(&mut juju, &["secret-get", ID, "--peek"], "token: two\n");
    let info = format!("{ID}:\n  revision: 1\n  label: renamed\n  owner: unit\n  rotation: never\n");
    check(&mut juju, &["secret-info-get", ID], &info);
    let secret = &juju.succeed().state.secrets[0];
    assert_eq!(secret.latest_revision(), 2);
    assert_eq!(secret.tracked_revision, Some(1));
    assert_eq!(secret.label.as_deref(), Some("renamed"));

    let mut juju = owner();
    check(&mut juju, &["secret-set", ID, "token=two"], "");
    check(&mut juju, &["secret-get", ID, "--refresh"], "token: two\n");
    assert_eq!(juju.succeed().state.secrets[0].tracked_revision, Some(2));
}

#[test]
fn an_expiry_belongs_to_one_revision() {
    let mut juju = owner();
    juju.state.secrets[0].expire = Some(Timestamp::from_unix(86_400));
    let before = juju.state.clone();
    check(&mut juju, &["secret-set", ID, "--description=new"], "");
    assert_eq!(juju.succeed().state.secrets[0].expire, Some(Timestamp::from_unix(86_400)));

    let mut juju = owner();
    juju.state = before.clone();
    check(&mut juju, &["secret-set", ID, "token=two"], "");
    assert_eq!(juju.succeed().state.secrets[0].expire, None);

    let mut juju = owner();
    juju.state = before;
    check(&mut juju, &["secret-set", ID, "token=two", "--expire=2100-01-01T00:00:00Z"], "");
    assert_eq!(juju.succeed().state.secrets[0].expire, Some(Timestamp::from_unix(4_102_444_800)));
}

#[test]
fn the_same_content_makes_no_revision() {
    let mut juju = owner();
    check(&mut juju, &["secret-set", ID, "token=one"], "");
    check(&mut juju, &["secret-set", ID], "");
    assert_eq!(juju.succeed().state, owner().state);
}

#[test]
fn removes_a_secret_or_a_revision() {
    let mut juju = owner();
    juju.state.secrets[0] = juju.state.secrets[0].clone().latest_content([("token", "two")]);
    let before = juju.state.clone();
    check(&mut juju, &["secret-remove", ID, "--revision", "1"], "");
    check(&mut juju, &["secret-ids"], "");
    let outcome = juju.succeed();
    assert_eq!(outcome.state.secrets[0].revisions.keys().collect::<Vec<_>>(), [&2]);
    assert_eq!(outcome.record.removed_secret_revisions, [(ID.parse().unwrap(), Some(1))]);

    let mut juju = owner();
    juju.state = before;
    check(&mut juju, &["secret-remove", ID, "--revision", "1"], "");
    check(&mut juju, &["secret-remove", ID], "");
    assert_eq!(juju.succeed().state.secrets, []);
}

#[test]
fn impossible_changes_are_refused_at_the_hooks_end() {
    let unknown = "aaaaaaaaaaaaaaaaaaa0";
    let mut juju = owner();
    check(&mut juju, &["secret-set", unknown, "key=value"], "");
    let outcome = juju.succeed();
    let refusal = "updating secrets: secret \"secret:aaaaaaaaaaaaaaaaaaa0\" not found";
    assert_eq!(outcome.refusal.as_deref(), Some(refusal));
    assert_eq!(outcome.state, owner().state);
    let mut juju = owner();
    juju.state.secrets[0].owner = None;
    check(&mut juju, &["secret-set", ID, "token=two"], "");
    assert_eq!(juju.succeed().refusal.as_deref(), Some("updating secrets: permission denied"));
    let mut juju = owner();
    juju.state.secrets[0].label = Some("taken".to_owned());
    add(&mut juju, &["secret-add", "--owner=unit", "--label=taken", "key=value"]);
    let refusal = "creating secrets: secret with label \"taken\" already exists";
    assert_eq!(juju.succeed().refusal.as_deref(), Some(refusal));
}

#[test]
fn juju_4_names_a_unit_that_may_not_manage_a_secret_and_ignores_a_removed_one() {
    let juju_4 = || {
        let mut juju = owner();
        juju.hook.version = crate::JujuVersion::V4_0;
        juju
    };
    let unknown = "aaaaaaaaaaaaaaaaaaa0";
    let refused = |line: &[&str], refusal: &str| {
        let mut juju = juju_4();
        juju.state.secrets[0].owner = None;
        let before = juju.state.clone();
        check(&mut juju, line, "");
        let outcome = juju.succeed();
        assert_eq!((outcome.refusal.as_deref(), outcome.state), (Some(refusal), before), "{line:?}");
    };
    refused(&["secret-set", ID, "token=two"], r#"updating secrets: "app/0" is not allowed to manage this secret"#);
    refused(&["secret-remove", ID], r#"removing secrets: "app/0" is not allowed to manage this secret"#);
    refused(
        &["secret-revoke", ID, "--app=x"],
        r#"revoking secrets access: "app/0" is not allowed to manage this secret"#,
    );
    for line in [
        &["secret-set", unknown, "key=value"][..],
        &["secret-remove", unknown],
        &["secret-revoke", unknown, "--app=other"],
    ] {
        let mut juju = juju_4();
        check(&mut juju, line, "");
        let outcome = juju.succeed();
        assert_eq!((outcome.refusal, outcome.state), (None, owner().state), "{line:?}");
    }
    // Only the leader manages an application's secret, and other units do not see it among their own.
    let mut juju = juju_4();
    juju.state.secrets[0].owner = Some(SecretOwner::Application);
    juju.state.leader = false;
    check(&mut juju, &["secret-set", ID, "token=two"], "");
    let refusal = r#"updating secrets: "app/0" is not allowed to manage this secret"#;
    assert_eq!(juju.succeed().refusal.as_deref(), Some(refusal));
}

#[test]
fn juju_4_names_the_secret_whose_label_is_taken() {
    let mut juju = owner();
    juju.hook.version = crate::JujuVersion::V4_0;
    juju.state.secrets[0].label = Some("taken".to_owned());
    let id = add(&mut juju, &["secret-add", "--owner=unit", "--label=taken", "key=value"]);
    let id = id.rsplit('/').next().unwrap();
    let refusal = format!(r#"create secrets: creating secret "{id}": secret with label "taken" already exists"#);
    assert_eq!(juju.succeed().refusal, Some(refusal));
}

#[test]
fn removing_what_does_not_exist_succeeds() {
    let mut juju = owner();
    let id = add(&mut juju, &["secret-add", "--owner=unit", "key=value"]);
    check(&mut juju, &["secret-remove", &id], "");
    check(&mut juju, &["secret-remove", "aaaaaaaaaaaaaaaaaaa0"], "");
    let outcome = juju.succeed();
    assert_eq!((outcome.refusal, outcome.state), (None, owner().state));
}

#[test]
fn refuses_wrong_arguments() {
    for (line, code, error) in [
        (&["secret-add"][..], 2, "missing secret value or filename"),
        (&["secret-add", "key"], 2, "key value \"key\" not valid"),
        (&["secret-add", "=value"], 2, "key value \"=value\" not valid"),
        (&["secret-add", "key="], 2, "key value \"key=\" not valid"),
        (&["secret-add", "ab=x"], 2, "key \"ab\" not valid"),
        (&["secret-add", "--owner=me", "key=x"], 2, "secret owner \"me\" not valid"),
        (&["secret-add", "--rotate=often", "key=x"], 2, "rotate policy \"often\" not valid"),
        (&["secret-add", "--expire=soon", "key=x"], 2, "expire time or duration \"soon\" not valid"),
        (&["secret-add", "--expire=-1h", "key=x"], 2, "negative expire duration \"-1h\" not valid"),
        (&["secret-set"], 2, "missing secret URI"),
        (&["secret-set", "x"], 2, "secret URI \"x\" not valid"),
        (&["secret-set", "foo:x"], 2, "secret URI scheme \"foo\" not valid"),
        (&["secret-remove"], 2, "missing secret URI"),
        (&["secret-remove", ID, "x"], 2, "unrecognized args: [\"x\"]"),
        (
            &["secret-remove", ID, "--revision=x"],
            2,
            "invalid value \"x\" for option --revision: strconv.ParseInt: parsing \"x\": invalid syntax",
        ),
    ] {
        check_error(&mut owner(), line, code, error);
    }
    let large = format!("key={}", "x".repeat(1_000_001));
    let error = "base64 encoded secret content for key \"key\" too large: 1333336 bytes";
    check_error(&mut owner(), &["secret-add", &large], 2, error);
}

#[test]
fn two_new_secrets_cannot_have_the_same_label() {
    let mut juju = owner();
    add(&mut juju, &["secret-add", "--owner=unit", "--label=l", "key=value"]);
    check_error(
        &mut juju,
        &["secret-add", "--owner=unit", "--label=l", "key=value"],
        1,
        "secret with label \"l\" already exists",
    );
}
