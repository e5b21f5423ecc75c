//! What `exec` and `juju-exec` are asked to run.

/// The line of shell that the words of a command line stand for: one word is a line; of several, each is one word to the
/// shell.
pub fn shell_line(words: &[impl AsRef<str>]) -> String {
    match words {
        [line] => line.as_ref().to_owned(),
        words => words.iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" "),
    }
}

/// A word as a shell reads it: `CommandString` of github.com/juju/utils.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+/.,:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r#"'"'"'"#))
    }
}
