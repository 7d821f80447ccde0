"""Conditions that nobody can meet, found before anything is compiled."""

from __future__ import annotations

from core.conditions import Condition
from core.contradictions import contradictions
from core.errors import Refusal
from warehouse.catalog import Catalog
from warehouse.compile.names import expand


def contradiction(condition: Condition, catalog: Catalog, prompt: str) -> Refusal | None:
    """The refusal for a condition that excludes itself; None where it can be met."""
    found = contradictions(expand(condition, catalog))
    return found[0] if found else None
