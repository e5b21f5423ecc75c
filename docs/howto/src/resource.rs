//! The code of `resources.md`.

use std::fs;

use ops::{Charm, Framework, Model};

use crate::{on, resources};

/// A charm whose look is a file that comes beside it.
#[derive(Debug, Default)]
pub struct ThemedCharm {
    theme: String,
}

impl Charm for ThemedCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::install(), Self::apply_theme);
        framework.observe(on::upgrade_charm(), Self::apply_theme);
    }
}

impl ThemedCharm {
    fn apply_theme<E>(&mut self, _event: &E, model: &Model) -> anyhow::Result<()> {
        self.theme = match model.resource(resources::THEME) {
            Ok(path) => fs::read_to_string(path)?,
            Err(error) => {
                tracing::info!("the plain theme is used: {error}");
                String::new()
            }
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, Resource, State, on};

    use super::ThemedCharm;

    #[test]
    fn the_theme_comes_from_the_resource() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "body { color: red }").unwrap();
        let mut ctx = Context::new(ThemedCharm::default());
        let state = State::default().with_resource(Resource::new("theme", file.path().to_str().unwrap()));
        ctx.run(on::install(), state).unwrap();
        assert_eq!(ctx.charm().theme, "body { color: red }");
    }

    #[test]
    fn without_a_resource_the_theme_is_plain() {
        let mut ctx = Context::new(ThemedCharm { theme: "old".to_owned() });
        ctx.run(on::upgrade_charm(), State::default()).unwrap();
        assert_eq!(ctx.charm().theme, "");
    }
}
