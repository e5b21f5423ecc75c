//! The output of `juju model-config`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::format::{Colours, Table, Tabular, json, table_or, yaml};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelOption {
    pub value: Value,
    /// `default`, `controller` or `model`.
    pub source: &'static str,
}

/// The same in JSON, where Juju does not rename the fields.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct JsonOption<'a> {
    value: &'a Value,
    source: &'static str,
}

/// `juju model-config`.
#[must_use]
pub fn model_config(options: &BTreeMap<String, ModelOption>, format: Tabular) -> String {
    if format == Tabular::Json {
        let options = options.iter().map(|(name, ModelOption { value, source })| (name, JsonOption { value, source }));
        return json(&options.collect::<BTreeMap<_, _>>());
    }
    table_or(options, format, || {
        let mut table = Table::new(Colours::Off);
        table.line(&["Attribute", "From", "Value"]);
        for (name, option) in options {
            let value = yaml(&option.value);
            table.line(&[name, option.source, value.trim_end_matches('\n')]);
        }
        table.finish()
    })
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{key:?} is not a key of the currently targeted model: {model:?}")]
pub struct UnknownOption {
    key: String,
    model: String,
}

/// `juju model-config KEY`: only the value, unless a document was requested.
pub fn model_config_value(
    options: &BTreeMap<String, ModelOption>,
    key: &str,
    model: &str,
    format: Tabular,
) -> Result<String, UnknownOption> {
    let option = options.get(key).ok_or_else(|| UnknownOption { key: key.to_owned(), model: model.to_owned() })?;
    Ok(match format {
        Tabular::Tabular => crate::format::smart(&option.value, crate::format::Smart::Smart),
        format => model_config(&BTreeMap::from([(key.to_owned(), option.clone())]), format),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_options_are_a_table_or_a_document() {
        let option = |value: Value, source| ModelOption { value, source };
        let options = BTreeMap::from([
            ("mode".to_owned(), option("requires-prompts".into(), "default")),
            ("test-mode".to_owned(), option(true.into(), "model")),
            ("ftp-proxy".to_owned(), option("".into(), "default")),
        ]);
        assert_eq!(
            model_config(&options, Tabular::Tabular),
            "\
Attribute  From     Value
ftp-proxy  default  \"\"
mode       default  requires-prompts
test-mode  model    true
"
        );
        assert!(model_config(&options, Tabular::Json).contains(r#""test-mode":{"Value":true,"Source":"model"}"#));
        assert!(model_config(&options, Tabular::Yaml).contains("test-mode:\n  value: true\n  source: model\n"));
        assert_eq!(model_config_value(&options, "test-mode", "m", Tabular::Tabular), Ok("True\n".into()));
        assert_eq!(
            model_config_value(&options, "x", "m", Tabular::Tabular).unwrap_err().to_string(),
            "\"x\" is not a key of the currently targeted model: \"m\""
        );
    }
}
