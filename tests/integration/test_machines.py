"""Machines like Juju's images: a user `ubuntu`, who may do everything with `sudo`.

The tests run the same on Juju and on minijuju.
"""

from __future__ import annotations

import pathlib
import zipfile

import jubilant
import pytest

METADATA = "name: plain\nsummary: A charm for tests.\ndescription: It does nothing but say that it is active.\n"
MANIFEST = "bases:\n  - {name: ubuntu, channel: '24.04/stable', architectures: [amd64, arm64]}\n"
DISPATCH = """\
#!/bin/sh
set -e
[ "$JUJU_DISPATCH_PATH" != hooks/start ] || sudo -u ubuntu sh -c 'id -un > ~/made-by-the-charm'
status-set active
"""
UNIT = "plain/0"


@pytest.fixture(scope="module", autouse=True)
def deployed(juju: jubilant.Juju, tmp_path_factory: pytest.TempPathFactory):
    """A unit of a charm that runs `sudo` itself."""
    path = tmp_path_factory.mktemp("plain") / "plain.charm"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.yaml", METADATA)
        archive.writestr("manifest.yaml", MANIFEST)
        dispatch = zipfile.ZipInfo("dispatch")
        dispatch.external_attr = 0o100755 << 16
        archive.writestr(dispatch, DISPATCH)
    juju.deploy(path, app="plain")
    juju.wait(jubilant.all_active, error=jubilant.any_error, timeout=600)


def test_ssh_logs_in_as_ubuntu(juju: jubilant.Juju):
    """Check that `juju ssh` logs in as `ubuntu`, at home."""
    assert juju.ssh(UNIT, "id -un; pwd") == "ubuntu\n/home/ubuntu\n"
    assert juju.ssh(UNIT, "cat made-by-the-charm") == "ubuntu\n"
    with pytest.raises(jubilant.CLIError):
        juju.ssh(UNIT, "touch /root/file")


def test_sudo_needs_no_password(juju: jubilant.Juju):
    """Check that `sudo` runs programs as root or as another user."""
    assert juju.ssh(UNIT, "sudo id -un") == "root\n"
    assert juju.ssh(UNIT, "echo content | sudo tee /root/file > /dev/null; sudo cat /root/file") == "content\n"
    assert juju.ssh(UNIT, "sudo -n -u nobody id -un") == "nobody\n"
    assert juju.ssh(UNIT, "sudo sh -c 'echo $HOME $SUDO_USER'") == "/root ubuntu\n"


def test_scp_copies_to_the_user_s_home(juju: jubilant.Juju, tmp_path: pathlib.Path):
    """Check that files go to /home/ubuntu and back, and belong to `ubuntu`."""
    (tmp_path / "there").write_text("over and back")
    juju.scp(tmp_path / "there", f"{UNIT}:/home/ubuntu/there")
    assert juju.ssh(UNIT, "stat -c %U /home/ubuntu/there") == "ubuntu\n"
    juju.scp(f"{UNIT}:/home/ubuntu/there", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "over and back"
    with pytest.raises(jubilant.CLIError):
        juju.scp(tmp_path / "there", f"{UNIT}:/root/there")


def test_commands_run_as_root_on_units_and_as_ubuntu_on_machines(juju: jubilant.Juju):
    """Check the user of `juju exec`."""
    assert juju.exec("id -un", unit=UNIT).stdout == "root\n"
    assert juju.exec("id -un", machine=0).stdout == "ubuntu\n"
