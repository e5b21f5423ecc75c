"""A charm whose units restart one at a time."""

import pathlib
import time

import ops
from charmlibs.rollingops import RollingOpsManager

TRACE = pathlib.Path("/var/lib/restarts")


class Charm(ops.CharmBase):
    """Restarts when it is its turn."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self.rolling = RollingOpsManager(
            self, callback_targets={"restart": self._restart}, peer_relation_name="restart"
        )
        framework.observe(self.on.start, self._on_start)
        framework.observe(self.on.restart_action, self._on_restart)

    def _on_start(self, _: ops.StartEvent):
        self.unit.status = ops.ActiveStatus("ready")

    def _on_restart(self, _: ops.ActionEvent):
        self.unit.status = ops.WaitingStatus("for its turn")
        self.rolling.request_async_lock(callback_id="restart")

    def _restart(self):
        started = time.time()
        time.sleep(0.5)
        TRACE.write_text(f"{started} {time.time()}")
        self.unit.status = ops.ActiveStatus("restarted")


if __name__ == "__main__":
    ops.main(Charm)
