"""Charms whose workloads are systemd services: from apt, and from the charm.

Each test leaves the model to the next one, so their order matters.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import urllib.request

import jubilant
import pytest
from python_packages import install

CHARMS = pathlib.Path(__file__).parent / "charms"
SERVICES = ("nginx", "haproxy", "ssh")

pytestmark = pytest.mark.usefixtures("systemd_machines")


@pytest.fixture(scope="module")
def only_on_minijuju(juju_command: pathlib.Path):
    """Skip on Juju, because the test changes a machine from outside."""
    if juju_command.name != "minijuju":
        pytest.skip("it is about minijuju's machines")


def test_services_from_apt_start(tmp_path: pathlib.Path, juju: jubilant.Juju):
    """Check that services from apt run, are enabled, answer, and write to the journal."""
    juju.deploy(pack(CHARMS / "services", tmp_path), app="services")
    juju.wait(lambda status: jubilant.all_active(status, "services"), error=jubilant.any_error, timeout=600)
    assert_services_run(juju)
    assert "Started" in juju.exec("journalctl --unit nginx --no-pager", unit="services/0").stdout
    state = juju.exec("systemctl is-system-running", unit="services/0").stdout
    assert state == "running\n"
    assert (
        juju.exec("hostnamectl hostname", unit="services/0").stdout == juju.exec("hostname", unit="services/0").stdout
    )


def test_services_are_up_after_a_reboot(juju: jubilant.Juju):
    """Check that juju-reboot restarts the machine, and that its services are up again without the charm."""
    before, time_before = boot_id(juju), boot_time(juju)
    juju.config("services", {"restart": "once"})
    juju.wait(lambda status: jubilant.all_agents_idle(status, "services") and boot_id(juju) != before, timeout=300)
    assert_services_run(juju)
    # As in Ops' test of juju-reboot.
    assert boot_time(juju) > time_before
    uptime = float(juju.exec("cut -d' ' -f1 /proc/uptime", unit="services/0").stdout)
    assert uptime < 300
    boots = juju.exec("journalctl --list-boots --no-pager --quiet", unit="services/0").stdout
    assert before.replace("-", "") in boots


def test_services_are_up_after_a_machine_was_killed(only_on_minijuju: None, juju: jubilant.Juju):
    """Check that if a machine's first process was killed, the next command starts the machine."""
    before = boot_id(juju)
    name = juju.status().machines["0"].instance_id
    record = pathlib.Path(os.environ["MINIJUJU_DATA"], "machines", name, "machine.json")
    os.kill(json.loads(record.read_text())["pid"], signal.SIGKILL)
    assert boot_id(juju) != before
    assert_services_run(juju)


def test_a_charm_manages_its_service_with_charmlibs(tmp_path_factory: pytest.TempPathFactory, juju: jubilant.Juju):
    """Check that charmlibs-systemd, unchanged from PyPI, works in a charm."""
    folder = tmp_path_factory.mktemp("clock")
    built = folder / "clock"
    shutil.copytree(CHARMS / "clock", built)
    install(built / "lib", "ops>=3,<4", "charmlibs-systemd")
    shutil.copy(CHARMS / "dispatch", built)
    juju.deploy(pack(built, folder), app="clock")
    juju.wait(lambda status: status.apps["clock"].app_status.message == "ticks", error=jubilant.any_error, timeout=600)
    assert juju.run("clock/0", "pause").results == {"paused": "True"}
    assert juju.status().apps["clock"].app_status.message == "stands still"
    assert juju.exec("systemctl is-enabled clock || true", unit="clock/0").stdout == "disabled\n"
    assert juju.run("clock/0", "resume").results == {"resumed": "True"}
    assert juju.status().apps["clock"].app_status.message == "ticks"
    assert "ticking" in juju.exec("journalctl --unit clock --no-pager", unit="clock/0").stdout


def test_a_removed_machine_leaves_nothing(only_on_minijuju: None, juju: jubilant.Juju):
    """Check that a removed machine leaves no cgroup, process or network device."""
    machines = pathlib.Path(os.environ["MINIJUJU_DATA"]) / "machines"
    names = [machine.instance_id for machine in juju.status().machines.values()]
    records = [json.loads((machines / name / "machine.json").read_text()) for name in names]
    assert len(records) == 2
    for app in ("services", "clock"):
        juju.remove_application(app)
    juju.wait(lambda status: not status.apps, timeout=300)
    for record in records:
        assert not pathlib.Path(record["cgroup"]).exists()
        assert not pathlib.Path("/sys/class/net", record["interface"]).exists()
        assert record["pid"] not in running()


def pack(source: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Make a `.charm` of a charm's folder."""
    packed = pathlib.Path(shutil.make_archive(str(folder / source.name), "zip", source))
    return packed.rename(packed.with_suffix(".charm"))


def running() -> set[int]:
    """The PIDs of the processes on this computer, without zombies."""
    listed = subprocess.run(["ps", "-eo", "pid=,stat="], check=True, capture_output=True, text=True).stdout
    return {int(pid) for pid, stat in map(str.split, listed.splitlines()) if not stat.startswith("Z")}


def assert_services_run(juju: jubilant.Juju):
    """Check that all three services run, are enabled, and answer."""
    for verb, answer in [("is-active", "active"), ("is-enabled", "enabled")]:
        assert juju.exec(f"systemctl {verb} {' '.join(SERVICES)}", unit="services/0").stdout.split() == [answer] * 3
    address = juju.status().get_units("services")["services/0"].public_address
    with urllib.request.urlopen(f"http://{address}/", timeout=30) as response:
        assert b"nginx" in response.read()
    with socket.create_connection((address, 22), timeout=30) as connection:
        assert connection.recv(4) == b"SSH-"


def boot_time(juju: jubilant.Juju) -> int:
    """When the machine was started, in seconds since 1970."""
    now, uptime = juju.exec("date +%s; cut -d' ' -f1 /proc/uptime", unit="services/0").stdout.split()
    return int(int(now) - float(uptime))


def boot_id(juju: jubilant.Juju) -> str:
    """The number of the machine's current boot."""
    return juju.exec("cat /proc/sys/kernel/random/boot_id", unit="services/0").stdout.strip()
