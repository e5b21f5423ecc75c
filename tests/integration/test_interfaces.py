"""This project's side of each interface, related to the libraries for charms in Python.

`consumer` is a charm in Rust that uses the crate `interfaces`; `authority` and `collector` are charms in Python. Each test leaves
the model to the next one, so their order matters.
"""

from __future__ import annotations

import datetime
import json
import pathlib
import shlex
from collections.abc import Callable

import jubilant
import pytest
from python_charms import CHARMS, pack
from python_packages import install
from rust_charms import charm_to_deploy
from tls_pair import handshake

KEYS = pathlib.Path(__file__).parents[2] / "crates/interfaces/src/tls_certificates/testdata"
# The prefix of the labels of secrets from the library for charms in Python.
LABELS = "afd8c2bccf834997afce12c2706d2ede"
PACKAGES = [
    "ops>=3,<4",
    "charmlibs-interfaces-tls-certificates>=1.12,<2",
    "charmlibs-interfaces-certificate-transfer>=1.1,<2",
    "dpcharmlibs-interfaces>=1.2,<2",
    "cosl>=1.11,<2",
]


@pytest.fixture(scope="module", autouse=True)
def charms(juju_command: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pathlib.Path]:
    """The charms, packed, by name."""
    folder = tmp_path_factory.mktemp("charms")
    install(folder / "packages", *PACKAGES)
    packed = {name: pack(CHARMS / name, folder / "packages", folder) for name in ("authority", "collector")}
    packed["consumer"] = charm_to_deploy(juju_command, CHARMS / "consumer", "consumer")
    return packed


def test_deploy(charms: dict[str, pathlib.Path], juju: jubilant.Juju):
    """Check that a charm with every library, and no relation, is active."""
    juju.deploy(charms["authority"], app="authority")
    juju.deploy(charms["consumer"], app="consumer")
    juju.deploy(charms["collector"], app="collector")
    juju.wait(lambda status: jubilant.all_active(status, "authority", "consumer"), timeout=600)
    assert report(juju) == {"events": "", "received": "", "receivers": ""}


def test_certificate_for_each_unit(juju: jubilant.Juju, tmp_path: pathlib.Path):
    """Check that the new certificate works for TLS, and that the unit owns its secrets.

    The unit has an RSA key from a charm in Python, which must be used.
    """
    key = (KEYS / "rsa2048.pkcs1.pem").read_text().strip()
    label = f"{LABELS}-private-key-0-certificates"
    juju.exec(f"secret-add --owner unit --label {label} {shlex.quote(f'private-key={key}')}", unit="consumer/0")
    integrate(juju, "consumer:certificates", "authority:certificates")
    facts = report(juju)
    assert facts["events"] == "available"
    assert facts["key"] == key
    assert json.loads(facts["capabilities"]) == {"supports_ip_sans": False, "provider_type": "self-signed"}
    certificate = check_handshake(juju, tmp_path, facts)
    assert ("commonName", "consumer-0") in [pair for name in certificate["subject"] for pair in name]
    assert ("organizationName", "Tests") in [pair for name in certificate["subject"] for pair in name]
    assert certificate["subjectAltName"] == (("DNS", "consumer-0.example.com"),)
    labels = secret_owners(juju)
    assert all(owner == "consumer/0" for owner in labels.values()), labels
    assert sorted(label.split("-")[1] for label in labels) == ["certificate", "private"]


def test_certificate_is_renewed_when_its_secret_expires(juju: jubilant.Juju, tmp_path: pathlib.Path):
    """Check that the expiry of a certificate's secret gets a new certificate for the same key."""
    before = report(juju)
    [uri] = [uri for uri, label in own_secret_labels(juju).items() if "-certificate-" in label]
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
    juju.exec(f"secret-set {uri} --expire {soon.strftime('%Y-%m-%dT%H:%M:%SZ')}", unit="consumer/0")
    after = wait_for_report(juju, lambda facts: facts.get("certificate") not in (None, before["certificate"]))
    assert after["key"] == before["key"]
    assert after["events"] == "available available"
    check_handshake(juju, tmp_path, after)
    assert len([label for label in own_secret_labels(juju).values() if "-certificate-" in label]) == 1


def test_a_new_ca_replaces_its_certificates(juju: jubilant.Juju, tmp_path: pathlib.Path):
    """Check that certificates of a CA that is replaced are replaced too."""
    before = report(juju)
    juju.run("authority/0", "renew-ca")
    facts = wait_for_report(juju, lambda facts: facts.get("certificate") not in (None, before["certificate"]))
    check_handshake(juju, tmp_path, facts)


def test_a_new_key_gets_a_new_certificate(juju: jubilant.Juju, tmp_path: pathlib.Path):
    """Check that a new private key gets a new certificate."""
    before = report(juju)
    juju.run("consumer/0", "replace-key")
    facts = wait_for_report(juju, lambda facts: facts.get("key") not in (None, before["key"]))
    assert facts["key"].startswith("-----BEGIN PRIVATE KEY-----")
    check_handshake(juju, tmp_path, facts)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("wrong-key", "authority sent a certificate for consumer-0 over certificates:"),
        ("deny", "authority refuses a certificate for consumer-0: that domain is not ours (code 102)"),
        ("hostile", "relation certificates:"),
    ],
)
def test_an_error_of_the_other_side_blocks_the_unit_with_its_message(juju: jubilant.Juju, action: str, message: str):
    """Check that an error in the other side's answer becomes the unit's status, and that no hook fails."""
    juju.run("authority/0", action)
    status = juju.wait(lambda status: jubilant.all_blocked(status, "consumer"), error=jubilant.any_error)
    unit = status.apps["consumer"].units["consumer/0"]
    assert unit.workload_status.message.startswith(message), unit.workload_status.message


def test_certificate_for_the_application(juju: jubilant.Juju):
    """Check that the application gets a CA certificate, after the relation was added again and the answers are valid."""
    remove_relation(juju, "consumer:certificates", "authority:certificates")
    juju.wait(lambda status: jubilant.all_active(status, "consumer"))
    assert own_secret_labels(juju) == {}, "keys and certificates are gone with their relation"
    integrate(juju, "consumer:app-certificates", "authority:certificates")
    facts = wait_for_report(juju, lambda facts: "intermediate" in facts)
    assert facts["intermediate"].startswith("-----BEGIN CERTIFICATE-----")
    assert set(secret_owners(juju).values()) == {"consumer"}


def test_certificates_of_the_unit_and_of_its_application(juju: jubilant.Juju, tmp_path: pathlib.Path):
    """Check that one relation has certificates of both, each with a key and secrets of its owner's, and that both go with it."""
    remove_relation(juju, "consumer:app-certificates", "authority:certificates")
    integrate(juju, "consumer:both-certificates", "authority:certificates")
    facts = wait_for_report(juju, lambda facts: "website-chain" in facts and "chain" in facts)
    assert facts["key"] != facts["website-key"]
    check_handshake(juju, tmp_path, facts)
    website = {"chain": facts["website-chain"], "key": facts["website-key"]}
    certificate = check_handshake(juju, tmp_path, website, "www.example.com")
    assert certificate["subjectAltName"] == (("DNS", "www.example.com"),)
    labels = secret_owners(juju)
    assert sorted(labels.values()) == ["consumer", "consumer", "consumer/0", "consumer/0"], labels
    requests = [databag(juju, owner)["certificate_signing_requests"] for owner in ("consumer/0", "consumer")]
    assert requests[0] != requests[1]

    before = facts["website-chain"]
    juju.run("authority/0", "renew-ca")
    facts = wait_for_report(juju, lambda facts: facts.get("website-chain") not in (None, before))
    check_handshake(juju, tmp_path, {"chain": facts["website-chain"], "key": facts["website-key"]}, "www.example.com")
    remove_relation(juju, "consumer:both-certificates", "authority:certificates")
    assert own_secret_labels(juju) == {}, "keys and certificates are gone with their relation"


def test_certificates_for_a_charm_in_python(juju: jubilant.Juju):
    """Check that the library for charms in Python accepts certificates from this project's provider."""
    integrate(juju, "authority:own-certificate", "consumer:sign")
    results = juju.run("authority/0", "report").results
    assert results["own-matches"] == "True"
    assert results["own-certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert json.loads(results["own-capabilities"]) == {
        "supports_ca_certificates": True,
        "allowed_domains": ["example.com"],
    }


def test_certificates_to_trust(juju: jubilant.Juju):
    """Check that certificates to trust are sent in both directions."""
    integrate(juju, "consumer:receive-ca-cert", "authority:send-ca-cert")
    integrate(juju, "authority:receive-ca-cert", "consumer:send-ca-cert")
    results = juju.run("authority/0", "report").results
    facts = report(juju)
    assert facts["received"].strip() == results["ca"].strip()
    assert json.loads(results["received"]) == [results["own-ca"].strip()]
    assert "received" in facts["events"]


def test_database(juju: jubilant.Juju):
    """Check that a database's credentials come in a secret, and that a new password emits an event."""
    integrate(juju, "consumer:database", "authority:database")
    facts = report(juju)
    assert facts["endpoints"] == "10.1.1.1:5432 10.1.1.2:5432"
    assert facts["user"].startswith("relation-")
    [data] = [relation for relation in relations(juju, "consumer/0") if relation["endpoint"] == "database"]
    assert facts["password"] not in json.dumps(data)
    new = juju.run("authority/0", "new-password").results["password"]
    facts = wait_for_report(juju, lambda facts: facts["password"] == new)
    assert facts["events"].split().count("database") == 2


def test_ingress(juju: jubilant.Juju):
    """Check that the application gets its address."""
    integrate(juju, "consumer:ingress", "authority:ingress")
    facts = wait_for_report(juju, lambda facts: "url" in facts)
    address = juju.status().apps["consumer"].units["consumer/0"].public_address
    assert facts["url"] == f"http://{address}:8080/{juju.status().model.name}-consumer"


def test_route(juju: jubilant.Juju):
    """Check that a request for a route through HAProxy is valid for its library, and is answered."""
    integrate(juju, "consumer:route", "authority:route")
    facts = wait_for_report(juju, lambda facts: "routes" in facts)
    assert facts["routes"] == "https://shop.example.com/"


def test_observability(juju: jubilant.Juju):
    """Check that a collector reads the unit's data, and that the unit reads the endpoints for traces."""
    integrate(juju, "consumer:cos-agent", "collector:cos-agent")
    results = juju.run("collector/0", "read").results
    config = json.loads(results["config"])
    group, generic = config["metrics_alert_rules"]["groups"]
    assert [rule["alert"] for rule in generic["rules"]] == ["HostDown", "HostMetricsMissing"]
    assert group["name"].startswith(results["identifier"].replace("-", "_"))
    [rule] = group["rules"]
    assert 'juju_application="consumer"' in rule["expr"]
    assert rule["labels"]["juju_charm"] == "consumer"
    [job] = config["metrics_scrape_jobs"]
    assert job == {"metrics_path": "/metrics", "static_configs": [{"targets": ["localhost:9113"]}]}
    [dashboard] = json.loads(results["dashboards"])
    assert (dashboard["title"], dashboard["tags"]) == ("Consumer", ["charm: consumer"])
    assert report(juju)["receivers"] == "http://localhost:4318"


def test_remove(juju: jubilant.Juju):
    """Check that all relations can be removed."""
    juju.remove_application("consumer", "authority", "collector")
    juju.wait(lambda status: not status.apps, timeout=300)
    assert juju.secrets() == []


def integrate(juju: jubilant.Juju, one: str, other: str):
    """Integrate two applications, and wait until they are done."""
    juju.integrate(one, other)
    juju.wait(jubilant.all_agents_idle, error=jubilant.any_error, timeout=300)


def remove_relation(juju: jubilant.Juju, one: str, other: str):
    """Remove the relation of two applications, and wait until they are done."""
    juju.remove_relation(one, other)
    juju.wait(jubilant.all_agents_idle, error=jubilant.any_error, timeout=300)


def report(juju: jubilant.Juju) -> dict[str, str]:
    """The consumer unit's data from each interface."""
    results = dict(juju.run("consumer/0", "report").results)
    results.pop("return-code", None)
    return results


def wait_for_report(juju: jubilant.Juju, ready: Callable[[dict[str, str]], bool]) -> dict[str, str]:
    """The consumer unit's data, once it is as expected."""

    def is_ready(status: jubilant.Status) -> bool:
        return jubilant.all_agents_idle(status) and ready(report(juju))

    juju.wait(is_ready, error=jubilant.any_error, timeout=120)
    return report(juju)


def check_handshake(
    juju: jubilant.Juju, folder: pathlib.Path, facts: dict[str, str], host: str = "consumer-0.example.com"
) -> dict:
    """Connect with this chain and key, as a TLS client that trusts the authority's CA."""
    ca = json.loads(juju.exec("secret-get --label ca --format json", unit="authority/0").stdout)["certificate"]
    return handshake(folder, facts["chain"], facts["key"], ca, host)


def databag(juju: jubilant.Juju, owner: str) -> dict[str, str]:
    """The consumer's or its unit's databag for the authority's certificates."""
    # `show-unit` has the other application's databag on Juju 3.6, and its own on Juju 4.0.
    option = "" if "/" in owner else "--app"
    command = f'relation-get --format json -r "$(relation-ids certificates)" {option} - {owner}'
    return json.loads(juju.exec(command, unit="authority/0").stdout)


def own_secret_labels(juju: jubilant.Juju) -> dict[str, str]:
    """The labels, by URI, of the secrets that the consumer and its unit own, except those of its CA."""
    listed = json.loads(juju.cli("secrets", "--format", "json"))
    mine = {uri: entry for uri, entry in listed.items() if entry["owner"].split("/")[0] == "consumer"}
    return {uri: entry["label"] for uri, entry in mine.items() if entry.get("label") != "authority"}


def secret_owners(juju: jubilant.Juju) -> dict[str, str]:
    """The owners of those secrets, by label."""
    listed = json.loads(juju.cli("secrets", "--format", "json"))
    return {label: listed[uri]["owner"] for uri, label in own_secret_labels(juju).items()}


def relations(juju: jubilant.Juju, unit: str) -> list[dict]:
    """The relations of a unit."""
    return json.loads(juju.cli("show-unit", unit, "--format", "json"))[unit]["relation-info"]
