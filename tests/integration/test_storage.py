"""Storage that outlives its unit.

Each test leaves the model to the next one, so their order matters.
"""

from __future__ import annotations

import json
import pathlib
import shutil

import jubilant
import pytest

CHARM = pathlib.Path(__file__).parent / "charms" / "keeper"


def test_storage_is_attached_with_the_unit(tmp_path: pathlib.Path, juju: jubilant.Juju):
    """Check that a unit gets the requested storage, and writes to it."""
    juju.deploy(pack(tmp_path), app="keeper", storage={"notes": "lxd,1G"})
    wait_for(juju, "keeper/0", "new")
    assert storage(juju)["notes/0"]["status"]["current"] == "attached"


def test_storage_of_a_removed_unit_stays_detached(juju: jubilant.Juju):
    """Check that the storage stays in the model, detached."""
    juju.remove_unit("keeper/0")
    juju.wait(lambda status: not status.apps["keeper"].units, timeout=600)
    found = storage(juju)["notes/0"]
    assert found["status"]["current"] == "detached"
    assert not found.get("attachments")


def test_storage_keeps_its_content_for_the_next_unit(juju: jubilant.Juju):
    """Check that storage is attached to a new unit with its content, and is detached on request."""
    juju.cli("add-unit", "keeper", "--attach-storage", "notes/0")
    wait_for(juju, "keeper/1", "written by keeper/0")
    juju.cli("detach-storage", "notes/0")
    wait_for(juju, "keeper/1", "without notes/0")
    juju.cli("attach-storage", "keeper/1", "notes/0")
    wait_for(juju, "keeper/1", "written by keeper/0")


def test_attached_storage_is_removed_by_force_only(juju: jubilant.Juju):
    """Check that storage in use is only removed with --force."""
    with pytest.raises(jubilant.CLIError, match="storage is attached"):
        juju.cli("remove-storage", "notes/0")
    juju.cli("remove-storage", "--force", "notes/0")
    juju.wait(lambda _: "notes/0" not in storage(juju), timeout=600)


def storage(juju: jubilant.Juju) -> dict[str, dict]:
    """Return the model's storage."""
    return json.loads(juju.cli("storage", "--format", "json") or "{}").get("storage", {})


def wait_for(juju: jubilant.Juju, unit: str, message: str) -> None:
    """Wait for this status message of a unit."""

    def has_message(status: jubilant.Status) -> bool:
        units = status.apps["keeper"].units
        return unit in units and units[unit].workload_status.message == message

    juju.wait(has_message, error=jubilant.any_error, timeout=600)


def pack(folder: pathlib.Path) -> pathlib.Path:
    """Return the packed charm."""
    return pathlib.Path(shutil.make_archive(str(folder / "keeper"), "zip", CHARM)).rename(folder / "keeper.charm")
