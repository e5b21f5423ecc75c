"""The part of the library for `cos_agent` that the charm uses, with its usual names.

The library itself, `charms.grafana_agent.v0.cos_agent`, is fetched from Charmhub into a charm, and is not on PyPI.
"""

from __future__ import annotations

import json
import pathlib

import ops
from cosl import DashboardPath40UID, JujuTopology, LZMABase64
from cosl.rules import AlertRules, generic_alert_groups


class COSAgentProvider(ops.Object):
    """Tells the collector beside each unit what to observe."""

    def __init__(
        self,
        charm: ops.CharmBase,
        relation_name: str = "cos-agent",
        metrics_endpoints: list[dict] | None = None,
        metrics_rules_dir: str = "./src/prometheus_alert_rules",
        dashboard_dirs: list[str] | None = None,
        refresh_events: list[ops.BoundEvent] | None = None,
    ):
        super().__init__(charm, relation_name)
        self._charm = charm
        self._relation_name = relation_name
        self._metrics_endpoints = metrics_endpoints or []
        self._metrics_rules = charm.charm_dir / metrics_rules_dir
        self._dashboard_dirs = [charm.charm_dir / folder for folder in dashboard_dirs or ["./src/grafana_dashboards"]]
        events = [charm.on[relation_name].relation_joined, charm.on[relation_name].relation_changed]
        for event in events + (refresh_events or [charm.on.config_changed]):
            self.framework.observe(event, self._on_refresh)

    def _on_refresh(self, _: ops.EventBase):
        topology = JujuTopology.from_charm(self._charm)
        rules = AlertRules("promql", topology)
        rules.add_path(self._metrics_rules)
        rules.add(generic_alert_groups.application_rules, group_name_prefix=topology.identifier)
        config = {
            "metrics_alert_rules": rules.as_dict(),
            "log_alert_rules": {},
            "dashboards": [self._dashboard(path) for folder in self._dashboard_dirs for path in folder.glob("*")],
            "metrics_scrape_jobs": [
                {"metrics_path": at["path"], "static_configs": [{"targets": [f"localhost:{at['port']}"]}]}
                for at in self._metrics_endpoints
            ],
            "log_slots": [],
        }
        for relation in self._charm.model.relations[self._relation_name]:
            relation.data[self._charm.unit]["config"] = json.dumps(config)

    def _dashboard(self, path: pathlib.Path) -> str:
        dashboard = json.loads(path.read_text())
        dashboard["uid"] = DashboardPath40UID.generate(self._charm.meta.name, path.name)
        dashboard.setdefault("tags", []).append(f"charm: {self._charm.meta.name}")
        return LZMABase64.compress(json.dumps(dashboard))
