//! `secret-add`, `secret-set` and `secret-remove`.

use super::content;
use super::expiry;
use super::owned::check_leader;
use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{Flag, Number, Text};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::go::quoted;
use crate::juju::Juju;
use crate::pending::SecretUpdate;
use crate::state::{Rotate, SecretId, SecretOwner};

const DESCRIPTION: Text = Text::new(&["description"], "Specifies the secret description.");
const EXPIRE: Text = Text::new(&["expire"], "Specifies either a duration or time when the secret should expire.");
// Not a `File`: Juju's agent reads it, and `-` does not mean standard input.
const FILE: Text = Text::new(&["file"], "Specifies a YAML file containing secret key values.");
const LABEL: Text = Text::new(&["label"], "Specifies a label used to identify the secret in hooks.");
const OWNER: Text =
    Text::with_default(&["owner"], "application", "Specifies the owner of the secret, either the application or unit.");
const ROTATE: Text = Text::new(&["rotate"], "Specifies the secret rotation policy.");
const REVISION: Number = Number::new(&["revision"], "Removes the specified revision.");

const FLAGS: &[Flag] = &[DESCRIPTION.0, EXPIRE.0, FILE.0, LABEL.0, OWNER.0, ROTATE.0];

pub(crate) static ADD: Spec = Spec {
    name: "secret-add",
    args: "<key>[#base64]=<value> ...",
    purpose: "Adds a new secret.",
    doc: "Adds a secret with keys and values, and prints its id. A value whose key ends in\n\
          #base64 is encoded already; one whose key ends in #file is the path of a file.\n\n\
          The secret belongs to the application, and only the leader can add and manage it,\n\
          unless --owner unit says that it belongs to the unit.",
    examples: &[
        "secret-add token=34ae35facd4",
        "secret-add --owner unit --expire 24h key#base64=AA==",
        "secret-add --label db-password --file=/path/to/file",
    ],
    see_also: &["secret-set"],
    flags: FLAGS,
    run: add,
    ..SPEC
};

pub(crate) static SET: Spec = Spec {
    name: "secret-set",
    args: "<ID> [key[#base64]=value...]",
    purpose: "Updates an existing secret.",
    doc: "Gives a secret a new revision with keys and values, which are written as for\n\
          secret-add, or changes only its metadata.",
    examples: &[
        "secret-set secret:9m4e2mr0ui3e8a215n4g token=34ae35facd4",
        "secret-set secret:9m4e2mr0ui3e8a215n4g --rotate monthly",
    ],
    see_also: &["secret-add"],
    flags: FLAGS,
    run: set,
    ..SPEC
};

pub(crate) static REMOVE: Spec = Spec {
    name: "secret-remove",
    args: "<ID>",
    purpose: "Removes an existing secret.",
    doc: "Removes a secret, or with --revision one revision of it.",
    examples: &["secret-remove secret:9m4e2mr0ui3e8a215n4g"],
    flags: &[REVISION.0],
    run: remove,
    ..SPEC
};

/// The ID in the first argument.
pub(super) fn parse_id(invocation: &Invocation<'_>) -> Result<SecretId, Failure> {
    let Some(id) = invocation.args().first() else { return Err(Failure::usage("missing secret URI")) };
    id.parse().map_err(|error: crate::state::InvalidSecretId| Failure::usage(error.to_string()))
}

fn parse_update(
    juju: &Juju,
    invocation: &Invocation<'_>,
    args: &[&str],
) -> Result<(SecretOwner, SecretUpdate), Failure> {
    let non_empty = |flag| Some(invocation.text(flag)).filter(|text| !text.is_empty());
    let expire = non_empty(EXPIRE).map(|text| expiry::parse(text, (juju.hook.clock)())).transpose()?;
    let rotate = non_empty(ROTATE).map(|name| {
        let policy = name.parse::<Rotate>();
        policy.map_err(|_| Failure::usage(format!("rotate policy {} not valid", quoted(name))))
    });
    let owner = match invocation.text(OWNER) {
        "application" => SecretOwner::Application,
        "unit" => SecretOwner::Unit,
        other => return Err(Failure::usage(format!("secret owner {} not valid", quoted(other)))),
    };
    let rotate = rotate.transpose()?;
    let content = content::read(invocation.call, args, invocation.text(FILE))?;
    let update = SecretUpdate {
        content: Some(content).filter(|content| !content.is_empty()),
        label: non_empty(LABEL).map(str::to_owned),
        description: non_empty(DESCRIPTION).map(str::to_owned),
        expire,
        rotate,
    };
    Ok((owner, update))
}

fn add(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    if invocation.args().is_empty() && invocation.text(FILE).is_empty() {
        return Err(Failure::usage("missing secret value or filename"));
    }
    let (owner, secret) = parse_update(juju, invocation, invocation.args())?;
    if secret.content.is_none() {
        return Err(Failure::run("empty secret value not valid"));
    }
    if owner == SecretOwner::Application && !juju.state.leader {
        return Err(Failure::not_leader());
    }
    let creates = &mut juju.pending.secrets.creates;
    let taken = |label: &String| creates.values().any(|(_, other)| other.label.as_ref() == Some(label));
    if let Some(label) = secret.label.as_ref().filter(|label| taken(label)) {
        return Err(Failure::run(format!("secret with label {} already exists", quoted(label))));
    }
    let id = SecretId::unique();
    let uri = id.uri_in(&juju.state.model);
    creates.insert(id, (owner, secret));
    invocation.print(&uri);
    invocation.print("\n");
    Ok(())
}

fn set(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let id = parse_id(invocation)?;
    let (_, mut update) = parse_update(juju, invocation, &invocation.args()[1..])?;
    check_leader(juju, &id)?;
    if juju.managed_secret(&id).is_some_and(|secret| secret.latest() == update.content.as_ref()) {
        // Unchanged content makes no new revision.
        update.content = None;
    }
    if !update.is_empty() {
        juju.pending.secrets.update(id, update);
    }
    Ok(())
}

fn remove(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let id = parse_id(invocation)?;
    invocation.no_args_from(1)?;
    let revision = u32::try_from(invocation.number(REVISION)).ok().filter(|revision| *revision > 0);
    check_leader(juju, &id)?;
    juju.pending.secrets.remove(id.clone(), revision);
    juju.record.removed_secret_revisions.push((id, revision));
    Ok(())
}

#[cfg(test)]
mod tests;
