//! `juju scp`, without ssh: files go in and out as an archive through a pipe.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};

use anyhow::{Context as _, bail};

use super::client::Client;
use super::remote::Remote;
use crate::cli::Scp;
use crate::store::model::Model;

/// Put one entry of an archive at a path: below it if it is a folder, else in its place.
const TAKE: &str = r#"
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

/// Give a file, or with `-r` a folder, as an archive with one entry.
const GIVE: &str = r#"
set -e
from=$1
if [ ! -e "$from" ]; then echo "scp: $from: No such file or directory" >&2; exit 1; fi
if [ -d "$from" ] && [ "$2" != -r ]; then echo "scp: $from: not a regular file" >&2; exit 1; fi
exec tar -C "$(dirname -- "$from")" -chf - -- "$(basename -- "$from")"
"#;

/// One end of a copy.
enum Place {
    Here(PathBuf),
    There(Box<Remote>, String),
}

/// Run it.
pub fn run(client: &mut Client, args: &Scp) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let destination = place(client, &model, &args.destination)?;
    if args.sources.len() > 1
        && let Place::Here(path) = &destination
        && !path.is_dir()
    {
        bail!("scp: {}: not a folder", path.display());
    }
    for source in &args.sources {
        let source = place(client, &model, source)?;
        copy(&source, &destination, args.recursive)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `[USER@]TARGET:PATH` is in a machine; everything else is here.
fn place(client: &mut Client, model: &Model, word: &str) -> anyhow::Result<Place> {
    let Some((target, path)) =
        word.split_once(':').filter(|(target, _)| !target.contains("./") && !target.starts_with('/'))
    else {
        return Ok(Place::Here(std::path::absolute(word)?));
    };
    let (user, target) = target.split_once('@').map_or((None, target), |(user, target)| (Some(user), target));
    let remote = Remote::open(client, model, target, user)?;
    let path = if path.is_empty() { "." } else { path.strip_prefix("~/").unwrap_or(path) };
    Ok(Place::There(Box::new(remote), path.to_owned()))
}

impl Place {
    fn path(&self) -> String {
        match self {
            Place::Here(path) => path.to_string_lossy().into_owned(),
            Place::There(_, path) => path.clone(),
        }
    }

    fn shell(&self, script: &str, args: &[&str]) -> anyhow::Result<Command> {
        let all: Vec<&str> = ["-c", script, "scp"].into_iter().chain(args.iter().copied()).collect();
        match self {
            Place::Here(_) => {
                let mut command = Command::new("/bin/sh");
                command.args(&all);
                Ok(command)
            }
            Place::There(remote, _) => remote.command("/bin/sh", &all),
        }
    }
}

fn copy(from: &Place, to: &Place, recursive: bool) -> anyhow::Result<()> {
    let (source, target) = (from.path(), to.path());
    // A trailing slash is no part of the name.
    let name = Path::new(&source).file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.with_context(|| format!("scp: {source:?} has no name to copy it under"))?;
    if let Place::Here(path) = to
        && let Some(folder) = path.parent()
        && !folder.exists()
    {
        fs::metadata(folder).with_context(|| format!("scp: {}", folder.display()))?;
    }
    let mut give = from
        .shell(GIVE, &[source.trim_end_matches('/'), if recursive { "-r" } else { "" }])?
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot read the source")?;
    let pipe = give.stdout.take().context("cannot read the source")?;
    let take = to.shell(TAKE, &[&target, &name])?.stdin(pipe).stderr(Stdio::piped()).output();
    let give = give.wait_with_output().context("cannot read the source")?;
    check(&give)?;
    check(&take.context("cannot write the destination")?)
}

fn check(output: &Output) -> anyhow::Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    bail!("{}", text.lines().next().unwrap_or("scp: it failed without a word"))
}
