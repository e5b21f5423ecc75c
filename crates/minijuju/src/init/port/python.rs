//! Reads a charm's Python code, with Python.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::InitError;

const READ_CHARM: &str = include_str!("read_charm.py");

/// A charm's class.
#[derive(Debug, Deserialize)]
pub(super) struct PythonCharm {
    pub(super) class: String,
    pub(super) doc: String,
    pub(super) file: String,
    pub(super) observers: Vec<Observer>,
    pub(super) methods: BTreeMap<String, Method>,
    pub(super) unknown: Vec<UnknownCode>,
}

/// One call of `framework.observe`.
#[derive(Debug, Deserialize)]
pub(super) struct Observer {
    /// The event, as an attribute of `self.on`.
    pub(super) event: String,
    pub(super) handler: String,
    pub(super) line: u32,
}

#[derive(Debug, Deserialize)]
pub(super) struct Method {
    pub(super) doc: String,
    pub(super) line: u32,
}

/// Code whose counterpart in Rust cannot be derived from the text.
#[derive(Debug, Deserialize)]
pub(super) struct UnknownCode {
    pub(super) line: u32,
    pub(super) text: String,
    pub(super) reason: String,
}

/// Read the class that `src/charm.py` runs.
pub(super) fn read(folder: &Path) -> Result<PythonCharm, InitError> {
    if !folder.join("src/charm.py").is_file() {
        return Err(InitError::NotPython { folder: folder.to_owned() });
    }
    // Isolated, because the charm's folder may hold a file with the name of a Python module.
    let output = Command::new("python3")
        .args(["-I", "-c", READ_CHARM])
        .arg(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(InitError::NoPython)?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(InitError::UnreadablePython { folder: folder.to_owned(), reason });
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| InitError::UnreadablePython { folder: folder.to_owned(), reason: error.to_string() })
}
