"""The development loop: `minijuju dev` on a new charm."""

from __future__ import annotations

import os
import pathlib
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator

import jubilant
import pytest

PROJECT = pathlib.Path(__file__).parents[2]
WAITING = "Waiting for a change in"
STATUS = "event.add_status(Status::active());"


class DevLoop:
    """A running `minijuju dev`, and its output since the last wait."""

    def __init__(self, minijuju: pathlib.Path, folder: pathlib.Path, model: str):
        # Use this project's target folder, in which the framework is compiled already.
        environment = {**os.environ, "CARGO_TARGET_DIR": str(PROJECT / "target"), "CARGO_TERM_COLOR": "never"}
        self.process = subprocess.Popen(
            [minijuju, "dev", "--model", model],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        """Queue each line, and None at the end."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, *texts: str, timeout: float = 300) -> str:
        """Return the output up to the last of these texts, which may come in any order."""
        output = ""
        deadline = time.monotonic() + timeout
        while any(text not in output for text in texts):
            try:
                line = self.lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"it did not print {texts} within {timeout} s, but:\n{output}")
            if line is None:
                pytest.fail(f"it ended without printing {texts}:\n{output}")
            output += line
        return output


@pytest.fixture(scope="module")
def source(juju_command: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The source of a new charm."""
    if juju_command.name != "minijuju":
        pytest.skip("it is about minijuju")
    folder = tmp_path_factory.mktemp("project") / "hello"
    subprocess.run([juju_command, "init", "hello", "--path", folder, "--workload", "none"], check=True)
    return folder / "src" / "charm.rs"


@pytest.fixture(scope="module")
def loop(juju_command: pathlib.Path, source: pathlib.Path, juju: jubilant.Juju) -> Iterator[DevLoop]:
    """The loop, on the new charm."""
    assert juju.model
    loop = DevLoop(juju_command, source.parents[1], juju.model)
    yield loop
    loop.process.kill()
    loop.process.wait()


def test_the_new_charm_is_tested_and_deployed(loop: DevLoop, juju: jubilant.Juju):
    """Check that the first round runs the tests, deploys, and shows the status."""
    output = loop.wait_for(WAITING)
    assert "test result: ok. 1 passed" in output
    assert "hello/0" in output
    assert juju.status().apps["hello"].is_active


def test_an_edit_is_deployed(loop: DevLoop, source: pathlib.Path, juju: jubilant.Juju):
    """Check that a saved edit is deployed without a command, and that the charm's log is shown."""
    source.write_text(source.read_text().replace(STATUS, f'tracing::warn!("new words");{STATUS}'))
    loop.wait_for("src/charm.rs changed\n", "new words", WAITING)
    assert juju.status().apps["hello"].charm_rev == 1


def test_a_charm_whose_tests_fail_is_not_deployed(loop: DevLoop, source: pathlib.Path, juju: jubilant.Juju):
    """Check that an edit that fails the tests is not deployed."""
    good = source.read_text()
    source.write_text(good.replace(STATUS, STATUS.replace("active()", 'blocked("edited")')))
    output = loop.wait_for(WAITING)
    assert "test result: FAILED" in output
    assert "The tests fail: nothing is deployed." in output
    assert juju.status().apps["hello"].charm_rev == 1
    source.write_text(good)
    loop.wait_for(WAITING)


def test_a_failed_hook_is_retried_with_the_fix(loop: DevLoop, source: pathlib.Path, juju: jubilant.Juju):
    """Check that a charm that fails only on its machine can be fixed by saving an edit."""
    good = source.read_text()
    on_a_machine = 'std::path::Path::new("/var/lib/juju/agents").exists()'
    source.write_text(good.replace(STATUS, f'anyhow::ensure!(!{on_a_machine}, "broken");{STATUS}'))
    loop.wait_for(WAITING)
    assert juju.status().apps["hello"].is_error
    source.write_text(good)
    loop.wait_for(WAITING)
    assert juju.status().apps["hello"].is_active


def test_ctrl_c_ends_the_loop(loop: DevLoop, juju: jubilant.Juju):
    """Check that the loop ends with exit code 0, and keeps the application."""
    loop.process.send_signal(signal.SIGINT)
    loop.wait_for("The application hello stays as it is.")
    assert loop.process.wait(timeout=60) == 0
    assert juju.status().apps["hello"].is_active
