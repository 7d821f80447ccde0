"""Ids that people copy from logs and pages."""

from __future__ import annotations

from ulid import ULID


def new_id() -> str:
    """An id that sorts by when it was made."""
    return str(ULID())
