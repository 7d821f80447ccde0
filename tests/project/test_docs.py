"""The documents say what the tree is: a test compares them, so they cannot drift."""

from __future__ import annotations

import re

import pytest

from tests.project.module_map import built, summary, written
from tests.project.tree import ROOT, layers, modules, packages, project

ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()


def block(name: str) -> str:
    """The part of the architecture page between two named marks."""
    return ARCHITECTURE.split(f"<!-- {name} -->")[1].split(f"<!-- end {name} -->")[0]


def test_the_house_names_every_package_and_no_other() -> None:
    named = re.findall(r"^(\w+)/", block("house"), re.MULTILINE)

    assert named == packages()
    assert all((ROOT / name).is_dir() for name in named)


def test_the_layers_on_paper_are_the_layers_of_the_import_contract() -> None:
    rows = [re.findall(r"`(\w+)`", line) for line in block("layers").splitlines()]

    assert [row for row in rows if row] == layers()


def test_the_contracts_on_paper_are_the_contracts_that_are_checked() -> None:
    checked = [each["name"] for each in project()["tool"]["importlinter"]["contracts"]]

    assert re.findall(r"^- (.+)$", block("contracts"), re.MULTILINE) == checked


def test_every_place_for_something_new_exists() -> None:
    places = re.findall(r"`([\w/.]+/(?:\w+\.py)?)", block("places"))

    assert len(places) >= 10
    assert [place for place in places if not (ROOT / place).exists()] == []


@pytest.mark.parametrize("package", packages())
def test_every_module_says_what_it_holds(package: str) -> None:
    silent = [str(path) for path in modules(package) if not summary(path)]

    assert silent == []


def test_the_module_map_lists_every_module_with_its_own_words() -> None:
    assert written().strip() == built().strip(), "run make map"


def test_every_command_of_the_makefile_is_described_for_contributors() -> None:
    commands = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    described = re.findall(r"`make ([a-z-]+)`", (ROOT / "CONTRIBUTING.md").read_text())

    assert sorted(set(commands) - {"help", "clean"}) == sorted(set(described))
