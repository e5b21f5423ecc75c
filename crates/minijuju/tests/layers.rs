//! Which modules of this crate may use which, and where commands are named. `docs/architecture.md` describes the
//! rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The top-level modules, from the lowest to the highest. Each may use those before it.
const LAYERS: [&str; 17] = [
    "called", "private", "random", "format", "cli", "hook", "hookcmd", "pack", "init", "machine", "progress", "store",
    "log", "charm", "uniter", "client", "commands",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file below a folder, with its text.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The name of a path's file or folder in `src` (or in a folder of it), without `.rs`.
fn module(path: &Path, folder: &Path) -> String {
    let first = path.strip_prefix(folder).unwrap().iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The modules that a text names after `crate::`, even in `crate::{a, b::{c, d}}`.
fn uses(text: &str) -> BTreeSet<&str> {
    uses_below(text, "crate::")
}

/// The modules that a text names after `above`.
fn uses_below<'a>(text: &'a str, above: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for rest in text.split(above).skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            found.extend(rest.split(|c| !is_name(c)).next());
            continue;
        };
        let (mut depth, mut start) = (0, Some(0));
        for (at, c) in group.char_indices() {
            if let Some(from) = start.filter(|_| !is_name(c) && !c.is_whitespace()) {
                found.insert(group[from..at].trim());
                start = None;
            }
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = Some(at + 1),
                _ => {}
            }
        }
    }
    found.remove("");
    found
}

#[test]
fn modules_use_only_those_below_them() {
    let place = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    for (path, text) in files(&source()) {
        let own = module(&path, &source());
        if ["lib", "main", "bin"].contains(&own.as_str()) {
            continue;
        }
        let mine = place(&own).unwrap_or_else(|| panic!("give {own} a place in LAYERS"));
        // Tests may use higher modules.
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        for used in uses(code) {
            let theirs = place(used).unwrap_or_else(|| panic!("{}: {used} has no place in LAYERS", path.display()));
            assert!(theirs <= mine, "{} uses {used}, which is above {own}", path.display());
        }
    }
}

#[test]
fn the_page_of_the_architecture_names_each_module() {
    let page = fs::read_to_string(source().join("../../../docs/architecture.md")).unwrap();
    let table = page.split("## minijuju").nth(1).unwrap();
    for module in LAYERS {
        let named = [format!("`{module}/`"), format!("`{module}.rs`")].iter().any(|name| table.contains(name.as_str()));
        assert!(named, "docs/architecture.md does not say what {module} is");
    }
}

#[test]
fn only_the_store_contains_sql() {
    for (path, text) in files(&source()) {
        if module(&path, &source()) != "store" {
            assert!(!text.contains("rusqlite"), "{}", path.display());
        }
    }
}

/// The checklist of `CONTRIBUTING.md`: a command is its own file and one line of the table.
#[test]
fn a_command_is_named_only_in_its_own_file_and_in_the_table() {
    let commands = source().join("commands");
    let table = fs::read_to_string(commands.join("mod.rs")).unwrap();
    let all = files(&source());
    let words: Vec<(&PathBuf, BTreeSet<&str>)> =
        all.iter().map(|(path, text)| (path, text.split(|c| !is_name(c)).collect())).collect();
    let mut named = BTreeSet::new();
    for (path, text) in &all {
        for rest in text.split("pub struct ").skip(1) {
            let name = rest.split(|c| !is_name(c)).next().unwrap_or_default();
            if !name.ends_with("Args") {
                continue;
            }
            assert!(path.starts_with(&commands), "{name} is in {}", path.display());
            let own = module(path, &commands);
            assert_eq!(table.matches(&format!("::{name})")).count(), 1, "{name} has one line in the table");
            for (other, words) in &words {
                let here = other.starts_with(&commands) && [own.as_str(), "mod"].contains(&&*module(other, &commands));
                assert!(here || !words.contains(name), "{} knows {name} of commands/{own}", other.display());
            }
            named.insert(name.to_owned());
        }
    }
    let lines = table.lines().filter(|line| line.trim_start().starts_with('"') && line.contains(" => ")).count();
    assert_eq!(named.len(), lines, "each line of the table is a command with arguments of its own");
}

#[test]
fn commands_that_use_others_make_no_circle() {
    let folder = source().join("commands");
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in files(&folder) {
        let own = module(&path, &folder);
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        // In a command's file, and in its `mod.rs`, `super` is the folder of all commands.
        let top = path.parent() == Some(&folder) || path.ends_with(format!("{own}/mod.rs"));
        let mut names = uses_below(code, "crate::commands::");
        names.extend(if top { uses_below(code, "super::") } else { uses_below(code, "super::super::") });
        if !["mod", "tests"].contains(&&*own) {
            used.entry(own.clone())
                .or_default()
                .extend(names.into_iter().map(str::to_owned).filter(|name| *name != own));
        }
    }
    let commands: BTreeSet<String> = used.keys().cloned().collect();
    for names in used.values_mut() {
        names.retain(|name| commands.contains(name));
    }
    assert!(used["deploy"].contains("integrate"), "{used:?}");
    // Remove each command that uses none of the others, until none is left.
    while !used.is_empty() {
        let done: Vec<String> = used.iter().filter(|(_, names)| names.is_empty()).map(|(own, _)| own.clone()).collect();
        assert!(!done.is_empty(), "these use each other in a circle: {used:?}");
        used.retain(|own, _| !done.contains(own));
        for names in used.values_mut() {
            names.retain(|name| !done.contains(name));
        }
    }
}

#[test]
fn uses_are_found_in_groups_too() {
    let text = "use crate::a::X;\nuse crate::{b, c::{self, d}, e};\nlet x = crate::f::y();";
    assert_eq!(uses(text), BTreeSet::from(["a", "b", "c", "e", "f"]));
}
