//! Settings of an installed snap: config, aliases, connections.

use serde_json::{Map, Value, json};

use super::http::escape;
use super::install::{check_name, snap_path};
use super::{Error, Snapd};

/// Names of snapd's own config, even if there is no such snap.
const SYSTEM_SNAPS: [&str; 2] = ["system", "core"];

/// The config of `snap`, or only the values of `keys` (such as `server.port`) if any are given.
///
/// # Errors
/// See [`Snapd::get`].
pub fn get(snap: &str, keys: &[&str]) -> Result<Map<String, Value>, Error> {
    Snapd::new().get(snap, keys)
}

/// The value of one key of the config of `snap`.
///
/// # Errors
/// See [`Snapd::get_one`].
pub fn get_one(snap: &str, key: &str) -> Result<Value, Error> {
    Snapd::new().get_one(snap, key)
}

/// Set config of `snap`.
///
/// # Errors
/// See [`Snapd::set`].
pub fn set(snap: &str, config: &Value) -> Result<(), Error> {
    Snapd::new().set(snap, config)
}

/// Unset config of `snap`.
///
/// # Errors
/// See [`Snapd::unset`].
pub fn unset(snap: &str, keys: &[&str]) -> Result<(), Error> {
    Snapd::new().unset(snap, keys)
}

/// Make `alias` a command that runs `app` of `snap`.
///
/// # Errors
/// See [`Snapd::alias`].
pub fn alias(snap: &str, app: &str, alias: &str) -> Result<(), Error> {
    Snapd::new().alias(snap, app, alias)
}

/// Undo [`alias`].
///
/// # Errors
/// See [`Snapd::unalias`].
pub fn unalias(alias: &str) -> Result<(), Error> {
    Snapd::new().unalias(alias)
}

/// Connect a plug of `snap` to a slot of another snap; by default to the system's.
///
/// # Errors
/// See [`Snapd::connect`].
pub fn connect(snap: &str, plug: &str, slot: Option<(&str, &str)>) -> Result<(), Error> {
    Snapd::new().connect(snap, plug, slot)
}

/// Disconnect a plug of `snap` from a slot of another snap; by default from all slots.
///
/// # Errors
/// See [`Snapd::disconnect`].
pub fn disconnect(snap: &str, plug: &str, slot: Option<(&str, &str)>) -> Result<(), Error> {
    Snapd::new().disconnect(snap, plug, slot)
}

impl Snapd {
    /// The config of `snap`, or only the values of `keys` (such as `server.port`) if any are given.
    ///
    /// # Errors
    /// [`Error::Refused`] with the kind `option-not-found`: a key has no value. [`Error::NotInstalled`]. See [`Error`] for
    /// others.
    pub fn get(&self, snap: &str, keys: &[&str]) -> Result<Map<String, Value>, Error> {
        for key in keys {
            check_key(key)?;
        }
        let mut path = format!("{}/conf", snap_path(snap)?);
        if !keys.is_empty() {
            path = format!("{path}?keys={}", escape(&keys.join(",")));
        }
        match self.get_json(&path, &format!("get the config of the snap {snap}")) {
            Ok(Value::Object(config)) => {
                // For a snap that is not installed, snapd returns an empty config.
                if config.is_empty() && !SYSTEM_SNAPS.contains(&snap) && self.list_one(snap)?.is_none() {
                    return Err(Error::NotInstalled { snap: snap.to_owned() });
                }
                Ok(config)
            }
            Ok(_) => Err(Error::Response { request: format!("GET {path}"), reason: "it is not an object".to_owned() }),
            Err(error) if SYSTEM_SNAPS.contains(&snap) => Err(error),
            Err(error) => Err(self.or_not_installed(snap, error)),
        }
    }

    /// The value of one key of the config of `snap`.
    ///
    /// # Errors
    /// As [`Snapd::get`].
    pub fn get_one(&self, snap: &str, key: &str) -> Result<Value, Error> {
        let mut config = self.get(snap, &[key])?;
        config.remove(key).ok_or_else(|| Error::Response {
            request: format!("GET {}/conf?keys={}", snap_path(snap).unwrap_or_default(), escape(key)),
            reason: format!("it lacks the key {key}"),
        })
    }

    /// Set config of `snap`: a JSON object, in which `null` unsets a key. Either all of it is set, or nothing.
    ///
    /// # Errors
    /// [`Error::Change`]: the snap's configure hook refused it, or there is none. [`Error::NotInstalled`]. See
    /// [`Error`] for others.
    pub fn set(&self, snap: &str, config: &Value) -> Result<(), Error> {
        for key in config.as_object().into_iter().flat_map(Map::keys) {
            check_key(key)?;
        }
        self.send("PUT", &format!("{}/conf", snap_path(snap)?), config, &format!("configure the snap {snap}"))
            .map_err(|error| self.or_not_installed(snap, error))
    }

    /// Unset config of `snap`.
    ///
    /// # Errors
    /// As [`Snapd::set`].
    pub fn unset(&self, snap: &str, keys: &[&str]) -> Result<(), Error> {
        let config: Map<_, _> = keys.iter().map(|key| ((*key).to_owned(), Value::Null)).collect();
        self.set(snap, &Value::Object(config))
    }

    /// Make `alias` a command that runs `app` of `snap`.
    ///
    /// # Errors
    /// [`Error::NotInstalled`]; [`Error::Change`]: there is no such app, or another snap has the alias.
    pub fn alias(&self, snap: &str, app: &str, alias: &str) -> Result<(), Error> {
        let body = json!({
            "action": "alias",
            "snap": check_name("a snap", snap)?,
            "app": check_name("an app", app)?,
            "alias": check_name("an alias", alias)?,
        });
        self.send("POST", "/v2/aliases", &body, &format!("make the alias {alias} of {snap}.{app}"))
            .map_err(|error| self.or_not_installed(snap, error))
    }

    /// Undo [`Snapd::alias`].
    ///
    /// # Errors
    /// [`Error::Refused`]: there is no such alias.
    pub fn unalias(&self, alias: &str) -> Result<(), Error> {
        let body = json!({"action": "unalias", "alias": check_name("an alias", alias)?});
        self.send("POST", "/v2/aliases", &body, &format!("remove the alias {alias}"))
    }

    /// Connect a plug of `snap` to a slot of another snap; by default to the system's. Does nothing if they are
    /// connected.
    ///
    /// # Errors
    /// [`Error::NotInstalled`]; [`Error::Refused`]: there is no such plug or slot.
    pub fn connect(&self, snap: &str, plug: &str, slot: Option<(&str, &str)>) -> Result<(), Error> {
        self.change_connection("connect", snap, plug, slot)
    }

    /// Disconnect a plug of `snap` from a slot of another snap; by default from all slots. Does nothing if they are
    /// not connected.
    ///
    /// # Errors
    /// As [`Snapd::connect`].
    pub fn disconnect(&self, snap: &str, plug: &str, slot: Option<(&str, &str)>) -> Result<(), Error> {
        self.change_connection("disconnect", snap, plug, slot)
    }

    fn change_connection(&self, action: &str, snap: &str, plug: &str, slot: Option<(&str, &str)>) -> Result<(), Error> {
        let (slot_snap, slot) = slot.unwrap_or_default();
        let body = json!({
            "action": action,
            "plugs": [{"snap": check_name("a snap", snap)?, "plug": check_name("a plug", plug)?}],
            "slots": [{"snap": slot_snap, "slot": slot}],
        });
        match self.send("POST", "/v2/interfaces", &body, &format!("{action} the plug {snap}:{plug}")) {
            Err(error) if is_unchanged(&error) => Ok(()),
            result => result.map_err(|error| self.or_not_installed(snap, error)),
        }
    }
}

/// Whether there was nothing to change. If a plug and a slot are not connected, snapd's error has no kind.
fn is_unchanged(error: &Error) -> bool {
    let Error::Refused(refusal) = error else { return false };
    refusal.kind == "interfaces-unchanged" || refusal.message.ends_with(", it is not connected")
}

/// Keys are joined with commas, and snapd drops blank ones.
fn check_key(key: &str) -> Result<(), Error> {
    if key.trim() != key || key.is_empty() || key.contains(',') {
        return Err(Error::Name { kind: "a config key", text: key.to_owned() });
    }
    Ok(())
}
