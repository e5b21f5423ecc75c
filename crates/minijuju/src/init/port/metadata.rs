//! The new charm's `charmcraft.yaml`: the old one with its comments, except for how it is built.

use std::fs;
use std::io;
use std::path::Path;

use super::InitError;

/// The keys about how Charmcraft builds the charm in Python.
const PYTHON_KEYS: [&str; 2] = ["parts", "charm-libs"];

/// The content of the new `charmcraft.yaml`. If metadata, options or actions have separate files, they move into it.
pub(super) fn charmcraft_yaml(folder: &Path, name: &str) -> Result<String, InitError> {
    let read = |file: &str| match fs::read_to_string(folder.join(file)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(InitError::Read { path: folder.join(file), error }),
    };
    let mut text = String::new();
    match read("charmcraft.yaml")? {
        Some(project) => text.push_str(&without_keys(&project, &PYTHON_KEYS)),
        None => text.push_str("type: charm\n"),
    }
    if let Some(metadata) = read("metadata.yaml")? {
        add_paragraph(&mut text, metadata.trim_start_matches("---\n"));
    }
    for (key, file) in [("config", "config.yaml"), ("actions", "actions.yaml")] {
        if let Some(content) = read(file)? {
            add_paragraph(&mut text, &format!("{key}:\n{}", indented(&content)));
        }
    }
    if !["base:", "bases:", "platforms:"].iter().any(|key| text.lines().any(|line| line.starts_with(key))) {
        add_paragraph(&mut text, "base: ubuntu@22.04\nplatforms:\n  amd64:\n  arm64:\n");
    }
    add_paragraph(&mut text, &rust_parts(name));
    Ok(text)
}

fn add_paragraph(text: &mut String, paragraph: &str) {
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(paragraph.trim());
    text.push('\n');
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.trim().is_empty() { "\n".to_owned() } else { format!("  {line}\n") };
    text.lines().filter(|text| *text != "---").map(line).collect()
}

/// A YAML mapping without some of its keys. A line that starts in the first column is a key, a comment, or the end of
/// a document. All other lines belong to the key above, and a comment to what follows it.
fn without_keys(text: &str, keys: &[&str]) -> String {
    let mut kept = String::new();
    let mut comments = String::new();
    let mut is_kept = true;
    for line in text.split_inclusive('\n') {
        if line.starts_with('#') {
            comments.push_str(line);
            continue;
        }
        let is_key = line.starts_with(|c: char| !c.is_whitespace() && c != '-');
        if is_key {
            let key = line.split(':').next().unwrap_or_default().trim_matches(['"', '\'', ' ']);
            is_kept = !keys.contains(&key);
        }
        if is_kept {
            kept.push_str(&comments);
            kept.push_str(line);
        }
        comments.clear();
    }
    kept + &comments
}

fn rust_parts(name: &str) -> String {
    format!(
        "\
parts:
  # Builds the package in this folder and puts its binary into the charm's bin/.
  charm:
    plugin: rust
    source: .
    # .cargo/config.toml needs Cargo 1.91 or later.
    rust-channel: stable
    prime:
      - bin/{name}-charm
  # The script that Juju executes.
  dispatch:
    plugin: dump
    source: .
    stage:
      - dispatch
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_python_parts_are_removed_and_the_rest_is_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let old = "# Mine.\nname: web\n\n# How it is built.\nparts:\n  charm:\n    plugin: uv\n\n    source: .\n# The options.\nconfig:\n  \
                   options:\n    port: {type: int}\nbase: ubuntu@24.04\n";
        fs::write(folder.path().join("charmcraft.yaml"), old).unwrap();
        let new = charmcraft_yaml(folder.path(), "web").unwrap();
        let expected =
            "# Mine.\nname: web\n\n# The options.\nconfig:\n  options:\n    port: {type: int}\nbase: ubuntu@24.04\n\n";
        assert_eq!(new, format!("{expected}{}", rust_parts("web")));
    }

    #[test]
    fn metadata_and_config_files_move_into_charmcraft_yaml() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("metadata.yaml"), "---\nname: web\n").unwrap();
        fs::write(folder.path().join("config.yaml"), "---\noptions:\n  port: {type: int}\n").unwrap();
        let new = charmcraft_yaml(folder.path(), "web").unwrap();
        assert!(new.contains("config:\n  options:\n    port: {type: int}\n\nbase: ubuntu@22.04\n"), "{new}");
        assert!(new.contains("      - bin/web-charm\n"), "{new}");
    }
}
