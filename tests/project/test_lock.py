"""What is installed is what is written down: every version pinned, every file hashed."""

from __future__ import annotations

import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.tree import ROOT, project

LOCK = (ROOT / "requirements.lock").read_text()
PINS = {
    canonicalize_name(name): version
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*\])?==(\S+)", LOCK, re.MULTILINE)
}


def declared() -> list[Requirement]:
    groups = project()["dependency-groups"].values()
    lines = project()["project"]["dependencies"] + [line for group in groups for line in group]
    return [Requirement(line) for line in lines]


def test_every_declared_dependency_is_locked_within_its_bounds() -> None:
    outside = [
        str(wanted)
        for wanted in declared()
        if not wanted.specifier.contains(PINS.get(canonicalize_name(wanted.name), "0"))
    ]

    assert outside == [], "run make lock"


def test_every_locked_package_carries_its_hashes() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())

    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_index_no_address_and_no_path() -> None:
    options = [line for line in LOCK.splitlines() if line.startswith(("-", "#", "/", "."))]

    assert options == []
    assert "://" not in LOCK
