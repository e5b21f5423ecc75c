"""Packages from PyPI, for charms in Python."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import pytest

# pip finds no versions if it cannot reach an index.
UNREACHABLE = r"connection broken|Max retries exceeded|Temporary failure|from versions: none"


def install(folder: pathlib.Path, *requirements: str):
    """Install packages into a folder. If PyPI cannot be reached, skip the test."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target", folder, *requirements]
    installed = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if installed.returncode and re.search(UNREACHABLE, installed.stdout):
        pytest.skip("pip cannot reach PyPI, and these charms need packages from there")
    assert installed.returncode == 0, installed.stdout
