//! The protocol between a hook command and minijuju: each message is one line of JSON, then the bytes that it
//! announces.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;

use serde::{Deserialize, Serialize};

/// The maximum size of a request's arguments or standard input, in bytes.
const MAX_SIZE: u64 = 64 << 20;

/// A hook command that a charm ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The hook's `JUJU_CONTEXT_ID`.
    pub context: String,
    pub name: String,
    pub args: Vec<String>,
    /// The working directory.
    pub cwd: String,
    /// Its standard input, if the arguments ask for it.
    #[serde(skip)]
    pub stdin: Option<Vec<u8>>,
}

/// A hook command's output and exit code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct RequestHead {
    request: Request,
    stdin: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct ReplyHead {
    code: i32,
    stdout: u64,
    stderr: u64,
}

fn invalid_data(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn read_head<T: for<'de> Deserialize<'de>>(from: &mut BufReader<&UnixStream>) -> io::Result<T> {
    let mut line = Vec::new();
    from.by_ref().take(MAX_SIZE).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&line).map_err(invalid_data)
}

fn read_body(from: &mut BufReader<&UnixStream>, length: u64) -> io::Result<Vec<u8>> {
    if length > MAX_SIZE {
        return Err(invalid_data(format!("{length} bytes are too many")));
    }
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

fn write(mut to: &UnixStream, head: &impl Serialize, bodies: &[&[u8]]) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(head).map_err(invalid_data)?;
    bytes.push(b'\n');
    for body in bodies {
        bytes.extend_from_slice(body);
    }
    to.write_all(&bytes)
}

impl Request {
    pub fn send(&self, to: &UnixStream) -> io::Result<()> {
        let stdin = self.stdin.as_ref().map(|bytes| bytes.len() as u64);
        write(to, &RequestHead { request: self.clone(), stdin }, &[self.stdin.as_deref().unwrap_or_default()])
    }

    pub fn receive(from: &UnixStream) -> io::Result<Self> {
        let mut from = BufReader::new(from);
        let RequestHead { mut request, stdin } = read_head(&mut from)?;
        request.stdin = stdin.map(|length| read_body(&mut from, length)).transpose()?;
        Ok(request)
    }
}

impl Reply {
    pub fn send(&self, to: &UnixStream) -> io::Result<()> {
        let head = ReplyHead { code: self.code, stdout: self.stdout.len() as u64, stderr: self.stderr.len() as u64 };
        write(to, &head, &[&self.stdout, &self.stderr])
    }

    pub fn receive(from: &UnixStream) -> io::Result<Self> {
        let mut from = BufReader::new(from);
        let ReplyHead { code, stdout, stderr } = read_head(&mut from)?;
        Ok(Self { code, stdout: read_body(&mut from, stdout)?, stderr: read_body(&mut from, stderr)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_replies_arrive_unchanged() {
        let (a, b) = UnixStream::pair().unwrap();
        let request = Request {
            context: "app/0-install-1".to_owned(),
            name: "relation-set".to_owned(),
            args: vec!["--file".to_owned(), "-".to_owned(), "line\nbreak".to_owned()],
            cwd: "/".to_owned(),
            stdin: Some(b"a: \n\xff".to_vec()),
        };
        request.send(&a).unwrap();
        assert_eq!(Request::receive(&b).unwrap(), request);
        let reply = Reply { code: 2, stdout: b"out\n".to_vec(), stderr: vec![0, 255] };
        reply.send(&b).unwrap();
        assert_eq!(Reply::receive(&a).unwrap(), reply);
    }

    #[test]
    fn a_request_cut_short_is_an_error() {
        let (a, b) = UnixStream::pair().unwrap();
        (&a).write_all(br#"{"request":{"context":"","name":"","args":[],"cwd":""},"stdin":5}"#).unwrap();
        (&a).write_all(b"\nabc").unwrap();
        drop(a);
        assert_eq!(Request::receive(&b).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
