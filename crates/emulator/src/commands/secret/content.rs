//! Parses and prints the content of secrets.

use std::collections::BTreeMap;

use crate::command_line::call::Call;
use crate::command_line::failure::Failure;
use crate::command_line::file;
use crate::format::{Value, base64};
use crate::go::quoted;
use crate::state::SecretContent;

/// The maximum size of a value, and of all values, base64-encoded, in bytes.
const MAX_SIZE: usize = 1_000_000;
/// The suffix of a key whose value is already encoded.
const ENCODED_SUFFIX: &str = "#base64";
/// The suffix of a key whose value is the path of a file.
const FILE_SUFFIX: &str = "#file";

/// Parse `key=value` arguments, with keys that may end in `#base64` or `#file`, and the file of `--file`, which takes
/// precedence.
pub(super) fn read(call: &Call<'_>, args: &[&str], path: &str) -> Result<SecretContent, Failure> {
    let mut raw = BTreeMap::new();
    for arg in args {
        // Base64 padding is not a separator.
        let Some(separator) = arg.trim_end_matches('=').find('=').filter(|at| *at > 0) else {
            return Err(Failure::usage(format!("key value {} not valid", quoted(arg))));
        };
        let (key, value) = (&arg[..separator], &arg[separator + 1..]);
        match key.strip_suffix(FILE_SUFFIX) {
            None => raw.insert(key.to_owned(), value.as_bytes().to_vec()),
            Some(key) => {
                let content = file::read_absolute(call, value).map_err(|failure| Failure { code: 2, ..failure });
                let content = content
                    .map_err(|failure| failure.during(format!("reading content for secret key {}", quoted(key))))?;
                if content.len() > MAX_SIZE {
                    return Err(too_large(&format!(" in file {}", quoted(value)), content.len(), ""));
                }
                raw.insert(key.to_owned(), content)
            }
        };
    }
    let mut content = check(raw)?;
    if !path.is_empty() {
        let bytes = file::read_absolute(call, path).map_err(|failure| Failure { code: 2, ..failure })?;
        if bytes.len() > MAX_SIZE {
            return Err(too_large(&format!(" in file {}", quoted(path)), bytes.len(), ""));
        }
        let text = String::from_utf8_lossy(&bytes);
        let values =
            crate::command_line::key_value::read_text_map(&text).map_err(|error| Failure::usage(error.to_string()))?;
        let raw = values.into_iter().map(|(key, value)| (key, value.into_bytes())).collect();
        content.extend(check(raw)?);
    }
    Ok(SecretContent::new(content))
}

fn too_large(of: &str, size: usize, encoded: &str) -> Failure {
    Failure::usage(format!("{encoded}secret content{of} too large: {size} bytes"))
}

/// Check keys and sizes, and decode values that are text.
fn check(raw: BTreeMap<String, Vec<u8>>) -> Result<BTreeMap<String, String>, Failure> {
    let mut content = BTreeMap::new();
    let mut size = 0;
    for (key, value) in raw {
        let (key, encoded) = match key.strip_suffix(ENCODED_SUFFIX) {
            Some(key) => (key.to_owned(), String::from_utf8_lossy(&value).into_owned()),
            None => (key, base64::encode(&value)),
        };
        if !is_key(&key) {
            return Err(Failure::usage(format!("key {} not valid", quoted(&key))));
        }
        if encoded.len() > MAX_SIZE {
            return Err(too_large(&format!(" for key {}", quoted(&key)), encoded.len(), "base64 encoded "));
        }
        size += encoded.len();
        match base64::decode(&encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(text) => content.insert(key, text),
            None => content.insert(key + ENCODED_SUFFIX, encoded),
        };
    }
    if size > MAX_SIZE { Err(too_large("", size, "base64 encoded ")) } else { Ok(content) }
}

/// At least three lower-case letters and digits, starting with a letter, with single hyphens in between.
fn is_key(key: &str) -> bool {
    let is_alphanumeric = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let characters = key.bytes().filter(|c| *c != b'-').count();
    key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.bytes().all(|c| is_alphanumeric(c) || c == b'-')
        && !key.ends_with('-')
        && !key.contains("--")
        && characters >= 3
}

/// All keys and values.
pub(super) fn values(content: &SecretContent) -> Result<Value, Failure> {
    let values = content.expose_all().map(|(key, value)| match key.strip_suffix(ENCODED_SUFFIX) {
        None => Ok((key.to_owned(), value.into())),
        Some(key) => Ok((key.to_owned(), decoded(value)?)),
    });
    Ok(Value::Map(values.collect::<Result<_, _>>()?))
}

/// The value of one key; encoded if the key ends in `#base64`.
pub(super) fn value(content: &SecretContent, key: &str) -> Result<Value, Failure> {
    let (key, encoded) = key.strip_suffix(ENCODED_SUFFIX).map_or((key, false), |key| (key, true));
    let binary = content.expose(&format!("{key}{ENCODED_SUFFIX}"));
    match (content.expose(key), binary) {
        (Some(value), _) if encoded => Ok(base64::encode(value.as_bytes()).into()),
        (Some(value), _) => Ok(value.into()),
        (None, Some(value)) if encoded => Ok(value.into()),
        (None, Some(value)) => decoded(value),
        (None, None) => Err(Failure::run(format!("secret key value {} not found", quoted(key)))),
    }
}

fn decoded(value: &str) -> Result<Value, Failure> {
    let bytes = base64::decode(value).map_err(|at| Failure::run(format!("illegal base64 data at input byte {at}")))?;
    Ok(String::from_utf8(bytes).map_or_else(|error| Value::Binary(error.into_bytes()), Value::Text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_follow_jujus_rules() {
        for key in ["abc", "a12", "a-b-c", "username", "a1-b"] {
            assert!(is_key(key), "{key}");
        }
        for key in ["", "ab", "a-b", "1abc", "Abc", "abc-", "a--bc", "a_bc", "abc d"] {
            assert!(!is_key(key), "{key}");
        }
    }
}
