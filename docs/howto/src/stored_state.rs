//! The code of `stored-state.md`.

use ops::{ActionEvent, Charm, Custom, CustomEvent, Framework, InstallEvent, Model};
use serde::{Deserialize, Serialize};

use crate::on;

#[derive(Debug, Serialize, Deserialize)]
struct BackupWritten {
    target: String,
}

impl CustomEvent for BackupWritten {
    const NAME: &'static str = "backup_written";
}

/// A charm that counts its backups, and copies each to a mirror.
#[derive(Debug, Default)]
pub struct ArchiveCharm {
    mirror_is_up: bool,
    mirrored: Vec<String>,
}

impl Charm for ArchiveCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::install(), Self::on_install);
        framework.observe(on::backup_action(), Self::on_backup);
        framework.observe(on::custom(), Self::on_backup_written);
    }
}

impl ArchiveCharm {
    fn on_install(&mut self, _event: &InstallEvent, model: &Model) -> anyhow::Result<()> {
        model.forget("backups");
        Ok(())
    }

    fn on_backup(&mut self, event: &ActionEvent, model: &Model) -> anyhow::Result<()> {
        let target = event.params()?["target"].as_str().unwrap_or_default().to_owned();
        let backups: u32 = model.stored("backups")?.unwrap_or(0);
        model.store("backups", &(backups + 1))?;
        Ok(model.emit(&BackupWritten { target })?)
    }

    fn on_backup_written(&mut self, event: &Custom<BackupWritten>, _model: &Model) -> anyhow::Result<()> {
        if !self.mirror_is_up {
            event.defer();
            return Ok(());
        }
        self.mirrored.push(event.target.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, State, on};

    use super::ArchiveCharm;

    #[test]
    fn backups_are_counted_from_hook_to_hook() {
        let mut ctx = Context::new(ArchiveCharm { mirror_is_up: true, ..ArchiveCharm::default() });
        let out = ctx.run(on::action("backup").param("target", "/a"), State::default()).unwrap();
        let out = ctx.run(on::action("backup").param("target", "/b"), out).unwrap();
        assert_eq!(out.stored["backups"], 2);
        assert_eq!(ctx.charm().mirrored, ["/a", "/b"]);
    }

    #[test]
    fn a_failed_mirror_is_retried_before_the_next_event() {
        let mut ctx = Context::new(ArchiveCharm::default());
        let out = ctx.run(on::action("backup").param("target", "/a"), State::default()).unwrap();
        assert_eq!(out.deferred.len(), 1);

        ctx.charm_mut().mirror_is_up = true;
        let out = ctx.run(on::update_status(), out).unwrap();
        assert_eq!(ctx.charm().mirrored, ["/a"]);
        assert!(out.deferred.is_empty());
    }
}
