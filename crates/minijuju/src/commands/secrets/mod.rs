//! Secrets: changes the user's, and shows all.

pub mod args;
pub mod output;

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use emulator::format::base64;
use emulator::{JujuVersion, SecretId};
use jiff::Timestamp;
use serde_json::Value;

use self::args::{
    AddSecretArgs, GrantSecretArgs, RemoveSecretArgs, RevokeSecretArgs, SecretSource, SecretValue, SecretsArgs,
    ShowSecretArgs, UpdateSecretArgs,
};
use self::output::{SecretAccess, SecretContent, SecretInfo, SecretRevision};
use crate::client::{Client, print, settings};
use crate::format::Instant;
use crate::store::application;
use crate::store::database::now;
use crate::store::model::Model;
use crate::store::secret::{self, Content, Revision, Secret, USER_OWNER};

/// Run `juju add-secret`.
pub fn add(client: &mut Client, args: &AddSecretArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let content = content(&args.source)?.context("missing secret value or filename")?;
    let id = SecretId::unique();
    let mut secret = Secret::new(id.as_str(), USER_OWNER);
    secret.name.clone_from(&args.name);
    secret.description = args.source.info.clone().unwrap_or_default();
    secret.revisions.insert(1, Revision { content, created: now(), expires: None });
    client.store.write(|db| {
        if secret::all(db, &model.uuid)?.values().any(|secret| secret.owner == USER_OWNER && secret.name == args.name) {
            bail!("secret with name {:?} already exists", args.name);
        }
        Ok(secret::save(db, &model.uuid, &secret)?)
    })?;
    print(&format!("{}\n", id.uri()), None)?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju update-secret`.
pub fn update(client: &mut Client, args: &UpdateSecretArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let content = content(&args.source)?;
    if content.is_none() && args.source.info.is_none() && args.name.is_none() && args.auto_prune.is_none() {
        bail!("at least one attribute to update must be specified");
    }
    change(client, &model, &args.secret, |secret| {
        if let Some(content) = content {
            let same = secret.revisions.values().next_back().is_some_and(|latest| latest.content == content);
            if !same {
                secret
                    .revisions
                    .insert(secret.latest_revision() + 1, Revision { content, created: now(), expires: None });
            }
        }
        if let Some(info) = &args.source.info {
            secret.description.clone_from(info);
        }
        if let Some(name) = &args.name {
            secret.name.clone_from(name);
        }
        secret.auto_prune = args.auto_prune.unwrap_or(secret.auto_prune);
        prune(secret);
        Ok(())
    })
}

/// Remove revisions that have no readers, if the secret is pruned automatically.
fn prune(secret: &mut Secret) {
    if secret.auto_prune {
        for revision in secret.obsolete_revisions() {
            secret.revisions.remove(&revision);
        }
    }
}

/// Run `juju grant-secret`.
pub fn grant(client: &mut Client, GrantSecretArgs { args }: &GrantSecretArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    check_applications(client, &model, &args.applications)?;
    change(client, &model, &args.secret, |secret| {
        secret.grants.extend(args.applications.iter().map(|name| (name.clone(), None)));
        Ok(())
    })
}

/// Run `juju revoke-secret`.
pub fn revoke(client: &mut Client, RevokeSecretArgs { args }: &RevokeSecretArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    check_applications(client, &model, &args.applications)?;
    change(client, &model, &args.secret, |secret| {
        secret.grants.retain(|name, _| !args.applications.contains(name));
        Ok(())
    })
}

/// Run `juju remove-secret`.
pub fn remove(client: &mut Client, args: &RemoveSecretArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    change(client, &model, &args.secret, |secret| {
        match args.revision {
            Some(revision) => {
                secret
                    .revisions
                    .remove(&revision)
                    .with_context(|| format!("secret revision {}/{revision} not found", secret.id))?;
            }
            None => secret.revisions.clear(),
        }
        Ok(())
    })
}

fn check_applications(client: &Client, model: &Model, names: &[String]) -> anyhow::Result<()> {
    for name in names {
        if application::find(client.store.db(), &model.uuid, name)?.is_none() {
            bail!("application {name:?} not found");
        }
    }
    Ok(())
}

/// Change a user's secret, and let its readers run their hooks.
fn change(
    client: &mut Client,
    model: &Model,
    name: &str,
    change: impl FnOnce(&mut Secret) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    client.store.write(|db| {
        let mut found = secret::find(db, &model.uuid, name)?.with_context(|| format!("secret {name:?} not found"))?;
        if found.owner != USER_OWNER {
            bail!("secret {name:?} belongs to {}: only its charm can change it", found.owner);
        }
        change(&mut found)?;
        found.updated = now();
        Ok(secret::save(db, &model.uuid, &found)?)
    })?;
    client.settle(model)?;
    Ok(ExitCode::SUCCESS)
}

/// The content from the words and the file; `None` without them.
fn content(source: &SecretSource) -> anyhow::Result<Option<Content>> {
    let mut content = BTreeMap::new();
    if let Some(path) = &source.file {
        // The YAML library's errors could quote the secret.
        let fields = ops_metadata::parse_yaml(&settings::read(path)?)
            .map_err(|_| anyhow::anyhow!("{} is not valid YAML", path.display()))?;
        let Value::Object(fields) = fields else { bail!("{} is not a map of keys and values", path.display()) };
        for (key, value) in fields {
            let text = match value {
                Value::String(text) => text,
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                _ => bail!("value of key {key:?} is not text"),
            };
            insert_value(&mut content, &key, text.into_bytes());
        }
    }
    for word in &source.content {
        let bytes = match &word.value {
            SecretValue::Text(text) => text.clone().into_bytes(),
            SecretValue::Base64(text) => {
                base64::decode(text).map_err(|_| anyhow::anyhow!("value of key {:?} is not Base64", word.key))?
            }
            SecretValue::File(path) => {
                fs::read(path).with_context(|| format!("cannot read content from {}", path.display()))?
            }
        };
        insert_value(&mut content, &word.key, bytes);
    }
    Ok((!content.is_empty()).then_some(Content(content)))
}

fn insert_value(content: &mut BTreeMap<String, String>, key: &str, bytes: Vec<u8>) {
    match String::from_utf8(bytes) {
        Ok(text) => content.insert(key.to_owned(), text),
        Err(error) => content.insert(format!("{key}#base64"), base64::encode(error.as_bytes())),
    };
}

/// Run `juju secrets`.
pub fn list(client: &mut Client, args: &SecretsArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let found = secret::all(client.store.db(), &model.uuid)?;
    let has_owner = |secret: &&Secret| args.owner.as_ref().is_none_or(|owner| *owner == owner_tag(secret, &model));
    let shown: BTreeMap<String, SecretInfo> =
        found.values().filter(has_owner).map(|secret| (secret.id.clone(), info(secret, model.juju))).collect();
    print(&output::secrets(&shown, args.output.format(), Timestamp::now()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-secret`.
pub fn show(client: &mut Client, args: &ShowSecretArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let found = secret::find(client.store.db(), &model.uuid, &args.secret)?
        .with_context(|| format!("secret {:?} not found", args.secret))?;
    let mut shown = info(&found, model.juju);
    if args.reveal {
        let number = args.revision.unwrap_or(found.latest_revision());
        let revision = found.revisions.get(&number);
        let revision = revision.with_context(|| format!("secret revision {}/{number} not found", found.id))?;
        shown.content = Some(SecretContent::new(decode(&revision.content), args.output.format()));
    }
    if args.revisions {
        shown.revisions = found
            .revisions
            .iter()
            .map(|(number, revision)| SecretRevision {
                revision: number.unsigned_abs(),
                backend: "internal".to_owned(),
                created: Instant(timestamp(model.juju, revision.created)),
                updated: Instant(timestamp(model.juju, revision.created)),
                expires: revision.expires.map(|time| Instant(timestamp(model.juju, time))),
            })
            .collect();
    }
    shown.access = found
        .grants
        .iter()
        .map(|(grantee, relation)| SecretAccess {
            target: entity_tag(grantee),
            scope: match relation {
                Some(relation) => relation_tag(client, &model, *relation),
                None => format!("model-{}", model.uuid),
            },
            role: "view".to_owned(),
        })
        .collect();
    let text = output::show_secret(&BTreeMap::from([(found.id, shown)]), args.output.format());
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// The tag of the relation that a grant depends on.
fn relation_tag(client: &Client, model: &Model, id: i64) -> String {
    let found = crate::store::relation::find(client.store.db(), &model.uuid, id).ok().flatten();
    let key = found.map_or_else(|| id.to_string(), |relation| relation.key());
    format!("relation-{}", key.replace(':', ".").replace(' ', "#"))
}

fn decode(content: &Content) -> BTreeMap<String, String> {
    let decode = |(key, value): (&String, &String)| match key.strip_suffix("#base64") {
        Some(key) => {
            let bytes = base64::decode(value).unwrap_or_default();
            (key.to_owned(), String::from_utf8_lossy(&bytes).into_owned())
        }
        None => (key.clone(), value.clone()),
    };
    content.0.iter().map(decode).collect()
}

fn owner_tag(secret: &Secret, model: &Model) -> String {
    match secret.owner.as_str() {
        USER_OWNER => format!("model-{}", model.uuid),
        owner => entity_tag(owner),
    }
}

/// The tag of a unit or an application.
fn entity_tag(name: &str) -> String {
    if name.contains('/') { format!("unit-{}", name.replace('/', "-")) } else { format!("application-{name}") }
}

/// A secret's time. Juju 3.6 stores whole seconds: `nowToTheSecond` in state/secrets.go.
fn timestamp(juju: JujuVersion, millis: i64) -> Timestamp {
    let millis = if juju.is_4() { millis } else { millis - millis.rem_euclid(1000) };
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

fn info(secret: &Secret, juju: JujuVersion) -> SecretInfo {
    let owner = if secret.owner == USER_OWNER { "<model>" } else { &secret.owner };
    SecretInfo {
        expires: secret.expires.map(|time| Instant(timestamp(juju, time))),
        rotation: secret.rotation.clone(),
        rotates: secret.next_rotation.map(|time| Instant(timestamp(juju, time))),
        description: secret.description.clone(),
        name: secret.name.clone(),
        label: secret.label.clone(),
        ..SecretInfo::new(
            secret.latest_revision().unsigned_abs(),
            owner,
            timestamp(juju, secret.created),
            timestamp(juju, secret.updated),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_secrets_are_whole_seconds_on_juju_3_6() {
        assert_eq!(timestamp(JujuVersion::V3_6, 1_795_666_535_999).to_string(), "2026-11-26T04:15:35Z");
        assert_eq!(timestamp(JujuVersion::V4_0, 1_795_666_535_999).to_string(), "2026-11-26T04:15:35.999Z");
    }
}
