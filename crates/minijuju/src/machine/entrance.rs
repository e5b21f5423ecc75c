//! Entrances: connections into machines that stay open, for programs that run one after the other, such as a unit's
//! hooks.
//!
//! Entering a machine costs more than a short hook: it executes six programs, and moving a process to the machine's
//! cgroup blocks every fork on the host for an RCU grace period, which takes milliseconds. A program that is started
//! by a process inside the machine costs one `exec`, and is born in the right cgroup.

use std::collections::HashMap;
use std::env;
use std::fmt::Display;
use std::io::{self, BufRead as _, BufReader, IoSlice, IoSliceMut, PipeWriter, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use serde::{Deserialize, Serialize};

use super::record::Kind;
use super::{Machine, nsenter};

/// The first argument of the process at the inner end. Internal.
const SUBCOMMAND: &str = "machine-entrance";

/// How often to look after the process that entered the machine.
const LOOK: Duration = Duration::from_millis(500);

/// The output descriptors that accompany a request.
const OUTPUTS: usize = 2;

/// A program to start in a machine, in its own process group and without input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// Its path in the machine.
    pub program: String,
    pub args: Vec<String>,
    /// Its working directory in the machine.
    pub folder: String,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
}

/// What the inner end answers: first whether it started the program, then how the program ended.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    Started,
    /// The OS error number, if there is one, and the message.
    Refused(Option<i32>, String),
    /// The wait status, as wait(2) reports it.
    Ended(i32),
}

/// Open entrances, by the PID of their machine's first process. Each serves one program at a time.
#[derive(Debug, Default)]
pub struct Entrances(Mutex<HashMap<u32, Vec<Entrance>>>);

/// The outer end.
#[derive(Debug)]
struct Entrance {
    stream: BufReader<UnixStream>,
    process: Child,
}

/// A program that was started.
#[derive(Debug)]
pub struct Started<'a>(Way<'a>);

#[derive(Debug)]
enum Way<'a> {
    Direct(Child),
    Through { entrance: Entrance, machine: u32, back: &'a Entrances },
}

impl Entrances {
    /// Start a program in a machine, with these outputs.
    pub fn start(
        &self,
        machine: &Machine,
        launch: &Launch,
        stdout: PipeWriter,
        stderr: PipeWriter,
    ) -> io::Result<Started<'_>> {
        if machine.kind() == Kind::Host {
            let mut command = machine.command(&launch.program, &launch.folder).map_err(io::Error::other)?;
            command.args(&launch.args).env_clear().envs(launch.environment.iter().map(|(name, value)| (name, value)));
            command.process_group(0).stdin(Stdio::null()).stdout(stdout).stderr(stderr);
            return Ok(Started(Way::Direct(command.spawn()?)));
        }
        let outputs = [stdout.into(), stderr.into()];
        let through = |entrance| Ok(Started(Way::Through { entrance, machine: machine.pid(), back: self }));
        while let Some(mut entrance) = self.open().get_mut(&machine.pid()).and_then(Vec::pop) {
            match entrance.start(launch, &outputs) {
                // Somebody in the machine killed it. A charm that kills all processes of its user does that.
                Err(_) if entrance.is_over() => {}
                started => return started.and_then(|()| through(entrance)),
            }
        }
        let mut entrance = Entrance::open(machine)?;
        entrance.start(launch, &outputs).and_then(|()| through(entrance))
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u32, Vec<Entrance>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Started<'_> {
    /// A process on the host, in place of one in a machine.
    #[must_use]
    pub fn direct(process: Child) -> Self {
        Self(Way::Direct(process))
    }

    pub fn wait(self) -> io::Result<ExitStatus> {
        match self.0 {
            Way::Direct(mut child) => child.wait(),
            Way::Through { mut entrance, machine, back } => match entrance.hear()? {
                Answer::Ended(status) => {
                    back.open().entry(machine).or_default().push(entrance);
                    Ok(ExitStatus::from_raw(status))
                }
                Answer::Started | Answer::Refused(..) => Err(io::ErrorKind::InvalidData.into()),
            },
        }
    }
}

impl Entrance {
    fn open(machine: &Machine) -> io::Result<Self> {
        let (outer, inner) = UnixStream::pair()?;
        outer.set_read_timeout(Some(LOOK))?;
        let mut command = machine.command(machine.program(), "/").map_err(io::Error::other)?;
        command.arg(SUBCOMMAND).env_clear().process_group(0);
        command.stdin(OwnedFd::from(inner)).stdout(Stdio::null()).stderr(Stdio::piped());
        Ok(Self { process: command.spawn()?, stream: BufReader::new(outer) })
    }

    fn start(&mut self, launch: &Launch, outputs: &[OwnedFd; OUTPUTS]) -> io::Result<()> {
        // Prefer the message that the other end sent before it ended to "connection broke".
        let _ = self.ask(launch, outputs);
        match self.hear()? {
            Answer::Started => Ok(()),
            Answer::Refused(Some(number), _) => Err(io::Error::from_raw_os_error(number)),
            Answer::Refused(None, text) => Err(io::Error::other(text)),
            Answer::Ended(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Send the outputs with one byte of data, then the request as a line of JSON.
    fn ask(&mut self, launch: &Launch, outputs: &[OwnedFd; OUTPUTS]) -> io::Result<()> {
        let mut stream = self.stream.get_ref();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(OUTPUTS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let outputs = outputs.each_ref().map(|output| output.as_fd());
        control.push(SendAncillaryMessage::ScmRights(&outputs));
        sendmsg(stream, &[IoSlice::new(b" ")], &mut control, SendFlags::NOSIGNAL)?;
        stream.write_all(&line(launch)?)
    }

    fn is_over(&mut self) -> bool {
        !matches!(self.process.try_wait(), Ok(None))
    }

    fn hear(&mut self) -> io::Result<Answer> {
        let mut line = String::new();
        loop {
            match self.stream.read_line(&mut line) {
                Ok(count) if count > 0 => return Ok(serde_json::from_str(&line)?),
                // The process that entered the machine has this connection too, and may be stopped.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => nsenter::resume(self.process.id()),
                Ok(_) | Err(_) => break,
            }
        }
        // The inner end or its machine ended.
        nsenter::wait(&mut self.process);
        let mut said = String::new();
        if let Some(mut stderr) = self.process.stderr.take() {
            let _ = stderr.read_to_string(&mut said);
        }
        let said = said.trim();
        Err(io::Error::other(if said.is_empty() { "the machine ended".to_owned() } else { said.replace('\n', "; ") }))
    }
}

/// Closing the connection ends the inner end.
impl Drop for Entrance {
    fn drop(&mut self) {
        let _ = self.stream.get_ref().shutdown(std::net::Shutdown::Both);
        nsenter::wait(&mut self.process);
    }
}

/// Run as the inner end, if this program was started as it.
pub(super) fn run_if_asked() -> Option<ExitCode> {
    if env::args_os().nth(1)? != SUBCOMMAND {
        return None;
    }
    let Err(error) = serve() else { return Some(ExitCode::SUCCESS) };
    complain(&error);
    Some(ExitCode::FAILURE)
}

fn complain(what: &dyn Display) {
    let _ = writeln!(io::stderr(), "{what}");
}

/// Start requested programs until the connection closes.
fn serve() -> io::Result<()> {
    // No controlling terminal, as with Juju's agent.
    nix::unistd::setsid()?;
    let mut requests = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    while let Some((launch, [stdout, stderr])) = receive(&mut requests)? {
        let mut command = Command::new(&launch.program);
        command.args(&launch.args).current_dir(&launch.folder).process_group(0);
        command.env_clear().envs(launch.environment);
        let spawned = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn();
        // The command holds the outputs open.
        drop(command);
        match spawned {
            Ok(mut child) => {
                requests.write_all(&line(&Answer::Started)?)?;
                let status = child.wait()?;
                requests.write_all(&line(&Answer::Ended(status.into_raw()))?)?;
            }
            Err(error) => {
                requests.write_all(&line(&Answer::Refused(error.raw_os_error(), error.to_string()))?)?;
            }
        }
    }
    Ok(())
}

/// The next request, or `None` when the connection is closed.
fn receive(stream: &mut UnixStream) -> io::Result<Option<(Launch, [OwnedFd; OUTPUTS])>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(OUTPUTS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let got = recvmsg(&*stream, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    if got.bytes == 0 {
        return Ok(None);
    }
    let mut outputs = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(fds) = message {
            outputs.extend(fds);
        }
    }
    let outputs = outputs.try_into().map_err(|_| io::Error::other("no outputs came with the request"))?;
    // The client sends nothing more before it has the answer.
    let mut line = Vec::new();
    BufReader::new(&*stream).read_until(b'\n', &mut line)?;
    Ok(Some((serde_json::from_slice(&line)?, outputs)))
}

fn line(what: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(what)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_brings_the_outputs_along() {
        let (outer, mut inner) = UnixStream::pair().unwrap();
        let process = Command::new("true").spawn().unwrap();
        let mut entrance = Entrance { stream: BufReader::new(outer), process };
        let launch = Launch {
            program: "/bin/echo".to_owned(),
            args: vec!["line\nbreak".to_owned()],
            folder: "/".to_owned(),
            environment: vec![("NAME".to_owned(), "x".repeat(100_000))],
        };
        let ((mut out, stdout), (_err, stderr)) = (io::pipe().unwrap(), io::pipe().unwrap());
        let sent = launch.clone();
        let sending = std::thread::spawn(move || entrance.ask(&sent, &[stdout.into(), stderr.into()]).unwrap());
        let (got, outputs) = receive(&mut inner).unwrap().unwrap();
        sending.join().unwrap();
        assert_eq!(got, launch);
        let [stdout, _stderr] = outputs;
        std::fs::File::from(stdout).write_all(b"said").unwrap();
        let mut said = String::new();
        out.read_to_string(&mut said).unwrap();
        assert_eq!(said, "said");
        assert!(receive(&mut inner).unwrap().is_none(), "the outer end is gone");
    }
}
