//! Checks that "Add a hook command" in CONTRIBUTING.md names all places that know a command.

use std::fs;
use std::path::{Path, PathBuf};

use emulator::COMMANDS;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All Rust files below a folder, with the code before their tests.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs")
            && path.file_stem().is_some_and(|stem| stem != "tests")
        {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            found.push((path, lines.join("\n")));
        }
    }
}

#[test]
fn the_checklist_has_at_most_three_places_and_each_exists() {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let section = text.split("## Add a hook command").nth(1).expect("the checklist").split("\n## ").next().unwrap();
    let steps = section.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).count();
    assert!((1..=3).contains(&steps), "{steps} steps");
    let places: Vec<&str> = section.split('`').skip(1).step_by(2).filter(|word| word.contains('/')).collect();
    assert!(places.len() >= steps, "{places:?}");
    for place in places {
        assert!(root().join(place).exists(), "{place} is not there");
    }
}

#[test]
fn a_hook_command_is_named_in_its_file_and_nowhere_else() {
    let mut files = Vec::new();
    sources(&root().join("crates/emulator/src"), &mut files);
    let commands = root().join("crates/emulator/src/commands");
    for name in COMMANDS {
        let quoted = format!("\"{name}\"");
        let naming: Vec<&Path> =
            files.iter().filter(|(_, code)| code.contains(&quoted)).map(|(path, _)| path.as_path()).collect();
        let definitions = naming.iter().filter(|path| path.starts_with(&commands)).count();
        assert!(definitions > 0, "{name} has no file");
        // Help ("See also") may name other commands, and so may files of the same family.
        let outside: Vec<_> = naming.iter().filter(|path| !path.starts_with(&commands)).collect();
        assert!(outside.is_empty(), "{name} is known to {outside:?}: move that to the command's file");
    }
}
