"""Charms in Rust, for `juju deploy`."""

from __future__ import annotations

import pathlib
import platform

import pytest


def charm_to_deploy(juju_command: pathlib.Path, folder: pathlib.Path, name: str) -> pathlib.Path:
    """What to deploy for a charm's charm_to_deploy: with minijuju its folder, which minijuju builds, and with Juju the packed charm."""
    if juju_command.name == "minijuju":
        return folder
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    packed = folder / f"{name}_{architecture}.charm"
    if not packed.is_file():
        pytest.skip(f"there is no charm at {packed}: pack it first")
    return packed
