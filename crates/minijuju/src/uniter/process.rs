//! A hook's process, from its start to its end.

use std::io::{self, PipeReader, PipeWriter, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use memchr::{memchr, memrchr};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::context_processes::kill_context;
use super::interrupt::Interrupt;
use crate::hookcmd::wire::{Reply, Request};
use crate::machine::LaunchedProcess;

/// The longest piece of a line that becomes one log line, in bytes.
const MAX_LINE: usize = 64 << 10;

/// How much to read at once: the default capacity of a pipe.
const PIPE_CAPACITY: usize = 64 << 10;

/// How long a hook command may take to send its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The output that a process wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// Receives what a hook's process does.
pub trait Listener {
    /// It ran a hook command.
    fn hook_command(&mut self, request: Request) -> Reply;

    /// It printed something.
    fn bytes(&mut self, stream: Stream, bytes: &[u8]);

    /// It printed these lines. Each ends in a line break, except a last line without one, or a piece of a long line.
    fn lines(&mut self, stream: Stream, lines: &[u8]);

    /// It ended with an incomplete line.
    fn incomplete_line(&mut self, line: &[u8]);

    /// Called regularly, to write buffered data that is due. Returns how soon it must be called again.
    fn tick(&mut self) -> Option<Duration>;

    /// Whether the process must stop, because it asked for that.
    fn must_stop(&self) -> bool;
}

/// How a hook's process ended.
#[derive(Clone, Copy, Debug)]
pub enum ProcessEnd {
    Exited(ExitStatus),
    /// Stopped by a signal to this program.
    Interrupted,
    /// Stopped by its timeout.
    TimedOut,
    /// Stopped because it asked for that.
    Stopped,
}

/// Start a process with `start`, whose environment has `JUJU_CONTEXT_ID=context`, and follow it to its end. Its
/// background processes live on, unless it is stopped: then they are stopped too.
pub fn run<'a>(
    start: impl FnOnce(PipeWriter, PipeWriter) -> io::Result<LaunchedProcess<'a>>,
    context: &str,
    calls: &UnixListener,
    interrupt: &Interrupt,
    timeout: Option<Duration>,
    listener: &mut dyn Listener,
) -> io::Result<ProcessEnd> {
    calls.set_nonblocking(true)?;
    let (out, stdout) = io::pipe()?;
    let (err, stderr) = io::pipe()?;
    let mut outputs = [OutputPipe::new(Stream::Stdout, out)?, OutputPipe::new(Stream::Stderr, err)?];
    let process = start(stdout, stderr)?;
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    let (end_reader, end_writer) = io::pipe()?;
    thread::scope(|scope| {
        let waiter = scope.spawn(move || {
            let status = process.wait();
            drop(end_writer);
            status
        });
        let mut unanswered = Vec::new();
        let stopped = follow(&mut outputs, &end_reader, calls, interrupt, deadline, (listener, &mut unanswered));
        if !matches!(stopped, Ok(None)) {
            kill_context(context);
        }
        let status =
            waiter.join().unwrap_or_else(|_| Err(io::Error::other("the thread that waits for the hook broke")))?;
        let stopped = stopped?;
        // Everything that the process wrote is in the pipes now. A background process may hold them open, so do not
        // wait for end of file.
        for output in &mut outputs {
            output.drain(listener)?;
            output.pass_on_incomplete_line(listener);
        }
        listener.tick();
        drop(unanswered);
        Ok(stopped.unwrap_or(ProcessEnd::Exited(status)))
    })
}

/// Listen and answer until the process has ended, or must be stopped.
fn follow(
    outputs: &mut [OutputPipe],
    end_reader: &PipeReader,
    calls: &UnixListener,
    interrupt: &Interrupt,
    deadline: Option<Instant>,
    (listener, unanswered): (&mut dyn Listener, &mut Vec<UnixStream>),
) -> io::Result<Option<ProcessEnd>> {
    let mut next_tick = listener.tick();
    loop {
        let remaining = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = remaining.into_iter().chain(next_tick).min().map_or(PollTimeout::NONE, |wait| {
            PollTimeout::try_from(wait + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
        });
        let mut fds = vec![
            PollFd::new(end_reader.as_fd(), PollFlags::POLLIN),
            PollFd::new(interrupt.as_fd(), PollFlags::POLLIN),
            PollFd::new(calls.as_fd(), PollFlags::POLLIN),
        ];
        fds.extend(
            outputs.iter().filter_map(|output| Some(PollFd::new(output.pipe.as_ref()?.as_fd(), PollFlags::POLLIN))),
        );
        match poll(&mut fds, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let ready = |index: usize| fds[index].any().unwrap_or(false);
        let (exited, interrupted, called) = (ready(0), ready(1), ready(2));
        for output in &mut *outputs {
            output.drain(listener)?;
        }
        if called {
            unanswered.extend(answer(calls, listener));
        }
        next_tick = listener.tick();
        if exited {
            return Ok(None);
        }
        if interrupted {
            return Ok(Some(ProcessEnd::Interrupted));
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Ok(Some(ProcessEnd::TimedOut));
        }
        if listener.must_stop() {
            return Ok(Some(ProcessEnd::Stopped));
        }
    }
}

/// Answer pending hook commands. A command that asks to stop the hook never returns: it gets no answer, and its
/// connection is returned.
fn answer(calls: &UnixListener, listener: &mut dyn Listener) -> Option<UnixStream> {
    while let Ok((stream, _)) = calls.accept() {
        let request = stream
            .set_nonblocking(false)
            .and_then(|()| stream.set_read_timeout(Some(REQUEST_TIMEOUT)))
            .and_then(|()| stream.set_write_timeout(Some(REQUEST_TIMEOUT)))
            .and_then(|()| Request::receive(&stream));
        // A hook command that was killed halfway needs no answer.
        if let Ok(request) = request {
            let reply = listener.hook_command(request);
            if listener.must_stop() {
                return Some(stream);
            }
            let _ = reply.send(&stream);
        }
    }
    None
}

/// The pipe that a process writes one of its outputs to.
struct OutputPipe {
    stream: Stream,
    pipe: Option<PipeReader>,
    buffer: Vec<u8>,
    /// The start of an incomplete line.
    line: Vec<u8>,
}

impl OutputPipe {
    fn new(stream: Stream, pipe: PipeReader) -> io::Result<Self> {
        let flags = OFlag::from_bits_truncate(fcntl(&pipe, FcntlArg::F_GETFL)?);
        fcntl(&pipe, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        Ok(Self { stream, pipe: Some(pipe), buffer: vec![0; PIPE_CAPACITY], line: Vec::new() })
    }

    /// Read what is there, but with a limit: a flood must not delay hook commands and Ctrl-C.
    fn drain(&mut self, listener: &mut dyn Listener) -> io::Result<()> {
        for _ in 0..16 {
            let Some(pipe) = &mut self.pipe else { return Ok(()) };
            match pipe.read(&mut self.buffer) {
                Ok(0) => {
                    self.pipe = None;
                    self.pass_on_incomplete_line(listener);
                }
                Ok(count) => {
                    listener.bytes(self.stream, &self.buffer[..count]);
                    self.pass_on_lines(count, listener);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Pass on the lines that end in the first `count` bytes of the buffer, all at once, so that the listener can skip
    /// many.
    fn pass_on_lines(&mut self, count: usize, listener: &mut dyn Listener) {
        let mut bytes = &self.buffer[..count];
        if !self.line.is_empty()
            && let Some(end) = memchr(b'\n', bytes)
        {
            self.line.extend_from_slice(&bytes[..=end]);
            bytes = &bytes[end + 1..];
            listener.lines(self.stream, &self.line);
            self.line.clear();
        }
        if let Some(end) = memrchr(b'\n', bytes) {
            listener.lines(self.stream, &bytes[..=end]);
            bytes = &bytes[end + 1..];
        }
        self.line.extend_from_slice(bytes);
        if self.line.len() > MAX_LINE {
            listener.lines(self.stream, &self.line);
            self.line.clear();
        }
    }

    fn pass_on_incomplete_line(&mut self, listener: &mut dyn Listener) {
        if !self.line.is_empty() {
            listener.incomplete_line(&self.line);
            self.line.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Records what it receives.
    #[derive(Default)]
    struct Recorder {
        calls: usize,
        printed: Vec<u8>,
    }

    impl Listener for Recorder {
        fn hook_command(&mut self, _: Request) -> Reply {
            Reply::default()
        }

        fn bytes(&mut self, _: Stream, _: &[u8]) {}

        fn lines(&mut self, _: Stream, lines: &[u8]) {
            self.calls += 1;
            assert!(lines.len() <= MAX_LINE + PIPE_CAPACITY, "{}", lines.len());
            self.printed.extend_from_slice(lines);
            self.printed.push(b'|');
        }

        fn incomplete_line(&mut self, line: &[u8]) {
            self.printed.extend_from_slice(line);
            self.printed.push(b'~');
        }

        fn tick(&mut self) -> Option<Duration> {
            None
        }

        fn must_stop(&self) -> bool {
            false
        }
    }

    /// What the listener receives of output that is written in these pieces, and in how many calls.
    fn drain(pieces: &[&[u8]]) -> (String, usize) {
        let (pipe, mut end) = io::pipe().unwrap();
        let (mut output, mut recorder) = (OutputPipe::new(Stream::Stdout, pipe).unwrap(), Recorder::default());
        for piece in pieces {
            end.write_all(piece).unwrap();
            output.drain(&mut recorder).unwrap();
        }
        drop(end);
        output.drain(&mut recorder).unwrap();
        (String::from_utf8(recorder.printed).unwrap(), recorder.calls)
    }

    #[test]
    fn a_hooks_output_is_passed_on_in_lines_and_the_rest_at_its_end() {
        for (pieces, wanted) in [
            (&[&b"a\nb\n"[..]][..], "a\nb\n|"),
            (&[b"a\nb", b"c", b"d\ne\n\nf"], "a\n|bcd\n|e\n\n|f~"),
            (&[b"\n", b"a", b"\n"], "\n|a\n|"),
            (&[b"no end"], "no end~"),
            (&[], ""),
        ] {
            assert_eq!(drain(pieces).0, wanted, "{pieces:?}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_passed_on_in_pieces() {
        let piece = vec![b'x'; PIPE_CAPACITY];
        let (printed, calls) = drain(&[&piece, &piece, &piece, b"\n"]);
        assert_eq!((printed.matches('x').count(), calls), (3 * PIPE_CAPACITY, 2));
    }

    #[test]
    fn a_flood_of_lines_is_passed_on_once_for_each_read() {
        let piece = vec![b'\n'; PIPE_CAPACITY];
        let (printed, calls) = drain(&[&piece[..]; 10]);
        assert_eq!((printed.matches('\n').count(), calls), (10 * PIPE_CAPACITY, 10));
    }
}
