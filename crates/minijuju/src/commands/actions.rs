//! `juju actions` and `juju show-action`.

use std::process::ExitCode;

use anyhow::Context as _;

use super::client::{Client, print};
use crate::charm;
use crate::cli::{Actions, ShowAction};
use crate::format;

/// Run `juju actions`.
pub fn list(client: &mut Client, args: &Actions) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let meta = charm::metadata(&client.application(&model, &args.application)?)?;
    if meta.actions.is_empty() {
        client.progress.say(&format!("No actions defined for {}.", args.application));
        return Ok(ExitCode::SUCCESS);
    }
    let text = if args.schema {
        let schemas = meta.actions.iter().map(|(name, action)| (name.clone(), action.params_schema())).collect();
        format::action_schemas(&schemas, args.format())
    } else {
        let descriptions = meta.actions.iter().map(|(name, action)| (name.clone(), action.description.clone()));
        format::actions(&descriptions.collect(), args.format())
    };
    print(&text, args.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-action`.
pub fn show(client: &mut Client, args: &ShowAction) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let meta = charm::metadata(&client.application(&model, &args.application)?)?;
    let action = meta.actions.get(&args.action);
    let action = action.with_context(|| format!("unknown action {:?}", args.action))?;
    print(&format::show_action(&action.description, &action.params_schema()), None)?;
    Ok(ExitCode::SUCCESS)
}
