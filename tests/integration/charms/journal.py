"""A charm that writes a journal: one line for each event, in order, with what the charm saw."""

from __future__ import annotations

import json
import logging
import pathlib

import ops

logger = logging.getLogger(__name__)


class JournalCharm(ops.CharmBase):
    """Keeps a journal of its unit's events, in a file on the machine and in Juju's log.

    The file is there as long as the unit. The log is still there when its machine is gone.
    """

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        for name, event in self.on.events().items():
            # Ops emits these two after every event.
            if name not in ("collect_app_status", "collect_unit_status"):
                framework.observe(event, self._on_event)

    def _on_event(self, event: ops.EventBase) -> None:
        entry = {"event": event.handle.kind.replace("_", "-"), **self._attributes(event)}
        self.write(entry)

    def write(self, entry: dict[str, object]) -> None:
        """Add one line to the journal."""
        line = json.dumps(entry, sort_keys=True)
        with pathlib.Path(f"/var/log/journal-{self.unit.name.replace('/', '-')}").open("a") as file:
            file.write(line + "\n")
        logger.info("journal %s", line)

    def _attributes(self, event: ops.EventBase) -> dict[str, object]:
        """The event's attributes, and the data of its relation."""
        attributes: dict[str, object] = {}
        if isinstance(event, ops.RelationEvent):
            relation = event.relation
            attributes |= {"relation": relation.id, "app": event.app.name, "app-data": dict(relation.data[event.app])}
            attributes["units"] = sorted(unit.name for unit in relation.units)
            if event.unit:
                attributes["unit"] = event.unit.name
                # Ops has no data of a departing peer.
                if event.unit in relation.data:
                    attributes["unit-data"] = dict(relation.data[event.unit])
        if isinstance(event, ops.RelationDepartedEvent):
            attributes["departing"] = event.departing_unit and event.departing_unit.name
        if isinstance(event, ops.StorageEvent):
            attributes |= {"storage": event.storage.full_id, "location": str(event.storage.location)}
        if isinstance(event, ops.SecretEvent):
            attributes |= {"secret": event.secret.unique_identifier, "label": event.secret.label}
        if isinstance(event, (ops.SecretRemoveEvent, ops.SecretExpiredEvent)):
            attributes["revision"] = event.revision
        if isinstance(event, ops.ActionEvent):
            attributes |= {"params": event.params}
        return attributes
