"""What a change rests on: each thing with what it is, its name and its hash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ui.console.view.text import phrase

SHORT = 10
"""Digits of a hash that are shown."""
KINDS = {
    "audience": "Audience of the catalog",
    "contact_policy": "Contact policy",
    "rule": "Live rule",
    "template": "Template",
    "trait": "Model of the trait",
}


class Ground(NamedTuple):
    """One thing whose change voids an approval."""

    what: str
    name: str
    hash: str


def ground_of(dependencies: Mapping[str, str]) -> tuple[Ground, ...]:
    """What was hashed when the change was proposed, by kind and name."""
    return tuple(_ground(name, told) for name, told in sorted(dependencies.items()))


def _ground(named: str, told: str) -> Ground:
    kind, _, name = named.partition(":")
    what = KINDS.get(kind) or phrase(kind).capitalize()
    return Ground(what, name or "default", told[:SHORT] or "not there")
