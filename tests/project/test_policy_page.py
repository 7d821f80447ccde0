"""The page of guardrail policies lists every one of them with the rule that the console shows."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

from core.settings import PolicySettings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
MODULES = [
    *sorted(one.stem for one in (ROOT / "core").glob("*_policies.py")),
    "policies",
    "validation",
]


def _policies() -> Iterator[FunctionType]:
    """Every function of every tuple of policies in core."""
    for name in MODULES:
        module = importlib.import_module(f"core.{name}")
        for constant, value in vars(module).items():
            if isinstance(value, tuple) and constant.endswith(("POLICIES", "VALIDATIONS")):
                yield from (one for one in value if isinstance(one, FunctionType))


POLICIES = {one.__name__: one for one in _policies()}


def test_the_policies_of_core_were_found() -> None:
    assert {"consent_path", "nothing_breaks", "expires_in_time", "measurable"} <= POLICIES.keys()


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_every_policy_is_in_the_page_with_its_rule(name: str) -> None:
    rule = " ".join((POLICIES[name].__doc__ or "").split())
    (row,) = [
        line for line in PAGE.splitlines() if line.startswith(f"| `{name}` | ") and rule in line
    ]

    assert row.split(" | ")[1].startswith(("block", "warn", "info", "as the regulation"))


@pytest.mark.parametrize("setting", sorted(PolicySettings.model_fields))
def test_every_threshold_is_in_the_page(setting: str) -> None:
    assert f"\n{setting} = " in PAGE


def test_the_thresholds_of_the_page_are_those_that_hold_by_default() -> None:
    for line in PAGE.splitlines():
        name, _, value = line.partition(" = ")
        if name in PolicySettings.model_fields and not value.startswith("["):
            default = PolicySettings.model_fields[name].default
            assert float(value.split("#")[0]) == default, name
