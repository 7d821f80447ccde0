"""What charts are drawn with: named colours, columns of text, scales between them, and rows.

Colours are names, not values: the theme gives them in this order, light and
dark, so a chart never has the colours of the other mode. For the same reason
labels are drawn as text and not as axes, whose colour the theme keeps faint.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

Spec = dict[str, Any]


class Chart(NamedTuple):
    """A drawing, and its takeaway for people who do not see it."""

    spec: Spec
    alt: str


class Ink(StrEnum):
    """Chart colours, in the order of the theme's list."""

    KEPT = "kept"
    LOST = "lost"
    TEXT = "text"
    SOFT = "soft"
    ALARM = "alarm"
    QUIET = "quiet"
    WARN = "warn"


ROW = 30
LABELS = "width * 0.34"
"""How wide a column of labels may be, as an expression of Vega; the whole text is in the tip."""
_SCALE = {"domain": [ink.value for ink in Ink]}


def always(ink: Ink) -> Spec:
    """The same colour for every mark of a layer."""
    return {"datum": ink.value, "type": "nominal", "scale": _SCALE, "legend": None}


def by_field(field: str) -> Spec:
    """The colour that each row names in a field."""
    return {"field": field, "type": "nominal", "scale": _SCALE, "legend": None}


def bar_to(mark: Spec, x: Spec, ink: Ink) -> Spec:
    """A layer of bars from 0."""
    zero = {"datum": 0, "type": "quantitative"}
    return {"mark": mark, "encoding": {"x": x, "x2": zero, "color": always(ink)}}


def scale_between(low: float, high: float, *, begin: str, end: str) -> Spec:
    """A scale between two columns of text, however narrow the window is."""
    places = [{"expr": f"{begin} + 10"}, {"expr": f"max({begin} + 30, {end})"}]
    domain = [low, high if high > low else low + 1.0]
    return {
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": domain, "range": places, "nice": False, "zero": False},
    }


def room_for(rows: Sequence[Spec], field: str) -> int:
    """Pixels that a column of short texts needs, with a gap before it."""
    return 8 * max((len(row[field]) for row in rows), default=0) + 12


def rows_chart(rows: list[Spec], layers: list[Spec], height: int = ROW) -> Spec:
    """Layers over rows that stand one below the other; ``height`` is of one row, in pixels."""
    y = {"field": "row", "type": "ordinal", "axis": None, "sort": None}
    return {
        "data": {"values": rows},
        "height": {"step": height},
        "view": {"stroke": None},
        "padding": {"left": 0, "right": 0, "top": 2, "bottom": 2},
        "encoding": {"y": y},
        "layer": layers,
    }


def text_column(
    field: str,
    ink: Ink | None,
    *,
    align: str,
    at: str,
    bold: bool = False,
    limit: str | None = None,
) -> Spec:
    """A column of text at a place across; without a colour, the row says which."""
    mark: Spec = {"type": "text", "align": align, "fontSize": 13, "baseline": "middle"}
    mark["fontWeight"] = 700 if bold else 400
    if limit:
        mark["limit"] = {"expr": limit}
    colour = always(ink) if ink else by_field(f"{field}_ink")
    encoding: Spec = {"x": {"value": {"expr": at}}, "text": {"field": field}, "color": colour}
    if limit:
        encoding["tooltip"] = {"field": field}
    return {"mark": mark, "encoding": encoding}


def upright(x: Spec, ink: Ink, *, dashed: bool = False, top: int = 0) -> Spec:
    """A line down to the bottom, from ``top`` pixels on. Decoration has no name, so it must not be
    announced either."""
    mark: Spec = {"type": "rule", "aria": False}
    if dashed:
        mark["strokeDash"] = [3, 3]
    whole = {"y": {"value": top}, "y2": {"value": {"expr": "height"}}}
    return {"mark": mark, "encoding": whole | {"x": x, "color": always(ink)}}
