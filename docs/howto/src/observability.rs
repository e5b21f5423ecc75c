//! The code of `observability.md`.

use interfaces::cos_agent::{Metrics, Provider};
use ops::{Charm, Framework};

use crate::{endpoints, on};

const DOWN: &str = "
alert: DemoDown
expr: up == 0
for: 5m
labels:
  severity: critical
";

const COS: Provider = Provider::new(endpoints::COS_AGENT)
    .metrics(&[Metrics::new(9113, "/metrics")])
    .metrics_alert_rules(&[("down", DOWN)])
    .dashboards(&[("demo.json", include_str!("demo.json"))])
    .log_files(&["/var/log/demo/*.log"])
    .tracing_protocols(&["otlp_http"]);

/// A charm that can be observed.
#[derive(Debug, Default)]
pub struct ObservedCharm;

impl Charm for ObservedCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(COS).refresh_on([on::upgrade_charm().into()]);
    }
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, Relation, State, on};

    use super::ObservedCharm;

    #[test]
    fn the_collector_gets_the_data() {
        let mut ctx = Context::new(ObservedCharm);
        let relation = Relation::new("cos-agent").id(4);
        let state = State::default().with_relation(relation.clone());
        let out = ctx.run(on::relation_joined(&relation), state).unwrap();
        assert!(out.relation(4).local_unit_data["config"].contains("DemoDown"));
    }
}
