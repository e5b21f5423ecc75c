//! Finds the name that somebody meant.

/// The name nearest to `wrong`, if any is near.
pub(crate) fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = plain(wrong);
    let far = (wrong.chars().count() / 3).max(2);
    names
        .map(|name| (distance(&wrong, &plain(name)), name))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// A name as it stands in code: a hyphen is no letter there.
pub(crate) fn plain(name: &str) -> String {
    name.replace('-', "_")
}

/// How many letters have to be put in, taken out, replaced, or exchanged with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
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
