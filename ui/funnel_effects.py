"""Other funnels and metrics: what the same four weeks give when they are counted both ways."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from core.artifacts import Finding
from core.data_changes import ChangedPart, DataEffect, Sample
from core.funnel_policies import MetricMove, funnel_findings
from measure.compared import Compared
from measure.funnel import Span, count_funnel, window_of
from measure.periods import Periods, Stretch
from ui.file_parts import Files
from warehouse.catalog import Catalog

if TYPE_CHECKING:
    from ui.workspace import Workspace

LOOKED_AT = timedelta(days=28)
_ALL_USERS = Compared(None)


def effect_of(
    workspace: Workspace, before: Files, after: Files
) -> tuple[DataEffect, tuple[Finding, ...]]:
    """Which funnels and metrics change, and their values over the last four weeks."""
    old, new = before.catalog, after.catalog
    moves = [
        MetricMove(
            name=name, before=_value(workspace, old, name), after=_value(workspace, new, name)
        )
        for name in dict.fromkeys((*old.metrics, *new.metrics))
        if _meaning(old, name) != _meaning(new, name)
    ]
    effect = DataEffect(
        summary=_summary(moves),
        as_of=workspace.as_of().isoformat(),
        changed=tuple(_changed(old, new)),
        samples=tuple(
            Sample(subject=one.name, what="last 28 days", before=one.before, after=one.after)
            for one in moves
        ),
        notes=("Read-outs that were made stay as they are. No message and no holdout changes.",),
    )
    return effect, funnel_findings(moves)


def relies_on(_workspace: Workspace, _effect: DataEffect) -> dict[str, str]:
    """Nothing that goes live by itself: events and their names are files."""
    return {}


def _meaning(catalog: Catalog, metric: str) -> object:
    """How a metric is counted; None where there is none."""
    found = catalog.metrics.get(metric)
    if found is None:
        return None
    funnel = catalog.funnels[found.funnel]
    return found.kind, funnel.steps, funnel.window_seconds


def _value(workspace: Workspace, catalog: Catalog, metric: str) -> str | None:
    found = catalog.metrics.get(metric)
    if found is None:
        return None
    funnel, end = catalog.funnels[found.funnel], workspace.as_of()
    month = Periods((Stretch(0, end - LOOKED_AT, end, end),), LOOKED_AT)
    span = Span(_ALL_USERS, month, window_of(funnel))
    counted = count_funnel(workspace.runner(), catalog, funnel.steps, span).whole("segment", 0)
    return f"{counted.rate:.2%} ({counted.converted:,} of {counted.entered:,} users)"


def _changed(old: Catalog, new: Catalog) -> list[ChangedPart]:
    sides = [{**one.metrics, **one.funnels} for one in (old, new)]
    found = []
    for name in dict.fromkeys((*sides[0], *sides[1])):
        if sides[0].get(name) == sides[1].get(name):
            continue
        there = [name in side for side in sides]
        change = "changed" if all(there) else "added" if there[1] else "removed"
        found.append(ChangedPart.model_validate({"kind": "funnel", "name": name, "change": change}))
    return found


def _summary(moves: list[MetricMove]) -> str:
    if not moves:
        return "No metric is counted in another way; names or words change."
    told = [
        f"{one.name} is {one.after or 'gone'}" + (f" instead of {one.before}" if one.before else "")
        for one in moves
    ]
    return f"Over the last 28 days {'; '.join(told)}."
