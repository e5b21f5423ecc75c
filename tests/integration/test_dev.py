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


class Loop:
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

    def until(self, *texts: str, timeout: float = 300) -> str:
        """Return the output up to the last of these texts, which may come in any order."""
        said = ""
        deadline = time.monotonic() + timeout
        while any(text not in said for text in texts):
            try:
                line = self.lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"it did not print {texts} within {timeout} s, but:\n{said}")
            if line is None:
                pytest.fail(f"it ended without printing {texts}:\n{said}")
            said += line
        return said


@pytest.fixture(scope="module")
def source(juju_command: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The source of a new charm."""
    if juju_command.name != "minijuju":
        pytest.skip("it is about minijuju")
    folder = tmp_path_factory.mktemp("project") / "hello"
    subprocess.run([juju_command, "init", "hello", "--path", folder, "--workload", "none"], check=True)
    return folder / "src" / "charm.rs"


@pytest.fixture(scope="module")
def loop(juju_command: pathlib.Path, source: pathlib.Path, juju: jubilant.Juju) -> Iterator[Loop]:
    """The loop, on the new charm."""
    assert juju.model
    loop = Loop(juju_command, source.parents[1], juju.model)
    yield loop
    loop.process.kill()
    loop.process.wait()


def test_the_new_charm_is_tested_and_deployed(loop: Loop, juju: jubilant.Juju):
    """Check that the first round runs the tests, deploys, and shows the status."""
    said = loop.until(WAITING)
    assert "test result: ok. 1 passed" in said
    assert "hello/0" in said
    assert juju.status().apps["hello"].is_active


def test_an_edit_is_refreshed(loop: Loop, source: pathlib.Path, juju: jubilant.Juju):
    """Check that a saved edit is deployed without a command, and that the charm's log is shown."""
    source.write_text(source.read_text().replace(STATUS, f'tracing::warn!("new words");{STATUS}'))
    loop.until("src/charm.rs changed\n", "new words", WAITING)
    assert juju.status().apps["hello"].charm_rev == 1


def test_what_fails_its_tests_is_not_deployed(loop: Loop, source: pathlib.Path, juju: jubilant.Juju):
    """Check that an edit that fails the tests is not deployed."""
    good = source.read_text()
    source.write_text(good.replace(STATUS, STATUS.replace("active()", 'blocked("edited")')))
    said = loop.until(WAITING)
    assert "test result: FAILED" in said
    assert "The tests fail: nothing is deployed." in said
    assert juju.status().apps["hello"].charm_rev == 1
    source.write_text(good)
    loop.until(WAITING)


def test_a_failed_hook_is_retried_with_the_fix(loop: Loop, source: pathlib.Path, juju: jubilant.Juju):
    """Check that a charm that fails only on its machine can be fixed by saving an edit."""
    good = source.read_text()
    on_a_machine = 'std::path::Path::new("/var/lib/juju/agents").exists()'
    source.write_text(good.replace(STATUS, f'anyhow::ensure!(!{on_a_machine}, "broken");{STATUS}'))
    loop.until(WAITING)
    assert juju.status().apps["hello"].is_error
    source.write_text(good)
    loop.until(WAITING)
    assert juju.status().apps["hello"].is_active


def test_ctrl_c_ends_it(loop: Loop, juju: jubilant.Juju):
    """Check that the loop ends with exit code 0, and keeps the application."""
    loop.process.send_signal(signal.SIGINT)
    loop.until("The application hello stays as it is.")
    assert loop.process.wait(timeout=60) == 0
    assert juju.status().apps["hello"].is_active
