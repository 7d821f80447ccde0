"""The numbers of a digest: settled lifts and outcomes, in the words of their own read-outs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.errors import PilothouseError
from measure.outcomes.result import Figure
from ui.console.view.experiment import amount, leading
from ui.digest.shapes import Item, Span
from ui.notifying import pages
from ui.outcome_words import interval_text, value_text
from ui.outcomes import figures_of
from ui.reading_out import read, readable

if TYPE_CHECKING:
    from ui.workspace import Workspace

SETTLED = frozenset({"better", "worse"})
"""Verdicts of read-outs whose interval, which holds at every look, lies on one side of none."""


def lift_items(workspace: Workspace, span: Span) -> Iterator[Item]:
    """What is settled by the end of the span, of everything that has a control group."""
    at = min(span.until, workspace.as_of())
    for what in readable(workspace):
        try:
            found = read(workspace, what.kind, what.key, at)
        except PilothouseError:
            continue  # nobody took part to the end yet: there is nothing to tell
        first, primary = leading(found), found.primary
        if first is None or primary is None or first.verdict not in SETTLED or not first.effect:
            continue
        yield Item(
            title=what.name,
            figure=f"{primary.name} {amount(first.effect.value, primary)}",
            value=first.effect.value,
            text=found.verdict,
            tone="today" if first.verdict == "worse" else "plain",
            url=pages.address(workspace.settings, pages.of_readout(what.kind, what.key)),
        )


def outcome_items(workspace: Workspace, span: Span) -> Iterator[Item]:
    """Every figure that has a number, with its change on the period before."""
    at = min(span.until, workspace.as_of())
    for one in figures_of(workspace, at):
        if one.value is not None:
            yield Item(
                title=one.name,
                figure=value_text(one.value, one.unit),
                value=one.value,
                before=one.before,
                text=_beside(one),
                url=pages.address(workspace.settings, "/outcomes"),
            )


def _beside(one: Figure) -> str:
    """The change on the period before, and the interval of the value."""
    said = []
    if one.before is not None:
        said.append(f"{_change(one)} ({value_text(one.before, one.unit)} before)")
    if bounds := interval_text(one.interval, one.unit):
        said.append(bounds)
    return "; ".join(said)


def _change(one: Figure) -> str:
    assert one.value is not None
    assert one.before is not None
    step = one.value - one.before
    if value_text(one.value, one.unit) == value_text(one.before, one.unit):
        return "unchanged"
    if one.unit == "share":
        return f"{step * 100:+.1f} points".replace("-", "−")
    if one.before == 0:
        return "up from none" if step > 0 else "down from none"
    return f"{step / abs(one.before) * 100:+.0f} %".replace("-", "−")
