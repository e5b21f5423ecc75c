//! The code of `logging.md`.

use anyhow::Context as _;
use ops::{Charm, Framework, InstallEvent, Model, StartEvent};

use crate::on;

/// A charm that says what it does.
#[derive(Debug, Default)]
pub struct LoggingCharm;

impl Charm for LoggingCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::install(), Self::on_install);
        framework.observe(on::start(), Self::on_start);
    }
}

impl LoggingCharm {
    fn on_install(&mut self, _event: &InstallEvent, model: &Model) -> anyhow::Result<()> {
        tracing::debug!("installing on {:?}", model.env().machine_id);
        tracing::info!(version = "1.2", "installed the site");
        Ok(())
    }

    fn on_start(&mut self, _event: &StartEvent, _model: &Model) -> anyhow::Result<()> {
        let path = "/srv/site/settings.toml";
        std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ops::hookcmds::LogLevel;
    use ops_testing::{Context, LogLine, State, on};

    use super::LoggingCharm;

    #[test]
    fn lines_go_to_juju_s_log_with_their_level_and_fields() {
        let mut ctx = Context::new(LoggingCharm);
        ctx.run(on::install(), State::default()).unwrap();
        assert!(ctx.juju_log().contains(&LogLine::new(LogLevel::Info, "installed the site version=1.2")));
    }

    #[test]
    fn an_error_is_logged_with_all_its_causes() {
        let mut ctx = Context::new(LoggingCharm);
        let error = ctx.run(on::start(), State::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "event start: LoggingCharm::on_start failed: cannot read /srv/site/settings.toml: \
             No such file or directory (os error 2)"
        );
    }
}
