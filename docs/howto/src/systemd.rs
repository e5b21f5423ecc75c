//! The code of `systemd.md`.

use std::path::PathBuf;

use charmlibs::pathops;
use charmlibs::systemd::{self, Systemd};
use ops::{Charm, CollectStatusEvent, Framework, Model, OrStatus as _, Status};

use crate::on;

const UNIT: &str = "\
[Unit]
Description=The demo's worker
After=network-online.target

[Service]
ExecStart=/usr/bin/demo-worker --config /etc/demo/worker.conf
Restart=on-failure

[Install]
WantedBy=multi-user.target
";

/// A charm that runs a service of its own.
#[derive(Debug)]
pub struct WorkerCharm {
    /// The machine's systemd.
    pub systemd: Systemd,
    /// The worker's config.
    pub config: PathBuf,
}

impl Charm for WorkerCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::start(), Self::reconcile);
        framework.observe(on::config_changed(), Self::reconcile);
        framework.observe(on::upgrade_charm(), Self::reconcile);
        framework.observe(on::collect_unit_status(), Self::on_collect_status);
    }
}

impl WorkerCharm {
    fn reconcile<E>(&mut self, _event: &E, model: &Model) -> anyhow::Result<()> {
        let workers = model.config()?.get("workers").and_then(serde_json::Value::as_u64).unwrap_or(1);
        let new_config = pathops::ensure_contents(&self.config, format!("workers = {workers}\n"))?;
        let new_unit = self.systemd.ensure_unit("demo-worker.service", UNIT)?;
        let started = if new_config || new_unit {
            self.systemd.restart("demo-worker")
        } else {
            self.systemd.start("demo-worker")
        };
        let blocked = |error: &systemd::Error| Status::blocked(last_journal_line(error));
        started.or_status(blocked)?;
        self.systemd.enable("demo-worker").or_status(blocked)?;
        Ok(())
    }

    fn on_collect_status(&mut self, event: &CollectStatusEvent, _model: &Model) -> anyhow::Result<()> {
        if !self.systemd.running("demo-worker")? {
            event.add_status(Status::maintenance("demo-worker does not run"));
        }
        event.add_status(Status::active());
        Ok(())
    }
}

fn last_journal_line(error: &systemd::Error) -> String {
    let journal = error.service().and_then(|failure| failure.journal.last());
    journal.map_or_else(|| error.to_string(), |line| format!("demo-worker: {line}"))
}

#[cfg(test)]
mod tests {
    use charmlibs::systemd::{Error, ServiceFailure};

    use super::last_journal_line;

    #[test]
    fn a_worker_that_does_not_start_is_reported_with_its_last_lines() {
        let failure = ServiceFailure {
            operation: "start",
            unit: "demo-worker".to_owned(),
            reason: "its process exited".to_owned(),
            journal: vec!["Started demo-worker.".to_owned(), "no queue configured".to_owned()],
        };
        assert_eq!(last_journal_line(&Error::Service(failure)), "demo-worker: no queue configured");
    }
}
