//! `secret-get`, `secret-ids` and `secret-info-get`.

use super::content;
use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{FORMAT, OUTPUT, STRUCTURED_FORMAT, Switch, Text};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::go::quoted;
use crate::hook::Hook;
use crate::juju::Juju;
use crate::pending::{SecretChanges, SecretUpdate};
use crate::state::{SecretContent, SecretId, SecretOwner};

const LABEL: Text = Text::new(&["label"], "Specifies a label used to identify the secret in hooks.");
const INFO_LABEL: Text = Text::new(&["label"], "Specifies a label used to identify the secret.");
const PEEK: Switch = Switch::new(&["peek"], "Gets the latest revision once.");
const REFRESH: Switch = Switch::new(&["refresh"], "Gets the latest revision, now and in the future.");

pub(crate) static GET: Spec = Spec {
    name: "secret-get",
    args: "<ID> [key[#base64]]",
    purpose: "Gets the content of a secret.",
    doc: "Prints the content of a secret, or one value of it, by the secret's id or label.\n\n\
          The unit reads the revision that was the latest when it read the secret first. With\n\
          --peek it reads the latest once, with --refresh from now on.\n\n\
          An id together with --label gives the secret that label.",
    examples: &[
        "secret-get secret:9m4e2mr0ui3e8a215n4g",
        "secret-get secret:9m4e2mr0ui3e8a215n4g token#base64",
        "secret-get secret:9m4e2mr0ui3e8a215n4g --refresh",
        "secret-get secret:9m4e2mr0ui3e8a215n4g --label db-password",
    ],
    flags: &[STRUCTURED_FORMAT.0, LABEL.0, OUTPUT.0, PEEK.0, REFRESH.0],
    run: get,
    ..SPEC
};

pub(crate) static IDS: Spec = Spec {
    name: "secret-ids",
    args: "",
    purpose: "Prints secret IDs.",
    doc: "Prints the ids of the secrets that the unit owns, or its application if it leads it.",
    examples: &["secret-ids"],
    flags: &[FORMAT.0, OUTPUT.0],
    run: ids,
    ..SPEC
};

pub(crate) static INFO_GET: Spec = Spec {
    name: "secret-info-get",
    args: "<ID>",
    purpose: "Gets a secret's metadata info.",
    doc: "Prints what Juju knows of a secret of the unit or its application, without the\n\
          content, by the secret's id or label.",
    examples: &["secret-info-get secret:9m4e2mr0ui3e8a215n4g", "secret-info-get --label db-password"],
    flags: &[STRUCTURED_FORMAT.0, INFO_LABEL.0, OUTPUT.0],
    run: info_get,
    ..SPEC
};

/// The secret's ID, if given, and its label.
fn id_and_label<'a>(invocation: &Invocation<'a>, label: Text) -> Result<(Option<SecretId>, &'a str), Failure> {
    let id = invocation.args().first().map(|arg| {
        arg.parse::<SecretId>().map_err(|_| Failure::usage(format!("secret URI {} not valid", quoted(arg))))
    });
    let (id, label) = (id.transpose()?, invocation.text(label));
    if id.is_none() && label.is_empty() {
        return Err(Failure::usage("require either a secret URI or label"));
    }
    Ok((id, label))
}

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let (id, label) = id_and_label(invocation, LABEL)?;
    let mode = match (invocation.is_set(PEEK), invocation.is_set(REFRESH)) {
        (true, true) => return Err(Failure::usage("specify one of --peek or --refresh but not both")),
        (true, false) => ReadMode::Peek,
        (false, true) => ReadMode::Refresh,
        (false, false) => ReadMode::Tracked,
    };
    invocation.no_args_from(2)?;
    let content = read(juju, id, label, mode)?;
    let value = match invocation.args().get(1).copied().unwrap_or_default() {
        "" => content::values(&content)?,
        key => {
            content::values(&content)?;
            content::value(&content, key)?
        }
    };
    invocation.write(&value)
}

/// Which revision to read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadMode {
    /// The one that the unit reads until it asks for a newer one.
    Tracked,
    /// The latest, which the unit reads from now on.
    Refresh,
    /// The latest, once.
    Peek,
}

fn read(juju: &mut Juju, id: Option<SecretId>, label: &str, mode: ReadMode) -> Result<SecretContent, Failure> {
    let changes = &mut juju.pending.secrets;
    let relabel = id.is_some() && !label.is_empty();
    let by_label = || {
        let created = changes.creates.iter().map(|(id, (_, secret))| (id, secret));
        let mut labelled = created.chain(&changes.updates);
        let renamed = labelled.find(|(_, secret)| secret.label.as_deref() == Some(label)).map(|(id, _)| id);
        renamed.or_else(|| juju.state.get_secret_by_label(label).map(|secret| &secret.id)).cloned()
    };
    let by_id = id.is_some();
    let Some(id) = id.or_else(by_label) else {
        let what = if juju.hook.version.is_4() { "secret URI for consumer label" } else { "consumer label" };
        return Err(Failure::run(format!("{what} {} not found", quoted(label))));
    };
    // Juju's database still has the old label and content of a secret that this hook renamed.
    let renamed = |update: &SecretUpdate| update.label.as_ref().is_some_and(|new| new != label);
    let by_old_label = !by_id && changes.updates.get(&id).is_some_and(renamed);
    if relabel {
        if let Some((_, secret)) = changes.creates.get_mut(&id) {
            secret.label = Some(label.to_owned());
        } else if let Some(update) = changes.updates.get_mut(&id).filter(|_| mode != ReadMode::Tracked) {
            update.label = Some(label.to_owned());
        }
    }
    if !by_old_label && let Some(content) = pending_content(changes, &id, mode) {
        return Ok(content);
    }
    let leader = juju.state.leader;
    let label_holder =
        juju.state.secrets.iter().find(|secret| secret.id != id && secret.label.as_deref() == Some(label));
    let label_holder = label_holder.map(|secret| secret.owner);
    let Some(secret) = juju.state.secrets.iter_mut().find(|secret| secret.id == id) else {
        return Err(Failure::run(format!("secret {} not found", quoted(&id.uri()))));
    };
    if secret.revoked {
        return Err(Failure::run(if juju.hook.version.is_4() {
            format!("{} is not allowed to read this secret", quoted(&juju.hook.unit))
        } else {
            "permission denied".to_owned()
        }));
    }
    // Labels and the tracked revision change at once, whether or not the hook succeeds.
    if relabel && (secret.owner != Some(SecretOwner::Application) || leader) && secret.label.as_deref() != Some(label) {
        if let Some(holder) = label_holder {
            return Err(label_taken(&juju.hook, label, secret.owner, holder));
        }
        secret.label = Some(label.to_owned());
    }
    let latest = secret.latest_revision();
    if mode == ReadMode::Refresh || secret.tracked_revision.is_none() {
        secret.tracked_revision = Some(latest);
    }
    let revision = if mode == ReadMode::Peek { latest } else { secret.tracked_revision.unwrap_or(latest) };
    let content = secret.revisions.get(&revision).cloned();
    content.ok_or_else(|| Failure::run(format!("secret revision \"{id}/{revision}\" not found")))
}

/// The content of a secret that this hook has created or, unless the tracked revision is read, given a new revision.
fn pending_content(changes: &mut SecretChanges, id: &SecretId, mode: ReadMode) -> Option<SecretContent> {
    if let Some((_, secret)) = changes.creates.get(id) {
        return secret.content.clone();
    }
    let content = changes.updates.get(id).filter(|_| mode != ReadMode::Tracked)?.content.clone();
    if mode == ReadMode::Refresh {
        changes.track_latest.insert(id.clone());
    }
    content
}

/// The error if another secret already has the label. The application, this unit as an owner, and this unit as a
/// reader share one set of labels (`uniqueSecretOwnerLabelOps` and `uniqueSecretConsumerLabelOps` of Juju's state). An
/// owner of `None` is another application or unit.
fn label_taken(hook: &Hook, label: &str, owner: Option<SecretOwner>, holder: Option<SecretOwner>) -> Failure {
    let (app, label) = (hook.app(), quoted(label));
    let unit = format!("unit-{}", hook.unit.replace('/', "-"));
    let holder = match (owner, holder) {
        (Some(SecretOwner::Application), Some(SecretOwner::Application)) => format!("owner \"application-{app}\""),
        (Some(SecretOwner::Application), _) => format!("a unit of application \"{app}\""),
        (_, Some(SecretOwner::Application)) => format!("application \"{app}\""),
        (_, Some(_)) => format!("owner \"{unit}\""),
        (_, None) => format!("consumer \"{unit}\""),
    };
    let failure = Failure::run(format!("secret label {label} for {holder} already exists"));
    if owner.is_none() { failure.during("getting latest secret revision") } else { failure }
}

fn ids(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.no_args_from(0)?;
    let created = juju.pending.secrets.creates.keys();
    let mut ids: Vec<String> =
        juju.owned_secrets().map(|secret| &secret.id).chain(created).map(ToString::to_string).collect();
    ids.sort();
    invocation.write(&if ids.is_empty() { Value::NilLines } else { Value::Lines(ids) })
}

fn info_get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let (id, label) = id_and_label(invocation, INFO_LABEL)?;
    if id.is_some() && !label.is_empty() {
        return Err(Failure::usage("specify either a secret URI or label but not both"));
    }
    invocation.no_args_from(1)?;
    let matches = |other: &SecretId, other_label: Option<&str>| match &id {
        Some(id) => id == other,
        None => other_label == Some(label),
    };
    let value = created_info(juju, matches).or_else(|| owned_info(juju, matches));
    let Some((id, fields)) = value else {
        let name = id.as_ref().map_or(label, SecretId::as_str);
        return Err(Failure::run(format!("secret {} not found", quoted(name))));
    };
    invocation.write(&Value::Map(vec![(id, Value::Fields(fields))]))
}

/// A secret's ID, and the fields of its metadata.
type Info = (String, Vec<(String, Value)>);

/// The metadata of a secret that this hook has created.
fn created_info(juju: &Juju, matches: impl Fn(&SecretId, Option<&str>) -> bool) -> Option<Info> {
    let mut creates = juju.pending.secrets.creates.iter();
    let (id, (owner, secret)) = creates.find(|(id, (_, secret))| matches(id, secret.label.as_deref()))?;
    let mut fields = common_fields(1, secret.label.as_deref(), *owner, secret.description.as_deref());
    fields.extend(secret.rotate.map(|rotate| ("rotation".to_owned(), rotate.as_str().into())));
    fields.extend(secret.expire.map(|time| ("expiry".to_owned(), Value::Time(time))));
    Some((id.to_string(), fields))
}

/// The metadata of a secret that existed before.
fn owned_info(juju: &Juju, matches: impl Fn(&SecretId, Option<&str>) -> bool) -> Option<Info> {
    juju.owned_secrets().find_map(|secret| {
        let update = juju.pending.secrets.updates.get(&secret.id);
        let label = update.and_then(|update| update.label.as_ref()).or(secret.label.as_ref());
        if !matches(&secret.id, label.map(String::as_str)) {
            return None;
        }
        let description = update.and_then(|update| update.description.as_ref()).or(secret.description.as_ref());
        let owner = secret.owner.unwrap_or(SecretOwner::Unit);
        let mut fields =
            common_fields(secret.latest_revision(), label.map(String::as_str), owner, description.map(String::as_str));
        let rotate = update.and_then(|update| update.rotate).unwrap_or(secret.rotate);
        fields.push(("rotation".to_owned(), rotate.as_str().into()));
        let expire = update.and_then(|update| update.expire).or(secret.expire);
        fields.extend(expire.map(|time| ("expiry".to_owned(), Value::Time(time))));
        fields.extend(secret.next_rotate.map(|time| ("rotates".to_owned(), Value::Time(time))));
        let access = juju.secret_access(secret);
        if !access.is_empty() {
            fields.push(("access".to_owned(), Value::List(access)));
        }
        Some((secret.id.to_string(), fields))
    })
}

fn common_fields(
    revision: u32,
    label: Option<&str>,
    owner: SecretOwner,
    description: Option<&str>,
) -> Vec<(String, Value)> {
    let owner = if owner == SecretOwner::Unit { "unit" } else { "application" };
    let mut fields = vec![
        ("revision".to_owned(), Value::Int(i64::from(revision))),
        ("label".to_owned(), label.unwrap_or_default().into()),
        ("owner".to_owned(), owner.into()),
    ];
    let description = description.filter(|description| !description.is_empty());
    fields.extend(description.map(|description| ("description".to_owned(), description.into())));
    fields
}

#[cfg(test)]
mod tests;
