//! `juju scp` without ssh: files are copied as a tar archive through a pipe.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::{Arguments, ModelOption, SshOptions, UsageError};
use crate::client::Client;
use crate::client::ssh_target::SshTarget;
use crate::store::model::Model;

const SCP_HELP: &str = "\
Examples:
    juju scp tinyproxy/0:/etc/tinyproxy/tinyproxy.conf .
    juju scp -- -r ./www tinyproxy/0:/srv";

/// Copy files to or from a unit's machine.
#[derive(Debug, Clone, Args)]
#[command(after_help = SCP_HELP)]
pub struct ScpArgs {
    /// Sources and destination, with [user@]target: before paths on a machine; options of scp first
    #[arg(value_name = "path", trailing_var_arg = true)]
    words: Vec<String>,
    #[command(flatten)]
    pub ssh: SshOptions,
    #[command(flatten)]
    pub model: ModelOption,
    /// Whether folders are copied with their content.
    #[arg(skip)]
    pub recursive: bool,
    /// Such as `tinyproxy/0:/etc/hosts` or `./file`.
    #[arg(skip)]
    pub sources: Vec<String>,
    #[arg(skip)]
    pub destination: String,
}

impl Arguments for ScpArgs {
    const USAGE: Option<&str> = Some("<source> <destination>");

    /// All words after a machine belong to it, even options.
    const OPTIONS_ANYWHERE: bool = false;

    fn init(&mut self) -> Result<(), UsageError> {
        let words: &[String] = match self.words.split_first() {
            Some((first, rest)) if first == "--" => rest,
            _ => &self.words,
        };
        let (options, paths) = split_scp_options(words);
        self.recursive = options.iter().any(|option| option.contains('r'));
        let [sources @ .., destination] = paths else {
            return Err(UsageError::Rule("at least two arguments required"));
        };
        if sources.is_empty() {
            return Err(UsageError::Rule("at least two arguments required"));
        }
        self.sources = sources.to_vec();
        destination.clone_into(&mut self.destination);
        Ok(())
    }
}

/// Split scp's own options from the paths after them. Options with an argument are dropped.
fn split_scp_options(words: &[String]) -> (Vec<String>, &[String]) {
    // scp(1).
    const OPTIONS_WITH_VALUE: &str = "cDFiJloPSX";
    let mut options = Vec::new();
    let mut end = 0;
    while let Some(word) = words.get(end) {
        if word == "--" {
            return (options, &words[end + 1..]);
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else { break };
        end += 1;
        match letters.char_indices().find(|(_, letter)| OPTIONS_WITH_VALUE.contains(*letter)) {
            Some((at, letter)) => {
                options.push(letters[..at].to_owned());
                if at + letter.len_utf8() == letters.len() {
                    end += 1;
                }
            }
            None => options.push(letters.to_owned()),
        }
    }
    (options, &words[end.min(words.len())..])
}

/// Unpack an archive with one entry: into the folder at a path, or else in place of the path.
const UNPACK_SCRIPT: &str = r#"
set -e
to=$1 name=$2
if [ -d "$to" ]; then to=${to%/}/$name; fi
part=$(mktemp -d "$(dirname -- "$to")/.scp-XXXXXX")
trap 'rm -rf -- "$part"' EXIT
tar -C "$part" --no-same-owner -xf -
if [ -d "$part/$name" ] && [ -d "$to" ]; then
    cp -a -- "$part/$name/." "$to/"
else
    mv -fT -- "$part/$name" "$to"
fi
"#;

/// Pack a file, or with `-r` a folder, into an archive with one entry.
const PACK_SCRIPT: &str = r#"
set -e
from=$1
if [ ! -e "$from" ]; then echo "scp: $from: No such file or directory" >&2; exit 1; fi
if [ -d "$from" ] && [ "$2" != -r ]; then echo "scp: $from: not a regular file" >&2; exit 1; fi
exec tar -C "$(dirname -- "$from")" -chf - -- "$(basename -- "$from")"
"#;

/// One end of a copy.
enum Location {
    Local(PathBuf),
    Remote(Box<SshTarget>, String),
}

pub fn run(client: &mut Client, args: &ScpArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let destination = location(client, &model, &args.destination)?;
    if args.sources.len() > 1
        && let Location::Local(path) = &destination
        && !path.is_dir()
    {
        bail!("scp: {}: not a folder", path.display());
    }
    for source in &args.sources {
        let source = location(client, &model, source)?;
        copy(&source, &destination, args.recursive)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `[USER@]TARGET:PATH` is in a machine; everything else is on this computer.
fn location(client: &mut Client, model: &Model, word: &str) -> anyhow::Result<Location> {
    let Some((target, path)) =
        word.split_once(':').filter(|(target, _)| !target.contains("./") && !target.starts_with('/'))
    else {
        return Ok(Location::Local(std::path::absolute(word)?));
    };
    let (user, target) = target.split_once('@').map_or((None, target), |(user, target)| (Some(user), target));
    let target = SshTarget::open(client, model, target, user)?;
    let path = if path.is_empty() { "." } else { path.strip_prefix("~/").unwrap_or(path) };
    Ok(Location::Remote(Box::new(target), path.to_owned()))
}

impl Location {
    fn path(&self) -> String {
        match self {
            Location::Local(path) => path.to_string_lossy().into_owned(),
            Location::Remote(_, path) => path.clone(),
        }
    }

    fn shell(&self, script: &str, args: &[&str]) -> anyhow::Result<Command> {
        let all: Vec<&str> = ["-c", script, "scp"].into_iter().chain(args.iter().copied()).collect();
        match self {
            Location::Local(_) => {
                let mut command = Command::new("/bin/sh");
                command.args(&all);
                Ok(command)
            }
            Location::Remote(target, _) => target.command("/bin/sh", &all),
        }
    }
}

fn copy(from: &Location, to: &Location, recursive: bool) -> anyhow::Result<()> {
    let (source, target) = (from.path(), to.path());
    // Ignores a trailing slash.
    let name = Path::new(&source).file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.with_context(|| format!("scp: {source:?} has no name to copy it under"))?;
    if let Location::Local(path) = to
        && let Some(folder) = path.parent()
        && !folder.exists()
    {
        fs::metadata(folder).with_context(|| format!("scp: {}", folder.display()))?;
    }
    let mut pack = from
        .shell(PACK_SCRIPT, &[source.trim_end_matches('/'), if recursive { "-r" } else { "" }])?
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot read the source")?;
    let pipe = pack.stdout.take().context("cannot read the source")?;
    let unpack = to.shell(UNPACK_SCRIPT, &[&target, &name])?.stdin(pipe).stderr(Stdio::piped()).output();
    let pack = pack.wait_with_output().context("cannot read the source")?;
    check_success(&pack)?;
    check_success(&unpack.context("cannot write the destination")?)
}

fn check_success(output: &Output) -> anyhow::Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    bail!("{}", text.lines().next().unwrap_or("scp: it failed without a message"))
}
