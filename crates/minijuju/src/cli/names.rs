//! Juju's rules for names.

/// `tinyproxy`, `my-app`: lowercase letters and digits that start with a letter. After each hyphen a word follows that
/// is not a number.
#[must_use]
pub fn is_application(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.split('-').enumerate().all(|(place, word)| {
            !word.is_empty()
                && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
                && (place == 0 || word.chars().any(|c| c.is_ascii_lowercase()))
        })
}

/// `tinyproxy/0`.
#[must_use]
pub fn is_unit(name: &str) -> bool {
    name.split_once('/').is_some_and(|(application, number)| is_application(application) && is_number(number))
}

/// A unit, or `tinyproxy/leader`.
pub fn is_unit_or_leader(name: &str) -> bool {
    is_unit(name) || name.strip_suffix("/leader").is_some_and(is_application)
}

/// `0`, or `0/lxd/1`.
#[must_use]
pub fn is_machine(name: &str) -> bool {
    let mut parts = name.split('/');
    if !parts.next().is_some_and(is_number) {
        return false;
    }
    loop {
        match (parts.next(), parts.next()) {
            (None, _) => return true,
            (Some(kind), Some(number))
                if !kind.is_empty() && kind.chars().all(|c| c.is_ascii_lowercase()) && is_number(number) => {}
            _ => return false,
        }
    }
}

/// `testing-1`: lowercase letters, digits and hyphens.
#[must_use]
pub fn is_model(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// An action, or a key of its parameters: starts and ends with a lowercase letter or digit, with hyphens in between.
pub fn is_action(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(plain) && name.ends_with(plain) && name.chars().all(|c| plain(c) || c == '-')
}

/// `0`, `17`, without leading zeros.
pub fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

/// Why an application cannot have a name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationNameError {
    #[error("invalid application name {0:?}")]
    Invalid(String),
    #[error("invalid application name {0:?}, unexpected uppercase character")]
    Uppercase(String),
    #[error("invalid application name {0:?}, unexpected character {1}")]
    Character(String, char),
    /// It would look like a unit's name.
    #[error("invalid application name {0:?}, unexpected number(s) found after last hyphen")]
    Number(String),
}

/// Check the name of an existing application.
pub fn check_application_name(name: &str) -> Result<(), ApplicationNameError> {
    if is_application(name) { Ok(()) } else { Err(ApplicationNameError::Invalid(name.to_owned())) }
}

/// Check the name for a new application. The error says what is wrong with it.
pub fn check_new_application_name(name: &str) -> Result<(), ApplicationNameError> {
    if is_application(name) {
        return Ok(());
    }
    let name = name.to_owned();
    Err(if name.chars().any(|c| c.is_ascii_uppercase()) {
        ApplicationNameError::Uppercase(name)
    } else if let Some(unexpected) = name.chars().find(|c| !c.is_ascii_lowercase() && !c.is_ascii_digit() && *c != '-')
    {
        ApplicationNameError::Character(name, unexpected)
    } else if name.rsplit_once('-').is_some_and(|(_, last)| is_digits(last)) {
        ApplicationNameError::Number(name)
    } else {
        ApplicationNameError::Invalid(name)
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_name_is_words_joined_by_hyphens() {
        for name in ["a", "tinyproxy", "my-app", "app2", "a1-b2"] {
            assert!(is_application(name), "{name}");
        }
        for name in ["", "2app", "app-1", "App", "app-", "-app", "a_b", "app--x", "ap p", "äpp"] {
            assert!(!is_application(name), "{name}");
        }
    }

    #[test]
    fn an_invalid_application_name_is_refused_with_the_reason() {
        assert_eq!(
            check_new_application_name("burble-1").unwrap_err().to_string(),
            r#"invalid application name "burble-1", unexpected number(s) found after last hyphen"#
        );
        assert_eq!(
            check_new_application_name("Burble-1").unwrap_err().to_string(),
            r#"invalid application name "Burble-1", unexpected uppercase character"#
        );
        assert_eq!(
            check_new_application_name("bu£rble").unwrap_err().to_string(),
            r#"invalid application name "bu£rble", unexpected character £"#
        );
        assert_eq!(check_new_application_name("burble"), Ok(()));
    }

    #[test]
    fn units_and_machines_have_numbers() {
        assert!(is_unit("tinyproxy/0") && is_unit("a-b/12"));
        assert!(!is_unit("tinyproxy") && !is_unit("tinyproxy/01") && !is_unit("tinyproxy/") && !is_unit("/0"));
        assert!(is_machine("0") && is_machine("0/lxd/1"));
        assert!(!is_machine("") && !is_machine("x") && !is_machine("0/lxd") && !is_machine("00"));
    }

    #[test]
    fn a_model_name_is_lowercase() {
        assert!(is_model("testing") && is_model("jubilant-1a2b") && is_model("0"));
        assert!(!is_model("") && !is_model("-x") && !is_model("Test") && !is_model("a_b"));
    }
}
