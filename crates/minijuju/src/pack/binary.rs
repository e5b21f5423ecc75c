//! Has Cargo build the charm's binary.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use serde::Deserialize;

use super::{PackError, Step};

/// What Cargo says on its standard output, as far as it matters here.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Builds the package in a folder for release and returns where its binary is. Where that is, only Cargo knows: the
/// target folder and the target itself may come from configuration.
pub(super) fn build(project: &Path, binary: &str, progress: &mut dyn FnMut(Step<'_>)) -> Result<PathBuf, PackError> {
    // Cargo tells the commands that it runs where it is itself.
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut child = Command::new(&cargo)
        .args(["build", "--release", "--locked", "--bin", binary, "--message-format=json-render-diagnostics"])
        .current_dir(project)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| PackError::NoCargo { cargo: cargo.clone(), source })?;
    let unreadable = |source| PackError::NoCargo { cargo: cargo.clone(), source };

    let stdout = child.stdout.take().map(BufReader::new);
    let stderr = child.stderr.take().map(BufReader::new);
    let mut messages = vec![];
    let built = thread::scope(|scope| {
        let built = scope.spawn(|| {
            let lines = stdout.into_iter().flat_map(|stdout| stdout.lines().map_while(Result::ok));
            lines
                .filter_map(|line| serde_json::from_str::<Message>(&line).ok())
                .filter_map(|m| executable(m, binary))
                .last()
        });
        for line in stderr.into_iter().flat_map(|stderr| stderr.lines().map_while(Result::ok)) {
            progress(Step::Cargo { line: &line });
            messages.push(line);
        }
        built.join().ok().flatten()
    });
    let status = child.wait().map_err(unreadable)?;
    match built {
        Some(path) if status.success() => Ok(path),
        _ => {
            if messages.is_empty() {
                messages.push(format!("it ended with {status}, and said nothing"));
            }
            Err(PackError::Build { binary: binary.to_owned(), messages: messages.join("\n") })
        }
    }
}

fn executable(message: Message, binary: &str) -> Option<PathBuf> {
    let target = message.target?;
    let ours = message.reason == "compiler-artifact" && target.name == binary && target.kind == ["bin"];
    message.executable.filter(|_| ours)
}
