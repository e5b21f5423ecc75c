//! Config.

use ops_metadata::ConfigType;

use super::{Scene, listed};
use emulator::{ConfigValue, SecretId};

pub(super) fn check(scene: &Scene<'_>, wrong: &mut Vec<String>) {
    for (name, value) in &scene.state.config {
        let Some(option) = scene.meta.config.get(name) else {
            let known = listed(scene.meta.config.keys());
            wrong.push(format!("the metadata defines no config option {name:?}: {known}"));
            continue;
        };
        let expected = option.option_type;
        let fits = matches!(
            (expected, value),
            (ConfigType::String | ConfigType::Secret, ConfigValue::Text(_))
                | (ConfigType::Int, ConfigValue::Int(_))
                | (ConfigType::Float, ConfigValue::Float(_) | ConfigValue::Int(_))
                | (ConfigType::Boolean, ConfigValue::Bool(_))
        );
        if !fits {
            let given = value.type_name();
            wrong.push(format!("config option {name:?} is of type {expected}: {value} is of type {given}"));
        } else if expected == ConfigType::Secret {
            if scene.version < (3, 4, 0) {
                let version = &scene.place.juju_version;
                wrong.push(format!(
                    "config option {name:?} is of type secret, which Juju has since 3.4: this is {version}"
                ));
            }
            let text = value.to_string();
            let is_uri = text.starts_with("secret:") && text.parse::<SecretId>().is_ok();
            if !is_uri && !text.is_empty() {
                wrong.push(format!(
                    "config option {name:?} is of type secret: its value is `secret:` and 20 lower case letters and \
                     digits, as Secret's id.uri() gives it"
                ));
            }
        }
    }
}
