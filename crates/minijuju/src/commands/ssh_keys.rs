//! A model's SSH keys: `juju add-ssh-key` and related commands. Keys are stored and listed as on Juju, but have no
//! effect, because `juju ssh` does not use SSH.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use emulator::format::base64;
use md5::{Digest as _, Md5};

use crate::cli::{Arguments, ModelOption, UsageError};
use crate::client::{Client, USER, print};
use crate::store::ssh_key;

const ADD_SSH_KEY_HELP: &str = "\
Examples:
    juju add-ssh-key \"$(cat ~/mykey.pub)\"";

/// Add public SSH keys to a model, where none are needed.
#[derive(Debug, Clone, Args)]
#[command(after_help = ADD_SSH_KEY_HELP)]
pub struct AddSshKeyArgs {
    /// The keys, in the format of `authorized_keys`
    #[arg(value_name = "ssh key")]
    pub keys: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for AddSshKeyArgs {
    const USAGE: Option<&str> = Some("<ssh key> ...");

    fn init(&mut self) -> Result<(), UsageError> {
        if self.keys.is_empty() { Err(UsageError::Rule("no ssh key specified")) } else { Ok(()) }
    }
}

const IMPORT_SSH_KEY_HELP: &str = "\
Examples:
    juju import-ssh-key gh:phamilton
    juju import-ssh-key gh:rheinlein lp:iasmiov gh:hharrison";

/// Import a user's public SSH keys into a model, where none are needed.
#[derive(Debug, Clone, Args)]
#[command(after_help = IMPORT_SSH_KEY_HELP)]
pub struct ImportSshKeyArgs {
    /// Names at Launchpad or GitHub
    #[arg(value_name = "lp|gh:user identity")]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ImportSshKeyArgs {
    const USAGE: Option<&str> = Some("<lp|gh>:<user identity> ...");

    fn init(&mut self) -> Result<(), UsageError> {
        if self.ids.is_empty() {
            return Err(UsageError::Rule("no ssh key id specified"));
        }
        self.ids.iter().try_for_each(|id| check_key_id(id)).map_err(UsageError::command)
    }
}

/// Why a key ID cannot be imported.
#[derive(Debug, thiserror::Error)]
enum KeyIdError {
    #[error("{0:?} key ID not valid")]
    Short(String),
    #[error("prefix in Key ID {0:?} not supported, only lp: and gh: are allowed")]
    Prefix(String),
}

fn check_key_id(id: &str) -> Result<(), KeyIdError> {
    if id.len() < 3 {
        return Err(KeyIdError::Short(id.to_owned()));
    }
    if !id.starts_with("lp:") && !id.starts_with("gh:") {
        return Err(KeyIdError::Prefix(id.to_owned()));
    }
    Ok(())
}

const REMOVE_SSH_KEY_HELP: &str = "\
Examples:
    juju remove-ssh-key ubuntu@ubuntu
    juju remove-ssh-key 45:7f:33:2c:10:4e:6c:14:e3:a1:a4:c8:b2:e1:34:b4
    juju remove-ssh-key bob@ubuntu carol@ubuntu";

/// Remove public SSH keys from a model.
#[derive(Debug, Clone, Args)]
#[command(after_help = REMOVE_SSH_KEY_HELP)]
pub struct RemoveSshKeyArgs {
    /// The keys, each by its fingerprint or its comment
    #[arg(value_name = "ssh key id")]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for RemoveSshKeyArgs {
    const USAGE: Option<&str> = Some("<ssh key id> ...");

    fn init(&mut self) -> Result<(), UsageError> {
        if self.ids.is_empty() { Err(UsageError::Rule("no ssh key id specified")) } else { Ok(()) }
    }
}

const SSH_KEYS_HELP: &str = "\
Examples:
    juju ssh-keys
    juju ssh-keys -m jujutest --full";

/// List the SSH keys that were added to a model.
#[derive(Debug, Clone, Args)]
#[command(alias = "list-ssh-keys", after_help = SSH_KEYS_HELP)]
pub struct SshKeysArgs {
    /// Show full key instead of just the fingerprint
    #[arg(long)]
    pub full: bool,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for SshKeysArgs {}

/// Comments that are reserved for Juju's own keys.
const RESERVED_COMMENTS: [&str; 2] = ["juju-client-key", "juju-system-key"];

/// The fingerprint of a public key, as Juju shows it, and the key's comment. juju/utils: `KeyFingerprint` in
/// ssh/authorisedkeys.go.
fn fingerprint(key: &str) -> Option<(String, String)> {
    let words: Vec<&str> = key.split_whitespace().collect();
    // Options may precede the key's type.
    (0..words.len().saturating_sub(1)).find_map(|at| {
        let blob = base64::decode(words[at + 1]).ok()?;
        let kind = words[at].as_bytes();
        let length = u32::try_from(kind.len()).ok()?.to_be_bytes();
        if blob.get(..4)? != length || blob.get(4..4 + kind.len())? != kind {
            return None;
        }
        let digest: Vec<String> = Md5::digest(&blob).iter().map(|byte| format!("{byte:02x}")).collect();
        Some((digest.join(":"), words[at + 2..].join(" ")))
    })
}

fn say_that_keys_are_unused(client: &Client) {
    client.progress.info("minijuju needs no SSH keys: its ssh and scp go straight into machines");
}

/// Run `juju add-ssh-key`.
pub fn add(client: &mut Client, args: &AddSshKeyArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut known: Vec<String> =
        ssh_key::all(client.store.db(), &model.uuid)?.iter().filter_map(|key| Some(fingerprint(key)?.0)).collect();
    for key in &args.keys {
        let reason = match fingerprint(key) {
            None => format!("invalid ssh key: {key}"),
            Some((_, comment)) if RESERVED_COMMENTS.contains(&comment.as_str()) => {
                format!("may not add key with comment {comment}: {key}")
            }
            Some((print, _)) if known.contains(&print) => format!("duplicate ssh key: {key}"),
            Some((print, _)) => {
                known.push(print);
                client.write(|db| ssh_key::add(db, &model.uuid, key.trim()))?;
                continue;
            }
        };
        client.progress.print(&format!("cannot add key {key:?}: {reason}"));
    }
    say_that_keys_are_unused(client);
    Ok(ExitCode::SUCCESS)
}

/// Run `juju import-ssh-key`. It fetches nothing.
pub fn import(client: &mut Client, _: &ImportSshKeyArgs) -> anyhow::Result<ExitCode> {
    client.model()?;
    say_that_keys_are_unused(client);
    Ok(ExitCode::SUCCESS)
}

/// Run `juju remove-ssh-key`.
pub fn remove(client: &mut Client, args: &RemoveSshKeyArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let all = ssh_key::all(client.store.db(), &model.uuid)?;
    for id in &args.ids {
        let is_it = |key: &&String| fingerprint(key).is_some_and(|(print, comment)| print == *id || comment == *id);
        match all.iter().find(is_it) {
            Some(key) => client.write(|db| ssh_key::remove(db, &model.uuid, key))?,
            None => client.progress.print(&format!("cannot remove key id {id:?}: key not found: {id}")),
        }
    }
    say_that_keys_are_unused(client);
    Ok(ExitCode::SUCCESS)
}

/// Run `juju ssh-keys`.
pub fn list(client: &mut Client, args: &SshKeysArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let keys = ssh_key::all(client.store.db(), &model.uuid)?;
    if keys.is_empty() {
        client.progress.info("No keys to display.");
    } else {
        let mut text = format!("Keys used in model: {USER}/{}\n", model.name);
        for key in &keys {
            let Some((print, comment)) = fingerprint(key) else { bail!("Invalid key: {key}") };
            let line = match (args.full, comment.as_str()) {
                (true, _) => key.clone(),
                (false, "") => print,
                (false, comment) => format!("{print} ({comment})"),
            };
            text.push_str(&line);
            text.push('\n');
        }
        print(&text, None)?;
    }
    say_that_keys_are_unused(client);
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEX/dPu4PmtvgK3La9zioCEDrJ5jDAvMhx6BzwjECLOk";

    /// By `ssh-keygen -l -E md5`.
    const FINGERPRINT: &str = "f4:aa:6e:b0:f1:cb:7b:23:10:d0:dc:b0:c7:15:02:68";

    #[test]
    fn a_key_has_jujus_fingerprint_and_its_comment() {
        for (text, comment) in [
            (format!("{KEY} joe@ubuntu"), "joe@ubuntu"),
            (format!("no-pty,command=\"x\" {KEY} a b"), "a b"),
            (KEY.to_owned(), ""),
        ] {
            let (print, found) = fingerprint(&text).unwrap();
            assert_eq!((print.as_str(), found.as_str()), (FINGERPRINT, comment));
        }
        for text in ["", "ssh-rsa", "ssh-rsa x", "ssh-ed25519 AAAA", &KEY.replace("ed25519 ", "rsa ")] {
            assert_eq!(fingerprint(text), None, "{text}");
        }
    }

    #[test]
    fn keys_are_imported_only_from_launchpad_and_github() {
        let reason = |id: &str| check_key_id(id).err().map(|reason| reason.to_string()).unwrap_or_default();
        assert_eq!([reason("gh:joe"), reason("lp:joe")], ["", ""]);
        assert_eq!(reason("x"), r#""x" key ID not valid"#);
        assert_eq!(reason("joe:gh"), r#"prefix in Key ID "joe:gh" not supported, only lp: and gh: are allowed"#);
    }
}
