//! Juju's rules for names.

/// Whether `name` is valid for an application: words of lower-case letters and digits, joined by hyphens. The first
/// word starts with a letter, and no word after a hyphen is a number.
#[must_use]
pub fn is_application(name: &str) -> bool {
    name.split('-').enumerate().all(|(index, word)| {
        let letters = word.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let starts = index > 0 || word.starts_with(|c: char| c.is_ascii_lowercase());
        letters && starts && word.bytes().any(|c| c.is_ascii_lowercase())
    })
}

/// Whether `name` is valid for a unit: an application's name, a slash and a number.
#[must_use]
pub fn is_unit(name: &str) -> bool {
    name.split_once('/').is_some_and(|(app, number)| {
        let digits = !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit());
        is_application(app) && digits && (number == "0" || !number.starts_with('0'))
    })
}

/// A UUID that is derived from the model's UUID and `name`. Juju 4 has one for each application, unit and attachment.
#[must_use]
pub fn uuid(model: &str, name: &str) -> String {
    // FNV-1a, once from each end.
    let hash = |basis: u64, bytes: &mut dyn Iterator<Item = u8>| {
        bytes.fold(basis, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    };
    let (model, name) = (model.as_bytes(), name.as_bytes());
    let high = hash(0xcbf2_9ce4_8422_2325, &mut model.iter().chain(name).copied());
    let low = hash(high, &mut name.iter().chain(model).copied());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_always_has_the_same_uuid_and_names_have_different_ones() {
        let model = "bd6c5d1a-4a4e-4d5c-8c55-6f3f2f3c9a10";
        let found = uuid(model, "web/0");
        assert_eq!(found, uuid(model, "web/0"));
        assert_eq!(found.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{found}");
        assert_eq!(found.split('-').nth(2).unwrap().chars().next(), Some('4'), "{found}");
        for (model, name) in [(model, "web/1"), (model, "web"), ("deadbeef-1bad-500d-9000-4b1d0d06f00d", "web/0")] {
            assert_ne!(found, uuid(model, name), "{name}");
        }
    }

    #[test]
    fn names_of_applications_and_units_follow_jujus_rules() {
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
