"""Reads the data of the unit beside it, with the library of the collectors in Python."""

from __future__ import annotations

import json

import ops
import pydantic
from cosl import JujuTopology, LZMABase64


class Config(pydantic.BaseModel):
    """The fields of the published schema, and those that the collectors' library adds."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    metrics_alert_rules: dict
    log_alert_rules: dict
    dashboards: list[str]
    metrics_scrape_jobs: list[dict]
    log_slots: list[str]
    include_log_files: list[str] | None = None
    tracing_protocols: list[str] | None = None


class CollectorCharm(ops.CharmBase):
    """Reads cos_agent, and provides endpoints for traces."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on["cos-agent"].relation_changed, self._on_changed)
        framework.observe(self.on["read"].action, self._on_read)

    def _on_changed(self, event: ops.RelationChangedEvent):
        receiver = {"protocol": {"name": "otlp_http", "type": "http"}, "url": "http://localhost:4318"}
        event.relation.data[self.unit]["receivers"] = json.dumps([receiver])
        self.unit.status = ops.ActiveStatus()

    def _on_read(self, event: ops.ActionEvent):
        [relation] = self.model.relations["cos-agent"]
        [unit] = relation.units
        config = Config(**json.loads(relation.data[unit]["config"]))
        topology = JujuTopology(self.model.name, self.model.uuid, unit.app.name, unit.name)
        event.set_results(
            {
                "config": config.model_dump_json(),
                "dashboards": json.dumps([json.loads(LZMABase64.decompress(text)) for text in config.dashboards]),
                "identifier": topology.identifier,
            }
        )


if __name__ == "__main__":
    ops.main(CollectorCharm)
