//! A server that answers like snapd.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use charmlibs::snap::Snapd;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

#[derive(Default)]
struct State {
    snaps: BTreeMap<String, Value>,
    config: BTreeMap<String, Map<String, Value>>,
    /// The snap that each change is about, and how often the change was polled.
    changes: Vec<(String, u32)>,
    /// The requests: `METHOD PATH`, and the body.
    requests: Vec<(String, Vec<u8>)>,
}

pub struct Server {
    _folder: TempDir,
    socket: PathBuf,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// A server with these snaps.
    pub fn new(snaps: &[(&str, Value)]) -> Self {
        let snaps = snaps.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Self::serve(State { snaps, ..State::default() }, |state, mut stream, request, body| {
            let (code, body) = respond(state, request, body);
            if let Some(stream_of_json) = body.as_str() {
                return write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{stream_of_json}");
            }
            let body = body.to_string();
            // In two chunks, as Go's server sends long answers.
            let (one, two) = body.split_at(body.len() / 2);
            write!(
                stream,
                "HTTP/1.1 {code} Text\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
                 {:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n",
                one.len(),
                two.len()
            )
        })
    }

    /// A server that always sends the same response; if empty, it sends none.
    pub fn with_fixed_response(bytes: &'static [u8]) -> Self {
        let unanswered = Mutex::new(Vec::new());
        Self::serve(State::default(), move |_, mut stream, _, _| {
            if bytes.is_empty() {
                unanswered.lock().unwrap().push(stream);
                return Ok(());
            }
            stream.write_all(bytes)
        })
    }

    fn serve(
        state: State,
        respond: impl Fn(&mut State, UnixStream, &str, &[u8]) -> std::io::Result<()> + Send + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("snapd.socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let Some((request, body)) = read(&stream) else { continue };
                let mut state = shared.lock().unwrap();
                state.requests.push((request.clone(), body.clone()));
                // A client that has disconnected needs nothing more.
                _ = respond(&mut state, stream, &request, &body);
            }
        });
        Self { _folder: folder, socket, state }
    }

    pub fn snapd(&self) -> Snapd {
        Snapd::at(&self.socket)
    }

    /// The body of the last request that starts with `start`.
    pub fn last_body(&self, start: &str) -> Value {
        let state = self.state.lock().unwrap();
        let (_, body) = state.requests.iter().rfind(|(request, _)| request.starts_with(start)).expect(start);
        serde_json::from_slice(body).unwrap()
    }

    pub fn request_count(&self, start: &str) -> usize {
        self.request_lines().iter().filter(|request| request.starts_with(start)).count()
    }

    pub fn request_lines(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.iter().map(|(request, _)| request.clone()).collect()
    }

    /// The fields of the form in the last request.
    pub fn form(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.state.lock().unwrap();
        let (_, body) = state.requests.iter().find(|(request, _)| request == "POST /v2/snaps").unwrap();
        let boundary = &body[..body.windows(2).position(|bytes| bytes == b"\r\n").unwrap()];
        let starts: Vec<_> =
            (0..body.len()).filter(|&start| body[start..].starts_with(boundary)).chain([body.len()]).collect();
        let mut fields = BTreeMap::new();
        for pair in starts.windows(2) {
            let part = &body[pair[0] + boundary.len()..pair[1]];
            let Some(blank) = part.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let head = String::from_utf8(part[..blank].to_vec()).unwrap();
            let name = head.split("name=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            fields.insert(name, part[blank + 4..part.len() - 2].to_vec());
        }
        fields
    }
}

fn read(stream: &UnixStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (request, _) = first.rsplit_once(' ')?;
    Some((request.to_owned(), body))
}

fn error_response(code: u16, kind: &str, message: &str) -> (u16, Value) {
    (code, json!({"type": "error", "status-code": code, "result": {"kind": kind, "message": message}}))
}

fn sync_response(result: &Value) -> (u16, Value) {
    (200, json!({"type": "sync", "status-code": 200, "result": result}))
}

fn respond(state: &mut State, request: &str, body: &[u8]) -> (u16, Value) {
    let (method, path) = request.split_once(' ').unwrap();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let parts: Vec<_> = path.split('/').skip(2).collect();
    match (method, parts.as_slice()) {
        ("GET", ["snaps", snap]) => match state.snaps.get(*snap) {
            Some(info) => sync_response(info),
            None => error_response(404, "snap-not-found", "snap not installed"),
        },
        ("POST", ["snaps", snap]) => change_snap(state, snap, &body),
        ("GET", ["snaps", snap, "conf"]) => {
            let config = state.config.entry((*snap).to_owned()).or_default();
            match query.strip_prefix("keys=") {
                None => sync_response(&Value::Object(config.clone())),
                Some(key) => match config.get(key) {
                    Some(value) => sync_response(&json!({key: value})),
                    None => error_response(400, "option-not-found", "snap has no such configuration option"),
                },
            }
        }
        ("PUT", ["snaps", snap, "conf"]) => {
            let config = state.config.entry((*snap).to_owned()).or_default();
            for (key, value) in body.as_object().unwrap() {
                config.insert(key.clone(), value.clone());
            }
            config.retain(|_, value| !value.is_null());
            start_change(state, snap)
        }
        ("GET", ["changes", id]) => {
            let (snap, polls) = &mut state.changes[id.parse::<usize>().unwrap() - 1];
            *polls += 1;
            let failed = "cannot perform the following tasks:\n- Run install hook of \"broken\" snap (exit status 1)";
            match (snap.as_str(), *polls) {
                ("endless", _) | (_, 1) => sync_response(&json!({"id": id, "status": "Doing", "ready": false})),
                ("broken", _) => sync_response(&json!({"id": id, "status": "Error", "ready": true, "err": failed})),
                _ => sync_response(&json!({"id": id, "status": "Done", "ready": true})),
            }
        }
        ("POST", ["changes", _]) => sync_response(&json!({"status": "Abort"})),
        ("GET", ["logs"]) => {
            let entry = |second, text| {
                let time = format!("2026-01-01T00:00:0{second}Z");
                json!({"timestamp": time, "message": text, "sid": "juju.fetch", "pid": "7"}).to_string()
            };
            (200, format!("\u{1e}{}\n\u{1e}{}\n", entry(0, "hello"), entry(1, "bye")).into())
        }
        ("POST", [_]) => start_change(state, ""),
        _ => error_response(404, "", "not found"),
    }
}

fn start_change(state: &mut State, snap: &str) -> (u16, Value) {
    state.changes.push((snap.to_owned(), 0));
    (202, json!({"type": "async", "status-code": 202, "result": null, "change": state.changes.len().to_string()}))
}

fn change_snap(state: &mut State, snap: &str, body: &Value) -> (u16, Value) {
    let installed = state.snaps.contains_key(snap);
    match body["action"].as_str().unwrap() {
        "install" if installed => return error_response(400, "snap-already-installed", "snap is already installed"),
        "install" if snap == "busy" && state.requests.len() < 3 => {
            return error_response(
                409,
                "snap-change-conflict",
                "snap \"busy\" has \"auto-refresh\" change in progress",
            );
        }
        "install" if snap == "early" && state.requests.len() < 2 => {
            return error_response(
                500,
                "",
                "too early for operation, device not yet seeded or device model not acknowledged",
            );
        }
        "install" if snap == "gone" => return error_response(404, "snap-not-found", "snap not found"),
        "install" => {
            let revision = body["revision"].as_str().unwrap_or("1");
            let info = json!({"name": snap, "revision": revision, "tracking-channel": body["channel"]});
            state.snaps.insert(snap.to_owned(), info);
        }
        "remove" if !installed => return error_response(404, "snap-not-installed", "snap is not installed"),
        "remove" => _ = state.snaps.remove(snap),
        "refresh" if installed && body["channel"].is_null() => {
            return error_response(400, "snap-no-update-available", "snap has no updates available");
        }
        "refresh" | "hold" if !installed => return error_response(400, "", "snap is not installed"),
        _ => {}
    }
    start_change(state, snap)
}
