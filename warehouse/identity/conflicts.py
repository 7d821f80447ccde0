"""What a person has to decide: links that evidence suggests and resolution does not make."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from core.errors import Code, refuse
from warehouse.identity.rules import Identifier
from warehouse.identity.statements import Cursor, run


class Conflict(NamedTuple):
    """Two identifiers that may be one person's; ``state`` is open or settled by a rule."""

    conflict_id: str
    kind: str
    """shared_email, ambiguous_email or over_limit."""
    a: Identifier
    b: Identifier
    evidence: dict[str, Any]
    seen_at: datetime
    state: str


def conflicts(cursor: Cursor, *, every: bool = False) -> list[Conflict]:
    """Those that are open, or all of them, the oldest first."""
    found = run(cursor, "conflict", conflict_id=None, every=every).fetchall()
    return [_conflict(*row) for row in found]


def conflict(cursor: Cursor, conflict_id: str) -> Conflict:
    """One conflict; refuses an id that none has, because it is settled or never was."""
    found = run(cursor, "conflict", conflict_id=conflict_id, every=True).fetchall()
    if not found:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no identity conflict {conflict_id}.",
            span=conflict_id,
            fix="List them with 'pilothouse identity conflicts'.",
        )
    return _conflict(*found[0])


def _conflict(
    conflict_id: str, kind: str, a: str, b: str, evidence: str, seen_at: datetime, state: str
) -> Conflict:
    one, other = (Identifier(*name.split(":", 1)) for name in (a, b))
    return Conflict(conflict_id, kind, one, other, json.loads(evidence), seen_at, state)
