//! The commands given to `exec` and `juju-exec`.

/// Join words into a line of shell. A single word is a whole line; several words are quoted, so that each is one word
/// to the shell.
pub fn shell_line(words: &[impl AsRef<str>]) -> String {
    match words {
        [line] => line.as_ref().to_owned(),
        words => words.iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" "),
    }
}

/// Quote a word for a shell: `CommandString` of github.com/juju/utils.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+/.,:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r#"'"'"'"#))
    }
}
