"""The charm on a machine, with real apt, real tinyproxy and real HTTP.

Each test leaves the model to the next one, so their order matters: deploy, configure, break, fix, remove.
"""

from __future__ import annotations

import pathlib
import re
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import jubilant
import pytest

APP = "tinyproxy"
UNIT = "tinyproxy/0"
PORT = 8000
# The page of the mock of www.example.com.
PAGE = "A page for the integration tests."


def test_deploy(charm: pathlib.Path, juju: jubilant.Juju):
    """Deploy the charm under test."""
    juju.deploy(charm, app=APP)
    juju.wait(jubilant.all_active, timeout=600)


def test_workload_version_is_set(charm: pathlib.Path, juju: jubilant.Juju):
    """Check that the correct version of the workload is running: the one that APT installed."""
    package = on_machine(juju, "dpkg-query --show --showformat='${Version}' tinyproxy-bin")
    # A package's version is the program's, between an epoch and the package's revision.
    expected = re.sub(r"^\d+:|-[^-]*$", "", package)
    assert juju.status().apps[APP].version == expected


def test_block_on_invalid_config(charm: pathlib.Path, juju: jubilant.Juju):
    """Check that the charm goes into blocked status if slug is invalid."""
    juju.config(APP, {"slug": "foo/bar"})
    juju.wait(jubilant.all_blocked)
    message = juju.status().apps[APP].units[UNIT].workload_status.message
    assert message == "Invalid slug: 'foo/bar'. Slug must match the regex [a-z0-9-]+"
    juju.config(APP, reset="slug")
    juju.wait(jubilant.all_active)


@pytest.fixture(scope="class")
def upstream(juju: jubilant.Juju) -> Iterator[None]:
    """www.example.com on the unit's machine, so that the tests need no internet."""
    on_machine(
        juju,
        textwrap.dedent(f"""\
            set -e
            mkdir /srv/upstream
            printf %s '{PAGE}' >/srv/upstream/index.html
            cp /etc/hosts /srv/hosts.before
            echo '127.0.0.1 www.example.com' >>/etc/hosts
            setsid python3 -m http.server 80 --bind 127.0.0.1 --directory /srv/upstream </dev/null >/dev/null 2>&1 &
            echo $! >/srv/upstream.pid
        """),
    )
    wait_until(lambda: fetch(juju, "/example/") == (200, PAGE))
    yield
    on_machine(juju, "kill $(cat /srv/upstream.pid); cat /srv/hosts.before >/etc/hosts")
    on_machine(juju, "rm -r /srv/upstream /srv/upstream.pid /srv/hosts.before")


@pytest.mark.usefixtures("upstream")
class TestProxy:
    """The proxy itself, over HTTP."""

    def test_requests_are_proxied(self, juju: jubilant.Juju):
        """Check that tinyproxy returns the page of www.example.com."""
        assert fetch(juju, "/example/") == (200, PAGE)

    def test_slug_change_reloads(self, juju: jubilant.Juju):
        """Check that the running process uses a new slug, and no longer the old one."""
        before = running_pid(juju)
        juju.config(APP, {"slug": "foo"})
        wait_until(lambda: fetch(juju, "/foo/") == (200, PAGE))
        status, body = fetch(juju, "/example/")
        assert status == 400
        assert "400 Bad Request" in body
        assert running_pid(juju) == before

    def test_killed_tinyproxy_is_restarted(self, juju: jubilant.Juju):
        """Check that the next config-changed starts a tinyproxy that died."""
        before = running_pid(juju)
        on_machine(juju, f"kill -KILL {before}")
        juju.config(APP, {"slug": "bar"})
        wait_until(lambda: fetch(juju, "/bar/") == (200, PAGE))
        assert running_pid(juju) != before
        juju.wait(jubilant.all_active)

    @pytest.mark.parametrize("event", ["install", "start", "config-changed", "update-status"])
    def test_handlers_can_run_again(self, juju: jubilant.Juju, event: str):
        """Check that a repeated event changes nothing."""
        before = running_pid(juju)
        dispatch(juju, event)
        assert fetch(juju, "/bar/") == (200, PAGE)
        assert running_pid(juju) == before


def test_remove_leaves_nothing(juju: jubilant.Juju):
    """Check the machine after stop and remove, each of which may come twice."""
    # Juju removes the machine with its last unit. So let the charm handle the events before that, and check the machine.
    for event in ["stop", "stop", "remove", "remove"]:
        dispatch(juju, event)
    leftovers = on_machine(
        juju,
        "pgrep -x tinyproxy; command -v tinyproxy; ls -d /etc/tinyproxy /run/tinyproxy.pid; "
        "dpkg-query --show --showformat='${db:Status-Status} ' tinyproxy-bin; true",
    )
    assert leftovers in {"", "not-installed", "config-files"}
    juju.remove_application(APP)
    juju.wait(lambda status: not status.apps and not status.machines, timeout=600)


def dispatch(juju: jubilant.Juju, event: str) -> None:
    """Have the charm handle an event on its machine, as Juju does."""
    on_machine(juju, f"JUJU_HOOK_NAME={event} JUJU_DISPATCH_PATH=hooks/{event} ./dispatch")


def on_machine(juju: jubilant.Juju, command: str) -> str:
    """Run a shell command on the unit's machine, in the charm's folder, and return what it printed."""
    return juju.exec(command, unit=UNIT).stdout.strip()


def running_pid(juju: jubilant.Juju) -> int:
    """The PID of the only tinyproxy process."""
    pid = int(on_machine(juju, "cat /var/run/tinyproxy.pid"))
    assert on_machine(juju, "pgrep -x tinyproxy") == str(pid)
    return pid


def fetch(juju: jubilant.Juju, path: str) -> tuple[int, str]:
    """tinyproxy's answer: the status code and the body, or 0 and the reason."""
    address = juju.status().apps[APP].units[UNIT].public_address
    # Ignore a proxy in the environment.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{address}:{PORT}{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is true, with a timeout for a loaded machine."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.05)
