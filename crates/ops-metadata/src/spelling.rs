//! Finds the name that the user probably meant.

/// The name that is most similar to `wrong`, if any is similar enough. A name that begins like another, such as
/// `parameters` and `params`, counts as similar, although it differs by many edits.
pub fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let normalize = |name: &str| name.to_lowercase().replace('_', "-");
    let wrong = normalize(wrong);
    let similarities = names.map(|name| (strsim::jaro_winkler(&wrong, &normalize(name)), name));
    let (similarity, name) = similarities.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (similarity > 0.8).then_some(name)
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
        assert_eq!(nearest("parameters", ["params", "port"].into_iter()), Some("params"));
    }
}
