"""Destinations and syncs as they were when something first went there, set up after the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from control import audit
from control.hashing import content_hash
from control.kept_tables import kept_tables
from control.store import Store, insert, utc

Tables = dict[str, dict[str, Any]]
"""Name → what its table says."""


def tables(store: Store, kind: str) -> Tables:
    """What is kept of a kind."""
    query = sa.select(kept_tables.c.name, kept_tables.c.content).where(kept_tables.c.kind == kind)
    with store.read() as connection:
        return {row.name: row.content for row in connection.execute(query)}


def keep(store: Store, kind: str, new: Mapping[str, Mapping[str, Any]], *, now: datetime) -> None:
    """Keep tables of which nothing is kept yet, each with an entry in the audit log."""
    if not new:
        return
    with store.write() as connection:
        for name, content in sorted(new.items()):
            row = {"kind": kind, "name": name, "content": dict(content), "kept_at": utc(now)}
            kept = insert(connection, kept_tables).values(row).on_conflict_do_nothing()
            if connection.execute(kept).rowcount:
                told = f"{kind}: {name}"
                hashed = content_hash(dict(content))
                audit.append(connection, audit.Act(now, "pilothouse", "keep", told, None, hashed))
