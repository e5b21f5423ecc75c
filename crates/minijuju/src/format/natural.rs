//! Natural order of names: numbers by value.

use std::cmp::Ordering;

/// Compare names as in Juju's tables: by the text before their first number, then by that number, then the rest in the
/// same way.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        if a.is_empty() || b.is_empty() {
            return a.len().cmp(&b.len());
        }
        let (Some((prefix_a, number_a, rest_a)), Some((prefix_b, number_b, rest_b))) = (split(a), split(b)) else {
            return a.cmp(b);
        };
        let order = prefix_a.cmp(prefix_b).then(number_a.cmp(&number_b));
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}

/// The text before the first number, the number, and what is after it.
fn split(text: &str) -> Option<(&str, u64, &str)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let length = text[start..].find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len() - start);
    let number = text[start..start + length].parse().ok()?;
    Some((&text[..start], number, &text[start + length..]))
}

/// The entries of a map in this order.
pub fn sorted<V>(map: &std::collections::BTreeMap<String, V>) -> Vec<(&String, &V)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|a, b| compare(a.0, b.0));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        let mut names = ["app/10", "app/2", "app2/0", "app", "app/2/x", "b", "a"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(names, ["a", "app", "app2/0", "app/2", "app/2/x", "app/10", "b"]);
    }
}
