"""A decided world, of which providers tell."""

from __future__ import annotations

from tests.deliver.conftest import world

__all__ = ["world"]
