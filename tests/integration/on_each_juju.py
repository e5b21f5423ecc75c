#!/usr/bin/env python3
"""Run pytest on the `juju` that is on PATH; where there is none on minijuju, once as each version of Juju.

    tests/integration/on_each_juju.py [PYTEST ARGUMENTS...]

With MINIJUJU_JUJU in the environment it is that version alone.
"""

import os
import shutil
import subprocess
import sys

VERSIONS = ["3.6", "4.0"]


def main() -> int:
    """Run them all, also if one fails; the exit code of the first that failed."""
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
