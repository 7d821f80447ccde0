"""Changes with their intervals, one below the other: clear of the dashed line is real."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor, log10
from typing import NamedTuple

from core.artifacts import Delta
from ui.console.view.comparison import step_labels
from ui.console.view.drawing import (
    Chart,
    Ink,
    Spec,
    always,
    by_field,
    room_for,
    rows_chart,
    scale_between,
    text_column,
    upright,
)
from ui.console.view.text import points

HEIGHT = 24
TICKS = 4
NARROW = 460
"""Pixels below which the words of places have no room."""
NO_CHANGE = "no change"
BETWEEN = " minus "
"""What the name of a difference between two segments holds."""
_LABELS = "width * 0.23"


class Change(NamedTuple):
    """One change. An open end of its interval is None."""

    label: str
    """What changed; empty where it is what the row above names."""
    who: str
    value: float
    low: float | None
    high: float | None
    shown: str
    is_real: bool
    is_good: bool
    is_control: bool = False


def forest(
    changes: Sequence[Change], alt: str, tick: Callable[[float], str] | None = None
) -> Chart:
    """Every change as a point with its interval, its words at the left, its value at the right."""
    rows = [_row(place, change, _ends(changes)) for place, change in enumerate(changes)]
    return Chart(_spec(rows, _ends(changes), tick or _points), alt)


def steps_forest(every: Sequence[Delta]) -> Chart:
    """The change of every step of a funnel, in the segment and in what it is compared with."""
    deltas = [delta for delta in every if BETWEEN not in delta.segment]
    real = [delta for delta in deltas if delta.significant]
    labels = step_labels(delta.step for delta in deltas)
    said = "; ".join(
        f"{delta.segment} {labels[delta.step]} {points(delta.change)}" for delta in real
    )
    alt = f"Steps that really changed: {said}." if real else "No step changed beyond chance."
    return forest(_steps(deltas, labels), alt)


def _points(change: float) -> str:
    """-0.4 is −40 pp."""
    return f"{100 * change:+.3g} pp".replace("-", "−")


def _steps(deltas: Sequence[Delta], labels: dict[str, str]) -> list[Change]:
    own = deltas[0].segment if deltas else ""
    return [
        Change(
            label="" if place and delta.step == deltas[place - 1].step else labels[delta.step],
            who=delta.segment,
            value=delta.change,
            low=delta.ci_low,
            high=delta.ci_high,
            shown=points(delta.change),
            is_real=delta.significant,
            is_good=delta.change > 0,
            is_control=delta.segment != own,
        )
        for place, delta in enumerate(deltas)
    ]


def _ends(changes: Sequence[Change]) -> tuple[float, float]:
    """From where to where the scale goes: every interval, and 0."""
    values = [0.0]
    for one in changes:
        values += [end for end in (one.low, one.value, one.high) if end is not None]
    return min(values), max(values)


def _row(place: int, change: Change, ends: tuple[float, float]) -> Spec:
    low, high = ends
    return {
        "row": place,
        "label": change.label,
        "who": change.who,
        "value": change.value,
        "low": low if change.low is None else change.low,
        "high": high if change.high is None else change.high,
        "ink": _ink(change).value,
        "shape": "square" if change.is_control else "circle",
        "main": change.shown,
        "main_ink": (_ink(change) if change.is_real else Ink.SOFT).value,
    }


def _ink(change: Change) -> Ink:
    if not change.is_real:
        return Ink.QUIET
    return Ink.KEPT if change.is_good else Ink.ALARM


def _spec(rows: list[Spec], ends: tuple[float, float], tick: Callable[[float], str]) -> Spec:
    wide = not any(row["who"] for row in rows)
    labels = "width * 0.36" if wide else _LABELS
    begin = labels if wide else f"{labels} + {room_for(rows, 'who')}"
    x = scale_between(*ends, begin=begin, end=f"width - {room_for(rows, 'main')}")
    shape = {"field": "shape", "type": "nominal", "scale": None, "legend": None}
    # Every layer says axis None: one that did not would leave the browser a blank box.
    middle = {"datum": 0, "type": "quantitative", "axis": None}
    layers: list[Spec] = [
        # Below the words of the places, one of which stands right above it.
        upright(middle, Ink.SOFT, dashed=True, top=HEIGHT),
        {
            "mark": {"type": "rule", "strokeWidth": 2},
            "encoding": {
                "x": x | {"field": "low"},
                "x2": {"field": "high"},
                "color": by_field("ink"),
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
            "encoding": {"x": x | {"field": "value"}, "color": by_field("ink"), "shape": shape},
        },
        text_column("label", Ink.TEXT, align="left", at="0", limit=f"{labels} - 6"),
        text_column("who", Ink.SOFT, align="left", at=labels),
        text_column("main", None, align="right", at="width", bold=True),
        # Last: rows stand in the order in which layers name them.
        _ticks(x, len(rows), ends, tick),
    ]
    return rows_chart(rows, layers, height=HEIGHT)


def _ticks(x: Spec, below: int, ends: tuple[float, float], tick: Callable[[float], str]) -> Spec:
    values = [
        {"row": below, "at": at, "tick": tick(at) if at else NO_CHANGE} for at in ticks(*ends)
    ]
    mark: Spec = {"type": "text", "fontSize": 12, "baseline": "middle", "align": "center"}
    # On a phone they would meet; the values stand at the right all the same.
    mark["opacity"] = {"expr": f"width < {NARROW} ? 0 : 1"}
    encoding = {
        "x": x | {"field": "at"},
        "text": {"field": "tick"},
        "color": always(Ink.SOFT),
    }
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def ticks(low: float, high: float) -> list[float]:
    """0 and round numbers around it, so few that their words do not meet."""
    span = (high - low) or 1.0
    size = 10.0 ** floor(log10(span))
    steps = (size * factor for factor in (0.2, 0.5, 1.0, 2.0))
    step = next((one for one in steps if span / one < TICKS), span)
    return [round(step * place, 12) for place in range(int(low / step), int(high / step) + 1)]
