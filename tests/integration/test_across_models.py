"""Relations across models: an application is offered in one model, and consumed in another.

Each test leaves the models to the next one, so their order matters.
"""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Iterator

import jubilant
import pytest

CHARMS = pathlib.Path(__file__).parent / "charms"


@pytest.fixture(scope="module")
def consumer(juju_command: pathlib.Path) -> Iterator[jubilant.Juju]:
    """The consuming model."""
    with jubilant.temp_model() as consumer:
        yield consumer


def test_an_offer_is_in_the_status_of_its_model(tmp_path: pathlib.Path, juju: jubilant.Juju):
    """Check that an offer is in the status of its model."""
    juju.deploy(pack(tmp_path, "supplier"))
    juju.offer("supplier", endpoint="db", name="words")
    offer = juju.status().offers["words"]
    assert offer.app == "supplier"
    assert offer.endpoints["db"] == jubilant.statustypes.RemoteEndpoint(interface="word", role="provider")
    assert offer.total_connected_count == 0
    assert f"admin/{model(juju)}.words" in juju.cli("offers", "--format", "yaml")
    assert "word:db" in juju.cli("find-offers", f"admin/{model(juju)}.words", include_model=False)


def test_both_sides_of_a_cross_model_relation_exchange_data(
    tmp_path: pathlib.Path, juju: jubilant.Juju, consumer: jubilant.Juju
):
    """Check that databags and secrets cross models, and that each side has its own name for the other."""
    consumer.deploy(pack(tmp_path, "customer"))
    consumer.consume(f"{model(juju)}.words", "dbalias")
    consumer.integrate("dbalias", "customer")

    message = "dbkey=dbvalue from dbalias with hunter2"
    status = consumer.wait(
        lambda status: status_message(status, "customer") == message, error=jubilant.any_error, timeout=600
    )
    assert status.apps["customer"].relations["db"][0].related_app == "dbalias"
    assert status.app_endpoints["dbalias"].relations["db"] == ["customer"]
    assert status.app_endpoints["dbalias"].url.endswith(f":admin/{model(juju)}.words")
    address = status.apps["customer"].units["customer/0"].public_address
    status = juju.wait(
        lambda status: status_message(status, "supplier") == f"joined by remote at {address}",
        error=jubilant.any_error,
        timeout=600,
    )
    assert status.offers["words"].active_connected_count == 1


def test_an_offer_with_a_relation_is_not_removed(juju: jubilant.Juju):
    """Check that an offer is not removed while it has a relation."""
    with pytest.raises(jubilant.CLIError, match="has 1 (relation|connections)"):
        juju.cli("remove-offer", f"admin/{model(juju)}.words", include_model=False)


def test_remove_saas_ends_its_relations(juju: jubilant.Juju, consumer: jubilant.Juju):
    """Check that a relation across models ends in both models, and that its offer can be removed then."""
    consumer.cli("remove-saas", "dbalias")
    consumer.wait(
        lambda status: status_message(status, "customer") == "nobody there" and not status.app_endpoints,
        timeout=600,
    )
    juju.wait(lambda status: status.offers["words"].total_connected_count == 0, timeout=600)
    juju.cli("remove-offer", f"admin/{model(juju)}.words", include_model=False)
    assert not juju.status().offers


def status_message(status: jubilant.Status, app: str) -> str:
    """Return the message of an application's first unit."""
    unit = status.apps[app].units.get(f"{app}/0")
    return unit.workload_status.message if unit else ""


def model(juju: jubilant.Juju) -> str:
    """Return the model's name, without its controller."""
    return (juju.model or "").rpartition(":")[2]


def pack(folder: pathlib.Path, name: str) -> pathlib.Path:
    """Return a packed charm."""
    archive = shutil.make_archive(str(folder / name), "zip", CHARMS / name)
    return pathlib.Path(archive).rename(folder / f"{name}.charm")
