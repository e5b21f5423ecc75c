//! List, install, refresh and remove snaps.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};

use super::http::{Request, escape};
use super::{Error, Info, Snapd};

/// The risk levels of channels, most stable first.
const RISKS: [&str; 4] = ["stable", "candidate", "beta", "edge"];

/// The revision of a snap to install or refresh to, and its confinement.
///
/// ```
/// use charmlibs::snap::Install;
///
/// let install = Install::new().channel("14/stable").revision(163);
/// # let _ = install;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Install {
    channel: Option<String>,
    revision: Option<String>,
    cohort: Option<String>,
    classic: bool,
    devmode: bool,
    no_update: bool,
}

impl Install {
    /// The newest revision in `latest/stable`, or in the channel that an installed snap tracks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The channel to track, such as `14/stable`, `14` or `edge`.
    #[must_use]
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// The revision. The next refresh replaces it, unless you [`hold`](super::hold) the snap.
    #[must_use]
    pub fn revision(mut self, revision: u32) -> Self {
        self.revision = Some(revision.to_string());
        self
    }

    /// The key of a cohort, from `snap create-cohort`. All machines in a cohort get the same revision during a
    /// progressive release.
    #[must_use]
    pub fn cohort(mut self, key: impl Into<String>) -> Self {
        self.cohort = Some(key.into());
        self
    }

    /// Allow classic confinement: the snap can do whatever root can.
    #[must_use]
    pub fn classic(mut self) -> Self {
        self.classic = true;
        self
    }

    /// Use devmode: the snap can do whatever root can, and violations of its confinement are logged.
    #[must_use]
    pub fn devmode(mut self) -> Self {
        self.devmode = true;
        self
    }

    /// Make [`ensure`] leave a snap alone that already tracks the right channel.
    #[must_use]
    pub fn no_update(mut self) -> Self {
        self.no_update = true;
        self
    }

    fn request_body(&self, action: &str) -> Value {
        let mut body = json!({"action": action});
        for (key, value) in [("channel", &self.channel), ("revision", &self.revision), ("cohort-key", &self.cohort)] {
            if let Some(value) = value {
                body[key] = value.as_str().into();
            }
        }
        for (key, set) in [("classic", self.classic), ("devmode", self.devmode)] {
            if set {
                body[key] = true.into();
            }
        }
        body
    }
}

/// The installed snaps.
///
/// # Errors
/// See [`Snapd::list`].
pub fn list() -> Result<Vec<Info>, Error> {
    Snapd::new().list()
}

/// snapd's information about the snap `snap`; `None` if it is not installed.
///
/// # Errors
/// See [`Snapd::list_one`].
pub fn list_one(snap: &str) -> Result<Option<Info>, Error> {
    Snapd::new().list_one(snap)
}

/// Ensure that `snap` is installed as `install` specifies. Returns whether anything changed.
///
/// # Errors
/// See [`Snapd::ensure`].
pub fn ensure(snap: &str, install: &Install) -> Result<bool, Error> {
    Snapd::new().ensure(snap, install)
}

/// Install `snap`, unless it is installed. Returns whether it was installed now.
///
/// # Errors
/// See [`Snapd::install`].
pub fn install(snap: &str, install: &Install) -> Result<bool, Error> {
    Snapd::new().install(snap, install)
}

/// Install an unsigned snap from a file, without the store.
///
/// # Errors
/// See [`Snapd::install_local`].
pub fn install_local(path: impl AsRef<Path>, install: &Install) -> Result<(), Error> {
    Snapd::new().install_local(path, install)
}

/// Refresh `snap`. Returns whether there was a newer revision.
///
/// # Errors
/// See [`Snapd::refresh`].
pub fn refresh(snap: &str, install: &Install) -> Result<bool, Error> {
    Snapd::new().refresh(snap, install)
}

/// Remove `snap`. Returns whether it was installed. snapd keeps a snapshot of its data.
///
/// # Errors
/// See [`Snapd::remove`].
pub fn remove(snap: &str) -> Result<bool, Error> {
    Snapd::new().remove(snap)
}

/// Remove `snap` and its data. Returns whether it was installed.
///
/// # Errors
/// See [`Snapd::remove`].
pub fn purge(snap: &str) -> Result<bool, Error> {
    Snapd::new().purge(snap)
}

impl Snapd {
    /// The installed snaps, by name. Does not ask the store.
    ///
    /// # Errors
    /// As [`Snapd::list_one`].
    pub fn list(&self) -> Result<Vec<Info>, Error> {
        const PATH: &str = "/v2/snaps";
        let result = self.get_json(PATH, "list the snaps")?;
        let infos: Option<Vec<_>> = result.as_array().and_then(|all| all.iter().map(Info::parse).collect());
        let mut infos = infos.ok_or_else(|| Error::Response {
            request: format!("GET {PATH}"),
            reason: "it is not a list, or an item lacks its name or revision".to_owned(),
        })?;
        infos.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(infos)
    }

    /// snapd's information about the snap `snap`; `None` if it is not installed. Does not ask the store.
    ///
    /// # Errors
    /// [`Error::NotRunning`]: snapd is not running. See [`Error`] for others.
    pub fn list_one(&self, snap: &str) -> Result<Option<Info>, Error> {
        let path = snap_path(snap)?;
        match self.get_json(&path, &format!("look for the snap {snap}")) {
            Ok(value) => Info::parse(&value).map(Some).ok_or_else(|| Error::Response {
                request: format!("GET {path}"),
                reason: "it lacks a name or a revision".to_owned(),
            }),
            Err(error) if error.is("snap-not-found") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Ensure that `snap` is installed as `install` specifies. Returns whether anything changed. If no revision is given,
    /// an installed snap is refreshed, unless [`Install::no_update`] is set.
    ///
    /// # Errors
    /// As [`Snapd::install`] and [`Snapd::refresh`].
    pub fn ensure(&self, snap: &str, install: &Install) -> Result<bool, Error> {
        let Some(info) = self.list_one(snap)? else {
            return self.install(snap, install);
        };
        let channel = install
            .channel
            .as_deref()
            .map_or(info.tracking.clone(), |channel| resolve_channel(channel, &info.tracking));
        let is_current =
            channel == info.tracking && install.revision.as_ref().is_none_or(|revision| *revision == info.revision);
        if is_current && (install.revision.is_some() || install.no_update) {
            return Ok(false);
        }
        self.refresh(snap, install)
    }

    /// Install `snap`, unless it is installed (from any channel). Returns whether it was installed now.
    ///
    /// # Errors
    /// [`Error::Refused`]: the store has no such snap, channel or revision, or the snap needs `classic`.
    /// [`Error::Change`]: it failed later, for example in the snap's own hook. See [`Error`] for others.
    pub fn install(&self, snap: &str, install: &Install) -> Result<bool, Error> {
        let operation = format!("install the snap {snap}");
        match self.send("POST", &snap_path(snap)?, &install.request_body("install"), &operation) {
            Err(error) if error.is("snap-already-installed") => Ok(false),
            result => result.map(|()| true),
        }
    }

    /// Install a snap from a file, such as a resource of the charm: unsigned, and without the store. Of `install`,
    /// only [`Install::classic`] and [`Install::devmode`] apply.
    ///
    /// # Errors
    /// [`Error::File`]: it could not be read. Others as for [`Snapd::install`].
    pub fn install_local(&self, path: impl AsRef<Path>, install: &Install) -> Result<(), Error> {
        const BOUNDARY: &str = "charmlibs-snap-3f9c1a7be2d84d06";
        let path = path.as_ref();
        let cannot_read =
            |error: std::io::Error| Error::File { path: path.display().to_string(), reason: error.to_string() };
        let fields = [("action", "install"), ("dangerous", "true")];
        let options = [("classic", install.classic), ("devmode", install.devmode)];
        let options = options.iter().filter(|(_, set)| *set).map(|(key, _)| (*key, "true"));
        let field =
            |(key, value)| format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n");
        let head = fields.into_iter().chain(options).map(field).collect::<String>()
            + &format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"snap\"; filename=\"local.snap\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
        let tail = format!("\r\n--{BOUNDARY}--\r\n");
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let operation = format!("install the snap file {}", path.display());
        self.retry_on_conflict(|| {
            let file = File::open(path).map_err(cannot_read)?;
            let size = file.metadata().map_err(cannot_read)?.len();
            let length = (head.len() + tail.len()) as u64 + size;
            let mut body = head.as_bytes().chain(file.take(size)).chain(tail.as_bytes());
            let content_type = &content_type;
            let mut request = Request { method: "POST", path: "/v2/snaps", content_type, body: &mut body, length };
            self.send_request(&mut request, &operation)
        })
    }

    /// Refresh `snap`, to another channel if `install` names one. Returns whether there was a newer revision.
    ///
    /// # Errors
    /// [`Error::NotInstalled`]. Others as for [`Snapd::install`].
    pub fn refresh(&self, snap: &str, install: &Install) -> Result<bool, Error> {
        let operation = format!("refresh the snap {snap}");
        match self.send("POST", &snap_path(snap)?, &install.request_body("refresh"), &operation) {
            Ok(()) => Ok(true),
            Err(error) if error.is("snap-no-update-available") => Ok(false),
            Err(error) => Err(self.or_not_installed(snap, error)),
        }
    }

    /// Remove `snap`. Returns whether it was installed. snapd keeps a snapshot of its data.
    ///
    /// # Errors
    /// [`Error::Change`]: for example, the snap's own hook failed. See [`Error`] for others.
    pub fn remove(&self, snap: &str) -> Result<bool, Error> {
        self.delete(snap, &json!({"action": "remove"}))
    }

    /// Remove `snap` and its data. Returns whether it was installed.
    ///
    /// # Errors
    /// As [`Snapd::remove`].
    pub fn purge(&self, snap: &str) -> Result<bool, Error> {
        self.delete(snap, &json!({"action": "remove", "purge": true}))
    }

    fn delete(&self, snap: &str, body: &Value) -> Result<bool, Error> {
        match self.send("POST", &snap_path(snap)?, body, &format!("remove the snap {snap}")) {
            Ok(()) => Ok(true),
            Err(error) if error.is("snap-not-found") || error.is("snap-not-installed") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// For a snap that is not installed, snapd returns different kinds of errors, or none. So ask whether it is
    /// installed.
    pub(super) fn or_not_installed(&self, snap: &str, error: Error) -> Error {
        const KINDS: [&str; 5] = ["", "snap-not-found", "snap-not-installed", "app-not-found", "option-not-found"];
        if error.kind().is_some_and(|kind| KINDS.contains(&kind)) && matches!(self.list_one(snap), Ok(None)) {
            return Error::NotInstalled { snap: snap.to_owned() };
        }
        error
    }
}

/// The path of a snap in snapd's API.
pub(super) fn snap_path(snap: &str) -> Result<String, Error> {
    Ok(format!("/v2/snaps/{}", escape(check_name("a snap", snap)?)))
}

/// Names have letters, digits, `-` and `_` (in parallel instances); aliases may also have `.`.
pub(super) fn check_name<'a>(kind: &'static str, text: &'a str) -> Result<&'a str, Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if text.bytes().all(allowed) && text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return Ok(text);
    }
    Err(Error::Name { kind, text: text.to_owned() })
}

/// The channel that snapd would track after refreshing a snap from `tracking` to `channel`.
fn resolve_channel(channel: &str, tracking: &str) -> String {
    let parts: Vec<_> = channel.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => tracking.to_owned(),
        // A risk alone keeps the track, but a track alone does not keep the risk.
        [risk, ..] if RISKS.contains(risk) => {
            let track = tracking.split('/').next().filter(|track| !track.is_empty()).unwrap_or("latest");
            format!("{track}/{}", parts.join("/"))
        }
        [track] => format!("{track}/stable"),
        _ => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_resolved_as_snapd_does() {
        for (channel, tracking, resolved) in [
            ("edge", "3.6/stable", "3.6/edge"),
            ("edge", "", "latest/edge"),
            ("4.0", "3.6/stable", "4.0/stable"),
            ("4.0/edge", "3.6/stable", "4.0/edge"),
            ("edge/fix", "latest/stable", "latest/edge/fix"),
            ("", "latest/stable", "latest/stable"),
        ] {
            assert_eq!(resolve_channel(channel, tracking), resolved, "{channel} of {tracking}");
        }
    }
}
