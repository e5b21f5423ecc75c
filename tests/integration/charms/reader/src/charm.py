"""The requiring side."""

from __future__ import annotations

import json

import ops
from journal import JournalCharm


class ReaderCharm(JournalCharm):
    """Reads accounts."""

    _stored = ops.StoredState()

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self._stored.set_default(secret="")
        observe = framework.observe
        observe(self.on.start, self._on_start)
        observe(self.on.config_changed, self._on_config_changed)
        observe(self.on.ledger_relation_created, self._on_ledger_relation_created)
        observe(self.on.ledger_relation_changed, self._on_ledger_relation_changed)
        observe(self.on.ledger_relation_broken, self._on_ledger_relation_broken)
        observe(self.on.secret_changed, self._on_secret_changed)
        observe(self.on.read_action, self._on_read_action)
        observe(self.on.inspect_action, self._on_inspect_action)

    def _on_start(self, _event: ops.StartEvent) -> None:
        self.unit.status = ops.ActiveStatus()

    def _on_config_changed(self, _event: ops.ConfigChangedEvent) -> None:
        if "token" in self.config:
            token = self.model.get_secret(id=str(self.config["token"]))
            self.write({"event": "token", "content": token.get_content()})

    def _on_ledger_relation_created(self, event: ops.RelationCreatedEvent) -> None:
        event.relation.data[self.unit]["reader"] = self.unit.name
        if self.unit.is_leader():
            event.relation.data[self.app]["plan"] = "small"

    def _on_ledger_relation_changed(self, event: ops.RelationChangedEvent) -> None:
        identifier = event.relation.data[event.app].get("secret")
        if not identifier or self._stored.secret == identifier:
            return
        self._stored.secret = identifier
        # From now on, this charm can use the label.
        content = self.model.get_secret(id=identifier, label="password").get_content()
        self.write({"event": "read", "content": content})

    def _on_ledger_relation_broken(self, _event: ops.RelationBrokenEvent) -> None:
        self._stored.secret = ""

    def _on_secret_changed(self, event: ops.SecretChangedEvent) -> None:
        # Peek at the new revision, but keep tracking the old one.
        self.write({"event": "peeked", "content": event.secret.peek_content()})

    def _on_read_action(self, event: ops.ActionEvent) -> None:
        method = event.params["method"]
        try:
            secret = self.model.get_secret(label="password")
            content = secret.peek_content() if method == "peek" else secret.get_content(refresh=method == "refresh")
        except (ops.SecretNotFoundError, ops.ModelError) as error:
            event.fail(f"{type(error).__name__}: {error}")
            return
        event.set_results({"content": json.dumps(content)})

    def _on_inspect_action(self, event: ops.ActionEvent) -> None:
        report = {
            relation.id: {
                "app": relation.app.name,
                "units": sorted(unit.name for unit in relation.units),
                "app-data": dict(relation.data[relation.app]),
                "own-data": dict(relation.data[self.unit]),
                "own-app-data": dict(relation.data[self.app]) if self.unit.is_leader() else None,
            }
            for relation in self.model.relations["ledger"]
        }
        event.set_results({"report": json.dumps(report)})


if __name__ == "__main__":
    ops.main(ReaderCharm)
