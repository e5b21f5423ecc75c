//! The `keyvalue` interface: databags, and the protocol over TCP.

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, bail};
use ops::SecretContent;
use serde::{Deserialize, Serialize};

/// The databag of the application that wants to use the store.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The requested namespace. Applications that request the same one share it.
    pub namespace: Name,
}

/// The databag of the store's application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answer {
    /// Where the store listens.
    pub endpoint: SocketAddr,
    /// The secret with the credentials: `username` and `password`.
    pub secret_id: String,
}

/// A namespace or a key: lower-case letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(String);

impl Name {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = anyhow::Error;

    fn try_from(name: String) -> anyhow::Result<Self> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(allowed) {
            bail!("it must be lower-case letters, digits and hyphens");
        }
        Ok(Self(name))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A connection to a store. The protocol consists of lines: `AUTH user password`, `GET key`, `SET key value`. Answers
/// are `OK`, `OK value` or `ERROR reason`.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connect with the credentials of a secret.
    ///
    /// # Errors
    /// The store cannot be reached, or refuses the credentials.
    pub fn connect(endpoint: SocketAddr, credentials: &SecretContent) -> anyhow::Result<Self> {
        let field = |key| credentials.expose(key).with_context(|| format!("the secret has no {key}"));
        let timeout = Duration::from_secs(2);
        let stream =
            TcpStream::connect_timeout(&endpoint, timeout).with_context(|| format!("no store at {endpoint}"))?;
        stream.set_read_timeout(Some(timeout))?;
        let mut client = Self { stream: BufReader::new(stream) };
        client.send(&format!("AUTH {} {}", field("username")?, field("password")?))?;
        Ok(client)
    }

    /// The value of a key, if there is one.
    ///
    /// # Errors
    /// The connection was lost.
    pub fn get(&mut self, key: &Name) -> anyhow::Result<Option<String>> {
        let answer = self.send(&format!("GET {key}"))?;
        Ok(answer.strip_prefix(' ').map(str::to_owned))
    }

    /// Set the value of a key: one line.
    ///
    /// # Errors
    /// The value is not one line, or the connection was lost.
    pub fn set(&mut self, key: &Name, value: &str) -> anyhow::Result<()> {
        if value.contains('\n') {
            bail!("a value must be one line");
        }
        self.send(&format!("SET {key} {value}")).map(drop)
    }

    fn send(&mut self, line: &str) -> anyhow::Result<String> {
        self.stream.get_mut().write_all(format!("{line}\n").as_bytes())?;
        let mut answer = String::new();
        self.stream.read_line(&mut answer)?;
        match answer.trim_end_matches('\n') {
            ok if ok.starts_with("OK") => Ok(ok[2..].to_owned()),
            "" => bail!("the store closed the connection"),
            error => bail!("the store says: {error}"),
        }
    }
}
