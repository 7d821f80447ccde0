"""Alerts about data: not loaded, not trusted, or not there in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from control import pipeline
from core.alerts import Alert, AlertKind, alert
from core.errors import Code
from ui import drifting, modelling, slo
from warehouse.clocks.freshness import Freshness, stale
from warehouse.models import build

if TYPE_CHECKING:
    from ui.workspace import Workspace

DAY = timedelta(days=1)
LOOKED_BACK = timedelta(hours=1)
LEAST_DEAD, LEAST_DEAD_SHARE = 20, 0.05
"""Fewer dead letters in an hour, or a smaller share, are the usual noise of clients."""
LEDGER = "ingest_ledger"
_OUTCOMES = ("stored", "duplicate", "dead_letter", "suppressed")


def pipeline_failed(workspace: Workspace, _now: datetime) -> Iterator[Alert]:
    """The last run of the pipeline, if it failed: a step that broke, or data that did not pass."""
    last = pipeline.latest(workspace.store)
    if not last or last[0].state != "failed":
        return
    for step in last[0].steps:
        if step.refusal is None:
            continue
        judged = step.refusal.code is Code.AUDIT_FAILED
        yield alert(
            AlertKind.DATA_AUDIT_FAILED if judged else AlertKind.PIPELINE_FAILED,
            step.step.value,
            f"The step '{step.step.value}' of the last pipeline run failed: {step.refusal.message}",
            "pilothouse status",
            since=step.finished_at,
        )


def data_stale(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Events that are older than the settings allow: nothing is sent meanwhile."""
    if why := slo.stale(workspace, now):
        newest = slo.newest_event(workspace, now)
        yield alert(AlertKind.DATA_STALE, "events", why, "pilothouse status", since=newest)


def traits_stale(workspace: Workspace, _now: datetime) -> Iterator[Alert]:
    """Traits one of whose sources fell silent for longer than promised."""
    for one in behind(workspace):
        newest = f"{one.newest:%Y-%m-%d %H:%M}" if one.newest else "never"
        yield alert(
            AlertKind.TRAIT_STALE,
            one.trait,
            f"{one.trait} ({one.owner}) is stale: the newest row of {one.source} is of {newest}.",
            "pilothouse model freshness",
            since=one.newest,
        )


def behind(workspace: Workspace) -> tuple[Freshness, ...]:
    """The traits that are stale at the end of the data."""
    models = modelling.live_models(workspace.store, workspace.settings)
    with workspace.warehouse.cursor() as cursor:
        return stale(cursor, models, workspace.as_of()) if build.managed(cursor) else ()


def data_drifted(workspace: Workspace, _now: datetime) -> Iterator[Alert]:
    """What the last look for drift found, as long as it is of the newest whole day."""
    report = drifting.latest(workspace)
    if report is None or report.day is None:
        return
    if report.day < (workspace.as_of() - 2 * DAY).date():
        return
    for one in report.drifting:
        yield alert(
            AlertKind.DATA_DRIFTED,
            one.subject,
            one.sentence,
            "pilothouse measure drift",
            since=datetime.combine(report.day, time()),
        )


def dead_letters(workspace: Workspace, now: datetime) -> Iterator[Alert]:
    """Sources many of whose events of the last hour were not accepted."""
    recent = exp.GT(this=exp.column("received_at"), expression=exp.Placeholder(this="since"))
    for source, sums in _ledger(workspace, recent, {"since": now - LOOKED_BACK}):
        dead, received = sums["dead_letter"], sums["received"]
        if dead >= LEAST_DEAD and dead >= received * LEAST_DEAD_SHARE:
            yield alert(
                AlertKind.DEAD_LETTERS,
                source,
                f"{dead:,} of {received:,} events that {source} sent in the last hour were not "
                "accepted.",
                "pilothouse collect dead-letters list",
            )


def ledger_unbalanced(workspace: Workspace, _now: datetime) -> Iterator[Alert]:
    """Sources of whose events some became nothing that is known."""
    for source, sums in _ledger(workspace, None, {}):
        lost = sums["received"] - sum(sums[name] for name in _OUTCOMES)
        if lost:
            yield alert(
                AlertKind.LEDGER_UNBALANCED,
                source,
                f"Of {sums['received']:,} events of {source} {abs(lost):,} are "
                f"{'unaccounted for' if lost > 0 else 'counted twice'}.",
                "pilothouse collect ledger",
            )


def _ledger(
    workspace: Workspace, which: exp.Expr | None, given: dict[str, datetime]
) -> Iterator[tuple[str, dict[str, int]]]:
    """Source → the sums of its ledger; nothing where events were never collected."""
    tables = "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = $name"
    if not workspace.warehouse.fetch(tables, {"name": LEDGER}).scalar():
        return
    names = ("received", *_OUTCOMES)
    sums = [exp.alias_(exp.Sum(this=exp.column(name)), name) for name in names]
    query = exp.select("source_id", *sums).from_(LEDGER).group_by("source_id")
    if which is not None:
        query = query.where(which)
    for row in workspace.warehouse.fetch(query.sql("duckdb"), given).dicts():
        yield str(row["source_id"]), {name: int(row[name] or 0) for name in names}


SOURCES = (pipeline_failed, data_stale, traits_stale, data_drifted, dead_letters, ledger_unbalanced)
