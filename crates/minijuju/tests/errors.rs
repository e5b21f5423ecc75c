//! Errors in all crates do not repeat the text of their causes, so that an error printed with its causes has no
//! repetitions.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The fields of an error with its cause, by name or position: with `#[from]` or `#[source]`, or named `source`.
fn causes(fields: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (position, field) in fields.split(',').enumerate() {
        let has_attribute = field.contains("#[from]") || field.contains("#[source]");
        let declared = field.rsplit(']').next().unwrap_or(field);
        let declared = declared.lines().filter(|line| !line.trim().starts_with("//")).collect::<String>();
        let name =
            declared.trim_start_matches([' ', '{', '(']).trim_start_matches("pub ").split(':').next().unwrap().trim();
        if has_attribute && fields.starts_with('(') {
            found.push(position.to_string());
        } else if has_attribute || name == "source" {
            found.push(name.to_owned());
        }
    }
    found
}

/// The error messages in a file that contain the message of their cause.
fn repetitions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split("#[error(").skip(1) {
        let Some((message, rest)) = part.split_once(")]\n") else { continue };
        let fields = rest.find(['{', '(']).filter(|at| !rest[..*at].contains(',')).map(|at| {
            let end = if rest[at..].starts_with('{') { '}' } else { ')' };
            rest[at..].split_once(end).map_or(&rest[at..], |(fields, _)| fields)
        });
        for cause in causes(fields.unwrap_or_default()) {
            let uses = [format!("{{{cause}}}"), format!("{{{cause}:"), format!(", {cause})"), format!(", .{cause})")];
            if uses.iter().any(|form| format!("{message})").contains(form)) {
                found.push(message.to_owned());
            }
        }
    }
    found
}

#[test]
fn no_error_repeats_its_cause() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["crates", "examples", "src"] {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.len() > 400, "{} files", files.len());
    let repeated: Vec<String> = files
        .iter()
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            repetitions(&text).into_iter().map(|message| format!("{}: {message}", path.display())).collect::<Vec<_>>()
        })
        .collect();
    assert!(repeated.is_empty(), "{}", repeated.join("\n"));
}

#[test]
fn an_error_message_that_contains_its_cause_is_found() {
    for (message, fields, repeats) in [
        ("\"{0}\"", "HookCommand(#[from] io::Error)", true),
        ("transparent", "HookCommand(#[from] io::Error)", false),
        ("\"cannot open {path}\"", "Open { path: String, source: io::Error }", false),
        ("\"cannot open {path}: {source}\"", "Open { path: String, source: io::Error }", true),
        ("\"cannot open: {reason}\"", "Open {\n /// Why.\n #[source]\n reason: io::Error,\n }", true),
        ("\"cannot open {path}: {reason}\"", "Open { path: String, reason: String }", false),
        ("\"{}\", source", "Open {\n /// Why.\n source: io::Error,\n }", true),
    ] {
        let text = ["enum Error {\n    #[err", "or(", message, ")]\n    ", fields, ",\n}\n"].concat();
        assert_eq!(!repetitions(&text).is_empty(), repeats, "{text}");
    }
}
