//! Launchers: processes in machines that start programs one after the other, such as a unit's hooks.
//!
//! Entering a machine costs more than a short hook: it executes six programs, and moving a process to the machine's
//! cgroup blocks every fork on the host for an RCU grace period, which takes milliseconds. A program that is started
//! by a process inside the machine costs one `exec`, and is born in the right cgroup.

use std::collections::HashMap;
use std::env;
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

use super::record::MachineKind;
use super::{Machine, nsenter};

/// The first argument of a launcher process. Internal.
const SUBCOMMAND: &str = "machine-launcher";

/// How often to check the process that entered the machine.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The number of output descriptors that accompany a request.
const OUTPUT_COUNT: usize = 2;

/// A program to start in a machine, in its own process group and without input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchRequest {
    /// Its path in the machine.
    pub program: String,
    pub args: Vec<String>,
    /// Its working directory in the machine.
    pub folder: String,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
}

/// What a launcher answers: first whether it started the program, then how the program ended.
#[derive(Debug, Serialize, Deserialize)]
enum Response {
    Started,
    /// The OS error number, if there is one, and the message.
    Failed(Option<i32>, String),
    /// The wait status, as wait(2) reports it.
    Exited(i32),
}

/// Idle launchers, by the PID of their machine's init process. Each runs one program at a time.
#[derive(Debug, Default)]
pub struct Launchers(Mutex<HashMap<u32, Vec<Launcher>>>);

/// A launcher process, and the connection to it.
#[derive(Debug)]
struct Launcher {
    stream: BufReader<UnixStream>,
    process: Child,
}

/// A program that was started.
#[derive(Debug)]
pub struct LaunchedProcess<'a>(Parent<'a>);

/// What started it.
#[derive(Debug)]
enum Parent<'a> {
    ThisProcess(Child),
    Launcher { launcher: Launcher, machine: u32, idle: &'a Launchers },
}

impl Launchers {
    /// Start a program in a machine, with these outputs.
    pub fn start(
        &self,
        machine: &Machine,
        request: &LaunchRequest,
        stdout: PipeWriter,
        stderr: PipeWriter,
    ) -> io::Result<LaunchedProcess<'_>> {
        if machine.kind() == MachineKind::Host {
            let mut command = machine.command(&request.program, &request.folder).map_err(io::Error::other)?;
            command.args(&request.args).env_clear().envs(request.environment.iter().map(|(name, value)| (name, value)));
            command.process_group(0).stdin(Stdio::null()).stdout(stdout).stderr(stderr);
            return Ok(LaunchedProcess(Parent::ThisProcess(command.spawn()?)));
        }
        let outputs = [stdout.into(), stderr.into()];
        let process = |launcher| Ok(LaunchedProcess(Parent::Launcher { launcher, machine: machine.pid(), idle: self }));
        while let Some(mut launcher) = self.lock().get_mut(&machine.pid()).and_then(Vec::pop) {
            match launcher.start(request, &outputs) {
                // Somebody in the machine killed it. A charm that kills all processes of its user does that.
                Err(_) if launcher.has_exited() => {}
                result => return result.and_then(|()| process(launcher)),
            }
        }
        let mut launcher = Launcher::open(machine)?;
        launcher.start(request, &outputs).and_then(|()| process(launcher))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Vec<Launcher>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LaunchedProcess<'_> {
    /// A process on the host, in place of one in a machine.
    #[must_use]
    pub fn on_host(process: Child) -> Self {
        Self(Parent::ThisProcess(process))
    }

    pub fn wait(self) -> io::Result<ExitStatus> {
        match self.0 {
            Parent::ThisProcess(mut child) => child.wait(),
            Parent::Launcher { mut launcher, machine, idle } => match launcher.receive()? {
                Response::Exited(status) => {
                    idle.lock().entry(machine).or_default().push(launcher);
                    Ok(ExitStatus::from_raw(status))
                }
                Response::Started | Response::Failed(..) => Err(io::ErrorKind::InvalidData.into()),
            },
        }
    }
}

impl Launcher {
    fn open(machine: &Machine) -> io::Result<Self> {
        let (outer, inner) = UnixStream::pair()?;
        outer.set_read_timeout(Some(POLL_INTERVAL))?;
        let mut command = machine.command(machine.program(), "/").map_err(io::Error::other)?;
        command.arg(SUBCOMMAND).env_clear().process_group(0);
        command.stdin(OwnedFd::from(inner)).stdout(Stdio::null()).stderr(Stdio::piped());
        Ok(Self { process: command.spawn()?, stream: BufReader::new(outer) })
    }

    fn start(&mut self, request: &LaunchRequest, outputs: &[OwnedFd; OUTPUT_COUNT]) -> io::Result<()> {
        // Prefer the message that the other end sent before it ended to "connection broke".
        let _ = self.send(request, outputs);
        match self.receive()? {
            Response::Started => Ok(()),
            Response::Failed(Some(number), _) => Err(io::Error::from_raw_os_error(number)),
            Response::Failed(None, text) => Err(io::Error::other(text)),
            Response::Exited(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Send the outputs with one byte of data, then the request as a line of JSON.
    fn send(&mut self, request: &LaunchRequest, outputs: &[OwnedFd; OUTPUT_COUNT]) -> io::Result<()> {
        let mut stream = self.stream.get_ref();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(OUTPUT_COUNT))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let outputs = outputs.each_ref().map(|output| output.as_fd());
        control.push(SendAncillaryMessage::ScmRights(&outputs));
        sendmsg(stream, &[IoSlice::new(b" ")], &mut control, SendFlags::NOSIGNAL)?;
        stream.write_all(&json_line(request)?)
    }

    fn has_exited(&mut self) -> bool {
        !matches!(self.process.try_wait(), Ok(None))
    }

    fn receive(&mut self) -> io::Result<Response> {
        let mut line = String::new();
        loop {
            match self.stream.read_line(&mut line) {
                Ok(count) if count > 0 => return Ok(serde_json::from_str(&line)?),
                // The process that entered the machine has this connection too, and may be stopped.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => nsenter::resume(self.process.id()),
                Ok(_) | Err(_) => break,
            }
        }
        // The launcher or its machine ended.
        nsenter::wait(&mut self.process);
        let mut errors = String::new();
        if let Some(mut stderr) = self.process.stderr.take() {
            let _ = stderr.read_to_string(&mut errors);
        }
        let errors = errors.trim();
        Err(io::Error::other(if errors.is_empty() {
            "the machine ended".to_owned()
        } else {
            errors.replace('\n', "; ")
        }))
    }
}

/// Closing the connection ends the launcher.
impl Drop for Launcher {
    fn drop(&mut self) {
        let _ = self.stream.get_ref().shutdown(std::net::Shutdown::Both);
        nsenter::wait(&mut self.process);
    }
}

/// Run as a launcher, if this program was started as one.
pub(super) fn run_subcommand() -> Option<ExitCode> {
    if env::args_os().nth(1)? != SUBCOMMAND {
        return None;
    }
    let Err(error) = serve() else { return Some(ExitCode::SUCCESS) };
    let _ = writeln!(io::stderr(), "{error}");
    Some(ExitCode::FAILURE)
}

/// Start requested programs until the connection closes.
fn serve() -> io::Result<()> {
    // No controlling terminal, as with Juju's agent.
    nix::unistd::setsid()?;
    let mut requests = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    while let Some((request, [stdout, stderr])) = receive_request(&mut requests)? {
        let mut command = Command::new(&request.program);
        command.args(&request.args).current_dir(&request.folder).process_group(0);
        command.env_clear().envs(request.environment);
        let spawned = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn();
        // The command holds the outputs open.
        drop(command);
        match spawned {
            Ok(mut child) => {
                requests.write_all(&json_line(&Response::Started)?)?;
                let status = child.wait()?;
                requests.write_all(&json_line(&Response::Exited(status.into_raw()))?)?;
            }
            Err(error) => {
                requests.write_all(&json_line(&Response::Failed(error.raw_os_error(), error.to_string()))?)?;
            }
        }
    }
    Ok(())
}

/// The next request, or `None` when the connection is closed.
fn receive_request(stream: &mut UnixStream) -> io::Result<Option<(LaunchRequest, [OwnedFd; OUTPUT_COUNT])>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(OUTPUT_COUNT))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let received = recvmsg(&*stream, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    if received.bytes == 0 {
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

fn json_line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_carries_the_output_descriptors() {
        let (outer, mut inner) = UnixStream::pair().unwrap();
        let process = Command::new("true").spawn().unwrap();
        let mut launcher = Launcher { stream: BufReader::new(outer), process };
        let request = LaunchRequest {
            program: "/bin/echo".to_owned(),
            args: vec!["line\nbreak".to_owned()],
            folder: "/".to_owned(),
            environment: vec![("NAME".to_owned(), "x".repeat(100_000))],
        };
        let ((mut out, stdout), (_err, stderr)) = (io::pipe().unwrap(), io::pipe().unwrap());
        let sent = request.clone();
        let sending = std::thread::spawn(move || launcher.send(&sent, &[stdout.into(), stderr.into()]).unwrap());
        let (received, outputs) = receive_request(&mut inner).unwrap().unwrap();
        sending.join().unwrap();
        assert_eq!(received, request);
        let [stdout, _stderr] = outputs;
        std::fs::File::from(stdout).write_all(b"output").unwrap();
        let mut text = String::new();
        out.read_to_string(&mut text).unwrap();
        assert_eq!(text, "output");
        assert!(receive_request(&mut inner).unwrap().is_none(), "the outer end is closed");
    }
}
