"""From suspects to causes: ranked, with their parts of the change, and their next checks run."""

from __future__ import annotations

from collections.abc import Sequence

from core.artifacts import Cause, NextCheck
from core.diagnoses import CheckRun, Evidence
from measure.causes.inquiry import Check, Inquiry, Suspect
from measure.changes import relative
from measure.contributions import of_causes
from measure.layout import laid_out
from measure.queries import DIALECT, check_query
from measure.statistics import Z95, log_mean
from measure.thresholds import PREVIEW


def causes_of(inquiry: Inquiry, suspects: Sequence[Suspect]) -> tuple[tuple[Cause, ...], float]:
    """The suspects as causes, the largest first, and what they leave unexplained.

    ``inquiry`` is the one that nothing has corrected: its change is what is explained.
    """
    ranked = sorted(suspects, key=lambda s: -s.effect * inquiry.sign)
    change = inquiry.change
    parts, rest = of_causes([s.effect for s in ranked], change.expected, change.rate)
    causes = tuple(
        _cause(inquiry, rank, suspect, part)
        for rank, (suspect, part) in enumerate(zip(ranked, parts, strict=True), start=1)
    )
    return causes, rest


def _cause(inquiry: Inquiry, rank: int, suspect: Suspect, part: float) -> Cause:
    change = inquiry.change
    checks = tuple(_ran(inquiry, check) for check in suspect.checks)
    moved = change.log_rate
    share = suspect.effect / moved if moved * inquiry.sign > 0 else 0.0
    scale = log_mean(max(change.rate, 1e-12), change.expected)
    reach = None if suspect.error is None else Z95 * suspect.error * scale
    return Cause(
        rank=rank,
        cause=suspect.sentence,
        kind=suspect.kind,
        dimension=suspect.dimension,
        value=suspect.value,
        explained=round(min(1.0, max(0.0, share)), 3),
        confidence=suspect.confidence,
        evidence=tuple(dict.fromkeys((*suspect.evidence, *(check.query for check in checks)))),
        next_check=NextCheck(title=checks[0].title, sql=checks[0].sql),
        effect=relative(suspect.effect),
        contribution=part,
        low=None if reach is None else part - reach,
        high=None if reach is None else part + reach,
        since=suspect.since,
        told=tuple(
            Evidence(speaks=one.speaks, sentence=one.sentence, sql=one.sql)
            for one in suspect.grounds
        ),
        checks=checks,
    )


def _ran(inquiry: Inquiry, check: Check) -> CheckRun:
    query = laid_out(check_query(check.query, **check.values), inquiry.catalog)
    sql = query.sql(dialect=DIALECT, pretty=True)
    ran = inquiry.runner.fetch(sql, purpose=f"next check: {check.title}")
    return CheckRun(
        title=check.title,
        sql=sql,
        query=ran.id,
        columns=ran.columns,
        rows=tuple(ran.rows[:PREVIEW]),
        row_count=len(ran.rows),
    )
