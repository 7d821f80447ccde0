"""How the values of traits were spread over the users at several moments, read from history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

QUERY = (Path(__file__).parent / "sql" / "spreads.sql").read_text(encoding="utf-8")

Spread = dict[str | None, int]
"""Value as text (a number to two digits; None: no value) → users."""


def spreads(
    cursor: duckdb.DuckDBPyConnection, traits: Mapping[str, bool], moments: Sequence[datetime]
) -> dict[str, dict[datetime, Spread]]:
    """Trait → moment → spread, as history holds them; a moment before the first build is left out.

    ``traits``: name → whether it is a number. Reads history once, however many moments.
    """
    numbers = [name for name, is_number in traits.items() if is_number]
    given = {"traits": [*traits], "numbers": numbers, "moments": [*moments]}
    found: dict[str, dict[datetime, Spread]] = {}
    for trait, moment, value, users in cursor.execute(QUERY, given).fetchall():
        found.setdefault(trait, {}).setdefault(moment, {})[value] = users
    return found
