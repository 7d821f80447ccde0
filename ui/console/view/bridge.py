"""From what was expected to what is: each cause's part in between, and what is left over."""

from __future__ import annotations

from typing import NamedTuple

from core.artifacts import Cause, DebugReport
from ui.console.view.drawing import (
    LABELS,
    Chart,
    Ink,
    Spec,
    by_field,
    room_for,
    rows_chart,
    scale_between,
    text_column,
)
from ui.console.view.measures import sides
from ui.console.view.text import percent, phrase, points, title

NAMES = {
    "late_data": "Data that came late",
    "tracking_break": "Broken tracking",
    "exposure_loss": "Messages not delivered",
    "mix_shift": "Another mix of users",
    "entrant_inflation": "More people entering",
    "release_regression": "A new version",
    "version_regression": "A version",
    "segment_regression": "Some users",
    "price_change": "Another price",
    "platform_regression": "The whole platform",
    "global_dip": "Everybody alike",
}
"""Kinds of causes in few words; what they are of follows."""


class Part(NamedTuple):
    """A bar from one rate to another."""

    label: str
    start: float
    end: float
    shown: str
    ink: Ink


def bridge(report: DebugReport) -> Chart | None:
    """The bridge; None where the parts of the change are not known."""
    found = sides(report)
    if found is None or not report.causes:
        return None
    parts = _parts(report, *found)
    said = "; ".join(f"{part.label} {part.shown}" for part in parts)
    return Chart(_spec(parts), f"From the expected rate to the rate now: {said}.")


def short_name(cause: Cause) -> str:
    """A new version, 5.4.0."""
    name = NAMES.get(cause.kind) or title(cause.kind)
    return f"{name}, {phrase(cause.value)}" if cause.value else name


def part_of(report: DebugReport, cause: Cause) -> float:
    """A cause's part in the change of the rate; older reports hold its share only."""
    found = sides(report)
    if report.headline or found is None:
        return cause.contribution
    return cause.explained * (found[1] - found[0])


def _parts(report: DebugReport, expected: float, now: float) -> list[Part]:
    parts = [Part("Expected", 0.0, expected, percent(expected, 2), Ink.LOST)]
    at = expected
    for cause in report.causes:
        change = part_of(report, cause)
        parts.append(_step(short_name(cause), at, change))
        at += change
    rest = report.unexplained if report.headline else now - at
    if abs(rest) >= 0.00005:
        parts.append(_step("Not explained", at, rest))
    return [*parts, Part("Now", 0.0, now, percent(now, 2), Ink.KEPT)]


def _step(label: str, at: float, change: float) -> Part:
    shown = points(change) if abs(change) >= 0.0005 else f"{100 * change:+.2f} pp"
    ink = Ink.ALARM if change < 0 else Ink.KEPT
    return Part(label, at, at + change, shown.replace("-", "−"), ink)


def _spec(parts: list[Part]) -> Spec:
    rows: list[Spec] = [
        {
            "row": place,
            "label": part.label,
            "start": part.start,
            "end": part.end,
            "ink": part.ink.value,
            "main": part.shown,
        }
        for place, part in enumerate(parts)
    ]
    top = max(max(part.start, part.end) for part in parts)
    low = min(0.0, *(min(part.start, part.end) for part in parts))
    x = scale_between(low, top, begin=LABELS, end=f"width - {room_for(rows, 'main')}")
    bar: Spec = {"type": "bar", "height": 14, "cornerRadius": 2}
    layers: list[Spec] = [
        text_column("label", Ink.TEXT, align="left", at="0", limit=LABELS),
        {
            "mark": bar,
            "encoding": {
                "x": x | {"field": "start"},
                "x2": {"field": "end"},
                "color": by_field("ink"),
            },
        },
        text_column("main", Ink.TEXT, align="right", at="width", bold=True),
    ]
    return rows_chart(rows, layers)
