"""Packs charms in Python."""

from __future__ import annotations

import json
import pathlib
import shutil
import zipfile

CHARMS = pathlib.Path(__file__).parent / "charms"


def pack(source: pathlib.Path, packages: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Make a `.charm` from a charm's folder, the code that these charms share, and packages from PyPI."""
    built = folder / source.name
    shutil.copytree(source, built)
    shutil.copytree(packages, built / "lib", ignore=shutil.ignore_patterns("__pycache__", "*.dist-info", "bin"))
    shutil.copy(CHARMS / "journal.py", built / "lib")
    shutil.copy(CHARMS / "dispatch", built)
    bases = [
        {"name": "ubuntu", "channel": channel, "architectures": ["amd64", "arm64"]} for channel in ("22.04", "24.04")
    ]
    (built / "manifest.yaml").write_text(json.dumps({"bases": bases}))
    packed = folder / f"{source.name}.charm"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(built.rglob("*")):
            archive.write(path, path.relative_to(built))
    return packed
