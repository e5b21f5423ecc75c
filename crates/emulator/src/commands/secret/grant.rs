//! `secret-grant` and `secret-revoke`.

use super::owned::check_leader;
use super::write::parse_id;
use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{Text, relation};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::go::quoted;
use crate::juju::Juju;
use crate::name;
use crate::state::{RelationId, Secret};

const UNIT: Text = Text::new(&["unit"], "Specifies the unit to grant access.");
const REVOKED_UNIT: Text = Text::new(&["unit"], "Specifies the unit to revoke access from.");
const APPLICATION: Text = Text::new(&["app", "application"], "Specifies the application to revoke access from.");

pub(crate) static GRANT: Spec = Spec {
    name: "secret-grant",
    args: "<ID>",
    purpose: "Grants access to a secret.",
    doc: "Lets the application at the other end of a relation read a secret, or with --unit\n\
          one unit of it, until that is revoked or the relation is gone.",
    examples: &[
        "secret-grant secret:9m4e2mr0ui3e8a215n4g -r 0 --unit mediawiki/6",
        "secret-grant secret:9m4e2mr0ui3e8a215n4g --relation db:2",
    ],
    see_also: &["secret-revoke"],
    flags: &[relation("Specifies the relation that the grant is for."), UNIT.0],
    run: grant,
    ..SPEC
};

pub(crate) static REVOKE: Spec = Spec {
    name: "secret-revoke",
    args: "<ID>",
    purpose: "Revokes access to a secret.",
    doc: "Takes back what secret-grant gave: from an application, from a unit, or from the\n\
          application at the other end of a relation.",
    examples: &[
        "secret-revoke secret:9m4e2mr0ui3e8a215n4g --relation 1",
        "secret-revoke secret:9m4e2mr0ui3e8a215n4g --app mediawiki",
        "secret-revoke secret:9m4e2mr0ui3e8a215n4g --unit mediawiki/6",
    ],
    see_also: &["secret-grant"],
    flags: &[APPLICATION.0, relation("Specifies the relation that the grant was for."), REVOKED_UNIT.0],
    run: revoke,
    ..SPEC
};

fn grant(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let id = parse_id(invocation)?;
    let relation = invocation.relation_id(juju)?;
    let app = remote_app(juju, relation)?;
    let unit = invocation.text(UNIT);
    if !unit.is_empty() {
        if !name::is_unit(unit) {
            return Err(Failure::usage(format!("unit {} not valid", quoted(unit))));
        }
        if unit.split('/').next() != Some(&app) {
            let (unit, app) = (quoted(unit), quoted(&app));
            return Err(Failure::usage(format!("cannot specify unit {unit} in relation to application {app}")));
        }
    }
    invocation.no_args_from(1)?;
    let subject = if unit.is_empty() { app } else { unit.to_owned() };
    let created = juju.pending.secrets.creates.contains_key(&id);
    let secret = juju.owned_secrets().find(|secret| secret.id == id);
    if secret.is_none() && !created {
        return Err(Failure::run(format!("secret {} not found", quoted(id.as_str()))));
    }
    check_leader(juju, &id)?;
    for granted in secret.and_then(|secret| secret.remote_grants.get(&relation)).into_iter().flatten() {
        // A unit that already has access, directly or through its application, gets no second grant.
        if *granted == subject || !granted.contains('/') {
            return Ok(());
        }
        if !subject.contains('/') {
            let message =
                "any unit level grants need to be revoked before granting access to the corresponding application";
            return Err(Failure::run(message));
        }
    }
    juju.pending.secrets.grants.entry(id).or_default().insert(relation, subject);
    Ok(())
}

/// The application at the other end. The relation's existence was checked when its flag was parsed.
fn remote_app(juju: &Juju, relation: RelationId) -> Result<String, Failure> {
    let relation = juju.state.get_relation(relation).ok_or_else(|| Failure::usage("relation not found"))?;
    Ok(relation.remote_app_name(juju.hook.app()).to_owned())
}

fn revoke(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let id = parse_id(invocation)?;
    let (mut app, unit) = (invocation.text(APPLICATION).to_owned(), invocation.text(REVOKED_UNIT));
    if !app.is_empty() && !name::is_application(&app) {
        return Err(Failure::usage(format!("application {} not valid", quoted(&app))));
    }
    if !unit.is_empty() && !name::is_unit(unit) {
        return Err(Failure::usage(format!("unit {} not valid", quoted(unit))));
    }
    if !app.is_empty() && !unit.is_empty() {
        return Err(Failure::usage("specify only one of application or unit"));
    }
    if let Some(relation) = invocation.flags.relation(juju) {
        let remote = remote_app(juju, relation)?;
        if !app.is_empty() {
            return Err(Failure::usage("do not specify both relation and app"));
        }
        app = remote;
    }
    if app.is_empty() && unit.is_empty() {
        return Err(Failure::usage("missing relation or application or unit"));
    }
    invocation.no_args_from(1)?;
    check_leader(juju, &id)?;
    let subject = if unit.is_empty() { app } else { unit.to_owned() };
    let revokes = juju.pending.secrets.revokes.entry(id).or_default();
    let covered =
        |revoked: &String| *revoked == subject || subject.split_once('/').is_some_and(|(app, _)| app == revoked);
    if !revokes.iter().any(covered) {
        revokes.push(subject);
    }
    Ok(())
}

impl Juju {
    /// A secret's grants, as `secret-info-get` shows them. This hook's own grants and revocations appear only after it
    /// has succeeded (`SecretMetadata` of Juju's hook context).
    pub(super) fn secret_access(&self, secret: &Secret) -> Vec<Value> {
        let granted = secret.remote_grants.iter().flat_map(|(relation, to)| to.iter().map(move |to| (relation, to)));
        granted
            .map(|(relation, to)| {
                let target = match to.split_once('/') {
                    Some((app, number)) => format!("unit-{app}-{number}"),
                    None => format!("application-{to}"),
                };
                let scope = self.relation_tag(*relation);
                Value::fields([("target", target.into()), ("scope", scope.into()), ("role", "view".into())])
            })
            .collect()
    }

    /// Juju's tag of a relation.
    fn relation_tag(&self, id: RelationId) -> String {
        let app = self.hook.app();
        match self.state.get_relation(id) {
            None => format!("relation-{id}"),
            Some(relation) => {
                let endpoint = &relation.endpoint;
                let remote_app = relation.remote_app_name(app);
                if remote_app == app {
                    return format!("relation-{app}.{endpoint}");
                }
                let remote_endpoint = relation.remote_endpoint.as_ref().unwrap_or(endpoint);
                let (local, remote) = (format!("{app}.{endpoint}"), format!("{remote_app}.{remote_endpoint}"));
                let requires = self
                    .meta
                    .relations
                    .get(endpoint)
                    .is_some_and(|meta| meta.role == ops_metadata::RelationRole::Requires);
                // The requirer comes first.
                if requires { format!("relation-{local}#{remote}") } else { format!("relation-{remote}#{local}") }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Juju;
    use crate::tests::{answer, check, check_error, juju};
    use crate::{Relation, Secret};

    const ID: &str = "9m4e2mr0ui3e8a215n4g";

    fn owner() -> Juju {
        let mut juju = juju();
        juju.state.relations = vec![Relation::new("db").id(7).remote_app("postgresql")];
        juju.state.secrets = vec![Secret::new([("token", "one")]).id(ID).owned_by_unit()];
        juju
    }

    fn grants(juju: Juju) -> Vec<String> {
        let state = juju.succeed().state;
        state.secrets[0].remote_grants.values().flatten().cloned().collect()
    }

    #[test]
    fn grants_apply_when_the_hook_has_succeeded() {
        let mut juju = owner();
        check(&mut juju, &["secret-grant", ID, "-r", "7"], "");
        assert!(juju.state.secrets[0].remote_grants.is_empty());
        let info = format!("{ID}:\n  revision: 1\n  label: \"\"\n  owner: unit\n  rotation: never\n");
        check(&mut juju, &["secret-info-get", ID], &info);
        assert_eq!(grants(juju), ["postgresql"]);

        let mut juju = owner();
        juju.hook.relation = Some(7);
        check(&mut juju, &["secret-grant", ID, "--unit", "postgresql/0"], "");
        assert_eq!(grants(juju), ["postgresql/0"]);
    }

    #[test]
    fn a_secret_that_the_hook_has_created_can_be_granted() {
        let mut juju = owner();
        juju.state.secrets.clear();
        let output = answer(&mut juju, &["secret-add", "--owner=unit", "key=value"]);
        let uri = String::from_utf8(output.stdout).unwrap();
        check(&mut juju, &["secret-grant", uri.trim(), "-r", "7"], "");
        assert_eq!(grants(juju), ["postgresql"]);
    }

    #[test]
    fn a_grant_for_an_application_covers_its_units() {
        let mut juju = owner();
        juju.state.secrets[0] = juju.state.secrets[0].clone().granted(7, "postgresql");
        check(&mut juju, &["secret-grant", ID, "-r", "7", "--unit", "postgresql/0"], "");
        assert_eq!(grants(juju), ["postgresql"]);
        let mut juju = owner();
        juju.state.secrets[0] = juju.state.secrets[0].clone().granted(7, "postgresql/0");
        let error = "any unit level grants need to be revoked before granting access to the corresponding application";
        check_error(&mut juju, &["secret-grant", ID, "-r", "7"], 1, error);
    }

    #[test]
    fn revocations_apply_when_the_hook_has_succeeded() {
        for line in [
            &["secret-revoke", ID, "--relation", "7"][..],
            &["secret-revoke", ID, "--app", "postgresql"],
            &["secret-revoke", ID, "--application", "postgresql"],
        ] {
            let mut juju = owner();
            juju.state.secrets[0] = juju.state.secrets[0].clone().granted(7, "postgresql");
            let before = answer(&mut juju, &["secret-info-get", ID]).stdout;
            assert!(String::from_utf8_lossy(&before).contains("- target: application-postgresql\n"));
            check(&mut juju, line, "");
            assert_eq!(answer(&mut juju, &["secret-info-get", ID]).stdout, before);
            assert!(grants(juju).is_empty(), "{line:?}");
        }
        let mut juju = owner();
        juju.state.secrets[0] = juju.state.secrets[0].clone().granted(7, "postgresql/0").granted(7, "postgresql/1");
        check(&mut juju, &["secret-revoke", ID, "--relation", "7", "--unit", "postgresql/0"], "");
        assert_eq!(grants(juju), ["postgresql/1"]);
    }

    #[test]
    fn wrong_arguments_are_refused() {
        for (line, code, error) in [
            (&["secret-grant"][..], 2, "missing secret URI"),
            (&["secret-grant", "x", "-r", "7"], 2, "secret URI \"x\" not valid"),
            (&["secret-grant", ID], 2, "no relation id specified"),
            (&["secret-grant", ID, "-r", "8"], 2, "invalid value \"8\" for option -r: relation not found"),
            (&["secret-grant", ID, "-r", "7", "--unit", "x"], 2, "unit \"x\" not valid"),
            (
                &["secret-grant", ID, "-r", "7", "--unit", "mysql/0"],
                2,
                "cannot specify unit \"mysql/0\" in relation to application \"postgresql\"",
            ),
            (&["secret-grant", ID, "-r", "7", "x"], 2, "unrecognized args: [\"x\"]"),
            (&["secret-grant", "aaaaaaaaaaaaaaaaaaa0", "-r", "7"], 1, "secret \"aaaaaaaaaaaaaaaaaaa0\" not found"),
            (&["secret-revoke"], 2, "missing secret URI"),
            (&["secret-revoke", ID], 2, "missing relation or application or unit"),
            (&["secret-revoke", ID, "--app", "X"], 2, "application \"X\" not valid"),
            (&["secret-revoke", ID, "--unit", "x"], 2, "unit \"x\" not valid"),
            (&["secret-revoke", ID, "--app", "a", "--unit", "a/0"], 2, "specify only one of application or unit"),
            (&["secret-revoke", ID, "--app", "a", "-r", "7"], 2, "do not specify both relation and app"),
            (&["secret-revoke", ID, "--app", "a", "x"], 2, "unrecognized args: [\"x\"]"),
        ] {
            check_error(&mut owner(), line, code, error);
        }
    }
}
