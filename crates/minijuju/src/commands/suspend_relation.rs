//! `juju suspend-relation` and `juju resume-relation`: suspend relations to an offer.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::{Arguments, ModelOption, UsageError};
use crate::client::{Client, summary};
use crate::store::cross_model::{self, CrossModelRelation};
use crate::store::model::Model;
use crate::store::{Db, relation};

const SUSPEND_HELP: &str = "\
Details:
The relation must be between an offer of this model and an application of another model. Its units see its
end, with relation-departed and relation-broken, until it is resumed. `juju offers` shows its number.

Examples:
    juju suspend-relation 123
    juju suspend-relation 123 456 --message \"reason for suspending\"";

/// Suspend a relation to an offer.
#[derive(Debug, Clone, Args)]
#[command(after_help = SUSPEND_HELP)]
pub struct SuspendRelationArgs {
    /// Reason for suspension
    #[arg(long)]
    pub message: Option<String>,
    #[command(flatten)]
    pub relations: RelationIds,
}

impl Arguments for SuspendRelationArgs {
    const USAGE: Option<&str> = Some("<relation-id>[ <relation-id>...]");

    fn init(&mut self) -> Result<(), UsageError> {
        self.relations.init()
    }
}

const RESUME_HELP: &str = "\
Details:
The units on both sides join the relation again, with relation-joined and relation-changed.

Examples:
    juju resume-relation 123
    juju resume-relation 123 456";

/// Resume a suspended relation to an offer.
#[derive(Debug, Clone, Args)]
#[command(after_help = RESUME_HELP)]
pub struct ResumeRelationArgs {
    #[command(flatten)]
    pub relations: RelationIds,
}

impl Arguments for ResumeRelationArgs {
    const USAGE: Option<&str> = Some("<relation-id>[,<relation-id>]");

    fn init(&mut self) -> Result<(), UsageError> {
        self.relations.init()
    }
}

/// The arguments of both commands.
#[derive(Debug, Clone, Args)]
pub struct RelationIds {
    /// The relations' numbers
    #[arg(value_name = "relation-id")]
    words: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
    /// The parsed numbers.
    #[arg(skip)]
    pub ids: Vec<i64>,
}

impl RelationIds {
    fn init(&mut self) -> Result<(), UsageError> {
        self.ids = parse_ids(&self.words)?;
        Ok(())
    }
}

fn parse_ids(words: &[String]) -> Result<Vec<i64>, UsageError> {
    if words.is_empty() {
        return Err(UsageError::Rule("no relation ids specified"));
    }
    let parse = |word: &String| match word.trim().parse() {
        Ok(id) if id >= 0 => Ok(id),
        _ => Err(UsageError::NotValid { what: "relation ID", word: word.clone() }),
    };
    words.iter().map(parse).collect()
}

/// Run `juju suspend-relation`.
pub fn suspend(client: &mut Client, args: &SuspendRelationArgs) -> anyhow::Result<ExitCode> {
    set_suspended(client, &args.relations.ids, Some(args.message.as_deref().unwrap_or_default()))
}

/// Run `juju resume-relation`.
pub fn resume(client: &mut Client, args: &ResumeRelationArgs) -> anyhow::Result<ExitCode> {
    set_suspended(client, &args.relations.ids, None)
}

/// Suspend relations with a reason, or resume them. If some fail, the others are still changed.
fn set_suspended(client: &mut Client, ids: &[i64], reason: Option<&str>) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let done: Vec<anyhow::Result<String>> =
        ids.iter().map(|id| client.store.write(|db| set_one_suspended(db, &model, *id, reason))).collect();
    client.settle(&model)?;
    let mut errors = Vec::new();
    for done in done {
        match done {
            Ok(application) => summary::print_units(client, &model, &application)?,
            Err(error) => errors.push(format!("{error:#}")),
        }
    }
    if !errors.is_empty() {
        bail!(errors.join("\n"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Suspend or resume a relation. Returns its application in this model.
fn set_one_suspended(db: &Db, model: &Model, id: i64, reason: Option<&str>) -> anyhow::Result<String> {
    let uuid = &model.uuid;
    let found = relation::find(db, uuid, id)?.with_context(|| format!("relation {id} not found"))?;
    let all = cross_model::all(db, uuid)?;
    let offered = all.iter().find(|relation| relation.offerer.is_relation(uuid, id));
    let mut consumed = all.iter().filter(|relation| relation.consumer.is_relation(uuid, id));
    // Juju 4.0 lets both sides suspend it: `SetRemoteRelationSuspendedState` in domain/relation/state/remoterelation.go.
    let cross_model = offered.or_else(|| consumed.next().filter(|_| model.juju.is_4()));
    if found.suspended.is_some() != reason.is_some() {
        match cross_model {
            Some(cross_model) => relation::suspend_cross_model(db, uuid, cross_model, reason)?,
            None if model.juju.is_4() => bail!("relation must be a remote relation to be suspended"),
            None => bail!("cannot set suspend status for {:?} which is not associated with an offer", found.key()),
        }
    }
    let local_side = |relation: &CrossModelRelation| {
        if relation.offerer.model == *uuid { relation.offerer.clone() } else { relation.consumer.clone() }
    };
    Ok(cross_model.map(|relation| local_side(relation).application).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_are_named_by_their_numbers() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(parse_ids(&words(&["1", " 2 "])).unwrap(), [1, 2]);
        for (given, reason) in [
            (&[][..], "no relation ids specified"),
            (&["x"], r#"relation ID "x" not valid"#),
            (&["1", "-1"], r#"relation ID "-1" not valid"#),
        ] {
            assert_eq!(parse_ids(&words(given)).unwrap_err().to_string(), reason);
        }
    }
}
