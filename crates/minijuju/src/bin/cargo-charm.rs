//! `cargo charm`: work on a charm's project with Cargo-like commands.

mod sibling;

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use sibling::become_minijuju;

const HELP: &str = "\
Work on a Juju charm in Rust.

Usage: cargo charm <COMMAND> [OPTIONS]

Commands:
    init NAME             Write the project of a new charm
    test                  Run the unit tests, with `cargo test`
    test --integration    Run the integration tests, with `tox -e integration`
    pack                  Build for release, and pack the .charm for Juju
    deploy                Build without optimization, and deploy to a machine on this computer
    dev                   Test and deploy again whenever a file changes, until Ctrl-C
    port FOLDER           Write the Rust skeleton of a charm in Python

`minijuju help COMMAND` shows the options of init, pack, deploy, dev and port; those of `test` are `cargo test`'s.
Charms are deployed to minijuju: continue with `minijuju status` and Juju's other commands.
";

fn main() -> ExitCode {
    // Cargo runs `cargo-charm charm …`.
    let mut args = env::args_os().skip(1).peekable();
    args.next_if(|word| word == "charm");
    let command = args.next().unwrap_or_default();
    let rest: Vec<OsString> = args.collect();
    match command.to_str() {
        Some("" | "help" | "-h" | "--help") => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Some("-V" | "--version") => {
            println!("cargo-charm {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Some("init" | "pack" | "dev" | "port") => run_minijuju(&[&command], &rest),
        Some("deploy") => run_minijuju(&[&command, OsStr::new(".")], &rest),
        Some("test") => test(rest),
        _ => {
            eprintln!("error: `cargo charm` has no command `{}`\n\n{HELP}", command.display());
            ExitCode::from(2)
        }
    }
}

fn run_minijuju(command: &[&OsStr], rest: &[OsString]) -> ExitCode {
    become_minijuju("minijuju", command.iter().copied().chain(rest.iter().map(OsString::as_os_str)))
}

/// Replace this process by the program that runs the tests.
fn test(mut rest: Vec<OsString>) -> ExitCode {
    let integration = rest.first().is_some_and(|word| word == "--integration");
    let mut program = if integration {
        rest.remove(0);
        let mut tox = Command::new("tox");
        tox.args(["-e", "integration"]);
        if !rest.is_empty() {
            tox.arg("--");
        }
        tox
    } else {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.arg("test");
        cargo
    };
    // The tests call `juju`. One on PATH comes first: it may be the real Juju.
    let mut path = env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = env::current_exe().ok().as_deref().and_then(|program| program.parent()) {
        path.push(":");
        path.push(folder);
    }
    let error = program.args(rest).env("PATH", path).exec();
    let name = program.get_program().display();
    let hint = if integration { ". Install it, with `pipx install tox` for one" } else { "" };
    eprintln!("cargo charm: cannot start {name}: {error}{hint}");
    ExitCode::FAILURE
}
