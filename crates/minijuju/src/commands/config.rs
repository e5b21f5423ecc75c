//! `juju config`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::client::{Client, print};
use super::settings;
use crate::charm;
use crate::cli::{Config, ConfigAction};
use crate::format::{self, ApplicationConfig, Setting};
use crate::store::application::{self, Application};

/// What Juju puts before the reason for which it does not take options.
const REFUSED: &str = "parsing settings for application";

/// Run it.
pub fn run(client: &mut Client, args: &Config) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let found = client.application(&model, &args.application)?;
    let to = args.output.output.as_deref();
    match &args.action {
        ConfigAction::GetAll => print(&format::config(&shown(&found)?, args.output.format()), to)?,
        ConfigAction::GetOne(key) => match format::config_value(&shown(&found)?, key) {
            Ok(text) => print(&text, to)?,
            Err(why) => bail!(why),
        },
        ConfigAction::Change { file, set, reset } => {
            let meta = charm::metadata(&found)?;
            let mut changed = match file {
                Some(path) => settings::from_yaml(&meta, &found.name, &settings::read(path)?).context(REFUSED)?,
                None => BTreeMap::new(),
            };
            let mut trust = None;
            for (name, value) in set {
                let text = settings::text(name, value)?;
                if name == "trust" && !meta.config.contains_key(name) {
                    trust = Some(text == "true");
                } else {
                    let value = settings::option(&meta, name).and_then(|option| settings::parse(option, &text));
                    changed.insert(name.clone(), value.context(REFUSED)?);
                }
            }
            for name in reset {
                if name == "trust" && !meta.config.contains_key(name) {
                    trust = Some(false);
                } else {
                    settings::option(&meta, name).context("updating application charm settings")?;
                }
            }
            client.write(|db| {
                let Some(mut now) = application::find(db, &model.uuid, &found.name)? else { return Ok(()) };
                now.config.retain(|name, _| !reset.contains(name));
                now.config.extend(changed);
                now.trust = trust.unwrap_or(now.trust);
                application::save(db, &model.uuid, &now)
            })?;
            client.settle(&model)?;
            super::summary::units(client, &model, &found.name)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(found: &Application) -> anyhow::Result<ApplicationConfig> {
    let meta = charm::metadata(found)?;
    let settings = meta.config.values().map(|option| {
        let setting = Setting::new(
            option.option_type.to_string(),
            option.description.clone(),
            option.default.clone(),
            found.config.get(&option.name).cloned(),
        );
        (option.name.clone(), setting)
    });
    Ok(ApplicationConfig {
        application: found.name.clone(),
        application_config: [("trust".to_owned(), Setting::trust(found.trust))].into(),
        charm: found.charm.clone(),
        settings: settings.collect(),
    })
}
