//! `key=value` arguments, and files of them.

use std::collections::BTreeMap;

use ops_metadata::TextMapError;

use super::failure::Failure;
use super::invocation::Invocation;
use super::spec::File;
use crate::go::quoted;

/// Read `key=value` arguments. Spaces around keys and values are dropped.
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

/// Read `key=value` arguments, and the YAML file that the flag `file` names; arguments win.
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

/// Read a YAML map of scalars, each taken as the text that it is written with.
pub(crate) fn read_text_map(text: &str) -> Result<BTreeMap<String, String>, TextMapError> {
    // JSON is YAML, and what programs write: it is read a lot faster as what it is.
    match text.starts_with('{').then(|| serde_json::from_str(text)) {
        Some(Ok(map)) => Ok(map),
        _ => ops_metadata::parse_text_map(text),
    }
}
