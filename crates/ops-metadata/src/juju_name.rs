//! Juju's rules for names, without regular expressions: their engine would be a large part of a small binary.

/// Words of letters and digits, joined by single dashes. The first word starts with a letter, and no word is a number.
/// For names of charms (`^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$`) and of storage.
pub(crate) fn is_charm_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.split('-').all(|word| {
            word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
                && word.bytes().any(|b| b.is_ascii_lowercase())
        })
}

/// Words of letters and digits, joined by single dashes or underscores. The first word starts with a letter. For names
/// of endpoints (`^[a-z][a-z0-9]*([_-][a-z0-9]+)*$`).
pub(crate) fn is_endpoint_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .split(['-', '_'])
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

/// Letters, digits and dashes, with no dash at either end: names of actions (`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`).
pub(crate) fn is_action_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && !name.ends_with('-')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Whether the name of a relation, an interface or an action is reserved for Juju. Charms whose own name starts with
/// `juju-` may use reserved names.
pub(crate) fn is_reserved(charm: &str, name: &str) -> bool {
    !charm.starts_with("juju-") && (name == "juju" || name.starts_with("juju-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charm_names_follow_jujus_rules() {
        for name in ["a", "tinyproxy", "mysql-k8s", "a1", "x-1a", "a-b-c"] {
            assert!(is_charm_name(name), "{name}");
        }
        for name in ["", "1a", "Tiny", "tiny_proxy", "tiny-", "-tiny", "tiny--proxy", "tiny-1", "tiny proxy", "é"] {
            assert!(!is_charm_name(name), "{name}");
        }
    }

    #[test]
    fn endpoint_names_follow_jujus_rules() {
        for name in ["db", "db-admin", "db_admin", "db-1", "db2"] {
            assert!(is_endpoint_name(name), "{name}");
        }
        for name in ["", "1db", "DB", "db-", "db__admin", "db.admin", "db admin"] {
            assert!(!is_endpoint_name(name), "{name}");
        }
    }

    #[test]
    fn action_names_follow_jujus_rules() {
        for name in ["backup", "backup-now", "2fast", "a", "a--b"] {
            assert!(is_action_name(name), "{name}");
        }
        for name in ["", "-a", "a-", "a_b", "Backup", "a b"] {
            assert!(!is_action_name(name), "{name}");
        }
    }

    #[test]
    fn names_that_start_with_juju_are_reserved() {
        assert!(is_reserved("tinyproxy", "juju"));
        assert!(is_reserved("tinyproxy", "juju-info"));
        assert!(!is_reserved("tinyproxy", "jujube"));
        assert!(!is_reserved("juju-controller", "juju-info"));
    }
}
