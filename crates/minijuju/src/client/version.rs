//! The emulated version of Juju.

use std::env;

use anyhow::Context as _;
use emulator::JujuVersion;

use crate::store::Db;
use crate::store::model;

/// The variable that chooses it.
const VARIABLE: &str = "MINIJUJU_JUJU";

/// The client setting that `juju bootstrap --agent-version` writes.
const KEY: &str = "agent-version";

/// The version of new models, which `juju version` prints: `MINIJUJU_JUJU`, else the bootstrapped version, else 3.6.
pub fn of_new_models(db: Option<&Db>) -> anyhow::Result<JujuVersion> {
    if let Some(text) = env::var_os(VARIABLE).filter(|text| !text.is_empty()) {
        return text.to_string_lossy().parse().with_context(|| VARIABLE.to_owned());
    }
    match db.map(|db| model::client_setting(db, KEY)).transpose()?.flatten() {
        Some(text) => Ok(text.parse()?),
        None => Ok(JujuVersion::default()),
    }
}

/// Set the version of new models.
pub fn set_for_new_models(db: &Db, version: JujuVersion) -> crate::store::Result<()> {
    model::set_client_setting(db, KEY, Some(&version.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn the_version_is_the_one_that_was_bootstrapped_last_or_3_6() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        if env::var_os(VARIABLE).is_some() {
            // The tests run with that version.
            return;
        }
        assert_eq!(of_new_models(Some(store.db())).unwrap(), JujuVersion::V3_6);
        set_for_new_models(store.db(), JujuVersion::V4_0).unwrap();
        assert_eq!(of_new_models(Some(store.db())).unwrap(), JujuVersion::V4_0);
        assert_eq!(of_new_models(None).unwrap(), JujuVersion::V3_6);
    }
}
