//! Log levels by module.

use std::collections::BTreeMap;

use ops::hookcmds::LogLevel;
use thiserror::Error;

/// The name of the root module.
const ROOT_MODULE: &str = "<root>";

/// Why a specification of levels is invalid, in the words of Juju's log library (loggo, `config.go`).
#[derive(Debug, PartialEq, Error)]
pub enum LevelsError {
    #[error("config value expected '=', found {0:?}")]
    NoLevel(String),
    #[error("config value {0:?} has missing module name")]
    NoModule(String),
    #[error("unknown severity level {0:?}")]
    Unknown(String),
}

/// The minimum level of each module.
#[derive(Clone, Debug)]
pub struct Levels {
    root: LogLevel,
    modules: BTreeMap<String, LogLevel>,
}

impl Levels {
    /// One level for all modules.
    pub fn all(root: LogLevel) -> Self {
        Self { root, modules: BTreeMap::new() }
    }

    /// Set levels from a specification such as `<root>=INFO;juju.worker=DEBUG`, or one level for all. If it is
    /// invalid, nothing changes.
    pub fn configure(&mut self, text: &str) -> Result<(), LevelsError> {
        let text = text.trim();
        let mut changed = self.clone();
        if let Ok(level) = parse_level(text) {
            changed.set(ROOT_MODULE, level);
        } else {
            for entry in text.split([';', ':']).filter(|entry| !entry.is_empty()) {
                let (module, word) = entry.split_once('=').ok_or_else(|| LevelsError::NoLevel(entry.to_owned()))?;
                if module.trim().is_empty() {
                    return Err(LevelsError::NoModule(entry.to_owned()));
                }
                changed.set(module.trim(), parse_level(word.trim())?);
            }
        }
        *self = changed;
        Ok(())
    }

    /// Set or unset a module's level. Without one, a module uses its parent's; the root's default is WARNING.
    fn set(&mut self, module: &str, level: Option<LogLevel>) {
        if module == ROOT_MODULE {
            self.root = level.unwrap_or(LogLevel::Warning);
        } else if let Some(level) = level {
            self.modules.insert(module.to_owned(), level);
        } else {
            self.modules.remove(module);
        }
    }

    /// Whether a module's lines of this level are logged, by its own level or that of its nearest parent.
    pub fn is_enabled(&self, module: &str, level: LogLevel) -> bool {
        let ancestors = std::iter::successors(Some(module), |name| name.rsplit_once('.').map(|(parent, _)| parent));
        level >= ancestors.into_iter().find_map(|name| self.modules.get(name).copied()).unwrap_or(self.root)
    }
}

/// Parse a level; `None` for `UNSPECIFIED`.
fn parse_level(word: &str) -> Result<Option<LogLevel>, LevelsError> {
    match word.to_ascii_uppercase().as_str() {
        "UNSPECIFIED" => Ok(None),
        _ => word.parse().map(Some).map_err(|_| LevelsError::Unknown(word.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_without_a_level_has_that_of_its_nearest_parent() {
        let mut levels = Levels::all(LogLevel::Warning);
        levels.configure(" <root>=INFO; juju.worker = debug :juju.worker.uniter=TRACE;juju.cmd=UNSPECIFIED").unwrap();
        for (module, level, shown) in [
            ("juju.cmd", LogLevel::Info, true),
            ("juju.cmd", LogLevel::Debug, false),
            ("juju.worker", LogLevel::Debug, true),
            ("juju.worker", LogLevel::Trace, false),
            ("juju.workers", LogLevel::Debug, false),
            ("juju.worker.uniter.operation", LogLevel::Trace, true),
        ] {
            assert_eq!(levels.is_enabled(module, level), shown, "{module} {level}");
        }
        levels.configure("ERROR").unwrap();
        assert!(!levels.is_enabled("juju.cmd", LogLevel::Warning) && levels.is_enabled("juju.worker", LogLevel::Debug));
        levels.configure("").unwrap();
        assert!(levels.is_enabled("juju.cmd", LogLevel::Error));
    }

    #[test]
    fn invalid_levels_change_nothing_and_are_an_error() {
        let mut levels = Levels::all(LogLevel::Warning);
        for (text, error) in [
            ("garbage", "config value expected '=', found \"garbage\""),
            ("juju.cmd=TRACE;=INFO", "config value \"=INFO\" has missing module name"),
            ("juju.cmd=LOUD", "unknown severity level \"LOUD\""),
        ] {
            assert_eq!(levels.configure(text).unwrap_err().to_string(), error);
            assert!(!levels.is_enabled("juju.cmd", LogLevel::Info), "{text}");
        }
    }
}
