"""The two example charms together: a relation, a secret, actions, storage, a resource.

Each test leaves the model to the next one, so their order matters: deploy, integrate, use, rotate, remove.
"""

from __future__ import annotations

import pathlib
import platform
import subprocess

import jubilant
import pytest

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"
STORE = "keyvalue"
CLIENT = "keyvalue-client"


@pytest.fixture(scope="module")
def charms(juju_command: pathlib.Path) -> dict[str, pathlib.Path]:
    """The `.charm` files of both charms. With Juju they must exist; with minijuju they are packed."""
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    paths = {}
    for name, folder in [(STORE, "keyvalue-charm"), (CLIENT, "client-charm")]:
        paths[name] = EXAMPLES / folder / f"{name}_{architecture}.charm"
        if juju_command.name == "minijuju":
            subprocess.run([juju_command, "pack"], cwd=EXAMPLES / folder, check=True)
        if not paths[name].is_file():
            pytest.skip(f"there is no charm at {paths[name]}: pack it first")
    return paths


def test_deploy(charms: dict[str, pathlib.Path], juju: jubilant.Juju):
    """Check that the store runs alone, with its storage, and that the client's status names what is missing."""
    juju.deploy(charms[STORE], app=STORE)
    juju.deploy(charms[CLIENT], app=CLIENT)
    status = juju.wait(
        lambda status: jubilant.all_active(status, STORE) and jubilant.all_blocked(status, CLIENT), timeout=600
    )
    assert status.apps[STORE].app_status.message == "Serving 0 applications"
    assert status.apps[CLIENT].units[f"{CLIENT}/0"].workload_status.message == "Relation store is missing"
    assert status.apps[STORE].units[f"{STORE}/0"].open_ports == ["7070/tcp"]
    [storage] = status.storage.storage
    assert storage.startswith("data/")


def test_integrate(juju: jubilant.Juju):
    """Check that the client gets credentials over the relation, and uses the store with them."""
    juju.integrate(f"{CLIENT}:store", f"{STORE}:store")
    status = juju.wait(lambda status: jubilant.all_active(status, STORE, CLIENT), error=jubilant.any_error)
    assert status.apps[STORE].app_status.message == "Serving 1 applications"
    assert get(juju, f"{CLIENT}-0") == "hello"


def test_values_are_kept(juju: jubilant.Juju):
    """Check that one action gets the value that another put, and that an action fails for a missing value or an invalid key."""
    juju.run(f"{CLIENT}/0", "put", {"key": "colour", "value": "dark red"})
    assert get(juju, "colour") == "dark red"
    with pytest.raises(jubilant.TaskError) as failure:
        juju.run(f"{CLIENT}/0", "get", {"key": "size"})
    assert failure.value.task.message == "there is no value for size"
    with pytest.raises(jubilant.TaskError) as failure:
        juju.run(f"{CLIENT}/0", "get", {"key": "Not a key"})
    assert 'action get: parameter key is "Not a key": ' in failure.value.task.stderr
    assert failure.value.task.return_code == 1


def test_each_side_sees_the_data_of_the_other(juju: jubilant.Juju):
    """Check that each side sees what the other wrote into the relation, and never the password."""
    # Juju 3.6 shows the remote application's data, Juju 4 that of the unit's application.
    by_store, by_client = f"{STORE}/0", f"{CLIENT}/0"
    if juju.status().model.version.startswith("4."):
        by_store, by_client = by_client, by_store
    [(relation_id, store_data)] = relation_data(juju, by_store).items()
    assert store_data == {"namespace": '"main"'}
    client_data = relation_data(juju, by_client)[relation_id]
    assert sorted(client_data) == ["endpoint", "secret-id"]
    assert client_data["secret-id"].startswith('"secret:')


def test_new_passwords_reach_the_client(juju: jubilant.Juju):
    """Check that the client uses the new password after the secret has a new revision."""
    before = secret_revision(juju)
    task = juju.run(f"{STORE}/0", "rotate-passwords")
    assert any("has a new password" in line for line in task.log)
    juju.wait(lambda status: jubilant.all_active(status) and jubilant.all_agents_idle(status), successes=2)
    assert secret_revision(juju) == before + 1
    assert get(juju, "colour") == "dark red"


def test_seed(juju: jubilant.Juju, tmp_path: pathlib.Path):
    """Check that an operator can attach a resource and import it."""
    with pytest.raises(jubilant.TaskError) as failure:
        juju.run(f"{STORE}/0", "import", {"namespace": "main"})
    assert "juju attach-resource" in failure.value.task.message
    seed = tmp_path / "seed.txt"
    seed.write_text("colour=blue\nsize=10\n")
    juju.cli("attach-resource", STORE, f"seed={seed}")
    task = juju.run(f"{STORE}/0", "import", {"namespace": "main"})
    assert (task.results["imported"], task.results["skipped"]) == ("1", "1")
    assert get(juju, "colour") == "dark red"
    assert get(juju, "size") == "10"


def test_invalid_config_and_back(juju: jubilant.Juju):
    """Check that the client refuses an invalid namespace, and keeps the old one."""
    juju.config(CLIENT, {"namespace": "other"})
    status = juju.wait(lambda status: jubilant.all_blocked(status, CLIENT))
    message = status.apps[CLIENT].units[f"{CLIENT}/0"].workload_status.message
    assert message == "The namespace is main and cannot become other"
    juju.config(CLIENT, reset="namespace")
    juju.wait(jubilant.all_active)


def test_port_change_reaches_the_client(juju: jubilant.Juju):
    """Check that the client follows the store to another port."""
    juju.config(STORE, {"port": 7071})
    juju.wait(lambda status: jubilant.all_active(status) and jubilant.all_agents_idle(status), successes=2)
    assert juju.status().apps[STORE].units[f"{STORE}/0"].open_ports == ["7071/tcp"]
    assert get(juju, "colour") == "dark red"


def test_the_next_leader_takes_over(juju: jubilant.Juju):
    """Check that another unit serves after the leader was removed, and that the client uses it."""
    juju.add_unit(STORE)
    juju.wait(lambda status: jubilant.all_active(status) and len(status.apps[STORE].units) == 2, timeout=600)
    juju.remove_unit(f"{STORE}/0", destroy_storage=True)
    status = juju.wait(
        lambda status: (
            list(status.apps[STORE].units) == [f"{STORE}/1"]
            and status.apps[STORE].units[f"{STORE}/1"].leader
            and status.apps[STORE].units[f"{STORE}/1"].workload_status.message == ""
            and jubilant.all_agents_idle(status)
        ),
        error=jubilant.any_error,
        timeout=600,
    )
    assert jubilant.all_active(status)
    # Its store is empty: the values of the old leader were removed with its storage.
    juju.run(f"{CLIENT}/0", "put", {"key": "colour", "value": "green"})
    assert get(juju, "colour") == "green"


def test_remove(juju: jubilant.Juju):
    """Check that removing the relation revokes the credentials, and that both applications can be removed."""
    juju.remove_relation(f"{CLIENT}:store", f"{STORE}:store")
    status = juju.wait(
        lambda status: (
            jubilant.all_blocked(status, CLIENT) and status.apps[STORE].app_status.message == "Serving 0 applications"
        )
    )
    assert jubilant.all_active(status, STORE)
    assert juju.secrets() == []
    juju.remove_application(CLIENT, STORE, destroy_storage=True)
    juju.wait(lambda status: not status.apps)


def get(juju: jubilant.Juju, key: str) -> str:
    """The value of a key, as the client gets it from the store."""
    return juju.run(f"{CLIENT}/0", "get", {"key": key}).results["value"]


def relation_data(juju: jubilant.Juju, unit: str) -> dict[int, dict[str, str]]:
    """The data of the remote application, by relation."""
    shown = juju.show_unit(unit)
    return {info.relation_id: info.app_data for info in shown.relation_info if info.endpoint == "store"}


def secret_revision(juju: jubilant.Juju) -> int:
    """The latest revision of the one secret in the model."""
    [secret] = juju.secrets()
    return secret.revision
