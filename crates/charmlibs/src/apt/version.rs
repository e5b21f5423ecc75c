//! The order of Debian's versions.

use std::cmp::Ordering;

/// Compare two versions of a package as dpkg does: `[EPOCH:]UPSTREAM[-REVISION]`.
///
/// ```
/// use std::cmp::Ordering;
/// use charmlibs::apt::compare_versions;
///
/// assert_eq!(compare_versions("1.10-1", "1.9-2"), Ordering::Greater);
/// assert_eq!(compare_versions("2.0~rc1", "2.0"), Ordering::Less);
/// assert_eq!(compare_versions("1:1.0", "9.0"), Ordering::Greater);
/// ```
#[must_use]
pub fn compare_versions(one: &str, other: &str) -> Ordering {
    let (one, other) = (parts(one), parts(other));
    compare(one[0], other[0]).then_with(|| compare(one[1], other[1])).then_with(|| compare(one[2], other[2]))
}

/// Epoch, upstream version and revision. A missing part is 0.
fn parts(version: &str) -> [&str; 3] {
    let version = version.trim();
    let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
    [epoch, upstream, revision]
}

/// Compare text and numbers alternately. <https://www.debian.org/doc/debian-policy/ch-controlfields.html#version>
fn compare<'a>(mut one: &'a str, mut other: &'a str) -> Ordering {
    while !one.is_empty() || !other.is_empty() {
        let (texts, numbers);
        (texts, one, other) = split(one, other, |c| !c.is_ascii_digit());
        (numbers, one, other) = split(one, other, |c| c.is_ascii_digit());
        let order = compare_text(texts.0, texts.1).then_with(|| compare_numbers(numbers.0, numbers.1));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// The prefixes of this kind of character, and the rest of each.
fn split<'a>(one: &'a str, other: &'a str, kind: fn(char) -> bool) -> ((&'a str, &'a str), &'a str, &'a str) {
    let end = |text: &str| text.find(|c| !kind(c)).unwrap_or(text.len());
    let ((one, one_rest), (other, other_rest)) = (one.split_at(end(one)), other.split_at(end(other)));
    ((one, other), one_rest, other_rest)
}

/// `~` sorts before the end, the end before letters, letters before everything else.
fn compare_text(one: &str, other: &str) -> Ordering {
    let rank = |byte: Option<&u8>| match byte {
        Some(b'~') => -1,
        None => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    };
    let length = one.len().max(other.len());
    let ranks = |text: &str| (0..length).map(|at| rank(text.as_bytes().get(at))).collect::<Vec<_>>();
    ranks(one).cmp(&ranks(other))
}

/// Compare numbers of any length, without leading zeros.
fn compare_numbers(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In ascending order. The tests in machines compare all pairs of these versions with dpkg.
    #[test]
    fn versions_are_in_ascending_order() {
        let versions = [
            "0~~",
            "0~",
            "0",
            "0a",
            "0.5",
            "1.0~rc1-1",
            "1.0~rc1-2",
            "1.0",
            "1.0-0ubuntu1",
            "1.0-1~bpo12+1",
            "1.0-1",
            "1.0-1ubuntu0.1",
            "1.0-10",
            "1.0a",
            "1.0+dfsg-1",
            "1.0.1",
            "1.09",
            "1.10",
            "9.0-1-1",
            "99999999999999999999999.0",
            "1:0.1",
            "2:0.1",
        ];
        for (at, one) in versions.iter().enumerate() {
            for (of, other) in versions.iter().enumerate() {
                assert_eq!(compare_versions(one, other), at.cmp(&of), "{one} and {other}");
            }
        }
        for (one, other) in [("1.0", "0:1.0-0"), ("1.00", "1.0"), ("1.0-", "1.0-0")] {
            assert_eq!(compare_versions(one, other), Ordering::Equal, "{one} and {other}");
        }
    }
}
