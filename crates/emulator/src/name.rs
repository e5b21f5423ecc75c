//! Names that Juju takes.

/// Whether `name` could be an application's: words of lower case letters and digits, joined by hyphens, the first
/// starting with a letter, and none after a hyphen a number.
#[must_use]
pub fn is_application(name: &str) -> bool {
    name.split('-').enumerate().all(|(index, word)| {
        let letters = word.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let starts = index > 0 || word.starts_with(|c: char| c.is_ascii_lowercase());
        letters && starts && word.bytes().any(|c| c.is_ascii_lowercase())
    })
}

/// Whether `name` could be a unit's: an application's name and a number.
#[must_use]
pub fn is_unit(name: &str) -> bool {
    name.split_once('/').is_some_and(|(app, number)| {
        let digits = !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit());
        is_application(app) && digits && (number == "0" || !number.starts_with('0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_names_of_applications_and_units() {
        for name in ["app", "my-app", "a1", "a-1b", "remote-deadbeef"] {
            assert!(is_application(name), "{name}");
            assert!(is_unit(&format!("{name}/0")) && is_unit(&format!("{name}/10")), "{name}");
        }
        for name in ["", "App", "1app", "app-1", "app-", "-app", "app/0", "a_b"] {
            assert!(!is_application(name), "{name}");
        }
        for name in ["app", "app/", "app/01", "app/x", "app/0/1"] {
            assert!(!is_unit(name), "{name}");
        }
    }
}
