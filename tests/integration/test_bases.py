"""Machines of an imported base: a charm sees the base, not this computer.

Each test leaves the model to the next one, so their order matters.
"""

from __future__ import annotations

import os
import pathlib
import platform
import subprocess
import zipfile
from collections.abc import Iterator

import jubilant
import pytest

RELEASE = dict(
    line.replace('"', "").split("=", 1)
    for line in pathlib.Path("/etc/os-release").read_text().splitlines()
    if "=" in line
)
# A base other than this computer's.
VERSION, PYTHON = ("12", "3.11") if f"{RELEASE['ID']}@{RELEASE.get('VERSION_ID')}" == "debian@13" else ("13", "3.13")
BASE = f"debian@{VERSION}"
METADATA = "name: looks\nsummary: A charm for tests.\ndescription: It tells what its machine is.\n"
DISPATCH = """\
#!/usr/bin/python3
import platform, subprocess
system = platform.freedesktop_os_release()
subprocess.run(["apt-get", "update", "--quiet=2"], check=True)
subprocess.run(["apt-get", "install", "--quiet=2", "--yes", "--no-install-recommends", "hello"], check=True)
message = f"{system['ID']} {system['VERSION_ID']} {'.'.join(platform.python_version_tuple()[:2])}"
subprocess.run(["status-set", "active", message], check=True)
"""


@pytest.fixture(scope="module", autouse=True)
def only_on_minijuju(juju_command: pathlib.Path):
    """Skip on Juju, whose machines always have bases."""
    if juju_command.name != "minijuju":
        pytest.skip("it is about minijuju's machines")


@pytest.fixture(scope="module")
def charm_on_a_base(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A charm that reports its environment."""
    path = tmp_path_factory.mktemp("looks") / "looks.charm"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.yaml", METADATA)
        dispatch = zipfile.ZipInfo("dispatch")
        dispatch.external_attr = 0o100755 << 16
        archive.writestr(dispatch, DISPATCH)
    return path


@pytest.fixture(scope="module")
def archive(juju: jubilant.Juju, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """The root of a base that `minijuju base make` made, as a tar archive."""
    base("make", BASE)
    root = pathlib.Path(os.environ["MINIJUJU_DATA"], "bases", BASE, "root")
    path = tmp_path_factory.mktemp("base") / "root.tar"
    subprocess.run(["tar", "--create", "--file", path, "--directory", root, "."], check=True)
    base("remove", BASE)
    yield path


def test_an_invalid_base_is_refused(juju: jubilant.Juju, tmp_path: pathlib.Path, archive: pathlib.Path):
    """Check that each invalid base is one clear error, and leaves nothing behind."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "cut.tar").write_bytes(archive.read_bytes()[: 10 << 20])
    for name, source, reason in [
        (BASE, tmp_path / "empty", "is not a root file system"),
        (BASE, tmp_path / "missing", "No such file or directory"),
        (BASE, tmp_path / "cut.tar", "Unexpected EOF in archive"),
        ("ubuntu@24.04", archive, f"is {BASE} according to its /etc/os-release, not ubuntu@24.04"),
        ("debian", archive, "a base has a name like ubuntu@24.04"),
    ]:
        error = base_error("import", name, str(source))
        assert error.startswith(f"ERROR base {name}: ") and reason in error, error
        assert error.count("\n") == 1, error
        assert base("list", "--format", "json") == "[]\n"
        assert os.listdir(pathlib.Path(os.environ["MINIJUJU_DATA"], "bases")) == ["lock"]


def test_a_full_disk_is_named(juju: jubilant.Juju, tmp_path: pathlib.Path, archive: pathlib.Path):
    """Check that an import without enough space leaves nothing behind."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "small", tmp_path], check=True)
    try:
        error = base_error("import", BASE, str(archive), data=str(tmp_path / "data"))
        assert "there is not enough space on the disk of minijuju's data" in error
        assert os.listdir(tmp_path / "data" / "bases") == ["lock"]
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_a_charm_sees_its_base_and_not_this_computer(
    juju: jubilant.Juju, charm_on_a_base: pathlib.Path, archive: pathlib.Path
):
    """Check the os-release, apt and Python that a charm finds."""
    base("import", BASE, str(archive))
    juju.deploy(charm_on_a_base, app="looks", base=BASE)
    juju.wait(lambda status: jubilant.all_active(status, "looks"), error=jubilant.any_error, timeout=600)
    assert juju.status().apps["looks"].app_status.message == f"debian {VERSION} {PYTHON}"
    assert platform.python_version_tuple()[:2] != tuple(PYTHON.split("."))
    assert "Hello" in juju.exec("LC_ALL=C /usr/bin/hello", unit="looks/0").stdout
    assert juju.exec("cat /proc/1/comm", unit="looks/0").stdout == "systemd\n"
    assert juju.exec("systemctl is-system-running", unit="looks/0").stdout == "running\n"
    assert juju.ssh("looks/0", "id -un; sudo id -un; locale | head -n 1") == "ubuntu\nroot\nLANG=C.UTF-8\n"
    assert f"used by machine {juju.status().machines['0'].instance_id}" in base_error("remove", BASE)


def test_a_base_that_was_not_imported_is_this_computer(juju: jubilant.Juju, charm_on_a_base: pathlib.Path):
    """Check that a machine of a base that was not imported is a view of this computer."""
    juju.deploy(charm_on_a_base, app="here", base="ubuntu@22.04")
    juju.wait(lambda status: jubilant.all_active(status, "here"), error=jubilant.any_error, timeout=600)
    assert juju.status().apps["here"].app_status.message.startswith(f"{RELEASE['ID']} {RELEASE['VERSION_ID']} ")


def test_an_unused_base_is_removed(juju: jubilant.Juju):
    """Check that nothing is left of a removed base."""
    juju.remove_application("looks")
    juju.wait(lambda status: "looks" not in status.apps, timeout=300)
    base("remove", BASE)
    assert base("list") == "No bases: machines are views of this computer.\n"
    assert "there is no such base" in base_error("remove", BASE)


def base(*args: str) -> str:
    """Run `minijuju base`."""
    return subprocess.run(["juju", "base", *args], check=True, stdout=subprocess.PIPE, text=True).stdout


def base_error(*args: str, data: str | None = None) -> str:
    """Run `minijuju base`, which must fail, and return its error."""
    environment = os.environ | ({"MINIJUJU_DATA": data} if data else {})
    done = subprocess.run(["juju", "base", *args], check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    return "\n".join(line for line in done.stderr.splitlines() if line.startswith("ERROR")) + "\n"
