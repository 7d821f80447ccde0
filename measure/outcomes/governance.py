"""Figures of governance: what passes guardrails, and which traits are under version control."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from control.tables import change_requests
from core.data_changes import DATA_KINDS
from core.jumps import JUMP
from measure.outcomes.asking import WEEK, Asked, Wanted, weekly
from measure.outcomes.house import House
from measure.outcomes.result import Figure, Part
from measure.queries import query
from measure.statistics import wilson
from warehouse.models import build


def guardrail_pass_share(asked: Asked, figure: Wanted) -> Figure:
    """By week of the decision; by what stopped the others, as a share of all decisions."""
    fetched, sql = asked.fetch(
        query("outcomes/guardrails"),
        "decisions of each week by what stopped them",
        weeks=asked.week_table(asked.as_of),
    )
    counts: dict[str, dict[int, int]] = defaultdict(dict)
    for week, reason, decisions, _ in fetched.rows:
        counts[reason or ""][week] = int(decisions)
    weeks = range(asked.weeks)
    totals = [sum(by.get(week, 0) for by in counts.values()) for week in weeks]
    trend = asked.trend(asked.as_of, _shares(counts[""], totals), totals)
    parts = tuple(
        Part(label=reason, **weekly(asked.trend(asked.as_of, _shares(by, totals), totals)))
        for reason, by in sorted(counts.items())
        if reason
    )
    if trend[-1].value is None:
        why = "Nobody was decided on in the last week: no cycle ran, or nobody was eligible."
        why = asked.few(totals[-1]) or why
        return figure.withheld("share", asked.as_of, why, trend=trend, parts=parts, sql=(sql,))
    interval = wilson(counts[""].get(asked.weeks - 1, 0), totals[-1])._asdict()
    shown = {"parts": parts, "interval": interval, "sql": (sql,)}
    return figure.told("share", asked.as_of, **weekly(trend), **shown)


def _shares(passed: dict[int, int], totals: Sequence[int]) -> list[float | None]:
    return [passed.get(week, 0) / total if total else None for week, total in enumerate(totals)]


def proposal_pass_share(asked: Asked, figure: Wanted, house: House) -> Figure:
    """Rules and journeys that people proposed, by week."""
    end = asked.as_of
    first = asked.starts(end)[0]
    table = change_requests.c
    proposed = sa.select(table.created_at, table.findings).where(
        table.created_at >= first,
        table.created_at < end,
        table.kind.not_in(sorted({*DATA_KINDS, JUMP})),
    )
    rows, sql = house.select(proposed, "proposals", "change requests with their findings")
    totals, passed = [0] * asked.weeks, dict.fromkeys(range(asked.weeks), 0)
    for row in rows:
        week = (row.created_at - first) // WEEK
        totals[week] += 1
        passed[week] += all(one["severity"] != "block" for one in row.findings)
    trend = asked.trend(end, _shares(passed, totals), [None] * asked.weeks)
    if trend[-1].value is None:
        why = "Nobody proposed a rule in the last week."
        return figure.withheld("share", end, why, trend=trend, sql=(sql,))
    return figure.told("share", end, **weekly(trend), sql=(sql,))


def trait_versioning_share(asked: Asked, figure: Wanted, house: House) -> Figure:
    """Of the catalog's traits, those that the build which readers see has a model of."""
    traits = sorted(asked.catalog.traits)
    if not traits:
        return figure.withheld("share", asked.as_of, "The catalog lists no traits.")
    with house.warehouse.cursor() as cursor:
        managed = build.managed(cursor)
    if not managed:
        why = (
            "The traits of this warehouse come from a table of the team's own: their versions are "
            "not known here. 'pilothouse model build' takes over traits that have a model."
        )
        return figure.withheld("share", asked.as_of, why)
    rows, sql = house.fetch(
        asked, query("outcomes/trait_models"), "trait_models", "models of the build in force"
    )
    versioned = {model for model, *_ in rows.rows}
    parts = tuple(Part(label=name, value=float(name in versioned)) for name in traits)
    share = sum(part.value or 0 for part in parts) / len(traits)
    builds = {(number, fingerprint[:12]) for _, number, fingerprint, _ in rows.rows}
    notes = tuple(f"Build {number} of the models {name}." for number, name in sorted(builds))
    return figure.told("share", asked.as_of, value=share, parts=parts, notes=notes, sql=(sql,))
