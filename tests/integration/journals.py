"""Reads the journals of the charms in Python (charms/journal.py)."""

from __future__ import annotations

import json
import re

import jubilant

Entry = dict[str, object]


def journal(juju: jubilant.Juju, unit: str) -> list[Entry]:
    """The journal of a unit."""
    text = juju.exec(f"cat /var/log/journal-{unit.replace('/', '-')}", unit=unit).stdout
    return [json.loads(line) for line in text.splitlines()]


def journal_from_log(juju: jubilant.Juju, unit: str) -> list[Entry]:
    """The journal of a unit from Juju's log, for a unit that is gone."""
    lines = re.findall(rf"^unit-{unit.replace('/', '-')}: .* journal (\{{.*\}})$", juju.debug_log(), re.MULTILINE)
    return [json.loads(line) for line in lines]


def event_names(entries: list[Entry]) -> list[str]:
    """The events, without the actions that a test runs."""
    return [str(entry["event"]) for entry in entries if not str(entry["event"]).endswith("-action")]


def relation_events(entries: list[Entry], endpoint: str) -> list[Entry]:
    """The events of an endpoint."""
    return [entry for entry in entries if str(entry["event"]).startswith(f"{endpoint}-relation-")]


def assert_joined(entries: list[Entry], endpoint: str, remote: str, data: dict[str, str]) -> Entry:
    """Check that a remote unit joined once, and that its relation-changed came next. Return its last data.

    The first relation-changed may come before the remote unit has run its hooks and set its data. Juju then
    sends another one.
    """
    entries = relation_events(entries, endpoint)
    [joined] = [entry for entry in entries if entry["event"].endswith("-joined") and entry["unit"] == remote]
    later = entries[entries.index(joined) + 1 :]
    assert (later[0]["event"], later[0].get("unit")) == (f"{endpoint}-relation-changed", remote)
    same = [entry for entry in later if (entry["event"], entry.get("unit")) == (f"{endpoint}-relation-changed", remote)]
    changed = same[-1]
    assert changed["relation"] == joined["relation"]
    assert data.items() <= changed["unit-data"].items()
    return changed
