//! `juju config`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::client::{Client, print};
use super::settings::{self, Given, TRUST};
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
            let mut given = match file {
                Some(path) => settings::from_yaml(&meta, &found.name, &settings::read(path)?).context(REFUSED)?,
                None => Given::default(),
            };
            for (name, value) in set {
                let text = settings::text(name, value)?;
                given.set(&meta, name, &text).context(REFUSED)?;
            }
            for name in reset {
                if name == TRUST {
                    given.trust = Some(false);
                } else {
                    settings::option(&meta, name).context("updating application charm settings")?;
                }
            }
            client.write(|db| {
                let Some(mut now) = application::find(db, &model.uuid, &found.name)? else { return Ok(()) };
                now.config.retain(|name, _| !reset.contains(name));
                now.config.extend(given.options);
                now.trust = given.trust.unwrap_or(now.trust);
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
        application_config: [(TRUST.to_owned(), Setting::trust(found.trust))].into(),
        charm: found.charm.clone(),
        settings: settings.collect(),
    })
}
