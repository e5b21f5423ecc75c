"""Fixtures for the integration tests: a `juju`, and the charm to deploy with it.

The tests use the `juju` on the PATH. If there is none, they build minijuju and use it, with temporary data. The tests
themselves do not know which one it is.

pytest-jubilant provides the `juju` fixture: a Jubilant object for a temporary model, one for each test module.
See https://canonical.com/juju/docs/ops/latest/howto/write-integration-tests-for-a-charm/
"""

from __future__ import annotations

import json
import os
import pathlib
import platform
import shutil
import subprocess
from collections.abc import Iterator

import jubilant
import pytest

PROJECT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="session", autouse=True)
def juju_command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """The `juju` that the tests use: the one on the PATH, or else minijuju."""
    found = shutil.which("juju")
    if found:
        yield pathlib.Path(found).resolve()
        return
    if shutil.which("tinyproxy"):
        pytest.exit(
            "tinyproxy is installed on this computer. A machine of minijuju's begins as a copy of this computer, so the "
            "charm would find nothing to install there. Remove the package tinyproxy-bin, or run the tests on Juju.",
            returncode=2,
        )
    minijuju = build_minijuju()
    folder = tmp_path_factory.mktemp("minijuju")
    link = folder / "bin" / "juju"
    link.parent.mkdir()
    link.symlink_to(minijuju)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(link.parent), prepend=os.pathsep)
        patch.setenv("MINIJUJU_DATA", str(folder / "data"))
        try:
            yield minijuju
        finally:
            subprocess.run([link, "clean", "--no-prompt"], check=True)


@pytest.fixture(scope="session")
def charm(juju_command: pathlib.Path) -> pathlib.Path:
    """The `.charm` file to deploy: $CHARM_PATH, or the one in the project's folder.

    With minijuju it is packed in each run, which takes a second, so that the tests never use an old one.
    """
    path = pathlib.Path(os.environ.get("CHARM_PATH") or PROJECT / f"tinyproxy_{architecture()}.charm")
    if "CHARM_PATH" not in os.environ and juju_command.name == "minijuju":
        subprocess.run([juju_command, "pack"], cwd=PROJECT, check=True)
    if not path.is_file():
        pytest.fail(f"there is no charm at {path}: run `charmcraft pack` first, or set CHARM_PATH", pytrace=False)
    return path.resolve()


@pytest.fixture(scope="module")
def systemd_machines() -> Iterator[None]:
    """Make minijuju's machines boot systemd, as Juju's machines do. Used with `pytestmark`."""
    if not pathlib.Path("/lib/systemd/systemd").exists():
        pytest.skip("this computer has no systemd to boot machines with")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINIJUJU_INIT", "systemd")
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Show the charm's last log lines if a test failed."""
    report = yield
    juju = getattr(item, "funcargs", {}).get("juju")
    if report.when == "call" and report.failed and isinstance(juju, jubilant.Juju):
        try:
            log = juju.debug_log(limit=50)
        except jubilant.CLIError as error:
            log = str(error)
        report.sections.append(("juju debug-log", log))
    return report


def build_minijuju() -> pathlib.Path:
    """Build minijuju and return the program's path."""
    command = [
        "cargo",
        "build",
        "--package",
        "minijuju",
        "--bin",
        "minijuju",
        "--message-format",
        "json-render-diagnostics",
    ]
    built = subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    return pathlib.Path(next(message["executable"] for message in messages if message.get("executable")))


def architecture() -> str:
    """Juju's name of this computer's architecture."""
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
