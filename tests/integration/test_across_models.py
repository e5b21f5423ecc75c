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
def other(juju_command: pathlib.Path) -> Iterator[jubilant.Juju]:
    """The consuming model."""
    with jubilant.temp_model() as other:
        yield other


def test_an_offer_is_shown_where_it_is_made(tmp_path: pathlib.Path, juju: jubilant.Juju):
    """Check that an offer is in the status of its model."""
    juju.deploy(pack(tmp_path, "supplier"))
    juju.offer("supplier", endpoint="db", name="words")
    offer = juju.status().offers["words"]
    assert offer.app == "supplier"
    assert offer.endpoints["db"] == jubilant.statustypes.RemoteEndpoint(interface="word", role="provider")
    assert offer.total_connected_count == 0
    assert f"admin/{model(juju)}.words" in juju.cli("offers", "--format", "yaml")
    assert "word:db" in juju.cli("find-offers", f"admin/{model(juju)}.words", include_model=False)


def test_both_sides_of_a_relation_across_models_hear_each_other(
    tmp_path: pathlib.Path, juju: jubilant.Juju, other: jubilant.Juju
):
    """Check that databags and secrets cross models, and that each side has its own name for the other."""
    other.deploy(pack(tmp_path, "customer"))
    other.consume(f"{model(juju)}.words", "dbalias")
    other.integrate("dbalias", "customer")

    message = "dbkey=dbvalue from dbalias with hunter2"
    status = other.wait(lambda status: said(status, "customer") == message, error=jubilant.any_error, timeout=600)
    assert status.apps["customer"].relations["db"][0].related_app == "dbalias"
    assert status.app_endpoints["dbalias"].relations["db"] == ["customer"]
    assert status.app_endpoints["dbalias"].url.endswith(f":admin/{model(juju)}.words")
    address = status.apps["customer"].units["customer/0"].public_address
    status = juju.wait(
        lambda status: said(status, "supplier") == f"joined by remote at {address}",
        error=jubilant.any_error,
        timeout=600,
    )
    assert status.offers["words"].active_connected_count == 1


def test_an_offer_in_use_stays(juju: jubilant.Juju):
    """Check that an offer is not removed while it has a relation."""
    with pytest.raises(jubilant.CLIError, match="has 1 (relation|connections)"):
        juju.cli("remove-offer", f"admin/{model(juju)}.words", include_model=False)


def test_what_is_consumed_no_more_leaves_its_relations(juju: jubilant.Juju, other: jubilant.Juju):
    """Check that a relation across models ends in both models, and that its offer can be removed then."""
    other.cli("remove-saas", "dbalias")
    other.wait(
        lambda status: said(status, "customer") == "nobody there" and not status.app_endpoints,
        timeout=600,
    )
    juju.wait(lambda status: status.offers["words"].total_connected_count == 0, timeout=600)
    juju.cli("remove-offer", f"admin/{model(juju)}.words", include_model=False)
    assert not juju.status().offers


def said(status: jubilant.Status, app: str) -> str:
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
