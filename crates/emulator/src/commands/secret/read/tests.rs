use crate::Juju;
use crate::tests::{check, check_error, juju};
use crate::{Relation, Rotate, Secret, SecretOwner, Timestamp};

const GRANTED: &str = "9m4e2mr0ui3e8a215n4g";
const OWNED: &str = "cf5q5d2mr0ui3e8a2150";

/// Another's secret with an unread revision, and a secret of this unit.
fn with_secrets() -> Juju {
    let mut juju = juju();
    juju.state.relations.push(Relation::new("db").id(7).remote_app("postgresql").remote_endpoint("database"));
    let granted = Secret::new([("username", "bob"), ("password", "1234")]).id(GRANTED).label("theirs");
    let granted = granted.latest_content([("username", "bob"), ("password", "5678")]);
    let owned = Secret::new([("token", "abc")]).id(OWNED).label("ours").description("a token").owned_by_unit();
    let owned = Secret { next_rotate: Some(Timestamp::from_unix(86_400)), ..owned.rotate(Rotate::Daily) };
    juju.state.secrets =
        vec![granted, owned.expire(Timestamp::from_unix(0)).granted(7, "postgresql").granted(7, "postgresql/0")];
    juju
}

#[test]
fn gets_the_revision_that_was_read_first() {
    let mut juju = with_secrets();
    for (line, stdout) in [
        (&["secret-get", GRANTED][..], "password: \"1234\"\nusername: bob\n"),
        (
            &["secret-get", "secret:9m4e2mr0ui3e8a215n4g", "--format=json"],
            "{\"password\":\"1234\",\"username\":\"bob\"}\n",
        ),
        (&["secret-get", "--label", "theirs", "--peek"], "password: \"5678\"\nusername: bob\n"),
        (&["secret-get", GRANTED, "password"], "\"1234\"\n"),
        (&["secret-get", GRANTED, "password", "--format=json"], "\"1234\"\n"),
        (&["secret-get", GRANTED, "username#base64"], "Ym9i\n"),
        (&["secret-get", GRANTED, "password", "--refresh"], "\"5678\"\n"),
        (&["secret-get", GRANTED, "password"], "\"5678\"\n"),
        (&["secret-get", "--label=ours"], "token: abc\n"),
    ] {
        check(&mut juju, line, stdout);
    }
    assert_eq!(juju.fail().state.secrets[0].tracked_revision, Some(2), "also when the hook fails");
}

#[test]
fn tracked_revision_and_label_are_kept_when_juju_refuses_the_changes() {
    let mut juju = with_secrets();
    let line = ["secret-get", GRANTED, "password", "--refresh", "--label", "renamed"];
    check(&mut juju, &line, "\"5678\"\n");
    check(&mut juju, &["storage-add", "nope"], "");
    let outcome = juju.succeed();
    assert!(outcome.refusal.is_some(), "{outcome:?}");
    let read = &outcome.state.secrets[0];
    assert_eq!((read.tracked_revision, read.label.as_deref()), (Some(2), Some("renamed")));
}

#[test]
fn the_first_read_is_of_the_latest_revision() {
    let mut juju = with_secrets();
    juju.state.secrets[0].tracked_revision = None;
    check(&mut juju, &["secret-get", GRANTED, "password"], "\"5678\"\n");
    assert_eq!(juju.state.secrets[0].tracked_revision, Some(2));
}

#[test]
fn secret_get_sets_labels() {
    let mut juju = with_secrets();
    check(&mut juju, &["secret-get", GRANTED, "username", "--label", "renamed"], "bob\n");
    check(&mut juju, &["secret-get", "--label", "renamed"], "password: \"1234\"\nusername: bob\n");
    check_error(&mut juju, &["secret-get", "--label", "theirs"], 1, "consumer label \"theirs\" not found");
    let both = [Some(SecretOwner::Unit), Some(SecretOwner::Application)];
    for (id, label, owner, holder) in [
        (GRANTED, "ours", both[0], "owner \"unit-app-0\""),
        (GRANTED, "ours", both[1], "application \"app\""),
        (OWNED, "renamed", both[0], "consumer \"unit-app-0\""),
        (OWNED, "renamed", both[1], "a unit of application \"app\""),
    ] {
        juju.state.leader = true;
        juju.state.secrets[1].owner = owner;
        let operation = if id == GRANTED { "getting latest secret revision: " } else { "" };
        let error = format!("{operation}secret label \"{label}\" for {holder} already exists");
        check_error(&mut juju, &["secret-get", id, "--label", label], 1, &error);
    }
}

#[test]
fn the_old_label_finds_the_old_content_until_the_hook_has_succeeded() {
    let mut juju = with_secrets();
    check(&mut juju, &["secret-set", OWNED, "--label", "new", "token=def"], "");
    check(&mut juju, &["secret-get", "--label", "new", "--peek"], "token: def\n");
    check(&mut juju, &["secret-get", "--label", "ours", "--refresh"], "token: abc\n");
    check_error(&mut juju, &["secret-info-get", "--label", "ours"], 1, "secret \"ours\" not found");
    let mut juju = Juju { state: juju.succeed().state, ..with_secrets() };
    check_error(&mut juju, &["secret-get", "--label", "ours"], 1, "consumer label \"ours\" not found");
    check(&mut juju, &["secret-get", "--label", "new", "--peek"], "token: def\n");
}

#[test]
fn unknown_secrets_are_refused() {
    let mut juju = with_secrets();
    for (line, code, error) in [
        (&["secret-get"][..], 2, "require either a secret URI or label"),
        (&["secret-get", "x"], 2, "secret URI \"x\" not valid"),
        (&["secret-get", "http:9m4e2mr0ui3e8a215n4g"], 2, "secret URI \"http:9m4e2mr0ui3e8a215n4g\" not valid"),
        (&["secret-get", GRANTED, "--peek", "--refresh"], 2, "specify one of --peek or --refresh but not both"),
        (&["secret-get", GRANTED, "a", "b"], 2, "unrecognized args: [\"b\"]"),
        (&["secret-get", GRANTED, "nope"], 1, "secret key value \"nope\" not found"),
        (&["secret-get", "aaaaaaaaaaaaaaaaaaa0"], 1, "secret \"secret:aaaaaaaaaaaaaaaaaaa0\" not found"),
        (&["secret-info-get"], 2, "require either a secret URI or label"),
        (&["secret-info-get", OWNED, "--label=x"], 2, "specify either a secret URI or label but not both"),
        (&["secret-info-get", GRANTED], 1, "secret \"9m4e2mr0ui3e8a215n4g\" not found"),
        (&["secret-info-get", "--label=x"], 1, "secret \"x\" not found"),
        (&["secret-info-get", OWNED, "x"], 2, "unrecognized args: [\"x\"]"),
        (&["secret-ids", "x"], 2, "unrecognized args: [\"x\"]"),
    ] {
        check_error(&mut juju, line, code, error);
    }
}

#[test]
fn refuses_a_secret_that_is_not_granted() {
    let mut juju = with_secrets();
    juju.state.secrets[0].revoked = true;
    for line in [
        &["secret-get", GRANTED][..],
        &["secret-get", GRANTED, "--refresh", "--label", "new"],
        &["secret-get", "--label", "theirs", "--peek"],
    ] {
        check_error(&mut juju, line, 1, "permission denied");
    }
    assert_eq!(juju.state.secrets[0].label.as_deref(), Some("theirs"));
    assert_eq!(juju.state.secrets[0].tracked_revision, Some(1));
}

#[test]
fn secret_ids_lists_owned_secrets() {
    let mut juju = with_secrets();
    check(&mut juju, &["secret-ids"], &format!("{OWNED}\n"));
    juju.state.secrets[1].owner = Some(SecretOwner::Application);
    check(&mut juju, &["secret-ids"], "");
    check(&mut juju, &["secret-ids", "--format=json"], "null\n");
    check(&mut juju, &["secret-ids", "--format=yaml"], "[]\n");
    juju.state.leader = true;
    check(&mut juju, &["secret-ids", "--format=json"], &format!("[\"{OWNED}\"]\n"));
}

#[test]
fn secret_info_get_prints_the_metadata_of_owned_secrets() {
    let mut juju = with_secrets();
    let yaml = format!(
        "{OWNED}:\n  revision: 1\n  label: ours\n  owner: unit\n  description: a token\n  rotation: daily\n  \
         expiry: 1970-01-01T00:00:00Z\n  rotates: 1970-01-02T00:00:00Z\n  access:\n  \
         - target: application-postgresql\n    scope: relation-app.db#postgresql.database\n    role: view\n  \
         - target: unit-postgresql-0\n    scope: relation-app.db#postgresql.database\n    role: view\n"
    );
    check(&mut juju, &["secret-info-get", OWNED], &yaml);
    check(&mut juju, &["secret-info-get", "--label", "ours"], &yaml);
    let secret = Secret::new([("key", "value")]).id(OWNED).owned_by_unit();
    juju.state.secrets = vec![secret];
    let json = format!("{{\"{OWNED}\":{{\"revision\":1,\"label\":\"\",\"owner\":\"unit\",\"rotation\":\"never\"}}}}\n");
    check(&mut juju, &["secret-info-get", OWNED, "--format=json"], &json);
}
