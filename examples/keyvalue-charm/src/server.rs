//! The workload: a process that serves a store over TCP.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::interface::Name;
use crate::store::Store;

/// How long a server may take to start or stop.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The charm's operations on the server. Tests replace it.
pub trait Workload {
    /// The port of the server for this folder, if one is running.
    fn port(&self, folder: &Path) -> Option<u16>;
    /// Serve this folder, and return when the port answers.
    ///
    /// # Errors
    /// It does not answer.
    fn start(&self, folder: &Path, port: u16) -> anyhow::Result<()>;
    /// Stop the server for this folder, if one is running.
    ///
    /// # Errors
    /// It does not stop.
    fn stop(&self, folder: &Path) -> anyhow::Result<()>;
}

/// This program, started as `serve FOLDER PORT`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Server;

impl Workload for Server {
    fn port(&self, folder: &Path) -> Option<u16> {
        server_process(folder).map(|(_, port)| port)
    }

    fn start(&self, folder: &Path, port: u16) -> anyhow::Result<()> {
        let child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .args([folder.as_os_str(), port.to_string().as_ref()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // It continues when the hook ends.
            .process_group(0)
            .spawn()?;
        fs::write(pid_file(folder), child.id().to_string())?;
        wait_until(|| TcpStream::connect(("127.0.0.1", port)).is_ok())
            .with_context(|| format!("port {port} does not answer"))
    }

    fn stop(&self, folder: &Path) -> anyhow::Result<()> {
        let Some((pid, _)) = server_process(folder) else { return Ok(()) };
        let status = Command::new("kill").arg(pid.to_string()).status()?;
        if !status.success() {
            bail!("kill {pid}: {status}");
        }
        wait_until(|| server_process(folder).is_none()).with_context(|| format!("process {pid} does not stop"))
    }
}

/// The server for a folder, and its port: the process in the PID file, if it is still such a server.
fn server_process(folder: &Path) -> Option<(u32, u16)> {
    let pid = fs::read_to_string(pid_file(folder)).ok()?.parse().ok()?;
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words: Vec<&[u8]> = command.split(|byte| *byte == 0).collect();
    match words[..] {
        [_, b"serve", served, port, ..] if served == folder.as_os_str().as_encoded_bytes() => {
            Some((pid, std::str::from_utf8(port).ok()?.parse().ok()?))
        }
        _ => None,
    }
}

fn pid_file(folder: &Path) -> PathBuf {
    folder.join("server.pid")
}

fn wait_until(done: impl Fn() -> bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + TIMEOUT;
    while !done() {
        if Instant::now() >= deadline {
            bail!("waited for {} s", TIMEOUT.as_secs());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Serve until the process is killed.
#[must_use]
pub fn main(folder: &str, port: &str) -> ExitCode {
    let store = Store::new(Path::new(folder));
    let listener = port.parse::<u16>().map_err(io::Error::other).and_then(|port| TcpListener::bind(("0.0.0.0", port)));
    match listener.and_then(|listener| serve(&listener, &store)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot serve {folder} on port {port}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(listener: &TcpListener, store: &Store) -> io::Result<()> {
    for stream in listener.incoming() {
        let (stream, store) = (stream?, store.clone());
        // A client that disconnects or sends nonsense ends only its own thread.
        thread::spawn(move || handle_connection(stream, &store));
    }
    Ok(())
}

fn handle_connection(mut stream: TcpStream, store: &Store) -> io::Result<()> {
    let mut namespace = None;
    for line in BufReader::new(stream.try_clone()?).lines() {
        let answer = handle_line(&line?, &mut namespace, store).unwrap_or_else(|error| format!("ERROR {error}"));
        stream.write_all(format!("{answer}\n").as_bytes())?;
    }
    Ok(())
}

fn handle_line(line: &str, namespace: &mut Option<Name>, store: &Store) -> anyhow::Result<String> {
    let name = |word: &str| Name::try_from(word.to_owned());
    let words: Vec<&str> = line.splitn(3, ' ').collect();
    match (&words[..], &namespace) {
        (["AUTH", user, password], _) => {
            *namespace = store.namespace_of(&name(user)?, password)?;
            if namespace.is_some() { Ok("OK".to_owned()) } else { bail!("wrong user or password") }
        }
        (["GET", key], Some(namespace)) => match store.get(namespace, &name(key)?)? {
            Some(value) => Ok(format!("OK {value}")),
            None => Ok("OK".to_owned()),
        },
        (["SET", key, value], Some(namespace)) => {
            store.set(namespace, &name(key)?, value)?;
            Ok("OK".to_owned())
        }
        (["GET" | "SET", ..], None) => bail!("say AUTH first"),
        _ => bail!("say AUTH user password, GET key, or SET key value"),
    }
}

#[cfg(test)]
mod tests {
    use ops::SecretContent;

    use super::*;
    use crate::interface::Client;

    #[test]
    fn a_client_keeps_values_in_the_namespace_of_its_user() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path());
        let name = |name: &str| Name::try_from(name.to_owned()).unwrap();
        store.set_user(&name("client-1"), &name("shop"), "hunter2").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = listener.local_addr().unwrap();
        let server_store = store.clone();
        thread::spawn(move || serve(&listener, &server_store));

        let credentials = |password| SecretContent::new([("username", "client-1"), ("password", password)]);
        let mut client = Client::connect(endpoint, &credentials("hunter2")).unwrap();
        assert_eq!(client.get(&name("key")).unwrap(), None);
        client.set(&name("key"), "a value").unwrap();
        assert_eq!(client.get(&name("key")).unwrap().as_deref(), Some("a value"));
        assert_eq!(store.get(&name("shop"), &name("key")).unwrap().as_deref(), Some("a value"));

        let error = Client::connect(endpoint, &credentials("hunter3")).unwrap_err();
        assert_eq!(error.to_string(), "the store says: ERROR wrong user or password");
    }

    #[test]
    fn an_invalid_line_is_answered_with_the_syntax() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path());
        for (line, says) in [("GET key", "AUTH first"), ("hello", "say AUTH user"), ("AUTH ../x y", "hyphens")] {
            let error = handle_line(line, &mut None, &store).unwrap_err().to_string();
            assert!(error.contains(says), "{line}: {error}");
        }
    }
}
