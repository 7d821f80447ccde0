"""A small line below a number: how it came there."""

from __future__ import annotations

from collections.abc import Sequence

from ui.console.view.drawing import Chart, Ink, Spec, always

HEIGHT = 46
MOST_TOLD = 12
_INSET = 6


def spark(history: Sequence[tuple[str, float, str]], what: str, *, alarms: bool = False) -> Chart:
    """Values in order, each with its moment and how it reads; the last one has a point."""
    rows = [
        {"at": place, "value": value, "tip": f"{when}: {shown}"}
        for place, (when, value, shown) in enumerate(history)
    ]
    told = ", ".join(shown for _, _, shown in history[-MOST_TOLD:])
    ink = Ink.ALARM if alarms else Ink.SOFT
    return Chart(_spec(rows, ink), f"{what}, oldest first: {told}.")


def _spec(rows: list[Spec], ink: Ink) -> Spec:
    values = [row["value"] for row in rows] or [0.0]
    low, high = min(values), max(values)
    ends = [low, high] if high > low else [low - 1.0, high + 1.0]
    x = {
        "field": "at", "type": "quantitative", "axis": None,
        "scale": {"domain": [0, max(len(rows) - 1, 1)], "nice": False, "zero": False,
                  "range": [{"expr": f"{_INSET}"}, {"expr": f"width - {_INSET}"}]},
    }  # fmt: skip
    y = {
        "field": "value", "type": "quantitative", "axis": None,
        "scale": {"domain": ends, "nice": False, "zero": False,
                  "range": [HEIGHT - _INSET, _INSET]},
    }  # fmt: skip
    line = {
        "data": {"values": rows},
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {"x": x, "y": y, "color": always(ink)},
    }
    points = {
        "data": {"values": rows},
        "mark": {"type": "point", "filled": True, "size": 26, "opacity": 1},
        "encoding": {"x": x, "y": y, "color": always(ink), "tooltip": {"field": "tip"}},
    }
    return {
        "height": HEIGHT,
        "view": {"stroke": None},
        "padding": {"left": 0, "right": 0, "top": 0, "bottom": 0},
        "layer": [line, points],
    }
