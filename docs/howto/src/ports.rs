//! The code of `ports.md`.

use ops::{Charm, ConfigChangedEvent, Framework, Model, Port, StopEvent};

use crate::on;

/// A charm that listens on one port, or on two.
#[derive(Debug, Default)]
pub struct ListeningCharm {
    tls: bool,
}

impl Charm for ListeningCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::config_changed(), Self::on_config_changed);
        framework.observe(on::stop(), Self::on_stop);
    }
}

impl ListeningCharm {
    fn on_config_changed(&mut self, _event: &ConfigChangedEvent, model: &Model) -> anyhow::Result<()> {
        let mut ports = vec![Port::tcp(80)];
        if self.tls {
            ports.push(Port::tcp(443));
        }
        Ok(model.unit().set_ports(ports)?)
    }

    fn on_stop(&mut self, _event: &StopEvent, model: &Model) -> anyhow::Result<()> {
        for port in model.unit().opened_ports()? {
            model.unit().close_port(port)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, Port, State, on};

    use super::ListeningCharm;

    #[test]
    fn the_ports_are_those_that_are_served_and_no_others() {
        let mut ctx = Context::new(ListeningCharm { tls: true });
        let out = ctx.run(on::config_changed(), State::default().with_opened_port(Port::tcp(8080))).unwrap();
        assert_eq!(out.opened_ports, [Port::tcp(80), Port::tcp(443)].into());

        let out = ctx.run(on::stop(), out).unwrap();
        assert!(out.opened_ports.is_empty());
    }
}
