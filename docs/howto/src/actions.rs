//! The code of `actions.md`.

use ops::{ActionEvent, Charm, Framework, Model};
use serde::{Deserialize, Serialize};

use crate::on;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Backup {
    target: String,
    keep_days: u16,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Results {
    size_bytes: u64,
    file: String,
}

/// A charm that can be backed up.
#[derive(Debug, Default)]
pub struct BackupCharm {
    free_bytes: u64,
}

impl Charm for BackupCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::backup_action(), Self::on_backup);
    }
}

impl BackupCharm {
    fn on_backup(&mut self, event: &ActionEvent, _model: &Model) -> anyhow::Result<()> {
        let Backup { target, keep_days } = event.load_params()?;
        event.log(&format!("writing to {target}, to be kept for {keep_days} days"))?;
        match self.write_backup(&target) {
            Some(size_bytes) => Ok(event.set_results(&Results { size_bytes, file: format!("{target}/backup.tar") })?),
            None => Ok(event.fail("there is no space left")?),
        }
    }

    fn write_backup(&self, _target: &str) -> Option<u64> {
        (self.free_bytes > 1_000).then_some(1_000)
    }
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, State, on};

    use super::BackupCharm;

    #[test]
    fn a_backup_says_where_it_is() {
        let mut ctx = Context::new(BackupCharm { free_bytes: 5_000 });
        ctx.run(on::action("backup").param("target", "/srv"), State::default()).unwrap();
        assert_eq!(ctx.action_logs(), ["writing to /srv, to be kept for 7 days"]);
        assert_eq!(ctx.action_results()["file"], "/srv/backup.tar");
        assert_eq!(ctx.action_results()["size-bytes"], "1000");
    }

    #[test]
    fn without_space_the_action_fails() {
        let mut ctx = Context::new(BackupCharm { free_bytes: 0 });
        let error = ctx.run(on::action("backup").param("target", "/srv"), State::default()).unwrap_err();
        assert_eq!(error.to_string(), "the action failed: there is no space left");
        assert_eq!(ctx.action_failure(), Some("there is no space left"));
    }
}
