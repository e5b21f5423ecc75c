//! Each flag that a hook command reads is in its list. Reading an unlisted flag panics.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use emulator::COMMANDS;

/// The flags that methods of `Invocation` read. One of the names must be in the list.
const READ_BY_METHODS: [(&str, &[&str]); 7] = [
    (".write(", &["FORMAT", "STRUCTURED_FORMAT"]),
    (".write(", &["OUTPUT"]),
    (".format(", &["FORMAT", "STRUCTURED_FORMAT"]),
    (".warn_deprecated_format(", &["DEPRECATED_FORMAT"]),
    (".relation_id(", &["RELATION", "relation"]),
    ("invocation.relation(", &["RELATION", "relation"]),
    (".flags.relation(", &["RELATION", "relation"]),
];

/// The code of a family of commands: the text of each file, without tests and comments.
fn families() -> Vec<String> {
    fn code(path: &Path) -> String {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n") + "\n"
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            found.push(code(&path));
            continue;
        }
        let mut files: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.is_file() && path.file_stem().is_some_and(|stem| stem != "tests"));
        // A name refers first to the function or constant of its own file.
        let texts: Vec<String> = files.iter().map(|path| code(path)).collect();
        for (at, text) in texts.iter().enumerate() {
            let others: String =
                texts.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, text)| &**text).collect();
            found.push(format!("{text}\n// others\n{others}"));
        }
    }
    found
}

/// The names in a piece of code.
fn names(code: &str) -> BTreeSet<&str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()).collect()
}

/// The functions that a piece of code calls, without methods and functions of other modules.
fn calls(code: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for before in code.split('(') {
        let start = before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        if !before[..start].ends_with(['.', ':']) && !before[..start].ends_with("fn ") {
            found.insert(&before[start..]);
        }
    }
    found
}

/// The functions in a text that read flags, by name. If a name repeats, the first one counts.
fn functions(code: &str) -> BTreeMap<&str, &str> {
    let mut found = BTreeMap::new();
    for part in code.split("fn ").skip(1) {
        let name = part.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
        let body = part.split_once("\n}").map_or(part, |(body, _)| body);
        if body.split('{').next().unwrap().contains("Invocation<") {
            found.entry(name).or_insert(body);
        }
    }
    found
}

/// The flags in a text: constants with the types of flags.
fn flags(code: &str) -> BTreeSet<&str> {
    let constants = code.split("const ").skip(1).filter_map(|part| part.split_once(": "));
    let is_flag = |rest: &str| ["Switch", "Text", "Number", "File", "Flag"].iter().any(|kind| rest.starts_with(kind));
    constants.filter(|(_, rest)| is_flag(rest)).map(|(name, _)| name).collect()
}

/// The flags that a command reads but does not list, for each command in the text before `// others`.
fn missing(code: &str) -> Vec<(String, String)> {
    let (functions, flags) = (functions(code), flags(code));
    let file = code.split("// others").next().unwrap();
    let mut found = Vec::new();
    for spec in file.split(": Spec =").skip(1) {
        // A struct, or a call of a function that returns one.
        let spec = spec.split(";\n").next().unwrap();
        let field = |name: &str| {
            let (_, rest) = spec.split_once(&format!("    {name}: "))?;
            Some(rest.split_once(",\n").map_or(rest, |(value, _)| value))
        };
        let command = spec.split('"').nth(1).unwrap().to_owned();
        let mut listed = names(field("flags").unwrap_or(if field("run").is_some() { "" } else { spec }));
        // A list that several commands share.
        let lists = code.split("const ").filter_map(|part| part.split_once(": &[Flag] = "));
        for (_, list) in lists.filter(|(name, _)| field("flags") == Some(*name)) {
            listed.extend(names(list.split(";\n").next().unwrap()));
        }
        let run = field("run").map_or_else(|| spec.to_owned(), |function| format!("{function}("));
        let (mut reached, mut next) = (BTreeSet::new(), vec![run.as_str()]);
        // The last argument of a call that returns one is the function that runs.
        next.extend(names(spec).into_iter().filter_map(|name| functions.get(name)).filter(|_| field("run").is_none()));
        let mut read = BTreeSet::new();
        while let Some(piece) = next.pop() {
            read.extend(names(piece).into_iter().filter(|name| flags.contains(name)));
            for name in calls(piece) {
                if let Some(body) = functions.get(name).filter(|_| reached.insert(name)) {
                    next.push(body);
                }
            }
            for (method, alternatives) in READ_BY_METHODS {
                if piece.contains(method) && !alternatives.iter().any(|flag| listed.contains(flag)) {
                    found.push((command.clone(), alternatives[0].to_owned()));
                }
            }
        }
        found.extend(read.difference(&listed).map(|flag| (command.clone(), (*flag).to_owned())));
        found.push((command, String::new()));
    }
    found
}

#[test]
fn every_command_lists_the_flags_that_it_reads() {
    let families = families();
    let found: Vec<(String, String)> = families.iter().flat_map(|code| missing(code)).collect();
    let commands: BTreeSet<&str> = found.iter().map(|(command, _)| command.as_str()).collect();
    for name in COMMANDS {
        assert!(commands.contains(name), "{name} was not checked");
    }
    let unlisted: Vec<_> = found.iter().filter(|(_, flag)| !flag.is_empty()).collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
}

#[test]
fn a_flag_that_is_read_and_not_listed_is_reported() {
    let code = "const ALL: Switch = x;\nconst LABEL: Text = x;\nstatic GET: Spec = Spec {\n    name: \"x-get\",\n    \
                flags: &[FORMAT.0, OUTPUT.0],\n    run: get,\n    ..SPEC\n};\n\
                fn get(_: &mut Invocation<'_>) {\n    read(invocation, LABEL);\n}\nfn read(_: &Invocation<'_>) {\n    invocation.is_set(ALL);\n    invocation.write(x);\n}\n";
    let flags: Vec<String> = missing(code).into_iter().map(|(_, flag)| flag).filter(|flag| !flag.is_empty()).collect();
    assert_eq!(flags, ["ALL", "LABEL"]);
    let none = code.replace("OUTPUT.0", "ALL.0, LABEL.0");
    assert_eq!(missing(&none)[0], ("x-get".to_owned(), "OUTPUT".to_owned()));
}
