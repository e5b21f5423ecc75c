#!/usr/bin/env python3
"""Run pytest with the `juju` on the PATH. If there is none, run it with minijuju, once for each version of Juju.

    tests/integration/on_each_juju.py [PYTEST ARGUMENTS...]

If MINIJUJU_JUJU is set, it runs only that version.
"""

import os
import shutil
import subprocess
import sys

VERSIONS = ["3.6", "4.0"]


def main() -> int:
    """Run all versions, even if one fails. Return the first exit code that is not 0."""
    pytest = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    if shutil.which("juju") or os.environ.get("MINIJUJU_JUJU"):
        return subprocess.run(pytest, check=False).returncode
    codes = []
    for version in VERSIONS:
        print(f"On minijuju, as Juju {version}:", flush=True)
        codes.append(subprocess.run(pytest, env={**os.environ, "MINIJUJU_JUJU": version}, check=False).returncode)
    return next(filter(None, codes), 0)


if __name__ == "__main__":
    sys.exit(main())
