//! Which modules may use which, in this crate and in the others, and where commands are named. `docs/architecture.md`
//! describes the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The top-level modules, from the lowest to the highest. Each may use those before it.
const LAYERS: [&str; 17] = [
    "program_name",
    "private",
    "random",
    "format",
    "cli",
    "hook",
    "hookcmd",
    "pack",
    "init",
    "machine",
    "progress",
    "store",
    "log",
    "charm",
    "uniter",
    "client",
    "commands",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The source folder of each crate of the workspace, and of the charm.
fn all_sources() -> Vec<PathBuf> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found: Vec<PathBuf> =
        fs::read_dir(crates).unwrap().map(|entry| entry.unwrap().path().join("src")).collect();
    found.push(crates.parent().unwrap().join("src"));
    found
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
fn module_name(path: &Path, folder: &Path) -> String {
    let first = path.strip_prefix(folder).unwrap().iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A file's code without its tests, which may use any module. A file of tests has none.
fn code<'a>(path: &Path, text: &'a str) -> &'a str {
    let is_test = path.ends_with("tests.rs") || path.parent().is_some_and(|folder| folder.ends_with("tests"));
    if is_test { "" } else { text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default() }
}

/// A module's path from the crate's root: `["cli", "parse"]`.
type ModulePath = Vec<String>;

/// The module in a file of a crate's `source`. `mod.rs` is the module of its folder.
fn module_path(file: &Path, source: &Path) -> ModulePath {
    let path = file.strip_prefix(source).unwrap().with_extension("");
    let names = path.iter().map(|name| name.to_str().unwrap().to_owned());
    names.filter(|name| !["mod", "lib", "main"].contains(&name.as_str())).collect()
}

/// The paths at the start of a text: `a::b`, or a group such as `{a, b::{c, d}}`.
fn paths(text: &str) -> Vec<ModulePath> {
    if let Some(group) = text.strip_prefix('{') {
        let mut found = paths(group.trim_start());
        let mut depth = 0;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => found.extend(paths(group[at + 1..].trim_start())),
                _ => {}
            }
        }
        return found;
    }
    let name: String = text.chars().take_while(|c| is_name(*c)).collect();
    if name.is_empty() {
        return Vec::new();
    }
    let below = text[name.len()..].strip_prefix("::").map(paths).unwrap_or_default();
    if below.is_empty() {
        return vec![vec![name]];
    }
    below.into_iter().map(|path| [vec![name.clone()], path].concat()).collect()
}

/// The items that a module's code names after `crate::` or `super::`, by their path from the crate's root.
fn used_items(module: &[String], code: &str) -> BTreeSet<ModulePath> {
    let code: String = code.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect();
    let mut found: BTreeSet<ModulePath> = code.split("crate::").skip(1).flat_map(paths).collect();
    let mut rest = code.as_str();
    while let Some((_, after)) = rest.split_once("super::") {
        rest = after;
        let mut above = 1;
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            above += 1;
        }
        let base = &module[..module.len().saturating_sub(above)];
        found.extend(paths(rest).into_iter().map(|path| [base.to_vec(), path].concat()));
    }
    found
}

/// The items that `lib.rs` and the `mod.rs` of each folder re-export from a file beside it: where they are, by where
/// they are named.
fn re_exports(files: &[(PathBuf, String)], source: &Path) -> BTreeMap<ModulePath, ModulePath> {
    let mut found = BTreeMap::new();
    for (file, text) in files.iter().filter(|(file, _)| file.ends_with("mod.rs") || file.ends_with("lib.rs")) {
        let module = module_path(file, source);
        for statement in text.split("\npub").skip(1) {
            let Some((visibility, statement)) = statement.split_once(" use ") else { continue };
            if !visibility.is_empty() && !visibility.starts_with('(') || visibility.contains('\n') {
                continue;
            }
            for path in paths(statement.strip_prefix("self::").unwrap_or(statement)) {
                let named = [module.clone(), path[path.len() - 1..].to_vec()].concat();
                found.insert(named, [module.clone(), path].concat());
            }
        }
    }
    found
}

#[test]
fn modules_use_only_those_below_them() {
    let layer = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    for (path, text) in files(&source()) {
        let name = module_name(&path, &source());
        if ["lib", "main", "bin"].contains(&name.as_str()) {
            continue;
        }
        let own_layer = layer(&name).unwrap_or_else(|| panic!("give {name} a place in LAYERS"));
        for item in used_items(&module_path(&path, &source()), code(&path, &text)) {
            let used = item[0].as_str();
            let used_layer = layer(used).unwrap_or_else(|| panic!("{}: {used} has no place in LAYERS", path.display()));
            assert!(used_layer <= own_layer, "{} uses {used}, which is above {name}", path.display());
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

/// How SQL statements start.
const SQL_STATEMENTS: [&str; 11] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP", "PRAGMA", "BEGIN", "WITH"];

/// The methods with which `rusqlite` runs SQL.
const SQL_METHODS: [&str; 20] = [
    "execute",
    "execute_batch",
    "pragma",
    "pragma_query",
    "pragma_query_value",
    "pragma_update",
    "pragma_update_and_check",
    "prepare",
    "prepare_cached",
    "prepare_with_flags",
    "query",
    "query_and_then",
    "query_map",
    "query_one",
    "query_row",
    "query_row_and_then",
    "savepoint",
    "transaction",
    "transaction_with_behavior",
    "unchecked_transaction",
];

/// The first use of SQL in a file. Methods called on `self` are the file's own, whatever their name.
fn find_sql(text: &str) -> Option<&str> {
    if text.contains("rusqlite") {
        return Some("rusqlite");
    }
    let statement = text.split('"').skip(1).find(|literal| {
        let word = literal.split(|c| !is_name(c)).next().unwrap_or_default();
        SQL_STATEMENTS.contains(&word) && literal[word.len()..].starts_with([' ', '\n'])
    });
    statement.or_else(|| {
        text.match_indices('.').map(|(at, _)| (&text[..at], &text[at + 1..])).find_map(|(receiver, rest)| {
            let method = rest.split(|c| !is_name(c)).next().unwrap_or_default();
            let is_call = rest[method.len()..].starts_with('(');
            let is_own = receiver.rsplit(|c| !is_name(c) && c != '.').next() == Some("self");
            (is_call && !is_own && SQL_METHODS.contains(&method)).then_some(method)
        })
    })
}

/// The packages of the workspace that a `Cargo.toml` depends on, but for tests.
fn dependencies(manifest: &Path, packages: &BTreeSet<String>) -> BTreeSet<String> {
    let text = fs::read_to_string(manifest).unwrap();
    let section = text.split("\n[dependencies]\n").nth(1).unwrap_or_default().split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).map(str::to_owned);
    names.filter(|name| packages.contains(name)).collect()
}

#[test]
fn the_page_of_the_architecture_lists_the_dependencies_of_each_package() {
    let root = source().join("../../..");
    let page = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let table = page.split("| package | depends on |").nth(1).unwrap().split("\n\n").next().unwrap();
    let listed: BTreeMap<String, BTreeSet<String>> = table
        .lines()
        .skip(2)
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let names = cells[2].split(", ").filter(|name| !name.is_empty());
            (cells[1].to_owned(), names.map(str::to_owned).collect())
        })
        .collect();
    let folders = fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let manifests: BTreeMap<String, PathBuf> =
        folders.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path.join("Cargo.toml"))).collect();
    let packages: BTreeSet<String> = manifests.keys().cloned().collect();
    let mut found: BTreeMap<_, _> =
        manifests.iter().map(|(name, manifest)| (name.clone(), dependencies(manifest, &packages))).collect();
    found.insert("the charm".to_owned(), dependencies(&root.join("Cargo.toml"), &packages));
    assert_eq!(found, listed);
}

#[test]
fn only_the_store_contains_sql() {
    for (path, text) in files(&source()) {
        if module_name(&path, &source()) != "store" {
            assert_eq!(find_sql(&text), None, "{}", path.display());
        }
    }
}

#[test]
fn sql_is_found_by_its_statements_and_methods() {
    let uses = [
        ("use rusqlite::params;", "rusqlite"),
        ("run(\n    \"UPDATE unit SET life = ?\",\n)", "UPDATE unit SET life = ?"),
        ("db.execute(SQL, [])?;", "execute"),
        ("store.db()\n    .prepare_cached(&sql)?", "prepare_cached"),
        ("self.store.db().query_row(SQL, [], id)", "query_row"),
        ("self.db.query_map(SQL, [], id)", "query_map"),
    ];
    for (text, found) in uses {
        assert_eq!(find_sql(text), Some(found), "{text}");
    }
    for text in [
        "self.execute(&hook)",
        "fn prepare(&self)",
        "println!(\"SELECTED\")",
        "machines.prepare_and_clean(f)",
        "update.query = prepare(x);",
    ] {
        assert_eq!(find_sql(text), None, "{text}");
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
            let command = module_name(path, &commands);
            assert_eq!(table.matches(&format!("::{name})")).count(), 1, "{name} has one line in the table");
            for (other, words) in &words {
                let is_allowed = other.starts_with(&commands)
                    && [command.as_str(), "mod"].contains(&&*module_name(other, &commands));
                assert!(is_allowed || !words.contains(name), "{} knows {name} of commands/{command}", other.display());
            }
            named.insert(name.to_owned());
        }
    }
    let lines = table.lines().filter(|line| line.trim_start().starts_with('"') && line.contains(" => ")).count();
    assert_eq!(named.len(), lines, "each line of the table is a command with arguments of its own");
}

/// In each folder, the files and folders in it that use each other. Uses of `mod.rs` do not count, except for what it
/// re-exports: that counts as a use of the file that it comes from.
fn uses_by_folder(source: &Path) -> BTreeMap<ModulePath, BTreeMap<String, BTreeSet<String>>> {
    let files: Vec<_> =
        files(source).into_iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "rs")).collect();
    let modules: BTreeSet<ModulePath> = files.iter().map(|(path, _)| module_path(path, source)).collect();
    let re_exports = re_exports(&files, source);
    let mut found: BTreeMap<ModulePath, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (path, text) in &files {
        let module = module_path(path, source);
        for item in used_items(&module, code(path, text)) {
            let item = (1..=item.len()).find_map(|end| re_exports.get(&item[..end])).unwrap_or(&item);
            let Some(target) = (1..=item.len()).rev().map(|end| &item[..end]).find(|path| modules.contains(*path))
            else {
                continue;
            };
            let common = module.iter().zip(target).take_while(|(a, b)| a == b).count();
            // A module and one inside it are not beside each other.
            if let (Some(from), Some(to)) = (module.get(common), target.get(common)) {
                let folder = found.entry(module[..common].to_vec()).or_default();
                folder.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    found
}

#[test]
fn files_of_a_folder_make_no_import_cycle() {
    let mut cycles = Vec::new();
    for source in all_sources() {
        for (folder, mut uses) in uses_by_folder(&source) {
            // Remove each file that uses none of the others, until none is left.
            while !uses.is_empty() {
                let users: BTreeSet<String> = uses.keys().cloned().collect();
                for used in uses.values_mut() {
                    used.retain(|name| users.contains(name));
                }
                uses.retain(|_, used| !used.is_empty());
                if uses.len() == users.len() {
                    cycles.push(format!("in {} {folder:?}: {uses:?}", source.display()));
                    break;
                }
            }
        }
    }
    assert!(cycles.is_empty(), "these use each other in a cycle: {cycles:#?}");
}

#[test]
fn the_uses_of_each_folder_are_found() {
    let commands = &uses_by_folder(&source())[&path("commands")];
    assert!(commands["deploy"].contains("integrate"), "{commands:?}");
    let ops = source().join("../../ops/src");
    let model = &uses_by_folder(&ops)[&Vec::new()]["event"];
    assert!(model.contains("model"), "{model:?}");
}

fn path(text: &str) -> ModulePath {
    text.split("::").map(str::to_owned).collect()
}

#[test]
fn items_are_found_in_groups_and_above() {
    let code = "use crate::a::X;\nuse crate::{b, c::{self, d}, e};\nlet x = crate::f::y(); // crate::g\n\
                use super::{h, i};\nuse super::super::j::Z;";
    let items = ["a::X", "b", "c::self", "c::d", "e", "f::y", "m::h", "m::i", "j::Z"].map(path);
    assert_eq!(used_items(&path("m::n"), code), BTreeSet::from(items));
}

#[test]
fn a_re_export_leads_to_the_file_of_the_item() {
    let text = "mod a;\npub use a::{X, b::Y};\npub(crate) use self::c::Z;\npub fn main() {}\nuse d::W;\n".to_owned();
    let found = re_exports(&[(source().join("m/mod.rs"), text)], &source());
    let expected = [("m::X", "m::a::X"), ("m::Y", "m::a::b::Y"), ("m::Z", "m::c::Z")];
    assert_eq!(found, expected.map(|(named, item)| (path(named), path(item))).into());
}
