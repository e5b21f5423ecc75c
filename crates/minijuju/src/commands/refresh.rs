//! `juju refresh`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::client::Client;
use super::{charms, integrate, resources, settings, storage, summary};
use crate::cli::Refresh;
use crate::store::{application, resource};

/// Run it.
pub fn run(client: &mut Client, args: &Refresh) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    client.application(&model, &args.application)?;
    let path = args.path.as_ref().with_context(|| {
        format!("{} was deployed from a local charm: say with --path which charm to refresh to", args.application)
    })?;
    let text = path.to_string_lossy();
    let path = if text.starts_with('/') || text.starts_with('.') { text.into_owned() } else { format!("./{text}") };
    let charm = charms::read(client, &path)?;
    let resources = resources::take(client, &charm.meta, &args.application, &args.resources)?;
    storage::check(&charm.meta, &args.storage)?;
    let refreshed = client.store.write(|db| {
        let mut found = application::find(db, &model.uuid, &args.application)?
            .with_context(|| format!("application {:?} not found", args.application))?;
        if found.charm != charm.meta.name {
            bail!(
                "cannot refresh {:?} to {:?}: the charm's name must stay {:?}",
                found.name,
                charm.meta.name,
                found.charm
            );
        }
        let given = settings::from_words(&charm.meta, &found.name, &args.config)?;
        found.revision = application::next_revision(db, &model.uuid, &found.charm)?;
        found.charm_version += 1;
        found.force_charm = args.force_units;
        let old = std::mem::replace(&mut found.archive, charm.archive.to_string_lossy().into_owned());
        found.metadata = charm.files.clone();
        // Options that the new charm does not have, or has with another type, are dropped.
        found
            .config
            .retain(|name, value| charm.meta.config.get(name).is_some_and(|option| option.option_type.takes(value)));
        found.config.extend(given.options);
        found.trust = args.trust.or(given.trust).unwrap_or(found.trust);
        resources.iter().try_for_each(|one| resource::set(db, &model.uuid, one))?;
        found.storage.extend(args.storage.iter().map(|pair| (pair.name.clone(), pair.value.clone())));
        application::save(db, &model.uuid, &found)?;
        integrate::add_peers(db, &model, &found, &charm.meta)?;
        Ok((found, old))
    });
    let (found, old) = refreshed.inspect_err(|_: &anyhow::Error| charm.discard())?;
    client.progress.say(&format!("Added local charm {:?}, revision {}, to the model", found.charm, found.revision));
    client.settle(&model)?;
    // Units that could not refresh yet take the new file later; nobody takes the old one any more.
    let _ = std::fs::remove_file(old);
    summary::units(client, &model, &found.name)?;
    Ok(ExitCode::SUCCESS)
}
