//! The code of `secrets.md`.

use ops::{
    Charm, ConfigChangedEvent, Framework, Model, RelationChangedEvent, RelationCreatedEvent, Rotate,
    SecretChangedEvent, SecretContent, SecretRemoveEvent, SecretRotateEvent, SecretUpdate,
};

use crate::on;

const LABEL: &str = "admin";

/// A charm that has a password, and lets related applications see it.
#[derive(Debug, Default)]
pub struct OwnerCharm;

impl Charm for OwnerCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::website_relation_created(), Self::on_website_created);
        framework.observe(on::secret_rotate(), Self::on_secret_rotate);
        framework.observe(on::secret_remove(), Self::on_secret_remove);
    }
}

impl OwnerCharm {
    fn on_website_created(&mut self, event: &RelationCreatedEvent, model: &Model) -> anyhow::Result<()> {
        if !model.unit().is_leader()? {
            return Ok(());
        }
        let content = SecretContent::new([("username", "admin"), ("password", &new_password())]);
        let options = SecretUpdate::default().label(LABEL).rotate(Rotate::Monthly);
        let secret = model.app().add_secret(&content, &options)?;
        secret.grant(&event.relation)?;
        Ok(event.relation.app_data().set("credentials", &secret.id()?)?)
    }

    fn on_secret_rotate(&mut self, event: &SecretRotateEvent, _model: &Model) -> anyhow::Result<()> {
        let content = SecretContent::new([("username", "admin"), ("password", &new_password())]);
        Ok(event.secret.set_content(&content)?)
    }

    fn on_secret_remove(&mut self, event: &SecretRemoveEvent, _model: &Model) -> anyhow::Result<()> {
        Ok(event.remove_revision()?)
    }
}

fn new_password() -> String {
    "correct horse battery staple".to_owned()
}

#[ops::config]
struct Config {
    api_key: Option<String>,
}

/// A charm that uses the password of another, and an API key of the operator's.
#[derive(Debug, Default)]
pub struct UserCharm {
    credentials: Option<SecretContent>,
    api_key: Option<SecretContent>,
}

impl Charm for UserCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::database_relation_changed(), Self::on_database_changed);
        framework.observe(on::secret_changed(), Self::on_secret_changed);
        framework.observe(on::config_changed(), Self::on_config_changed);
    }
}

impl UserCharm {
    fn on_database_changed(&mut self, event: &RelationChangedEvent, model: &Model) -> anyhow::Result<()> {
        if let Some(id) = event.relation.data(&event.app).get("credentials")? {
            self.credentials = Some(model.secret(&id).with_label("database").get()?);
        }
        Ok(())
    }

    fn on_secret_changed(&mut self, event: &SecretChangedEvent, _model: &Model) -> anyhow::Result<()> {
        let content = event.secret.refresh()?;
        match event.secret.label() {
            Some("database") => self.credentials = Some(content),
            _ => self.api_key = Some(content),
        }
        Ok(())
    }

    fn on_config_changed(&mut self, _event: &ConfigChangedEvent, model: &Model) -> anyhow::Result<()> {
        if let Some(id) = model.load_config::<Config>()?.api_key {
            self.api_key = match model.secret(&id).refresh() {
                Ok(content) => Some(content),
                // It was removed, or `juju grant-secret` is still to come.
                Err(error) => {
                    tracing::warn!("{error}");
                    None
                }
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, Relation, Secret, State, on};

    use super::{LABEL, OwnerCharm, UserCharm};

    #[test]
    fn the_leader_grants_a_password_to_related_applications() {
        let mut ctx = Context::new(OwnerCharm);
        let relation = Relation::new("website").remote_app("shop");
        let state = State::default().with_leader(true).with_relation(relation.clone());
        let out = ctx.run(on::relation_created(&relation), state).unwrap();
        let secret = out.get_secret_by_label(LABEL).unwrap();
        assert!(secret.remote_grants[&relation.id].contains("shop"));
        assert_eq!(out.get_relation(relation.id).unwrap().local_app_data["credentials"], secret.id.uri_in(&out.model));
    }

    #[test]
    fn rotation_adds_a_revision_and_an_unused_one_is_removed() {
        let mut ctx = Context::new(OwnerCharm);
        let secret = Secret::new([("username", "admin"), ("password", "old")]).owned_by_app().label(LABEL);
        let state = State::default().with_leader(true).with_secret(secret.clone());
        let out = ctx.run(on::secret_rotate(&secret), state).unwrap();
        let secret = out.get_secret_by_label(LABEL).unwrap().clone();
        assert_eq!(secret.latest_revision(), 2);

        let out = ctx.run(on::secret_remove(&secret, 1), out).unwrap();
        assert_eq!(out.get_secret(&secret.id).unwrap().revisions.len(), 1);
    }

    #[test]
    fn a_new_revision_is_used_when_juju_says_that_there_is_one() {
        let mut ctx = Context::new(UserCharm::default());
        let secret = Secret::new([("password", "old")]).untracked();
        let relation = Relation::new("database").remote_app_data([("credentials", secret.id.uri())]);
        let state = State::default().with_secret(secret.clone()).with_relation(relation.clone());
        let mut out = ctx.run(on::relation_changed(&relation), state).unwrap();
        let password = |ctx: &Context<UserCharm>| {
            ctx.charm().credentials.as_ref().and_then(|content| content.expose("password").map(str::to_owned))
        };
        assert_eq!(password(&ctx).as_deref(), Some("old"));

        let secret = out.secrets.remove(0).latest_content([("password", "new")]);
        let out = out.with_secret(secret.clone());
        ctx.run(on::secret_changed(&secret), out).unwrap();
        assert_eq!(password(&ctx).as_deref(), Some("new"));
    }

    #[test]
    fn an_operator_s_secret_is_found_by_its_option() {
        let mut ctx = Context::new(UserCharm::default());
        let secret = Secret::new([("api-key", "abc")]).untracked();
        let state = State::default().with_config("api-key", secret.id.uri()).with_secret(secret);
        ctx.run(on::config_changed(), state).unwrap();
        assert_eq!(ctx.charm().api_key.as_ref().unwrap().expose("api-key"), Some("abc"));
    }
}
