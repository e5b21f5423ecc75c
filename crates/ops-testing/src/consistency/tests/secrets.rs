//! Secrets, and the objects of events.

use super::*;

#[test]
fn secrets() {
    const ID: &str = "9m4e2mr0ui3e8a215n4g";
    let secret = Secret::new([("k", "v")]).id(ID);
    let with = |secret: &Secret| State::default().with_secret(secret.clone());
    accepted(on::secret_changed(&secret), with(&secret));
    let owned = secret.clone().owned_by_unit();
    for event in [on::secret_rotate(&owned), on::secret_expired(&owned, 1), on::secret_remove(&owned, 1)] {
        accepted(event, with(&owned));
    }
    refused(
        on::secret_changed(&secret),
        State::default(),
        "secret_changed is about secret 9m4e2mr0ui3e8a215n4g, which is not in the state (it is not there): give both the same secret",
    );
    refused(
        on::secret_changed(&secret),
        with(&owned),
        "secret_changed is about secret 9m4e2mr0ui3e8a215n4g, which is not in the state (the one there with its id differs): give both the same secret",
    );
    refused(
        on::secret_rotate(&secret),
        with(&secret),
        "Juju sends secret_rotate to a secret's owner, but another owns secret 9m4e2mr0ui3e8a215n4g: make it owned_by_unit or owned_by_app",
    );
    refused(
        on::secret_changed(&owned),
        with(&owned),
        "Juju sends secret_changed to the readers of a secret, but this unit owns secret 9m4e2mr0ui3e8a215n4g",
    );
    refused(
        on::secret_expired(&owned, 2),
        with(&owned),
        "secret_expired is about revision 2 of secret 9m4e2mr0ui3e8a215n4g, which has no such revision",
    );
    let app = secret.clone().owned_by_app();
    refused(
        on::secret_rotate(&app),
        with(&app),
        "Juju sends secret_rotate for an application's secret to the leader, but this unit is not the leader: add with_leader(true)",
    );
    accepted(on::secret_rotate(&app), with(&app).with_leader(true));
    // Scenario refuses this, but Juju sends the event to units that read the secret and are not the leader.
    accepted(on::secret_changed(&app), with(&app));
    refused(
        on::start(),
        with(&owned.clone().revoked()),
        "secret 9m4e2mr0ui3e8a215n4g is this unit's own, which it can always read: remove revoked",
    );
    accepted(on::start(), with(&secret.clone().revoked()));
    let granted = owned.clone().granted(1, "remote");
    refused(
        on::start(),
        with(&granted),
        "secret 9m4e2mr0ui3e8a215n4g is granted for relation 1, which is not in the state: add the relation",
    );
    accepted(on::start(), with(&granted).with_relation(Relation::new("db").id(1)));
    let twice = with(&secret).with_secret(secret.clone());
    refused(
        on::start(),
        twice,
        "two secrets have the id 9m4e2mr0ui3e8a215n4g: each needs its own, which Secret::new gives it",
    );
    let labels = State::default()
        .with_secret(Secret::new([("k", "v")]).label("l"))
        .with_secret(Secret::new([("k", "v")]).label("l"));
    refused(on::start(), labels, "two secrets have the label \"l\": a label stands for one secret");
    let empty = Secret::new::<String, String>([]).id(ID);
    refused(
        on::start(),
        with(&empty),
        "secret 9m4e2mr0ui3e8a215n4g has a revision without content: a secret has at least one key",
    );
    let old = context().juju_version("2.9.50");
    assert_eq!(run(old, on::start(), with(&secret)), ["there are secrets, which Juju has since 3.0: this is 2.9.50"]);
}
