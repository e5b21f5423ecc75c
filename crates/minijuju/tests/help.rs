//! Usage lines, examples and hints in the program's help.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Run the program under a name, and return all its output.
fn run_as(name: &str, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_minijuju")).arg0(name).args(args).output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

/// The names of all commands, for a program of this name.
fn commands(name: &str) -> Vec<String> {
    let list = run_as(name, &["help", "commands"]);
    let commands = list.lines().filter(|line| !line.contains("Alias for '") && !line.starts_with("help "));
    commands.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

/// Every command with its help, for a program of this name.
fn help_texts(name: &str) -> Vec<(String, String)> {
    commands(name)
        .into_iter()
        .map(|command| {
            let help = run_as(name, &["help", &command]);
            (command, help)
        })
        .collect()
}

/// The words after the options, by command, as Juju 3.6 prints them (the `Args` of each command in `cmd/juju`).
const JUJU_USAGE: &[(&str, &str)] = &[
    ("actions", "<application>"),
    ("add-model", "<model name> [cloud|region|(cloud/region)]"),
    ("add-secret", "<name> [key[#base64|#file]=value...]"),
    ("add-ssh-key", "<ssh key> ..."),
    ("add-storage", "<unit> <storage-directive>"),
    ("add-unit", "<application name>"),
    ("attach-resource", "application <resource name>=<resource>"),
    ("attach-storage", "<unit> <storage> [<storage> ...]"),
    ("bootstrap", "[<cloud name>[/region] [<controller name>]]"),
    ("cancel-task", "(<task-id>|<task-id-prefix>) [...]"),
    ("constraints", "<application>"),
    ("consume", "<remote offer path> [<local application name>]"),
    ("controllers", ""),
    ("debug-code", "<unit name> [hook or action names]"),
    ("debug-hooks", "<unit name> [hook or action names]"),
    ("debug-log", ""),
    ("deploy", "<charm or bundle> [<application name>]"),
    ("destroy-model", "[<controller name>:]<model name>"),
    ("detach-storage", "<storage> [<storage> ...]"),
    ("exec", "<commands>"),
    ("expose", "<application name>"),
    ("find-offers", ""),
    ("grant", "<user name> <permission> [<model name> ... | <offer url> ...]"),
    ("grant-secret", "<ID>|<name> <application>[,<application>...]"),
    ("import-ssh-key", "<lp|gh>:<user identity> ..."),
    ("integrate", "<application>[:<endpoint>] <application>[:<endpoint>]"),
    ("machines", ""),
    ("model-config", "[<model-key>[=<value>] ...]"),
    ("model-constraints", ""),
    ("models", ""),
    ("offer", "[model-name.]<application-name>:<endpoint-name>[,...] [offer-name]"),
    ("offers", "[<offer-name>]"),
    ("operations", ""),
    ("refresh", "<application>"),
    ("remove-application", "<application> [<application>...]"),
    ("remove-offer", "<offer-url> ..."),
    ("remove-relation", "<application1>[:<relation name1>] <application2>[:<relation name2>] | <relation-id>"),
    ("remove-saas", "<saas-application-name> [<saas-application-name>...]"),
    ("remove-secret", "<ID>|<name>"),
    ("remove-ssh-key", "<ssh key id> ..."),
    ("remove-storage", "<storage> [<storage> ...]"),
    ("remove-unit", "<unit> [...] | <application>"),
    ("resolved", "[<unit> ...]"),
    ("resources", "<application or unit>"),
    ("resume-relation", "<relation-id>[,<relation-id>]"),
    ("revoke", "<user name> <permission> [<model name> ... | <offer url> ...]"),
    ("revoke-secret", "<ID>|<name> <application>[,<application>...]"),
    ("run", "<unit> [<unit> ...] <action-name> [<key>=<value> [<key>[.<key> ...]=<value>]]"),
    ("scp", "<source> <destination>"),
    ("secrets", ""),
    ("set-constraints", "<application> <constraint>=<value> ..."),
    ("set-model-constraints", "<constraint>=<value> ..."),
    ("show-action", "<application> <action>"),
    ("show-application", "<application name or alias>"),
    ("show-controller", "[<controller name> ...]"),
    ("show-machine", "<machineID> ..."),
    ("show-model", "<model name>"),
    ("show-offer", "[<controller>:]<offer url>"),
    ("show-operation", "<operation-id>"),
    ("show-secret", "<ID>|<name>"),
    ("show-status-log", "<entity name>"),
    ("show-storage", "<storage ID> [...]"),
    ("show-task", "<task ID>"),
    ("show-unit", "<unit name>"),
    ("ssh", "<[user@]target> [openssh options] [command]"),
    ("ssh-keys", ""),
    ("status", "[<selector> [...]]"),
    ("suspend-relation", "<relation-id>[ <relation-id>...]"),
    ("switch", "[<controller>|<model>|<controller>:|:<model>|<controller>:<model>]"),
    ("trust", "<application name>"),
    ("unexpose", "<application name>"),
    ("update-secret", "<ID>|<name> [key[#base64|#file]=value...]"),
    ("version", ""),
    ("whoami", ""),
];

/// Commands whose line differs from Juju's. In Juju, the one of `config` closes a bracket that it never opens, and
/// `storage` takes names, while here it lists all. The others are minijuju's own.
const WITHOUT_JUJU_USAGE: &[&str] =
    &["base", "clean", "completion", "config", "dev", "fire", "init", "keep", "pack", "port", "storage"];

/// Whether brackets are balanced.
fn is_balanced(text: &str) -> bool {
    let mut open = Vec::new();
    for letter in text.chars() {
        match letter {
            '<' => open.push('>'),
            '[' => open.push(']'),
            '(' => open.push(')'),
            '>' | ']' | ')' if open.pop() != Some(letter) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

#[test]
fn usage_lines_have_balanced_brackets() {
    for (command, help) in help_texts("juju") {
        // The arguments and options below it, too.
        for line in
            help.lines().filter(|line| line.starts_with("Usage: ") || line.trim_start().starts_with(['<', '[', '-']))
        {
            assert!(is_balanced(line), "{command}: {line}");
        }
    }
    assert!(!is_balanced("<a>] [b") && !is_balanced("[<a]>") && is_balanced("<a>[:<b>] (c|d)"));
}

#[test]
fn usage_lines_are_the_same_as_jujus() {
    let mut unknown = Vec::new();
    for (command, help) in help_texts("juju") {
        let usage = help.lines().next().unwrap();
        match JUJU_USAGE.iter().find(|(name, _)| *name == command) {
            Some((_, words)) => assert_eq!(usage, format!("Usage: juju {command} [options] {words}").trim_end()),
            None if WITHOUT_JUJU_USAGE.contains(&command.as_str()) => {}
            None => unknown.push(usage.to_owned()),
        }
    }
    assert_eq!(unknown, [""; 0], "add these to one of the lists above");
}

#[test]
fn the_documentation_lists_every_command() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/minijuju.md")).unwrap();
    let code: Vec<&str> = page.split('`').skip(1).step_by(2).collect();
    let is_listed = |command: &str| {
        code.iter().any(|words| words.trim_start_matches("minijuju ").split(' ').next() == Some(command))
    };
    let missing: Vec<_> = commands("juju").into_iter().filter(|name| !is_listed(name)).collect();
    assert_eq!(missing, [""; 0], "add these to docs/minijuju.md");
}

#[test]
fn help_names_the_program_as_it_was_called() {
    for (command, help) in help_texts("juju").into_iter().chain([(String::new(), run_as("juju", &[]))]) {
        // minijuju's own commands keep its name.
        let typed = ["\n    minijuju ", "`minijuju ", "\"minijuju ", "/minijuju", "_minijuju"];
        let bare = typed.iter().find(|word| help.contains(*word));
        assert!(bare.is_none(), "{command}: {help}");
    }
    for (command, help) in help_texts("minijuju") {
        assert!(help.starts_with("Usage: minijuju "), "{command}: {help}");
        assert!(!help.contains("\n    juju "), "{command}: {help}");
    }
}

#[test]
fn hints_name_the_program_as_it_was_called() {
    for (name, args, hint) in [
        ("juju", &["destroy-controller", "x"][..], "\"juju clean\" removes every machine"),
        ("minijuju", &["destroy-controller", "x"], "\"minijuju clean\" removes every machine"),
        ("juju", &["add-machine"], "see \"juju add-unit\" and \"juju remove-unit\""),
        ("juju", &["init", "--crates", "1"], "a charm needs a name: juju init NAME"),
    ] {
        let output = run_as(name, args);
        assert!(output.contains(hint), "{name} {args:?}: {output}");
    }
}

/// Every source file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn no_message_suggests_a_command_under_a_fixed_name() {
    let commands = commands("juju");
    let mut found = Vec::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    // `cargo charm` has no other name.
    for path in
        sources(&source).into_iter().filter(|path| !path.starts_with(source.join("bin")) && !path.ends_with("tests.rs"))
    {
        let text = fs::read_to_string(&path).unwrap();
        let mut code = text.split("#[cfg(test)]").next().unwrap().to_owned();
        // Help is adapted when it is printed.
        while let Some(start) = code.find("_HELP: &str = \"") {
            let length = code[start..].find("\";").unwrap();
            code.replace_range(start..start + length, "");
        }
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for (at, _) in line.match_indices("minijuju ") {
                let next = line[at + "minijuju ".len()..].split(|c: char| !c.is_ascii_lowercase() && c != '-').next();
                if commands.iter().any(|command| Some(command.as_str()) == next) {
                    found.push(format!("{}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert_eq!(found, [""; 0], "use `program_name()`");
}
