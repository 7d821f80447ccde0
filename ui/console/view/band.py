"""A value over time with its interval as a band, and a dashed line where nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ui.console.view.drawing import Chart, Ink, Spec, always
from ui.console.view.experiment import Point

HEIGHT = 190
FOOT = 26
_TICKS = 5
_LEFT = 74


def band(points: Sequence[Point], what: str, shown: Callable[[float], str]) -> Chart:
    """The points in order; the scale follows the last half, where intervals have settled."""
    rows: list[Spec] = [
        {
            "at": place,
            "value": point.value,
            "low": point.low,
            "high": point.high,
            "tip": f"{point.day}: {shown(point.value)} ({shown(point.low)} to {shown(point.high)})",
        }
        for place, point in enumerate(points)
    ]
    last = points[-1]
    alt = (
        f"{what} from {points[0].day} to {last.day}: at the end {shown(last.value)}, between "
        f"{shown(last.low)} and {shown(last.high)}."
    )
    return Chart(_spec(rows, points, shown), alt)


def _ends(points: Sequence[Point]) -> tuple[float, float]:
    settled = points[len(points) // 2 :]
    low, high = min(one.low for one in settled), max(one.high for one in settled)
    low, high = min(low, 0.0), max(high, 0.0)
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def _spec(rows: list[Spec], points: Sequence[Point], shown: Callable[[float], str]) -> Spec:
    low, high = _ends(points)
    x: Spec = {
        "field": "at", "type": "quantitative", "axis": None,
        "scale": {"domain": [0, max(len(rows) - 1, 1)], "nice": False, "zero": False,
                  "range": [{"expr": f"{_LEFT}"}, {"expr": f"max({_LEFT} + 40, width - 14)"}]},
    }  # fmt: skip
    y: Spec = {
        "type": "quantitative", "axis": None,
        "scale": {"domain": [low, high], "range": [HEIGHT - FOOT, 8], "nice": False, "clamp": True},
    }  # fmt: skip
    zero = {"y": y | {"datum": 0}, "x": {"value": _LEFT}, "x2": {"value": {"expr": "width"}}}
    across = [{"y": at, "label": shown(at) if at else "no change"} for at in {low, 0.0, high}]
    area = {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}}
    layers: list[Spec] = [
        {"data": {"values": rows},
         "mark": {"type": "area", "opacity": 0.35, "aria": False},
         "encoding": area | {"color": always(Ink.QUIET)}},
        {"data": {"values": [{}]},
         "mark": {"type": "rule", "strokeDash": [3, 3], "aria": False},
         "encoding": zero | {"color": always(Ink.SOFT)}},
        {"data": {"values": rows},
         "mark": {"type": "line", "strokeWidth": 2.2},
         "encoding": {"x": x, "y": y | {"field": "value"}, "color": always(Ink.KEPT)}},
        {"data": {"values": rows},
         "mark": {"type": "point", "filled": True, "size": 26, "opacity": 1},
         "encoding": {"x": x, "y": y | {"field": "value"}, "color": always(Ink.KEPT),
                      "tooltip": {"field": "tip"}}},
        {"data": {"values": across},
         "mark": {"type": "text", "align": "right", "fontSize": 12, "baseline": "middle"},
         "encoding": {"x": {"value": _LEFT - 10}, "y": y | {"field": "y"},
                      "text": {"field": "label"}, "color": always(Ink.SOFT)}},
        {"data": {"values": _days(points)},
         "mark": {"type": "text", "align": "center", "fontSize": 12, "baseline": "bottom"},
         "encoding": {"x": x, "y": {"value": HEIGHT}, "text": {"field": "label"},
                      "color": always(Ink.SOFT)}},
    ]  # fmt: skip
    return {"height": HEIGHT, "view": {"stroke": None}, "layer": layers,
            "padding": {"left": 0, "right": 0, "top": 2, "bottom": 2}}  # fmt: skip


def _days(points: Sequence[Point]) -> list[Spec]:
    step = max(1, -(-len(points) // _TICKS))
    return [{"at": at, "label": points[at].day} for at in range(0, len(points), step)]
