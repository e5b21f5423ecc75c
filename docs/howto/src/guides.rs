//! Checks that the guides show code that exists, and metadata that Juju would accept.

use std::fs;
use std::path::Path;

/// Each guide, and the module with its code.
const GUIDES: [(&str, &str); 18] = [
    ("config", "config"),
    ("actions", "actions"),
    ("relations", "relations"),
    ("secrets", "secrets"),
    ("storage", "storage"),
    ("resources", "resource"),
    ("leadership", "leadership"),
    ("ports", "ports"),
    ("stored-state", "stored_state"),
    ("libraries", "libraries"),
    ("machine", "machine"),
    ("systemd", "systemd"),
    ("failures", "failures"),
    ("tls", "tls"),
    ("databases", "databases"),
    ("observability", "observability"),
    ("logging", "logging"),
    ("testing", "testing"),
];

/// The code blocks of a language in a guide, without indentation, split at `// …` or `# …`.
fn blocks(guide: &str, language: &str) -> Vec<Vec<Vec<String>>> {
    let mut blocks = Vec::new();
    let mut block: Option<Vec<Vec<String>>> = None;
    for line in guide.lines() {
        match (&mut block, line.trim()) {
            (Some(_), "```") => blocks.extend(block.take()),
            (Some(parts), "// …" | "# …") => parts.push(Vec::new()),
            (Some(parts), line) => parts.last_mut().unwrap().push(line.to_owned()),
            (None, line) if line == format!("```{language}") => block = Some(vec![Vec::new()]),
            (None, _) => {}
        }
    }
    blocks
}

/// Lines without indentation, and without empty lines at both ends.
fn trimmed(lines: &[String]) -> String {
    lines.join("\n").trim().to_owned()
}

#[test]
fn every_guide_shows_existing_code_and_metadata() {
    let lines = |path: &str| -> Vec<String> {
        fs::read_to_string(path).unwrap().lines().map(|line| line.trim().to_owned()).collect()
    };
    let metadata = trimmed(&lines("charmcraft.yaml"));
    let mut missing = Vec::new();
    for (guide, module) in GUIDES {
        let text = fs::read_to_string(format!("{guide}.md")).unwrap();
        let code = trimmed(&lines(&format!("src/{module}.rs")));
        let shown = blocks(&text, "rust");
        assert!(!shown.is_empty(), "{guide}.md shows no code");
        for part in shown.iter().flatten().filter(|part| !code.contains(&trimmed(part))) {
            missing.push(format!("{guide}.md shows what src/{module}.rs lacks:\n{}", part.join("\n")));
        }
        for part in blocks(&text, "yaml").iter().flatten().filter(|part| !metadata.contains(&trimmed(part))) {
            missing.push(format!("{guide}.md shows what charmcraft.yaml lacks:\n{}", part.join("\n")));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n\n"));
}

#[test]
fn each_guide_is_listed_and_its_links_exist() {
    let mut guides: Vec<String> = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    guides.sort();
    let mut expected: Vec<&str> = GUIDES.iter().map(|(guide, _)| *guide).collect();
    expected.sort_unstable();
    assert_eq!(guides, expected);

    for guide in guides.iter().map(String::as_str).chain(["README", "../ops-in-python", "../charmlibs-in-python"]) {
        let file = format!("{guide}.md");
        let text = fs::read_to_string(&file).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let path = Path::new(&file).parent().unwrap().join(link);
            assert!(link.is_empty() || link.starts_with("https://") || path.exists(), "{file} links to {link}");
        }
    }
}
