//! `key=value` arguments, on the command line or in a file.

use std::collections::BTreeMap;

use ops_metadata::TextMapError;

use super::failure::Failure;
use super::flag::File;
use super::invocation::Invocation;
use crate::go::quoted;

/// Parse `key=value` arguments. Spaces around keys and values are removed.
pub(crate) fn parse(args: &[&str]) -> Result<BTreeMap<String, String>, Failure> {
    let mut values = BTreeMap::new();
    for arg in args.iter().filter(|arg| !arg.is_empty()) {
        let Some((key, value)) = arg.split_once('=') else {
            return Err(Failure::usage(format!("expected \"key=value\", got {}", quoted(arg))));
        };
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() {
            return Err(Failure::usage(format!("expected \"key=value\", got \"{key}={value}\"")));
        }
        if values.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::usage(format!("key {} specified more than once", quoted(key))));
        }
    }
    Ok(values)
}

/// Parse `key=value` arguments and the YAML file of the flag `file`. Arguments override the file.
pub(crate) fn parse_with_file(invocation: &Invocation<'_>, file: File) -> Result<BTreeMap<String, String>, Failure> {
    let values = parse(invocation.args())?;
    let Some(content) = invocation.file(file)? else { return Ok(values) };
    let mut all = read_yaml(&content)?;
    all.extend(values);
    Ok(all)
}

fn read_yaml(content: &[u8]) -> Result<BTreeMap<String, String>, Failure> {
    let text = std::str::from_utf8(content).map_err(|_| Failure::run("yaml: control characters are not allowed"))?;
    read_text_map(text).map_err(|error| Failure::run(error.to_string()))
}

/// Parse a YAML map of scalars. Each value is the text as written.
pub(crate) fn read_text_map(text: &str) -> Result<BTreeMap<String, String>, TextMapError> {
    // JSON is valid YAML, and what programs write. The JSON parser is much faster.
    match text.starts_with('{').then(|| serde_json::from_str(text)) {
        Some(Ok(map)) => Ok(map),
        _ => ops_metadata::parse_text_map(text),
    }
}
