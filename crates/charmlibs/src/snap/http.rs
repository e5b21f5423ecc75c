//! The part of HTTP/1.1 that is needed for snapd's socket: one request per connection.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// The maximum size of a response, to limit the memory that a broken server can use.
const MAX_RESPONSE_LENGTH: u64 = 64 << 20;
const MAX_LINE_LENGTH: u64 = 64 << 10;

pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// With the query, escaped.
    pub(super) path: &'a str,
    pub(super) content_type: &'a str,
    pub(super) body: &'a mut dyn Read,
    pub(super) length: u64,
}

impl<'a> Request<'a> {
    /// A request with JSON in its body, or without a body.
    pub(super) fn json(method: &'a str, path: &'a str, body: &'a mut &[u8]) -> Self {
        Self { method, path, content_type: "application/json", length: body.len() as u64, body }
    }
}

impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Send the request and read the response, within `limit`.
pub(super) fn exchange(socket: UnixStream, request: &mut Request<'_>, limit: Duration) -> io::Result<Response> {
    let mut socket = DeadlineStream { socket, deadline: Instant::now() + limit };
    write!(
        socket,
        "{} {} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n\
         Content-Type: {}\r\nContent-Length: {}\r\n\r\n",
        request.method, request.path, request.content_type, request.length
    )?;
    // A server that refuses need not read everything: prefer its response over a write error.
    let sent = io::copy(&mut (&mut *request.body).take(request.length), &mut socket);
    match (read_response(&mut BufReader::new(socket)), sent) {
        (Err(_), Err(sent)) => Err(sent),
        (response, _) => response,
    }
}

pub(super) fn connect(path: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(path)
}

/// Ends every read and write at `deadline`, however slow the other side is.
struct DeadlineStream {
    socket: UnixStream,
    deadline: Instant,
}

impl DeadlineStream {
    fn remaining(&self) -> io::Result<Option<Duration>> {
        let remaining = self.deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(remaining)) }
    }
}

impl Read for DeadlineStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.remaining()?)?;
        self.socket.read(buffer)
    }
}

impl io::Write for DeadlineStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.remaining()?)?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.to_owned())
}

fn read_line(reader: &mut impl io::BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(MAX_LINE_LENGTH).read_line(&mut line)?;
    if !line.ends_with('\n') {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the answer ends in its header"));
    }
    Ok(line.trim_end().to_owned())
}

fn read_response(reader: &mut BufReader<impl Read>) -> io::Result<Response> {
    let status_line = read_line(reader)?;
    let status = status_line.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| invalid("it is not HTTP"))?;
    let (mut length, mut chunked) = (None, false);
    loop {
        let header = read_line(reader)?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse::<u64>().map_err(|_| invalid("its length is not a number"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.trim().eq_ignore_ascii_case("chunked");
        }
    }
    let mut body = Vec::new();
    if chunked {
        loop {
            let size = read_line(reader)?;
            let size = u64::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)
                .map_err(|_| invalid("the size of a chunk is not a number"))?;
            if size == 0 {
                break;
            }
            read_exactly(reader, size, &mut body)?;
            read_line(reader)?;
        }
    } else if let Some(length) = length {
        read_exactly(reader, length, &mut body)?;
    } else {
        reader.take(MAX_RESPONSE_LENGTH).read_to_end(&mut body)?;
    }
    Ok(Response { status, body })
}

fn read_exactly(reader: &mut BufReader<impl Read>, length: u64, body: &mut Vec<u8>) -> io::Result<()> {
    if length > MAX_RESPONSE_LENGTH || body.len() as u64 > MAX_RESPONSE_LENGTH {
        return Err(invalid("it is too long"));
    }
    let read = reader.take(length).read_to_end(body)?;
    if read as u64 == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Escape what a path or a query must not contain.
pub(super) fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("a string takes all");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(bytes: &[u8]) -> io::Result<Response> {
        read_response(&mut BufReader::new(bytes))
    }

    #[test]
    fn bodies_are_read_by_length_in_chunks_or_to_the_end() {
        for bytes in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello and more"[..],
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
            b"HTTP/1.0 200 OK\r\n\r\nhello",
        ] {
            let response = response(bytes).unwrap();
            assert_eq!((response.status, response.body.as_slice()), (200, &b"hello"[..]));
        }
    }

    #[test]
    fn an_incomplete_or_invalid_http_response_is_an_error() {
        for bytes in [
            &b""[..],
            b"SSH-2.0-OpenSSH\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhe",
            b"HTTP/1.1 200 OK\r\nContent-Le",
        ] {
            assert!(response(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn special_characters_in_a_path_are_escaped() {
        assert_eq!(escape("a-b_c.d~e"), "a-b_c.d~e");
        assert_eq!(escape("a/b?c=d é"), "a%2Fb%3Fc%3Dd%20%C3%A9");
    }
}
