//! Encodes text for Juju: as an argument, or as YAML.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The maximum length of an argument on Linux, in bytes (`MAX_ARG_STRLEN`, see execve(2)), without the final NUL.
pub(super) const MAX_ARGUMENT_BYTES: usize = 128 * 1024 - 1;

/// The maximum length of messages in bytes. Nobody reads longer ones.
pub(super) const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// `text` as an argument: without NUL, and cut with a warning if it has more than `max` bytes.
pub(super) fn argument<'a>(what: &str, text: &'a str, max: usize) -> Cow<'a, str> {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if end < text.len() {
        tracing::warn!("{what} has {} bytes: only {end} are passed on", text.len());
    }
    without_nul(&text[..end])
}

/// `text` with NUL replaced by a character of one byte.
pub(super) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "?").into() } else { text.into() }
}

/// A map of strings as YAML for Juju. JSON is almost YAML: only control characters, which Juju's parser refuses, and
/// line breaks, which it folds into spaces, must be escaped too.
pub(super) fn yaml<'a>(map: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let json =
        map.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect::<serde_json::Value>().to_string();
    let special =
        |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    if !json.contains(special) {
        return json;
    }
    let mut yaml = String::with_capacity(json.len());
    for c in json.chars() {
        if special(c) {
            // Writing to a string does not fail.
            let _ = write!(yaml, "\\u{:04x}", u32::from(c));
        } else {
            yaml.push(c);
        }
    }
    yaml
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_character_can_be_read_back_from_yaml() {
        for c in (0..=0x11_0000)
            .filter_map(char::from_u32)
            .filter(|c| *c < '\u{3000}' || *c > '\u{f8ff}' && *c < '\u{10100}')
        {
            let map = BTreeMap::from([("key".to_owned(), format!("a{c}b")), (format!("k{c}"), String::new())]);
            let yaml = yaml(&map);
            assert_eq!(serde_json::from_str::<BTreeMap<String, String>>(&yaml).unwrap(), map);
            // The characters that go-yaml's reader accepts (readerc.go), without line breaks, which it would fold.
            let accepted = |c: char| {
                matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}')
                    || matches!(c, '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
            };
            assert!(yaml.chars().all(accepted), "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn text_is_cut_between_characters_and_has_no_nul() {
        assert_eq!(argument("it", "a\0é", 3), "a?");
        assert_eq!(argument("it", "a\0é", 4), "a?é");
        assert_eq!(argument("it", "", 4), "");
    }
}
