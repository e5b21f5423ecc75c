//! Text for the columns of a table that limit its length.

const ELLIPSIS: &str = "...";

/// Truncate a text to a length in bytes, as Juju does, but never within a character.
#[must_use]
pub fn truncate(text: &str, max_bytes: usize) -> String {
    if text.len() <= max_bytes {
        return text.to_owned();
    }
    let end = max_bytes.saturating_sub(ELLIPSIS.len());
    let end = (0..=end).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}{ELLIPSIS}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_ends_in_an_ellipsis() {
        assert_eq!(truncate("reloading", 9), "reloading");
        assert_eq!(truncate("reloading", 8), "reloa...");
    }

    #[test]
    fn a_character_is_never_split() {
        assert_eq!(truncate("xxääää", 7), "xxä...");
        assert_eq!(truncate("xxääää", 8), "xxä...");
    }
}
