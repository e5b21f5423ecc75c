//! The code of `testing.md`.

use ops::{Charm, CollectStatusEvent, Framework, InstallEvent, Model, StartEvent, Status};

use crate::on;

/// What the charm does on its machine.
pub trait Workload {
    /// Install it.
    ///
    /// # Errors
    /// It cannot be installed.
    fn install(&mut self) -> anyhow::Result<()>;
    /// Whether it runs.
    fn is_running(&self) -> bool;
}

/// A charm that runs a workload.
#[derive(Debug, Default)]
pub struct ServerCharm<W> {
    /// What it runs.
    pub workload: W,
}

impl<W: Workload + 'static> Charm for ServerCharm<W> {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::install(), Self::on_install);
        framework.observe(on::start(), Self::on_start);
        framework.observe(on::collect_unit_status(), Self::on_collect_status);
    }
}

impl<W: Workload> ServerCharm<W> {
    fn on_install(&mut self, _event: &InstallEvent, model: &Model) -> anyhow::Result<()> {
        model.unit().set_status(Status::maintenance("Installing"))?;
        self.workload.install()?;
        Ok(model.unit().set_workload_version("1.2")?)
    }

    fn on_start(&mut self, event: &StartEvent, _model: &Model) -> anyhow::Result<()> {
        if !self.workload.is_running() {
            event.defer();
        }
        Ok(())
    }

    fn on_collect_status(&mut self, event: &CollectStatusEvent, _model: &Model) -> anyhow::Result<()> {
        if !self.workload.is_running() {
            event.add_status(Status::maintenance("Waiting for the server to start"));
        }
        event.add_status(Status::active());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;
    use ops_testing::{Context, Error, State, Status, on};

    use super::{ServerCharm, Workload};

    #[derive(Debug, Default)]
    struct MockServer {
        installed: bool,
        running: bool,
        broken: bool,
    }

    impl Workload for MockServer {
        fn install(&mut self) -> anyhow::Result<()> {
            if self.broken {
                bail!("no space left");
            }
            self.installed = true;
            Ok(())
        }

        fn is_running(&self) -> bool {
            self.running
        }
    }

    fn context() -> Context<ServerCharm<MockServer>> {
        Context::new(ServerCharm::default())
    }

    #[test]
    fn install() {
        let mut ctx = context();
        let out = ctx.run(on::install(), State::default()).unwrap();
        assert!(ctx.charm().workload.installed);
        assert_eq!(out.workload_version, "1.2");
        assert_eq!(out.unit_status, Status::maintenance("Waiting for the server to start"));
        assert_eq!(ctx.unit_status_history(), [Status::unknown(), Status::maintenance("Installing")]);
    }

    #[test]
    fn a_failing_install() {
        let mut ctx = context();
        ctx.charm_mut().workload.broken = true;
        let error = ctx.run(on::install(), State::default()).unwrap_err();
        assert!(matches!(error, Error::Charm(_)));
        assert_eq!(error.to_string(), "event install: ServerCharm::on_install failed: no space left");
    }

    #[test]
    fn a_deferred_start() {
        let mut ctx = context();
        let deferred = ctx.deferred(on::start(), ServerCharm::on_start);
        let state = State::default().with_deferred(deferred);
        ctx.charm_mut().workload.running = true;
        let out = ctx.run(on::update_status(), state).unwrap();
        assert!(out.deferred.is_empty());
        let emitted: Vec<String> = ctx.emitted_events().iter().map(ToString::to_string).collect();
        assert_eq!(emitted, ["start", "update_status", "collect_unit_status"]);
    }

    #[test]
    fn the_charm_can_be_inspected_around_an_event() {
        let mut ctx = context();
        let mut manager = ctx.manager(on::start(), State::default().with_leader(true)).unwrap();
        assert!(manager.model().unit().is_leader().unwrap());
        manager.charm().workload.running = true;
        let out = manager.run().unwrap();
        assert_eq!(out.unit_status, Status::active());
    }

    #[test]
    fn a_state_that_juju_could_not_produce_is_an_error() {
        let error = context().run(on::start(), State::default().with_config("slgu", "x")).unwrap_err().to_string();
        assert!(error.starts_with("Juju could not produce this:\n- "), "{error}");
        assert!(error.contains("the metadata defines no config option \"slgu\""), "{error}");
    }

    #[test]
    fn hook_commands() {
        let mut ctx = context();
        ctx.run(on::update_status(), State::default()).unwrap();
        assert_eq!(ctx.hook_commands(), ["status-set"]);
    }
}
