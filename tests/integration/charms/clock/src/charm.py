"""A charm whose workload is a service of systemd, managed with charmlibs-systemd."""

import pathlib

import ops
from charmlibs import systemd

UNIT = """\
[Service]
ExecStart=/bin/sh -c 'echo ticking; while sleep 3600; do :; done'

[Install]
WantedBy=multi-user.target
"""


class Clock(ops.CharmBase):
    """Manages one service."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.install, self._on_install)
        framework.observe(self.on.pause_action, self._on_pause)
        framework.observe(self.on.resume_action, self._on_resume)
        framework.observe(self.on.collect_unit_status, self._on_collect_status)

    def _on_install(self, _: ops.InstallEvent):
        pathlib.Path("/etc/systemd/system/clock.service").write_text(UNIT)
        systemd.daemon_reload()
        systemd.service_enable("--now", "clock")

    def _on_pause(self, event: ops.ActionEvent):
        event.set_results({"paused": str(systemd.service_pause("clock"))})

    def _on_resume(self, event: ops.ActionEvent):
        event.set_results({"resumed": str(systemd.service_resume("clock"))})

    def _on_collect_status(self, event: ops.CollectStatusEvent):
        running = systemd.service_running("clock")
        event.add_status(ops.ActiveStatus("ticks") if running else ops.MaintenanceStatus("stands still"))


if __name__ == "__main__":
    ops.main(Clock)
