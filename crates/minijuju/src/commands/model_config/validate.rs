//! Juju's checks of a model's options besides their types. Juju 3.6: `Validate` in environs/config/config.go, and the
//! model's own checks in apiserver/facades/client/modelconfig/modelconfig.go.

use anyhow::bail;
use emulator::JujuVersion;

use crate::store::model;

/// The bases that charms run on: core/base/supported.go.
const SUPPORTED_BASES: [&str; 4] = ["ubuntu@20.04", "ubuntu@22.04", "ubuntu@24.04", "ubuntu@26.04"];

/// Check an option's text as Juju does.
pub fn option(name: &str, text: &str) -> anyhow::Result<()> {
    match name {
        model::AGENT_VERSION => {
            text.parse::<JujuVersion>()?;
            Ok(())
        }
        "logging-config" => logging(text),
        "default-space" => space(text),
        "default-base" => base(text),
        "mode" => mode(text),
        _ => Ok(()),
    }
}

/// Levels of modules: `<root>=INFO;unit=DEBUG`. github.com/juju/loggo: `ParseConfigString`.
fn logging(text: &str) -> anyhow::Result<()> {
    let is_level = |word: &str| {
        ["UNSPECIFIED", "TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL"]
            .contains(&word.to_ascii_uppercase().as_str())
    };
    let text = text.trim();
    if text.is_empty() || is_level(text) {
        return Ok(());
    }
    for value in text.split([';', ':']).filter(|value| !value.is_empty()) {
        let Some((module, level)) = value.split_once('=') else { bail!("config value expected '=', found {value:?}") };
        if module.trim().is_empty() {
            bail!("config value {value:?} has missing module name");
        }
        if !is_level(level.trim()) {
            bail!("unknown severity level {:?}", level.trim());
        }
    }
    Ok(())
}

/// The only space is `alpha`.
fn space(text: &str) -> anyhow::Result<()> {
    if text.is_empty() || text == "alpha" {
        return Ok(());
    }
    let word = |word: &str| !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if text.split('-').all(word) {
        bail!("space {text:?} not found");
    }
    bail!("default space name {text:?} not valid")
}

fn base(text: &str) -> anyhow::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let parts: Vec<&str> = text.split('@').collect();
    let [os, channel] = parts[..] else {
        bail!("invalid default base {text:?}: expected base string to contain os and channel separated by '@'");
    };
    let base = format!("{os}@{}", channel.split('/').next().unwrap_or_default());
    if SUPPORTED_BASES.contains(&base.as_str()) { Ok(()) } else { bail!("base {base:?} not supported") }
}

fn mode(text: &str) -> anyhow::Result<()> {
    let mut invalid: Vec<&str> =
        text.split(',').map(str::trim).filter(|mode| !["", "requires-prompts", "strict"].contains(mode)).collect();
    invalid.sort_unstable();
    if invalid.is_empty() { Ok(()) } else { bail!("mode(s) {:?} not valid", invalid.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn error(name: &str, text: &str) -> String {
        option(name, text).unwrap_err().to_string()
    }

    #[test]
    fn a_logging_config_names_modules_and_levels() {
        for text in ["", "INFO", "<root>=INFO", "<root>=INFO;unit=debug", "a=WARNING:b=TRACE;"] {
            assert!(option("logging-config", text).is_ok(), "{text}");
        }
        assert_eq!(error("logging-config", "garbage"), "config value expected '=', found \"garbage\"");
        assert_eq!(error("logging-config", "=INFO"), "config value \"=INFO\" has missing module name");
        assert_eq!(error("logging-config", "a=LOUD"), "unknown severity level \"LOUD\"");
    }

    #[test]
    fn the_default_space_must_exist_and_juju_must_support_the_default_base() {
        assert!(option("default-space", "alpha").is_ok() && option("default-space", "").is_ok());
        assert_eq!(error("default-space", "nosuch"), "space \"nosuch\" not found");
        assert_eq!(error("default-space", "no such"), "default space name \"no such\" not valid");
        assert!(option("default-base", "ubuntu@22.04/stable").is_ok());
        assert_eq!(error("default-base", "ubuntu@99"), "base \"ubuntu@99\" not supported");
        assert_eq!(
            error("default-base", "jammy"),
            "invalid default base \"jammy\": expected base string to contain os and channel separated by '@'"
        );
    }

    #[test]
    fn the_modes_are_strict_and_requires_prompts() {
        assert!(option("mode", "strict,requires-prompts").is_ok());
        assert_eq!(error("mode", "lenient,a"), "mode(s) \"a, lenient\" not valid");
    }
}
