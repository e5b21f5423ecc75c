//! Config.

use ops_metadata::ConfigType;

use super::{Scenario, listed};
use emulator::{ConfigValue, SecretId};

pub(super) fn check(scenario: &Scenario<'_>, problems: &mut Vec<String>) {
    for (name, value) in &scenario.state.config {
        let Some(option) = scenario.meta.config.get(name) else {
            let known = listed(scenario.meta.config.keys());
            problems.push(format!("the metadata defines no config option {name:?}: {known}"));
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
            let actual = value.type_name();
            problems.push(format!("config option {name:?} is of type {expected}: {value} is of type {actual}"));
        } else if expected == ConfigType::Secret {
            if scenario.version < (3, 4, 0) {
                let version = &scenario.unit.juju_version;
                problems.push(format!(
                    "config option {name:?} is of type secret, which Juju has since 3.4: this is {version}"
                ));
            }
            let text = value.to_string();
            let is_uri = text.starts_with("secret:") && text.parse::<SecretId>().is_ok();
            if !is_uri && !text.is_empty() {
                problems.push(format!(
                    "config option {name:?} is of type secret: its value is `secret:` and 20 lower case letters and \
                     digits, as Secret's id.uri() gives it"
                ));
            }
        }
    }
}
