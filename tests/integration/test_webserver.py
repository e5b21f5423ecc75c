"""The example of a web server charm, and the same charm in Python as a reference.

The provider of certificates and the collector are charms in Python. Each test leaves the model to the next one, so their
order matters.
"""

from __future__ import annotations

import base64
import http.client
import json
import pathlib
import shutil
import socket
import ssl

import jubilant
import pytest
import yaml
from python_charms import CHARMS, pack
from python_packages import install
from rust_charms import charm_to_deploy

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "webserver-charm"
HOST = "site.example.com"
PACKAGES = [
    "ops>=3,<4",
    "charmlibs-apt>=1,<2",
    "charmlibs-interfaces-certificate-transfer>=1.1,<2",
    "charmlibs-interfaces-tls-certificates>=1.12,<2",
    "charmlibs-pathops>=1.3,<2",
    "charmlibs-systemd>=1,<2",
    "cosl>=1.11,<2",
    "dpcharmlibs-interfaces>=1.2,<2",
]

pytestmark = pytest.mark.usefixtures("systemd_machines")


@pytest.fixture(scope="module")
def charms(juju_command: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pathlib.Path]:
    """The charms, packed, by name."""
    folder = tmp_path_factory.mktemp("charms")
    install(folder / "packages", *PACKAGES)
    packed = {name: pack(CHARMS / name, folder / "packages", folder) for name in ("authority", "collector")}
    packed["oracle"] = pack(oracle(folder), folder / "packages", folder)
    packed["webserver"] = charm_to_deploy(juju_command, EXAMPLE, "webserver")
    return packed


def oracle(folder: pathlib.Path) -> pathlib.Path:
    """The same charm in Python, with the same metadata, as the files that Juju reads."""
    source = folder / "sources" / "oracle"
    shutil.copytree(EXAMPLE / "tests" / "oracle", source)
    shutil.copytree(EXAMPLE / "cos", source / "cos")
    charmcraft = yaml.safe_load((EXAMPLE / "charmcraft.yaml").read_text())
    parts = {"config.yaml": charmcraft.pop("config"), "actions.yaml": charmcraft.pop("actions")}
    for key in ("type", "base", "platforms", "parts"):
        charmcraft.pop(key)
    for name, content in {"metadata.yaml": charmcraft, **parts}.items():
        (source / name).write_text(yaml.safe_dump(content))
    return source


@pytest.fixture(scope="module", params=["webserver", "oracle"])
def app(request: pytest.FixtureRequest) -> str:
    """Each of the two charms."""
    return request.param


def test_site_is_served(app: str, charms: dict[str, pathlib.Path], juju: jubilant.Juju):
    """Check that the files of the storage are served."""
    juju.deploy(charms[app], app=app)
    juju.wait(lambda status: jubilant.all_active(status, app), error=jubilant.any_error, timeout=600)
    assert message(juju, app) == f"Serving http://{HOST}"
    juju.exec("echo hello > /srv/site/index.html", unit=f"{app}/0")
    response, body = get(juju, app, "/")
    assert (response.status, body) == (200, "hello\n")


def test_admin_needs_the_password(app: str, juju: jubilant.Juju):
    """Check that the secret's password opens /admin/, and that after a rotation the new one does."""
    juju.exec("mkdir -p /srv/site/admin && echo secret > /srv/site/admin/index.html", unit=f"{app}/0")
    assert get(juju, app, "/admin/")[0].status == 401
    old_password = password(juju, app)
    assert get(juju, app, "/admin/", password=old_password)[1] == "secret\n"
    juju.run(f"{app}/0", "rotate-admin-password")
    assert password(juju, app) != old_password
    assert get(juju, app, "/admin/", password=old_password)[0].status == 401
    assert get(juju, app, "/admin/", password=password(juju, app))[1] == "secret\n"


def test_https(app: str, charms: dict[str, pathlib.Path], juju: jubilant.Juju):
    """Check that a client that trusts the authority gets the site by HTTPS, and that HTTP redirects there."""
    if "authority" not in juju.status().apps:
        juju.deploy(charms["authority"], app="authority")
    juju.integrate(f"{app}:certificates", "authority:certificates")
    juju.wait(lambda status: message(juju, app) == f"Serving https://{HOST}", error=jubilant.any_error, timeout=300)
    juju.wait(jubilant.all_agents_idle, error=jubilant.any_error)
    assert https_get(juju, app) == "hello\n"
    response, _ = get(juju, app, "/")
    assert (response.status, response.getheader("Location")) == (301, f"https://{HOST}/")
    assert sorted(juju.status().apps[app].units[f"{app}/0"].open_ports) == ["443/tcp", "80/tcp"]


def test_observability(app: str, charms: dict[str, pathlib.Path], juju: jubilant.Juju):
    """Check that the collector gets the address of the metrics."""
    collector = f"{app}-collector"
    juju.deploy(charms["collector"], app=collector)
    juju.integrate(f"{app}:cos-agent", f"{collector}:cos-agent")
    juju.wait(lambda status: jubilant.all_active(status, app, collector), error=jubilant.any_error, timeout=300)
    config = json.loads(juju.run(f"{collector}/0", "read").results["config"])
    [target] = config["metrics_scrape_jobs"][0]["static_configs"][0]["targets"]
    metrics = juju.exec(f"curl -s http://{target}/metrics || wget -qO- http://{target}/metrics", unit=f"{app}/0").stdout
    assert "nginx_up 1" in metrics
    group, generic = config["metrics_alert_rules"]["groups"]
    assert [rule["alert"] for rule in generic["rules"]] == ["HostDown", "HostMetricsMissing"]
    assert group["rules"][0]["labels"]["juju_application"] == app


def test_invalid_config_blocks_the_unit_until_it_is_reset(app: str, juju: jubilant.Juju):
    """Check that an invalid option blocks the unit, which still serves."""
    juju.config(app, {"keepalive": 5000})
    status = juju.wait(lambda status: jubilant.all_blocked(status, app), error=jubilant.any_error)
    assert "keepalive is 5000" in status.apps[app].units[f"{app}/0"].workload_status.message
    assert https_get(juju, app) == "hello\n"
    juju.config(app, reset="keepalive")
    juju.wait(lambda status: jubilant.all_active(status, app), error=jubilant.any_error)


def test_peers_share_the_password(app: str, juju: jubilant.Juju):
    """Check that another unit has the same password, and its own certificate."""
    juju.add_unit(app)
    juju.wait(lambda status: jubilant.all_active(status, app), error=jubilant.any_error, timeout=600)
    juju.wait(jubilant.all_agents_idle, error=jubilant.any_error)
    assert password(juju, app, 1) == password(juju, app, 0)
    juju.exec("echo other > /srv/site/index.html", unit=f"{app}/1")
    assert https_get(juju, app, 1) == "other\n"


def test_without_the_authority_it_serves_http_again(app: str, juju: jubilant.Juju):
    """Check that the certificate is removed with its relation."""
    juju.remove_relation(f"{app}:certificates", "authority:certificates")
    juju.wait(lambda status: message(juju, app) == f"Serving http://{HOST}", error=jubilant.any_error, timeout=300)
    assert get(juju, app, "/")[1] == "hello\n"
    juju.exec("test ! -e /etc/nginx/site.key.pem", unit=f"{app}/0")


def test_remove(app: str, juju: jubilant.Juju):
    """Check that the charm can be removed."""
    juju.remove_application(app, f"{app}-collector", destroy_storage=True)
    juju.wait(lambda status: app not in status.apps, timeout=300)


def message(juju: jubilant.Juju, app: str) -> str:
    """The message of the first unit's status."""
    return juju.status().apps[app].units[f"{app}/0"].workload_status.message


def address(juju: jubilant.Juju, app: str, unit: int = 0) -> str:
    """The address of a unit."""
    return juju.status().apps[app].units[f"{app}/{unit}"].public_address


def password(juju: jubilant.Juju, app: str, unit: int = 0) -> str:
    """The password of the user admin, as a unit knows it."""
    return juju.run(f"{app}/{unit}", "admin-password").results["password"]


def get(
    juju: jubilant.Juju, app: str, path: str, *, password: str | None = None
) -> tuple[http.client.HTTPResponse, str]:
    """Get a path by HTTP, without following redirects."""
    connection = http.client.HTTPConnection(address(juju, app), timeout=30)
    headers = {"Host": HOST}
    if password:
        headers["Authorization"] = "Basic " + base64.b64encode(f"admin:{password}".encode()).decode()
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    return response, response.read().decode()


def https_get(juju: jubilant.Juju, app: str, unit: int = 0) -> str:
    """Get the site by HTTPS, as a client that trusts the authority's CA and checks the host name."""
    ca = json.loads(juju.exec("secret-get --label ca --format json", unit="authority/0").stdout)["certificate"]
    context = ssl.create_default_context(cadata=ca)
    connection = http.client.HTTPSConnection(HOST, timeout=30, context=context)
    # There is no DNS entry for the name.
    plain = socket.create_connection((address(juju, app, unit), 443), timeout=30)
    connection.sock = context.wrap_socket(plain, server_hostname=HOST)
    connection.request("GET", "/")
    return connection.getresponse().read().decode()
