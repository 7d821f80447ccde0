"""Drift of traits: how their values are spread, against the weeks before, as history holds them."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

from measure.drift.findings import Finding
from measure.drift.reference import LEAST_EVENTS, LEAST_WEEKS, WEEKS
from measure.drift.spread import judged
from warehouse.catalog import Catalog
from warehouse.clocks import history
from warehouse.clocks.spreads import spreads

QUERY_ID = "trait_spreads"
"""Names the query of ``warehouse/clocks/sql/spreads.sql`` in a report."""
WEEK = timedelta(days=7)


def traits_look(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, *, as_of: datetime
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Each trait at ``as_of`` (naive UTC) against the same moment of eight weeks before, and what
    could not be judged with the reason."""
    known = history.builds(cursor)
    moments = [as_of - WEEK * back for back in range(WEEKS + 1)]
    past = [one for one in moments[1:] if known and one >= known[0]]
    if len(past) < LEAST_WEEKS:
        return (), (
            f"Traits: history holds {len(past)} of the weeks before; {LEAST_WEEKS} are needed to "
            "know what is usual.",
        )
    numbers = {
        name: trait.type in ("number", "integer")
        for name, trait in sorted(catalog.traits.items())
        if trait.type in ("string", "boolean", "number", "integer")
    }
    found = spreads(cursor, numbers, [as_of, *past])
    findings, unjudged = [], []
    for name, is_number in numbers.items():
        by_moment = found.get(name, {})
        weeks = [by_moment[one] for one in past if one in by_moment]
        now = by_moment.get(as_of, {})
        if sum(now.values()) < LEAST_EVENTS or len(weeks) < LEAST_WEEKS:
            unjudged.append(f"{name}: too few users or weeks to say anything.")
            continue
        spread = judged(weeks, now, is_number=is_number, seed=as_of.toordinal())
        findings.append(
            Finding(
                kind="values",
                subject=name,
                event=None,
                verdict=spread.verdict,
                now=spread.psi,
                expected=spread.usual,
                distance=spread.distance,
                sentence=f"The values of {name} moved by a PSI of {spread.psi:.2f}; weeks differ "
                f"by up to {spread.usual:.2f}.",
                query_id=QUERY_ID,
            )
        )
    return tuple(findings), tuple(unjudged)
