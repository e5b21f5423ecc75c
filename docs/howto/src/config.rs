//! The code of `config.md`.

use anyhow::bail;
use ops::{Charm, CollectStatusEvent, ConfigChangedEvent, Error, Framework, Model, OrStatus as _, Status};
use serde::Deserialize;

use crate::on;

#[ops::config]
#[derive(Debug)]
struct Config {
    slug: Slug,
    workers: Option<u16>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Slug(String);

impl TryFrom<String> for Slug {
    type Error = anyhow::Error;

    fn try_from(slug: String) -> anyhow::Result<Self> {
        if slug.is_empty() || !slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            bail!("it must match the regex [a-z0-9-]+");
        }
        Ok(Self(slug))
    }
}

/// A charm that serves a site under a configured path.
#[derive(Debug, Default)]
pub struct SiteCharm {
    served: Option<String>,
}

impl Charm for SiteCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::config_changed(), Self::on_config_changed);
        framework.observe(on::collect_unit_status(), Self::on_collect_status);
    }
}

impl SiteCharm {
    fn on_config_changed(&mut self, _event: &ConfigChangedEvent, model: &Model) -> anyhow::Result<()> {
        let config = load(model)?;
        self.serve(&config.slug, config.workers);
        Ok(())
    }

    fn on_collect_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
        load(model)?;
        event.add_status(Status::active());
        Ok(())
    }

    fn serve(&mut self, slug: &Slug, workers: Option<u16>) {
        let workers = workers.map_or("all".to_owned(), |workers| workers.to_string());
        self.served = Some(format!("/{}/ with {workers} workers", slug.0));
    }
}

fn load(model: &Model) -> Result<Config, Error> {
    model.load_config().or_status(|error: &Error| Status::blocked(error.to_string()))
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, State, Status, on};

    use super::SiteCharm;

    #[test]
    fn the_site_is_served_under_the_slug() {
        let mut ctx = Context::new(SiteCharm::default());
        let out = ctx.run(on::config_changed(), State::default().with_config("slug", "shop")).unwrap();
        assert_eq!(ctx.charm().served.as_deref(), Some("/shop/ with all workers"));
        assert_eq!(out.unit_status, Status::active());
    }

    #[test]
    fn an_invalid_slug_blocks_the_unit() {
        let mut ctx = Context::new(SiteCharm::default());
        let out = ctx.run(on::config_changed(), State::default().with_config("slug", "foo/bar")).unwrap();
        assert_eq!(ctx.charm().served, None);
        assert_eq!(
            out.unit_status,
            Status::blocked("config option slug is \"foo/bar\": it must match the regex [a-z0-9-]+")
        );
    }

    #[test]
    fn too_many_workers_block_the_unit() {
        let mut ctx = Context::new(SiteCharm::default());
        let out = ctx.run(on::config_changed(), State::default().with_config("workers", 70_000)).unwrap();
        assert!(out.unit_status.message.starts_with("config option workers is 70000: "), "{:?}", out.unit_status);
    }
}
