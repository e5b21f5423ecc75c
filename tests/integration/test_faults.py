"""Failures on a machine: the charm logs one line with the reason, breaks nothing else, and works again after the fix.

The tests run the same on Juju and on minijuju. Each one breaks something on the unit's machine, makes a hook fail, fixes
the machine and makes Juju retry the hook, so that it leaves an active unit to the next test.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import pathlib
import shlex
from collections.abc import Iterator

import jubilant
import pytest
from test_charm import APP, PORT, UNIT, on_machine, running_pid, wait_until

CONFIG = "/etc/tinyproxy/tinyproxy.conf"
PID_FILE = "/run/tinyproxy.pid"
PROGRAM = "/usr/bin/tinyproxy"
# The tests' folder on the machine.
TEST_FOLDER = "/srv/faults"
# The tutorial's time limit for starting and stopping, and the tolerance for a loaded machine, in seconds.
TIME_LIMIT_S, TOLERANCE_S = 3, 4
# Makes each slug a new one.
SLUG_NUMBERS = itertools.count()


@pytest.fixture(scope="module", autouse=True)
def deployed(charm: pathlib.Path, juju: jubilant.Juju) -> Iterator[None]:
    """An active unit whose hooks Juju does not retry by itself. Check at the end that its machine is clean."""
    juju.model_config({"automatically-retry-hooks": False})
    juju.deploy(charm, app=APP)
    juju.wait(jubilant.all_active, delay=0.1, timeout=600)
    on_machine(juju, f"mkdir {TEST_FOLDER}")
    yield
    for event in ["stop", "remove"]:
        assert dispatch(juju, event).code == 0
    left = on_machine(juju, f"rm -r {TEST_FOLDER}; ls -d /etc/tinyproxy {PID_FILE}; pgrep -a tinyproxy; true")
    assert left == ""


@pytest.fixture(autouse=True)
def check_clean(juju: jubilant.Juju) -> Iterator[None]:
    """Check after each test: an active unit, one tinyproxy, no partial files, no leftover processes."""
    yield
    wait_for(juju, "active")
    running_pid(juju)
    left = on_machine(
        juju, f"ls -A {TEST_FOLDER} /etc/tinyproxy; pgrep -x 'tinyproxy-charm|apt-get|sleep|python3'; true"
    )
    assert left.split() == ["/etc/tinyproxy:", "tinyproxy.conf", f"{TEST_FOLDER}:"]


def test_port_is_taken(juju: jubilant.Juju):
    """Check that the log names the port, and that the unit recovers once it is free."""
    kill_tinyproxy(juju)
    start_background(juju, "listener", f"exec python3 -m http.server {PORT} --directory {TEST_FOLDER}")
    wait_until(lambda: on_machine(juju, f"ss -Hltn 'sport = :{PORT}'") != "")
    error = config_changed_error(juju)
    assert f"tinyproxy cannot listen on port {PORT}: Address already in use" in error
    stop_background(juju, "listener")
    resolve(juju)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        pytest.param("#!/bin/sh\necho 'no good' >&2; exit 70", "exited with code 70: no good", id="fails"),
        pytest.param("#!/bin/sh\nkill -SEGV $$", "was killed by signal 11: it gave no reason", id="crashes"),
        pytest.param("no program", f"could not run {PROGRAM}: Exec format error", id="is-none"),
        pytest.param("#!/bin/sh\nexec sleep 600", f"could not run {PROGRAM}: it did not end within 3s", id="hangs"),
        pytest.param("#!/bin/sh\nexit 0", "tinyproxy was not running within the expected time", id="dies"),
        pytest.param(
            f"#!/bin/sh\n(echo $$ >{PID_FILE}) & exit 0",
            "tinyproxy was not running within the expected time",
            id="dies-after-pid-file",
        ),
    ],
)
def test_tinyproxy_does_not_start(juju: jubilant.Juju, program: str, reason: str):
    """Check that the log has tinyproxy's error, or says that it did not start in time."""
    kill_tinyproxy(juju)
    replace_program(juju, program)
    assert reason in config_changed_error(juju)
    assert on_machine(juju, "pgrep -x tinyproxy; true") == ""
    restore_program(juju)
    resolve(juju)


def test_tinyproxy_that_never_runs_times_out(juju: jubilant.Juju):
    """Check that the charm waits for a tinyproxy that never runs exactly as long as in the tutorial."""
    kill_tinyproxy(juju)
    replace_program(juju, "#!/bin/sh")
    started = dispatch(juju, "start")
    assert started.code == 1
    assert started.error.endswith("tinyproxy was not running within the expected time")
    assert TIME_LIMIT_S <= started.seconds < TIME_LIMIT_S + TOLERANCE_S
    restore_program(juju)
    assert dispatch(juju, "start").code == 0


def test_tinyproxy_ignores_sigterm(juju: jubilant.Juju):
    """Check that stop fails within the tutorial's time, and succeeds once the process is gone."""
    kill_tinyproxy(juju)
    replace_program(juju, f"#!/bin/sh\ntrap '' TERM; echo $$ >{PID_FILE}; while :; do sleep 0.1; done")
    start_background(juju, "stubborn", f"exec {PROGRAM}")
    wait_until(lambda: on_machine(juju, f"cat {PID_FILE}; true") == on_machine(juju, f"cat {TEST_FOLDER}/stubborn"))
    stopped = dispatch(juju, "stop")
    assert stopped.code == 1
    assert stopped.error.endswith("tinyproxy was still running after the expected time")
    assert TIME_LIMIT_S <= stopped.seconds < TIME_LIMIT_S + TOLERANCE_S
    stop_background(juju, "stubborn", "KILL")
    restore_program(juju)
    assert dispatch(juju, "stop").code == 0
    assert dispatch(juju, "start").code == 0


@pytest.fixture(scope="class")
def uninstalled(juju: jubilant.Juju) -> Iterator[None]:
    """A machine without tinyproxy, and with it again afterwards."""
    for event in ["stop", "remove"]:
        assert dispatch(juju, event).code == 0
    yield
    for event in ["install", "start"]:
        assert dispatch(juju, event).code == 0


@pytest.mark.usefixtures("uninstalled")
class TestApt:
    """Failures of apt."""

    @pytest.fixture(autouse=True)
    def check_clean(self, juju: jubilant.Juju) -> Iterator[None]:
        """Restore apt's configuration after each test."""
        on_machine(juju, f"cp -a /etc/apt {TEST_FOLDER}/apt")
        yield
        on_machine(juju, f"rm -r /etc/apt && mv {TEST_FOLDER}/apt /etc/apt")
        assert on_machine(juju, f"ls -A {TEST_FOLDER}; pgrep -x 'tinyproxy-charm|apt-get|python3'; true") == ""

    @pytest.mark.parametrize(
        ("source", "reason"),
        [
            # Port 9 is the discard service, which does not run.
            pytest.param("deb http://127.0.0.1:9/debian stable main", "update the package lists", id="unknown-mirror"),
            pytest.param("deb nonsense", "Malformed entry 1", id="malformed"),
            pytest.param("# none", "Unable to locate package tinyproxy-bin", id="none"),
        ],
    )
    def test_package_source_is_broken(self, juju: jubilant.Juju, source: str, reason: str):
        """Check that the log has apt's error."""
        on_machine(juju, f"rm -r /etc/apt/sources.list.d; echo '{source}' >/etc/apt/sources.list")
        # Otherwise apt itself waits for seconds before each retry.
        on_machine(juju, "echo 'Acquire::Retries::Delay false;' >/etc/apt/apt.conf.d/faults")
        installed = dispatch(juju, "install")
        assert installed.code == 1
        assert reason in installed.error
        assert on_machine(juju, "command -v tinyproxy; true") == ""

    def test_locks_are_held(self, juju: jubilant.Juju):
        """Check that the charm waits while another process uses apt."""
        lists, dpkg = "/var/lib/apt/lists/lock", "/var/lib/dpkg/lock-frontend"
        for name, lock in [("lists", lists), ("dpkg", dpkg)]:
            hold = f"import fcntl, time; lock = open('{lock}', 'w'); fcntl.lockf(lock, fcntl.LOCK_EX); time.sleep(600)"
            start_background(juju, name, f'exec python3 -c "{hold}"')
            on_machine(juju, f'until grep -q ":$(stat -c %i {lock}) " /proc/locks; do sleep 0.02; done')
        # apt-get fails at once because of its own lock, and the charm retries. For dpkg's lock, apt-get waits and prints that.
        refused = "until pgrep -x apt-get; do :; done; while pgrep -x apt-get; do :; done"
        waits = "until grep -qs 'Waiting for cache lock' /proc/$(pgrep -o -x apt-get)/fd/1; do sleep 0.02; done"
        release = f"kill $(cat {TEST_FOLDER}/lists); {waits}; kill $(cat {TEST_FOLDER}/dpkg); rm {TEST_FOLDER}/*"
        start_background(juju, "releaser", f"{refused}; {release}")
        assert dispatch(juju, "install").code == 0
        assert on_machine(juju, "command -v tinyproxy") == PROGRAM


def test_disk_is_full(juju: jubilant.Juju):
    """Check that a config that cannot be written stays unchanged, and is written once there is space."""
    process = running_pid(juju)
    # There is space for one file, so none for the new one while the old one exists.
    on_machine(
        juju,
        f"set -e; cp {CONFIG} {TEST_FOLDER}; mount -t tmpfs -o size=4k full /etc/tinyproxy; mv {TEST_FOLDER}/tinyproxy.conf {CONFIG}",
    )
    before = on_machine(juju, f"cat {CONFIG}")
    error = config_changed_error(juju)
    assert CONFIG in error
    assert "No space left on device" in error
    assert on_machine(juju, f"cat {CONFIG}") == before
    assert on_machine(juju, "ls -A /etc/tinyproxy") == "tinyproxy.conf"
    assert running_pid(juju) == process
    on_machine(juju, "mount -o remount,size=64k /etc/tinyproxy")
    resolve(juju)
    assert on_machine(juju, f"cat {CONFIG}") != before
    assert running_pid(juju) == process
    on_machine(juju, "umount /etc/tinyproxy")


@pytest.mark.parametrize(
    "slug",
    [
        pytest.param("", id="empty"),
        pytest.param("a b", id="space"),
        pytest.param("foo\n", id="newline-at-the-end"),
        pytest.param('foo/" "http://elsewhere/"\nPort 80', id="directives"),
        pytest.param("ünïcödé-☃", id="unicode"),
        pytest.param("x/" * 524288, id="megabyte"),
    ],
)
def test_an_invalid_slug_blocks_the_unit(juju: jubilant.Juju, slug: str):
    """Check that the unit is blocked with the slug in its message, and that nothing else changes."""
    before, process = on_machine(juju, f"cat {CONFIG}"), running_pid(juju)
    juju.cli("config", APP, "--file", "-", stdin=json.dumps({APP: {"slug": slug}}))
    wait_for(juju, "blocked")
    message = juju.status().apps[APP].units[UNIT].workload_status.message
    # The slug may be longer than a status message.
    expected = f"Invalid slug: '{slug}'. Slug must match the regex [a-z0-9-]+"
    assert message == expected or (len(expected) > 100_000 and len(message) > 1000 and expected.startswith(message))
    assert on_machine(juju, f"cat {CONFIG}") == before
    assert running_pid(juju) == process
    juju.config(APP, reset="slug")
    wait_for(juju, "active")


def test_charm_is_killed_before_it_reloads(juju: jubilant.Juju):
    """Check that if a hook is killed before the reload, its retry reloads the config."""
    process, before = running_pid(juju), on_machine(juju, f"cat {CONFIG}")
    # Reading a FIFO without a writer blocks. The charm reads it after it wrote the config.
    on_machine(juju, f"cp {CONFIG} {TEST_FOLDER}/before; mv {PID_FILE} {TEST_FOLDER}/pid && mkfifo {PID_FILE}")
    written = f"while cmp -s {CONFIG} {TEST_FOLDER}/before; do sleep 0.02; done"
    start_background(juju, "killer", f"{written}; pkill -KILL -x tinyproxy-charm")
    assert 'hook "config-changed"' in config_changed_error(juju, text=".operation ")
    assert on_machine(juju, f"cat {CONFIG}") != before
    on_machine(juju, f"mv {TEST_FOLDER}/pid {PID_FILE}; rm {TEST_FOLDER}/killer {TEST_FOLDER}/before")
    assert not serves_config(juju)
    resolve(juju)
    assert running_pid(juju) == process
    wait_until(lambda: serves_config(juju))


@pytest.mark.parametrize(
    ("command", "script", "reason"),
    [
        pytest.param("config-get", "echo 'ERROR permission denied' >&2; exit 1", "permission denied", id="refused"),
        pytest.param("config-get", 'printf \'{"slug": "hal\'', "config-get", id="half-an-answer"),
        pytest.param("status-set", "echo 'ERROR connection is shut down' >&2; exit 1", "shut down", id="no-status"),
    ],
)
def test_hook_command_fails(juju: jubilant.Juju, command: str, script: str, reason: str):
    """Check that the log names the hook command and its reason, and that tinyproxy is left alone."""
    before, process = on_machine(juju, f"cat {CONFIG}"), running_pid(juju)
    on_machine(
        juju, f"mkdir {TEST_FOLDER}/bin; printf '#!/bin/sh\\n%s\\n' {shlex.quote(script)} >{TEST_FOLDER}/bin/{command}"
    )
    on_machine(juju, f"chmod +x {TEST_FOLDER}/bin/{command}")
    changed = dispatch(juju, "config-changed", f"PATH={TEST_FOLDER}/bin:$PATH")
    on_machine(juju, f"rm -r {TEST_FOLDER}/bin")
    assert changed.code == 1
    assert command in changed.error
    assert reason in changed.error
    assert on_machine(juju, f"cat {CONFIG}") == before
    assert running_pid(juju) == process


@dataclasses.dataclass
class DispatchResult:
    """The result of a manual run of the charm."""

    code: int
    seconds: float
    error: str
    """Its ERROR lines: one or none."""


def dispatch(juju: jubilant.Juju, event: str, environment: str = "") -> DispatchResult:
    """Have the charm handle an event on its machine, as Juju does."""
    before = errors(juju)
    event = f"JUJU_HOOK_NAME={event} JUJU_DISPATCH_PATH=hooks/{event}"
    out = on_machine(juju, f"date +%s.%N; ({environment} {event} ./dispatch) >/dev/null; echo $?; date +%s.%N")
    begin, code, end = out.split()
    if code != "0":
        wait_until(lambda: len(errors(juju)) > len(before))
    new = errors(juju)[len(before) :]
    assert len(new) <= 1, new
    return DispatchResult(int(code), float(end) - float(begin), "".join(new))


def config_changed_error(juju: jubilant.Juju, text: str = ".juju-log ") -> str:
    """Make Juju run config-changed, which must fail. Return the only log line with the reason."""
    before = errors(juju)
    juju.config(APP, {"slug": f"slug-{next(SLUG_NUMBERS)}"})
    wait_for(juju, "error")
    assert juju.status().apps[APP].units[UNIT].workload_status.message == 'hook failed: "config-changed"'
    wait_until(lambda: any(text in line for line in errors(juju)[len(before) :]))
    new = errors(juju)[len(before) :]
    # Juju logs that the hook failed, and the charm why. A line without a sender would belong to the line before it.
    assert all(line.startswith("unit-") for line in new), new
    assert sum(".juju-log " in line for line in new) <= 1, new
    return next(line for line in new if text in line)


def resolve(juju: jubilant.Juju) -> None:
    """Make Juju retry the failed hook, which must succeed."""
    juju.cli("resolved", UNIT)
    wait_for(juju, "active")


def wait_for(juju: jubilant.Juju, workload: str) -> None:
    """Wait until the unit has this status."""
    juju.wait(
        lambda status: status.apps[APP].units[UNIT].workload_status.current == workload,
        delay=0.1,
        successes=1,
        timeout=60,
    )


def errors(juju: jubilant.Juju) -> list[str]:
    """The lines that the unit logged at ERROR."""
    return juju.cli("debug-log", "--replay", "--no-tail", "--include", UNIT, "--level", "ERROR").splitlines()


def serves_config(juju: jubilant.Juju) -> bool:
    """Whether tinyproxy serves the path in its config file, and does not answer 400. The upstream does not matter."""
    path = f'$(sed -n \'s/^ReversePath "\\([^"]*\\)".*/\\1/p\' {CONFIG})'
    fetch = f"curl --silent --noproxy '*' --max-time 20 -o /dev/null -w '%{{http_code}}' http://127.0.0.1:{PORT}{path}"
    return on_machine(juju, f"{fetch}; true") not in {"000", "400"}


def start_background(juju: jubilant.Juju, name: str, script: str) -> None:
    """Start a background process on the machine, with its PID in the tests' folder."""
    run = shlex.quote(f"echo $$ >{TEST_FOLDER}/{name}; {script}")
    on_machine(
        juju, f"setsid sh -c {run} </dev/null >/dev/null 2>&1 & until [ -s {TEST_FOLDER}/{name} ]; do sleep 0.02; done"
    )


def stop_background(juju: jubilant.Juju, name: str, signal: str = "TERM") -> None:
    """Stop a background process."""
    process = f"$(cat {TEST_FOLDER}/{name})"
    on_machine(juju, f"kill -{signal} {process}; while kill -0 {process}; do sleep 0.02; done; rm {TEST_FOLDER}/{name}")


def kill_tinyproxy(juju: jubilant.Juju) -> None:
    """Kill tinyproxy."""
    on_machine(juju, "pkill -KILL -x tinyproxy; while pgrep -x tinyproxy; do sleep 0.02; done")


def replace_program(juju: jubilant.Juju, program: str) -> None:
    """Replace the program tinyproxy."""
    on_machine(
        juju,
        f"mv {PROGRAM} {TEST_FOLDER}/program; printf '%s\\n' {shlex.quote(program)} >{PROGRAM}; chmod +x {PROGRAM}",
    )


def restore_program(juju: jubilant.Juju) -> None:
    """Restore the program tinyproxy."""
    on_machine(juju, f"mv {TEST_FOLDER}/program {PROGRAM}")
