"""A subordinate."""

from __future__ import annotations

import ops
from journal import JournalCharm


class ScribeCharm(JournalCharm):
    """Only writes its journal."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.start, self._on_start)

    def _on_start(self, _event: ops.StartEvent) -> None:
        self.unit.status = ops.ActiveStatus()


if __name__ == "__main__":
    ops.main(ScribeCharm)
