"""Lines over time as a plain Vega-Lite document: labels are text, so that every mode reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ui.console.view.drawing import Chart, Ink, Spec, always, by_field

HEIGHT = 210
_COLOURS = (Ink.KEPT, Ink.WARN, Ink.SOFT, Ink.ALARM, Ink.QUIET, Ink.TEXT)
_TICKS = 6


class Point(NamedTuple):
    """A value at a moment, by its place in the row of moments."""

    at: int
    series: str
    value: float
    shown: str


def lines(points: Sequence[Point], labels: Sequence[str], what: str) -> Chart:
    """One line a series; its name and last value stand at its end, the moments below."""
    series = [*dict.fromkeys(point.series for point in points)]
    inks = {name: _COLOURS[k % len(_COLOURS)].value for k, name in enumerate(series)}
    rows = [_row(point, labels, inks) for point in points]
    ends = [max((p for p in points if p.series == name), key=lambda p: p.at) for name in series]
    said = "; ".join(_told(end, labels) for end in ends)
    alt = f"{what} from {labels[0]} to {labels[-1]}, at the end: {said}."
    return Chart(_spec(rows, _end_rows(ends, inks, points), _tick_rows(labels), labels), alt)


def _row(point: Point, labels: Sequence[str], inks: dict[str, str]) -> Spec:
    return {
        "at": point.at, "value": point.value, "series": point.series, "ink": inks[point.series],
        "tip": f"{labels[point.at]}{f', {point.series}' if point.series else ''}: {point.shown}",
    }  # fmt: skip


def _told(end: Point, labels: Sequence[str]) -> str:
    return f"{end.series or labels[end.at]} {end.shown}"


def _end_rows(ends: Sequence[Point], inks: dict[str, str], points: Sequence[Point]) -> list[Spec]:
    """The names at the ends, apart from each other: none is written over another."""
    top = max(point.value for point in points) or 1.0
    least = top * 18 / HEIGHT
    rows: list[Spec] = []
    for end in sorted(ends, key=lambda one: one.value):
        place = end.value if not rows else max(end.value, rows[-1]["place"] + least)
        label = f"{end.series} {end.shown}".strip()
        rows.append({"at": end.at, "place": place, "label": label, "ink": inks[end.series]})
    return rows


def _tick_rows(labels: Sequence[str]) -> list[Spec]:
    step = max(1, (len(labels) - 1) // (_TICKS - 1)) if len(labels) > _TICKS else 1
    return [{"at": k, "label": labels[k]} for k in range(0, len(labels), step)]


def _spec(rows: list[Spec], ends: list[Spec], ticks: list[Spec], labels: Sequence[str]) -> Spec:
    room = 9 * max(len(row["label"]) for row in ends) + 24
    x: Spec = {
        "field": "at", "type": "quantitative", "axis": None,
        "scale": {"domain": [0, max(len(labels) - 1, 1)], "nice": False, "zero": False,
                  "range": [{"expr": "30"}, {"expr": f"max(60, width - {room})"}]},
    }  # fmt: skip
    top = max(*(row["value"] for row in rows), *(row["place"] for row in ends), 0.0) or 1.0
    low = min(0.0, *(row["value"] for row in rows))
    y: Spec = {
        "type": "quantitative", "axis": None,
        "scale": {"domain": [low, top], "range": [HEIGHT - 30, 12], "nice": False},
    }  # fmt: skip
    ink = by_field("ink")
    layers = [
        _zero(),
        {"data": {"values": rows},
         "mark": {"type": "line", "strokeWidth": 2.2, "interpolate": "linear"},
         "encoding": {"x": x, "y": y | {"field": "value"}, "color": ink,
                      "detail": {"field": "series"}}},
        {"data": {"values": rows},
         "mark": {"type": "point", "filled": True, "size": 40, "opacity": 1},
         "encoding": {"x": x, "y": y | {"field": "value"}, "color": ink,
                      "tooltip": {"field": "tip"}}},
        {"data": {"values": ends},
         "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 13, "fontWeight": 700,
                  "baseline": "middle"},
         "encoding": {"x": x, "y": y | {"field": "place"}, "color": ink,
                      "text": {"field": "label"}}},
        {"data": {"values": ticks},
         "mark": {"type": "text", "align": "center", "fontSize": 12, "baseline": "bottom"},
         "encoding": {"x": x, "y": {"value": HEIGHT}, "text": {"field": "label"},
                      "color": always(Ink.SOFT)}},
    ]  # fmt: skip
    return {"height": HEIGHT, "view": {"stroke": None}, "layer": layers,
            "padding": {"left": 0, "right": 0, "top": 2, "bottom": 2}}  # fmt: skip


def _zero() -> Spec:
    across = {"x": {"value": 0}, "x2": {"value": {"expr": "width"}}}
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "strokeDash": [3, 3], "aria": False},
        "encoding": across | {"y": {"value": HEIGHT - 30}, "color": always(Ink.LOST)},
    }
