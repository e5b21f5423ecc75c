//! Requests to snapd, and the changes that they start.

use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::error::{Error, Refusal};
use super::http::{self, Request};

/// Longer than the 38 s for which snapd itself tries to reach the store.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(2);
/// A longer request contains a snap file.
const MAX_LENGTH_WITHOUT_FILE: u64 = 1 << 20;
/// How often to check whether a change is done; the same as in the program `snap`.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How often to retry while another change is in the way.
const CONFLICT_POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long to wait while snapd restarts because it refreshes itself.
const RESTART_TIMEOUT: Duration = Duration::from_secs(10);

/// A machine's snapd.
///
/// ```no_run
/// use std::time::Duration;
/// use charmlibs::snap::{Install, Snapd};
///
/// let snapd = Snapd::new().timeout(Duration::from_mins(30));
/// snapd.ensure("openstack", &Install::new().channel("2024.1/stable"))?;
/// # Ok::<(), charmlibs::snap::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapd {
    socket: PathBuf,
    timeout: Duration,
    request_timeout: Duration,
}

impl Default for Snapd {
    fn default() -> Self {
        Self { socket: "/run/snapd.socket".into(), timeout: Duration::from_mins(15), request_timeout: REQUEST_TIMEOUT }
    }
}

impl Snapd {
    /// The snapd at `/run/snapd.socket`, with 15 minutes for each change.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The snapd at another socket, such as a test's.
    #[must_use]
    pub fn at(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into(), ..Self::default() }
    }

    /// How long a change may take, including downloads and the snap's hooks; and how long to wait for another change
    /// that is in its way.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self.request_timeout = REQUEST_TIMEOUT.min(timeout);
        self
    }

    pub(super) fn get_json(&self, path: &str, operation: &str) -> Result<Value, Error> {
        Ok(self.request(&mut Request::json("GET", path, &mut &[][..]), operation)?.0)
    }

    /// Send JSON, and wait for the change that it starts, if any.
    pub(super) fn send(&self, method: &str, path: &str, body: &Value, operation: &str) -> Result<(), Error> {
        let body = body.to_string();
        self.retry_on_conflict(|| self.send_request(&mut Request::json(method, path, &mut body.as_bytes()), operation))
    }

    /// Run `send`, and retry it while another change conflicts: an automatic refresh, or snapd's setup on a new
    /// machine.
    pub(super) fn retry_on_conflict(&self, mut send: impl FnMut() -> Result<(), Error>) -> Result<(), Error> {
        let started = Instant::now();
        let mut logged = false;
        loop {
            match send() {
                Err(error) if error.is_temporary() && started.elapsed() < self.timeout => {
                    if !logged {
                        tracing::info!("{error}; waiting for it");
                        logged = true;
                    }
                    thread::sleep(CONFLICT_POLL_INTERVAL.min(self.timeout.saturating_sub(started.elapsed())));
                }
                result => return result,
            }
        }
    }

    /// Send a request, and wait for the change that it starts, if any.
    pub(super) fn send_request(&self, request: &mut Request<'_>, operation: &str) -> Result<(), Error> {
        let (_, change) = self.request(request, operation)?;
        change.map_or(Ok(()), |change| self.wait_for_change(&change, operation))
    }

    /// The lines of a stream of JSON values, the format of snapd's logs.
    pub(super) fn get_stream(&self, path: &str, operation: &str) -> Result<Vec<Value>, Error> {
        let response = self.exchange(&mut Request::json("GET", path, &mut &[][..]))?;
        let mut values = Vec::new();
        for line in response.body.split(|&byte| byte == 0x1e).filter(|line| !line.trim_ascii().is_empty()) {
            let value: Value = serde_json::from_slice(line)
                .map_err(|error| Error::Response { request: format!("GET {path}"), reason: error.to_string() })?;
            values.push(value);
        }
        match values.first() {
            Some(value) if value["type"] == "error" => Err(refused(value, response.status, operation)),
            _ => Ok(values),
        }
    }

    /// snapd's result, and the ID of the change that it started.
    fn request(&self, request: &mut Request<'_>, operation: &str) -> Result<(Value, Option<String>), Error> {
        let response = self.exchange(request)?;
        let invalid = |reason: String| Error::Response { request: request.to_string(), reason };
        let mut value: Value = serde_json::from_slice(&response.body)
            .map_err(|error| invalid(format!("HTTP status {}, and no JSON: {error}", response.status)))?;
        match value["type"].as_str() {
            Some("sync") => Ok((value["result"].take(), None)),
            Some("async") => match value["change"].as_str() {
                Some(change) => Ok((Value::Null, Some(change.to_owned()))),
                None => Err(invalid("it names no change".to_owned())),
            },
            Some("error") => Err(refused(&value, response.status, operation)),
            _ => Err(invalid(format!("HTTP status {}, and no type", response.status))),
        }
    }

    fn exchange(&self, request: &mut Request<'_>) -> Result<http::Response, Error> {
        tracing::debug!("snapd: {request}");
        let socket = http::connect(&self.socket).map_err(|error| Error::NotRunning {
            socket: self.socket.display().to_string(),
            reason: error.to_string(),
        })?;
        // A snap's file takes time: snapd writes it to disk before it answers.
        let limit = if request.length > MAX_LENGTH_WITHOUT_FILE { self.timeout } else { self.request_timeout };
        http::exchange(socket, request, limit).map_err(|error| {
            let request = request.to_string();
            match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Error::TimedOut { operation: request, limit },
                io::ErrorKind::InvalidData => Error::Response { request, reason: error.to_string() },
                _ => Error::Connection { request, reason: error.to_string() },
            }
        })
    }

    fn wait_for_change(&self, id: &str, operation: &str) -> Result<(), Error> {
        let started = Instant::now();
        let mut last_response = Instant::now();
        let path = format!("/v2/changes/{}", http::escape(id));
        loop {
            let change = match self.get_json(&path, operation) {
                // snapd restarts when it refreshes itself, even during a change.
                Err(Error::NotRunning { .. } | Error::Connection { .. })
                    if last_response.elapsed() < RESTART_TIMEOUT =>
                {
                    thread::sleep(POLL_INTERVAL);
                    continue;
                }
                change => change?,
            };
            last_response = Instant::now();
            match change["status"].as_str().unwrap_or_default() {
                "Done" => return Ok(()),
                "Wait" => {
                    tracing::warn!("snapd's change {id} ({operation}) waits for the machine to be restarted");
                    return Ok(());
                }
                "Do" | "Doing" | "Undo" | "Undoing" | "Abort" => {}
                status => {
                    let reason = change["err"].as_str().map_or_else(|| format!("status {status}"), one_line);
                    return Err(Error::Change { operation: operation.to_owned(), reason, id: id.to_owned() });
                }
            }
            if started.elapsed() >= self.timeout {
                // Leave nothing half done: snapd undoes an aborted change.
                let result = self.send_abort(&path, operation);
                tracing::debug!("aborting snapd's change {id}: {result:?}");
                let operation = format!("change {id} ({operation})");
                return Err(Error::TimedOut { operation, limit: self.timeout });
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    fn send_abort(&self, path: &str, operation: &str) -> Result<(), Error> {
        let body = json!({"action": "abort"}).to_string();
        self.request(&mut Request::json("POST", path, &mut body.as_bytes()), operation).map(drop)
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn refused(value: &Value, status: u16, operation: &str) -> Error {
    let result = &value["result"];
    let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
    Error::Refused(Refusal { operation: operation.to_owned(), kind: text("kind"), message: text("message"), status })
}
