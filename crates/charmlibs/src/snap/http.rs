//! The part of HTTP/1.1 that is needed for snapd's socket: one request per connection.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// The maximum size of an answer, to limit the memory that a broken server can use.
const ANSWER_MAX: u64 = 64 << 20;
const LINE_MAX: u64 = 64 << 10;

pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// With the query, escaped.
    pub(super) path: &'a str,
    pub(super) content_type: &'a str,
    pub(super) body: &'a mut dyn Read,
    pub(super) length: u64,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Send the request and read the answer, within `limit`.
pub(super) fn exchange(socket: UnixStream, request: &mut Request<'_>, limit: Duration) -> io::Result<Answer> {
    let mut socket = Bounded { socket, end: Instant::now() + limit };
    write!(
        socket,
        "{} {} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n\
         Content-Type: {}\r\nContent-Length: {}\r\n\r\n",
        request.method, request.path, request.content_type, request.length
    )?;
    // A server that refuses need not read everything: prefer its answer over a write error.
    let sent = io::copy(&mut (&mut *request.body).take(request.length), &mut socket);
    match (read_answer(&mut BufReader::new(socket)), sent) {
        (Err(_), Err(sent)) => Err(sent),
        (answer, _) => answer,
    }
}

pub(super) fn connect(path: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(path)
}

/// Ends every read and write at `end`, however slow the other side is.
struct Bounded {
    socket: UnixStream,
    end: Instant,
}

impl Bounded {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(buffer)
    }
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn wrong(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

fn line(reader: &mut impl io::BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(LINE_MAX).read_line(&mut line)?;
    if !line.ends_with('\n') {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the answer ends in its header"));
    }
    Ok(line.trim_end().to_owned())
}

fn read_answer(reader: &mut BufReader<impl Read>) -> io::Result<Answer> {
    let first = line(reader)?;
    let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| wrong("it is not HTTP"))?;
    let (mut length, mut chunked) = (None, false);
    loop {
        let header = line(reader)?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse::<u64>().map_err(|_| wrong("its length is not a number"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.trim().eq_ignore_ascii_case("chunked");
        }
    }
    let mut body = Vec::new();
    if chunked {
        loop {
            let size = line(reader)?;
            let size = u64::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)
                .map_err(|_| wrong("the size of a chunk is not a number"))?;
            if size == 0 {
                break;
            }
            take(reader, size, &mut body)?;
            line(reader)?;
        }
    } else if let Some(length) = length {
        take(reader, length, &mut body)?;
    } else {
        reader.take(ANSWER_MAX).read_to_end(&mut body)?;
    }
    Ok(Answer { status, body })
}

fn take(reader: &mut BufReader<impl Read>, length: u64, body: &mut Vec<u8>) -> io::Result<()> {
    if length > ANSWER_MAX || body.len() as u64 > ANSWER_MAX {
        return Err(wrong("it is too long"));
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

    fn answer(bytes: &[u8]) -> io::Result<Answer> {
        read_answer(&mut BufReader::new(bytes))
    }

    #[test]
    fn bodies_come_by_length_in_chunks_or_to_the_end() {
        for bytes in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello and more"[..],
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
            b"HTTP/1.0 200 OK\r\n\r\nhello",
        ] {
            let answer = answer(bytes).unwrap();
            assert_eq!((answer.status, answer.body.as_slice()), (200, &b"hello"[..]));
        }
    }

    #[test]
    fn an_incomplete_or_invalid_http_answer_is_an_error() {
        for bytes in [
            &b""[..],
            b"SSH-2.0-OpenSSH\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhe",
            b"HTTP/1.1 200 OK\r\nContent-Le",
        ] {
            assert!(answer(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn special_characters_in_a_path_are_escaped() {
        assert_eq!(escape("a-b_c.d~e"), "a-b_c.d~e");
        assert_eq!(escape("a/b?c=d é"), "a%2Fb%3Fc%3Dd%20%C3%A9");
    }
}
