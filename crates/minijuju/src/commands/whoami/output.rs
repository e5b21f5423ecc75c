//! The output of `juju whoami`.

use serde::Serialize;

use crate::format::{Tabular, table_or};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WhoAmI {
    pub controller: String,
    /// The current model; empty if there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    pub user: String,
}

/// `juju whoami`.
#[must_use]
pub fn whoami(who: &WhoAmI, format: Tabular) -> String {
    table_or(who, format, || {
        let model = if who.model.is_empty() { "<no-current-model>" } else { &who.model };
        format!("Controller:  {}\nModel:       {model}\nUser:        {}\n", who.controller, who.user)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoami_prints_the_controller_the_model_and_the_user() {
        let who = WhoAmI { controller: "minijuju".into(), model: String::new(), user: "admin".into() };
        assert_eq!(
            whoami(&who, Tabular::Tabular),
            "Controller:  minijuju\nModel:       <no-current-model>\nUser:        admin\n"
        );
        assert_eq!(whoami(&who, Tabular::Json), "{\"controller\":\"minijuju\",\"user\":\"admin\"}\n");
    }
}
