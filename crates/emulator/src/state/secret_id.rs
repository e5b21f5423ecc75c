//! Secret IDs.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::Model;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// The ID of a secret: 20 characters that encode 12 bytes, such as `9m4e2mr0ui3e8a215n4g`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SecretId(String);

/// Why a text is not a secret ID, in Juju's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} not valid")]
pub struct InvalidSecretId(String);

static COUNTER: AtomicU32 = AtomicU32::new(0);

impl SecretId {
    /// A new, unique ID.
    #[must_use]
    pub fn unique() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        // The time comes first, so that IDs sort by age. The rest distinguishes IDs of the same moment.
        let bits = (u128::from(now.as_secs() & 0xffff_ffff) << 64)
            | (u128::from(now.subsec_nanos()) << 32)
            | u128::from(std::process::id().rotate_left(16).wrapping_add(count));
        // 96 bits, and 4 bits of padding.
        let id = (0..20).rev().map(|place| char::from(ALPHABET[((bits << 4) >> (5 * place)) as usize & 31]));
        Self(id.collect())
    }

    /// The 20 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `secret:` followed by the ID.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("secret:{}", self.0)
    }

    /// The output of `secret-add` in a model: `secret://MODEL-UUID/ID`.
    #[must_use]
    pub fn uri_in(&self, model: &Model) -> String {
        format!("secret://{}/{}", model.uuid, self.0)
    }
}

impl FromStr for SecretId {
    type Err = InvalidSecretId;

    /// Parse an ID: alone, as `secret:ID`, or as `secret://MODEL-UUID/ID`.
    fn from_str(text: &str) -> Result<Self, InvalidSecretId> {
        let invalid = |what: &str, text: &str| InvalidSecretId(format!("{what} {}", crate::go::quoted(text)));
        let rest = match text.split_once(':') {
            Some(("secret", rest)) => rest,
            Some((scheme, _)) => return Err(invalid("secret URI scheme", scheme)),
            None => text,
        };
        let id = match rest.strip_prefix("//").and_then(|rest| rest.split_once('/')) {
            Some((host, _)) if !host.is_empty() && !is_uuid(host) => {
                return Err(invalid("host controller UUID", host));
            }
            Some((_, id)) => id,
            None => rest.trim_start_matches('/'),
        };
        let id = id.split_once('/').map_or(id, |(source, after)| if is_uuid(source) { after } else { id });
        let in_alphabet = id.len() == 20 && id.bytes().all(|c| ALPHABET.contains(&c));
        // Only one bit of the last character counts.
        if in_alphabet && id.ends_with(['0', 'g']) { Ok(Self(id.to_owned())) } else { Err(invalid("secret URI", text)) }
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.concat().bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SecretId {
    type Error = InvalidSecretId;

    fn try_from(text: String) -> Result<Self, InvalidSecretId> {
        text.parse()
    }
}

impl From<SecretId> for String {
    fn from(id: SecretId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_each_form() {
        let uuid = "deadbeef-1bad-500d-9000-4b1d0d06f00d";
        for text in ["9m4e2mr0ui3e8a215n4g", "secret:9m4e2mr0ui3e8a215n4g", "secret:/9m4e2mr0ui3e8a215n4g"] {
            assert_eq!(text.parse::<SecretId>().unwrap().as_str(), "9m4e2mr0ui3e8a215n4g");
        }
        let remote = format!("secret://{uuid}/9m4e2mr0ui3e8a215n4g");
        assert_eq!(remote.parse::<SecretId>().unwrap().as_str(), "9m4e2mr0ui3e8a215n4g");
    }

    #[test]
    fn invalid_ids_are_refused_in_jujus_words() {
        for (text, error) in [
            ("foo", r#"secret URI "foo" not valid"#),
            ("http:9m4e2mr0ui3e8a215n4g", r#"secret URI scheme "http" not valid"#),
            ("secret://host/9m4e2mr0ui3e8a215n4g", r#"host controller UUID "host" not valid"#),
            ("secret:9m4e2mr0ui3e8a215n4z", r#"secret URI "secret:9m4e2mr0ui3e8a215n4z" not valid"#),
        ] {
            assert_eq!(text.parse::<SecretId>().unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn new_ids_are_valid_and_sort_by_age() {
        let (one, two) = (SecretId::unique(), SecretId::unique());
        assert!(one < two, "{one:?} {two:?}");
        assert_eq!(one.uri().parse::<SecretId>().unwrap(), one);
    }
}
