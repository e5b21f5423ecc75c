//! An error with its causes, on one line.

/// What failed and why, down to the first cause. An error whose text has its cause in it already is not told twice.
pub fn reason(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if text.contains(&cause) {
            break;
        }
        text.push_str(": ");
        text.push_str(&cause);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context as _;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read notes.txt: {source}")]
    struct Quoting {
        source: io::Error,
    }

    #[test]
    fn each_cause_is_told_once() {
        let full = || io::Error::other("the disk is full");
        let plain: anyhow::Error = Err::<(), _>(full()).context("cannot write").unwrap_err();
        assert_eq!(reason(&plain), "cannot write: the disk is full");
        let quoting = anyhow::Error::from(Quoting { source: full() }).context("unit web/0");
        assert_eq!(reason(&quoting), "unit web/0: cannot read notes.txt: the disk is full");
    }
}
