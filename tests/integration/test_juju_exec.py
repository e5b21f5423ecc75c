"""Charms with a background process that uses `juju-exec`.

The tests run the same on Juju and on minijuju, while no minijuju command is running.
"""

from __future__ import annotations

import itertools
import pathlib
import shutil
import subprocess

import jubilant
from python_packages import install

CHARM = pathlib.Path(__file__).parent / "charms" / "roller"


def test_units_restart_one_after_the_other(tmp_path: pathlib.Path, juju: jubilant.Juju):
    """Check that charmlibs-rollingops, unchanged from PyPI, gives each unit its turn."""
    built = tmp_path / "roller"
    shutil.copytree(CHARM, built)
    version = subprocess.run(
        ["/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    install(built / "venv" / "lib" / f"python{version}" / "site-packages", "ops>=3,<4", "charmlibs-rollingops>=1,<2")
    packed = pathlib.Path(shutil.make_archive(str(built), "zip", built))
    juju.deploy(packed.rename(packed.with_suffix(".charm")), app="roller", num_units=3)
    juju.wait(lambda status: messages(status) == {"ready"}, error=jubilant.any_error, timeout=600)
    units = sorted(juju.status().apps["roller"].units)
    for unit in units:
        juju.run(unit, "restart")
    juju.wait(lambda status: messages(status) == {"restarted"}, error=jubilant.any_error, timeout=300)
    restarts = sorted(tuple(map(float, juju.exec("cat /var/lib/restarts", unit=unit).stdout.split())) for unit in units)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(restarts)), restarts


def messages(status: jubilant.Status) -> set[str]:
    """The units' status messages."""
    return {unit.workload_status.message for unit in status.get_units("roller").values()}
