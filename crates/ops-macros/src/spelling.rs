//! Finds the name that somebody meant.

use strsim::osa_distance;

/// The name nearest to `wrong`, if any is near.
pub(crate) fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = plain(wrong);
    let far = (wrong.chars().count() / 3).max(2);
    names
        .map(|name| (osa_distance(&wrong, &plain(name)), name))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// A name as it stands in code: a hyphen is no letter there.
pub(crate) fn plain(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found() {
        let names = || ["log-level", "port", "slug"].into_iter();
        assert_eq!(nearest("log_levle", names()), Some("log-level"));
        assert_eq!(nearest("prot", names()), Some("port"));
        assert_eq!(nearest("slugs", names()), Some("slug"));
        assert_eq!(nearest("database", names()), None);
        assert_eq!(nearest("x", std::iter::empty()), None);
    }
}
