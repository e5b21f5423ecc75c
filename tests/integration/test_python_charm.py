"""Charms in Python, with Ops from PyPI, that use much of Juju: their events, in order.

Each charm writes a journal of its events (charms/journal.py), which the tests read (journals.py). Each test leaves the
model to the next one, so their order matters: deploy, relate, change, remove.
"""

from __future__ import annotations

import json
import pathlib
import re
import time
from collections.abc import Callable

import jubilant
import pytest
from journals import Entry, assert_joined, event_names, journal, journal_from_log, relation_events
from python_charms import CHARMS, pack
from python_packages import install

RATES = "1 crown = 5 shillings\n"


@pytest.fixture(scope="module", autouse=True)
def charms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pathlib.Path]:
    """The charms, packed, by name."""
    folder = tmp_path_factory.mktemp("charms")
    ops = folder / "ops"
    install(ops, "ops>=3,<4")
    return {name: pack(CHARMS / name, ops, folder) for name in ("ledger", "reader", "scribe")}


def test_deploy(charms: dict[str, pathlib.Path], tmp_path: pathlib.Path, juju: jubilant.Juju):
    """Check the events of a new unit, and their order."""
    rates = tmp_path / "rates.txt"
    rates.write_text(RATES)
    juju.deploy(charms["ledger"], app="ledger", num_units=2, resources={"rates": str(rates)})
    juju.deploy(charms["reader"], app="reader")
    wait_idle(juju)

    (leader, other) = by_leadership(juju)
    for unit, leadership in [(leader, ["leader-elected"]), (other, leader_settings(juju))]:
        # Storage is attached before install, relations are created before leader-elected, and start is last.
        expected = ["book-storage-attached", "install", "members-relation-created", *leadership]
        expected += ["config-changed", "configured", "start"]
        assert event_names(journal(juju, unit))[: len(expected)] == expected, unit
    for unit, peer in [(leader, other), (other, leader)]:
        assert_joined(journal(juju, unit), "members", peer, {"name": peer})


def test_charm_sees_its_model(juju: jubilant.Juju):
    """Check what the charm can read without relations to others."""
    status = juju.status()
    (leader, other) = by_leadership(juju)
    for unit, peer in [(leader, other), (other, leader)]:
        state = inspect(juju, unit)
        address = status.get_units("ledger")[unit].public_address
        [book] = state["storages"]["book"].items()
        assert re.fullmatch(r"book/\d+", book[0])
        assert book[1] == "/srv/book"
        assert juju.exec("cat /srv/book/accounts", unit=unit).stdout == "none\n"
        assert state["leader"] == (unit == leader)
        assert state["planned-units"] == 2
        assert state["ports"] == ["7070/tcp"]
        assert state["starts"] == 1
        assert state["currency"] == "crown"
        assert state["rates"] == RATES
        assert state["storages"]["pages"] == {}
        assert state["peers"] == [peer]
        assert state["peer-data"][peer]["name"] == peer
        assert state["peer-app-data"] == {"leader": leader}
        assert state["bind-address"] == state["ingress-address"] == address
        assert state["egress-subnets"] == [f"{address}/32"]
        assert f":{state['model']}".endswith(f":{status.model.name}")


def test_status_shows_what_the_charm_set(juju: jubilant.Juju):
    """Check statuses, the workload's version and ports."""
    (leader, other) = by_leadership(juju)
    app = juju.status().apps["ledger"]
    assert app.version == "1.2.3"
    assert (app.app_status.current, app.app_status.message) == ("active", f"led by {leader}")
    for unit in (leader, other):
        assert app.units[unit].workload_status.message == "counts crowns"
        assert app.units[unit].open_ports == ["7070/tcp"]


def test_actions(juju: jubilant.Juju):
    """Check parameters, defaults, results, logs and failures."""
    task = juju.run("ledger/0", "book", {"account": "ann"})
    # action-set only supports text.
    assert task.results == {"booked": "1", "to": {"account": "ann"}}
    [line] = task.log
    assert line.endswith(" booking 1 for ann")
    with pytest.raises(jubilant.TaskError) as failed:
        juju.run("ledger/0", "book", {"account": "ann", "amount": -3})
    task = failed.value.task
    assert task.status == "failed"
    assert task.message == "ann cannot pay 3"
    assert task.results == {"booked": "0"}
    assert task.return_code == 0
    [entry] = [entry for entry in journal(juju, "ledger/0") if entry.get("params") == {"account": "ann", "amount": -3}]
    assert entry["event"] == "book-action"
    before = event_names(journal(juju, "ledger/0"))
    for params in ({}, {"account": 7}, {"account": "ann", "amount": "much"}):
        with pytest.raises((jubilant.CLIError, jubilant.TaskError, ValueError)):
            juju.run("ledger/0", "book", params)
    assert event_names(journal(juju, "ledger/0")) == before


def test_deferred_event_is_emitted_again(juju: jubilant.Juju):
    """Check that a deferred event is handled before the next one, and that stored state stays."""
    unit = by_leadership(juju)[0]
    before = len(journal(juju, unit))
    juju.config("ledger", {"hold": True})
    wait_until(lambda: event_names(journal(juju, unit)[before:]) == ["config-changed"])
    juju.config("ledger", {"hold": False, "currency": "shilling"})
    wait_until(
        lambda: (
            event_names(journal(juju, unit)[before:])
            == ["config-changed", "configured", "config-changed", "configured"]
        )
    )
    wait_idle(juju)
    assert juju.status().apps["ledger"].units[unit].workload_status.message == "counts shillings"
    assert inspect(juju, unit)["currency"] == "shilling"


def test_integrate(juju: jubilant.Juju):
    """Check which hooks both sides of a new relation run, and what they read."""
    (leader, other) = by_leadership(juju)
    juju.integrate("ledger", "reader")
    wait_until(lambda: "read" in event_names(journal(juju, "reader/0")))
    wait_idle(juju)

    for unit in (leader, other):
        entries = relation_events(journal(juju, unit), "accounts")
        created, joined = entries[0], assert_joined(entries, "accounts", "reader/0", {"reader": "reader/0"})
        assert (created["event"], created["app"], created["units"]) == ("accounts-relation-created", "reader", [])
        assert joined["app-data"] == {"plan": "small"}
    entries = relation_events(journal(juju, "reader/0"), "ledger")
    assert entries[0]["event"] == "ledger-relation-created"
    for unit in (leader, other):
        joined = assert_joined(entries, "ledger", unit, {"port": "7070"})
        address = juju.status().get_units("ledger")[unit].public_address
        data = joined["unit-data"]
        assert data["host"] == data["ingress-address"] == address
        assert data.get("private-address") == (None if is_juju_4(juju) else address)
        assert data["egress-subnets"] == f"{address}/32"
    assert sorted(str(entry["unit"]) for entry in entries if str(entry["event"]).endswith("-joined")) == [leader, other]

    [state] = inspect(juju, "reader/0").values()
    assert state["app"] == "ledger"
    assert state["units"] == sorted([leader, other])
    assert state["app-data"]["currency"] == "shilling"
    assert state["own-app-data"] == {"plan": "small"}
    assert state["own-data"]["reader"] == "reader/0"
    relation = juju.status().apps["reader"].relations["ledger"][0]
    assert (relation.related_app, relation.interface, relation.scope) == ("ledger", "ledger", "global")


def test_secret_is_shared(juju: jubilant.Juju):
    """Check the secret as the reader, the owner and the user see it."""
    (leader, _) = by_leadership(juju)
    [entry] = [entry for entry in journal(juju, "reader/0") if entry["event"] == "read"]
    assert entry["content"] == {"password": "first"}
    relation = latest_relation_id(juju, leader)
    assert inspect(juju, leader)["secret"] == {
        "revision": 1,
        "label": f"accounts-{relation}",
        "rotation": "monthly",
        "expires-in-hours": 24,
        "description": "What opens the accounts.",
        "own": {"password": "first"},
    }
    [secret] = juju.secrets()
    assert (secret.owner, secret.revision, secret.rotation) == ("ledger", 1, "monthly")
    assert secret.label == f"accounts-{relation}"
    assert juju.show_secret(secret.uri, reveal=True).content == {"password": "first"}


def test_new_revision_reaches_the_reader(juju: jubilant.Juju):
    """Check secret-changed for the reader, and secret-remove for the owner when nobody uses the old revision."""
    (leader, other) = by_leadership(juju)
    juju.run(leader, "new-password", {"value": "second"})
    wait_until(lambda: "peeked" in event_names(journal(juju, "reader/0")))
    changed, peeked = journal(juju, "reader/0")[-2:]
    assert (changed["event"], changed["label"]) == ("secret-changed", "password")
    assert peeked["content"] == {"password": "second"}
    # The reader tracks the old revision until it refreshes.
    assert read(juju, "get") == {"password": "first"}
    assert read(juju, "peek") == {"password": "second"}
    assert read(juju, "get") == {"password": "first"}
    assert "secret-remove" not in event_names(journal(juju, leader))

    assert read(juju, "refresh") == {"password": "second"}
    assert read(juju, "get") == {"password": "second"}
    wait_until(lambda: "secret-remove" in event_names(journal(juju, leader)))
    wait_idle(juju)
    [removed] = [entry for entry in journal(juju, leader) if entry["event"] == "secret-remove"]
    assert (removed["revision"], removed["label"]) == (1, f"accounts-{latest_relation_id(juju, leader)}")
    assert "secret-remove" not in event_names(journal(juju, other))
    assert event_names(journal(juju, "reader/0")).count("secret-changed") == 1
    [secret] = juju.secrets()
    shown = juju.show_secret(secret.uri, revisions=True)
    assert [revision.revision for revision in shown.revisions or []] == [2]


def test_revoked_secret_cannot_be_read(juju: jubilant.Juju):
    """Check that a reader cannot read a revoked secret until it is granted again."""
    (leader, _) = by_leadership(juju)
    juju.run(leader, "revoke")
    for method in ("get", "peek", "refresh"):
        with pytest.raises(jubilant.TaskError) as failed:
            read(juju, method)
        refusal = '"reader/0" is not allowed to read this secret' if is_juju_4(juju) else "permission denied"
        assert failed.value.task.message.rstrip("\n") == f"ModelError: ERROR {refusal}"
    juju.run(leader, "grant")
    assert read(juju, "get") == {"password": "second"}


def test_only_the_expired_revision_is_removed(juju: jubilant.Juju):
    """Check secret-expired of a unit's own secret, whose next revision does not expire."""
    (leader, other) = by_leadership(juju)
    juju.run(leader, "lease")
    juju.run(leader, "renew")
    wait_until(lambda: "secret-expired" in event_names(journal(juju, leader)))
    wait_idle(juju)
    [expired] = [entry for entry in journal(juju, leader) if entry["event"] == "secret-expired"]
    assert (expired["revision"], expired["label"]) == (1, "lease")
    assert "secret-expired" not in event_names(journal(juju, other))
    [secret] = juju.secrets(owner=f"unit-{leader.replace('/', '-')}")
    assert secret.owner == leader
    shown = juju.show_secret(secret.uri, revisions=True)
    assert [revision.revision for revision in shown.revisions or []] == [2]
    assert juju.show_secret(secret.uri, reveal=True).content == {"key": "new"}


def test_user_secret(juju: jubilant.Juju):
    """Check a secret of the user's that comes as a config option, and its next revision."""
    uri = juju.add_secret("token", {"value": "one"})
    juju.grant_secret(uri, "reader")
    before = len(journal(juju, "reader/0"))
    juju.config("reader", {"token": uri})
    wait_until(lambda: "token" in event_names(journal(juju, "reader/0")[before:]))
    juju.update_secret(uri, {"value": "two"})
    wait_until(lambda: "peeked" in event_names(journal(juju, "reader/0")[before:]))
    assert [(entry["event"], entry.get("content")) for entry in journal(juju, "reader/0")[before:]] == [
        ("config-changed", None),
        ("token", {"value": "one"}),
        ("secret-changed", None),
        ("peeked", {"value": "two"}),
    ]
    juju.config("reader", reset="token")
    juju.remove_secret(uri)
    assert [secret.owner for secret in juju.secrets() if secret.uri == uri] == []


def test_new_resource(tmp_path: pathlib.Path, juju: jubilant.Juju):
    """Check that units run upgrade-charm for a new resource, too."""
    rates = tmp_path / "rates.txt"
    rates.write_text("1 crown = 4 shillings\n")
    units = by_leadership(juju)
    before = {unit: len(journal(juju, unit)) for unit in units}
    juju.cli("attach-resource", "ledger", f"rates={rates}")
    for unit in units:
        wait_until(lambda unit=unit: event_names(journal(juju, unit)[before[unit] :])[-1:] == ["configured"])
        assert event_names(journal(juju, unit)[before[unit] :]) == ["upgrade-charm", "config-changed", "configured"]
        assert inspect(juju, unit)["rates"] == "1 crown = 4 shillings\n"


def test_storage(juju: jubilant.Juju):
    """Check storage that the user and the charm add."""
    unit = by_leadership(juju)[0]
    juju.cli("add-storage", unit, "pages=1")
    wait_until(lambda: event_names(journal(juju, unit)).count("pages-storage-attached") == 1)
    juju.run(unit, "more-pages")
    wait_until(lambda: event_names(journal(juju, unit)).count("pages-storage-attached") == 2)
    attached = [entry for entry in journal(juju, unit) if entry["event"] == "pages-storage-attached"]
    places = {entry["storage"]: entry["location"] for entry in attached}
    assert len(places) == len(set(places.values())) == 2
    for storage, place in places.items():
        # Juju 4 has a UUID in place of the storage's ID.
        folder = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}" if is_juju_4(juju) else re.escape(storage)
        assert re.fullmatch(f"/var/lib/juju/storage/{folder}", place)
        assert juju.exec(f"stat --format=%F {place}", unit=unit).stdout.strip() == "directory"
    assert inspect(juju, unit)["storages"]["pages"] == places
    shown = json.loads(juju.cli("storage", "--format", "json"))["storage"]
    assert set(places) <= set(shown)
    assert shown[min(places)]["kind"] == "filesystem"
    assert list(shown[min(places)]["attachments"]["units"]) == [unit]


def test_subordinate(charms: dict[str, pathlib.Path], juju: jubilant.Juju):
    """Check that a subordinate's units are added and removed with its relation, and see only the unit beside them."""
    juju.deploy(charms["scribe"], app="scribe")
    before = {unit: event_names(journal(juju, unit)) for unit in by_leadership(juju)}
    juju.integrate("scribe:host", "ledger")
    wait_until(lambda: len(juju.status().get_units("scribe")) == 2)
    wait_idle(juju)
    for principal, unit in juju.status().apps["ledger"].units.items():
        [scribe] = unit.subordinates
        entries = journal(juju, scribe)
        events = event_names(entries)
        assert events[:2] == ["install", "host-relation-created"]
        assert events.index("config-changed") + 1 == events.index("start")
        assert_joined(entries, "host", principal, {})
        assert {entry["unit"] for entry in entries if "unit" in entry} == {principal}
        # Every charm has the endpoint juju-info, without any events.
        assert event_names(journal(juju, principal)) == before[principal]
    machines = {unit.machine for unit in juju.status().get_units("ledger").values()}
    assert len(machines) == 2

    juju.remove_relation("scribe:host", "ledger:juju-info")
    wait_until(lambda: not juju.status().get_units("scribe"))
    logged = journal_from_log(juju, "scribe/0")
    assert event_names(logged)[-4:] == ["host-relation-departed", "host-relation-broken", "stop", "remove"]
    juju.remove_application("scribe")
    wait_until(lambda: "scribe" not in juju.status().apps)


def test_add_unit(juju: jubilant.Juju):
    """Check the events of a new unit with existing relations: all are created before any unit joins."""
    (leader, other) = by_leadership(juju)
    juju.add_unit("ledger")
    wait_until(lambda: len(juju.status().get_units("ledger")) == 3)
    wait_idle(juju)
    [unit] = set(juju.status().get_units("ledger")) - {leader, other}
    entries = journal(juju, unit)
    events = event_names(entries)
    assert events[:2] == ["book-storage-attached", "install"]
    assert sorted(events[2:4]) == ["accounts-relation-created", "members-relation-created"]
    start = [*leader_settings(juju), "config-changed", "configured", "start"]
    assert events[4 : 4 + len(start)] == start
    assert_joined(entries, "accounts", "reader/0", {"reader": "reader/0"})
    for peer in (leader, other):
        assert_joined(entries, "members", peer, {"name": peer})
        assert_joined(journal(juju, peer), "members", unit, {"name": unit})
    assert_joined(journal(juju, "reader/0"), "ledger", unit, {"port": "7070"})
    state = inspect(juju, unit)
    assert (state["leader"], state["planned-units"], state["peers"]) == (False, 3, sorted([leader, other]))


def test_leader_is_removed(juju: jubilant.Juju):
    """Check the events of all sides when the leader and another unit are removed."""
    (leader, other, third) = by_leadership(juju)
    before = {unit: len(journal(juju, unit)) for unit in (other, "reader/0")}
    juju.remove_unit(leader, third, destroy_storage=True)
    wait_until(lambda: list(juju.status().get_units("ledger")) == [other], 300)
    wait_until(lambda: juju.status().get_units("ledger")[other].leader)
    wait_until(lambda: "leader-elected" in event_names(journal(juju, other)[before[other] :]))
    wait_idle(juju)

    new = journal(juju, other)[before[other] :]
    departed = [entry for entry in new if entry["event"] == "members-relation-departed"]
    assert sorted(str(entry["unit"]) for entry in departed) == sorted([leader, third])
    assert all(entry["departing"] == entry["unit"] for entry in departed)
    assert not relation_events(new, "accounts")
    new = journal(juju, "reader/0")[before["reader/0"] :]
    departed = [entry for entry in new if entry["event"] == "ledger-relation-departed"]
    assert sorted(str(entry["unit"]) for entry in departed) == sorted([leader, third])
    assert all(entry["departing"] == entry["unit"] for entry in departed)
    assert departed[-1]["units"] == [other]
    assert "ledger-relation-broken" not in event_names(new)
    assert_removed(journal_from_log(juju, leader), leader, peers=2)
    assert_removed(journal_from_log(juju, third), third, peers=2)

    state = inspect(juju, other)
    assert (state["leader"], state["planned-units"], state["peers"]) == (True, 1, [])
    assert state["peer-app-data"] == {"leader": other}
    # The new leader manages the application's secret. The unit's secret was removed with it.
    assert state["secret"]["own"] == {"password": "second"}
    assert state["secret"]["expires-in-hours"] is None, "an expiry is a revision's"
    assert [secret.owner for secret in juju.secrets()] == ["ledger"]
    assert juju.status().apps["ledger"].app_status.message == f"led by {other}"


def test_remove_relation(juju: jubilant.Juju):
    """Check that each unit departs on both sides, and that the relation is broken then."""
    [unit] = juju.status().get_units("ledger")
    before = {name: len(journal(juju, name)) for name in (unit, "reader/0")}
    juju.remove_relation("ledger", "reader")
    wait_until(lambda: not juju.status().apps["reader"].relations)
    for name, endpoint, remote in [(unit, "accounts", "reader/0"), ("reader/0", "ledger", unit)]:
        departed, broken = relation_events(journal(juju, name)[before[name] :], endpoint)
        assert (departed["event"], departed["unit"]) == (f"{endpoint}-relation-departed", remote)
        assert departed["departing"] == remote
        assert (broken["event"], broken["app"], broken["units"]) == (
            f"{endpoint}-relation-broken",
            remote.split("/")[0],
            [],
        )
    assert inspect(juju, "reader/0") == {}
    wait_until(lambda: not juju.secrets())


def test_remove_application(juju: jubilant.Juju):
    """Check the end of an application that is in a relation."""
    [unit] = juju.status().get_units("ledger")
    juju.integrate("ledger", "reader")
    wait_until(lambda: event_names(journal(juju, "reader/0")).count("read") == 2)
    wait_idle(juju)
    before = len(journal(juju, "reader/0"))
    juju.remove_application("ledger", destroy_storage=True)
    wait_until(lambda: "ledger" not in juju.status().apps, 300)
    assert_removed(journal_from_log(juju, unit), unit, peers=0)
    assert not juju.secrets(), "an application's secrets go with it"
    departed, broken = relation_events(journal(juju, "reader/0")[before:], "ledger")
    assert (departed["event"], departed["unit"], departed["departing"]) == ("ledger-relation-departed", unit, unit)
    assert broken["event"] == "ledger-relation-broken"
    juju.remove_application("reader")
    wait_until(lambda: not juju.status().apps and not juju.status().machines, 300)
    assert event_names(journal_from_log(juju, "reader/0"))[-2:] == ["stop", "remove"]


def is_juju_4(juju: jubilant.Juju) -> bool:
    """Whether the model is of Juju 4, which dropped some of what 3.6 has."""
    return juju.status().model.version.startswith("4.")


def leader_settings(juju: jubilant.Juju) -> list[str]:
    """The leadership events of a unit that is not the leader, before config-changed."""
    return [] if is_juju_4(juju) else ["leader-settings-changed"]


def by_leadership(juju: jubilant.Juju) -> list[str]:
    """The units of ledger: the leader first."""
    units = juju.status().get_units("ledger")
    return sorted(units, key=lambda name: (not units[name].leader, name))


def wait_idle(juju: jubilant.Juju) -> None:
    """Wait until nothing runs and every unit is active."""
    juju.wait(
        lambda status: jubilant.all_active(status) and jubilant.all_agents_idle(status),
        error=jubilant.any_error,
        timeout=600,
        delay=0.2,
    )


def latest_relation_id(juju: jubilant.Juju, unit: str) -> object:
    """The ID of the relation that a unit of ledger entered last."""
    return relation_events(journal(juju, unit), "accounts")[-1]["relation"]


def assert_removed(entries: list[Entry], unit: str, peers: int) -> None:
    """Check the end of a unit of ledger that is in a relation to reader."""
    events = event_names(entries)
    first = events.index("book-storage-detaching")
    attached = {entry["storage"] for entry in entries if str(entry["event"]).endswith("-storage-attached")}
    detached = [entry["storage"] for entry in entries if str(entry["event"]).endswith("-storage-detaching")]
    assert sorted(detached) == sorted(attached)
    end = [event for event in events[first:] if not event.endswith("-storage-detaching")]
    departed = ["members-relation-departed"] * peers
    assert end == ["accounts-relation-departed", "accounts-relation-broken", *departed, "stop", "remove"]
    for entry in entries[-len(end) :]:
        if str(entry["event"]).endswith("-departed"):
            assert entry["departing"] == unit


def inspect(juju: jubilant.Juju, unit: str) -> dict:
    """What a unit's charm sees, from its action."""
    return json.loads(juju.run(unit, "inspect").results["report"])


def read(juju: jubilant.Juju, method: str) -> dict[str, str]:
    """Run the reader's action that reads its secret."""
    return json.loads(juju.run("reader/0", "read", {"method": method}).results["content"])


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something is true, with a timeout for a loaded machine."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.1)
