"""Charts as plain Vega-Lite documents, each with the sentence that says what it shows.

Colours are names, not values: the theme gives them in this order, light and
dark, so a chart never has the colours of the other mode. For the same reason
labels are drawn as text and not as axes, whose colour the theme keeps faint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from core.artifacts import Delta, WaterfallStep, Winner
from ui.console.view.comparison import Rate, StepPair, step_labels
from ui.console.view.text import number, percent, points, title

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


def waterfall(
    population: str, population_size: int, steps: Sequence[WaterfallStep], end: str = "remain"
) -> Chart:
    """How many people remain after each clause; grey is who the clause removes."""
    rows = _waterfall_rows(population, population_size, steps)
    last = rows[-1]["inner"] if rows else 0
    alt = f"Of {number(population_size)} people considered, {number(last)} {end}."
    return Chart(_bars(rows), alt)


def _waterfall_rows(
    population: str, population_size: int, steps: Sequence[WaterfallStep]
) -> list[Spec]:
    rows: list[Spec] = []
    before = population_size
    first = WaterfallStep(clause=population, remaining=population_size)
    shown = steps if steps and steps[0].remaining == population_size else (first, *steps)
    for step in shown:
        lost = before - step.remaining
        row = _row(len(rows), step.clause, before, step.remaining)
        rows.append(row | {"side": f"−{number(lost)}" if lost else ""})
        before = step.remaining
    return rows


def winners(rows: Sequence[Winner], names: Mapping[str, str]) -> Chart:
    """For each entry of a policy, how many would get it, out of all who are eligible."""
    labels = {row.entry: f"{row.tier}. {names.get(row.entry) or title(row.entry)}" for row in rows}
    values = [
        _row(index, labels[row.entry], row.eligible, row.selected)
        | {"side": f"of {number(row.eligible)}"}
        for index, row in enumerate(rows)
    ]
    said = ", ".join(f"{labels[row.entry]} {number(row.selected)}" for row in rows)
    return Chart(_bars(values), f"People who would get each message: {said}.")


def week(days: Sequence[tuple[str, int]]) -> Chart:
    """Messages of each day of a week."""
    values = [
        _row(index, name, messages, messages) | {"side": ""}
        for index, (name, messages) in enumerate(days)
    ]
    said = ", ".join(f"{name} {number(messages)}" for name, messages in days)
    return Chart(_bars(values), f"Messages a day: {said}.")


def groups(shown: Sequence[tuple[str, float, str]], what: str) -> Chart:
    """A bar for each group: its label, its value, the value as it is read."""
    values = [
        {"row": k, "label": label, "outer": value, "inner": value, "main": read, "side": ""}
        for k, (label, value, read) in enumerate(shown)
    ]
    said = ", ".join(f"{label} {read}" for label, _, read in shown)
    return Chart(_bars(values), f"{what}: {said}.")


def _row(index: int, label: str, outer: int, inner: int) -> Spec:
    return {"row": index, "label": label, "outer": outer, "inner": inner, "main": number(inner)}


def _bars(rows: list[Spec]) -> Spec:
    """Labels, a bar within a bar, and two right-aligned columns of numbers."""
    widest = max((row["outer"] for row in rows), default=0) or 1
    side = _room(rows, "side")
    x = _across(0, widest, begin=LABELS, end=f"width - {side + _room(rows, 'main')}")
    bar: Spec = {"type": "bar", "height": 14, "cornerRadius": 2}
    layers = [
        _text("label", Ink.TEXT, align="left", at="0", limit=LABELS),
        _bar(bar, x | {"field": "outer"}, Ink.LOST),
        _bar(bar, x | {"field": "inner"}, Ink.KEPT),
        _text("main", Ink.TEXT, align="right", at=f"width - {side}", bold=True),
        _text("side", Ink.SOFT, align="right", at="width"),
    ]
    return _rows_chart(rows, layers)


def _bar(mark: Spec, x: Spec, colour: Ink) -> Spec:
    zero = {"datum": 0, "type": "quantitative"}
    return {"mark": mark, "encoding": {"x": x, "x2": zero, "color": _ink(colour)}}


def _across(low: float, high: float, *, begin: str, end: str) -> Spec:
    """A scale between two columns of text, however narrow the window is."""
    places = [{"expr": f"{begin} + 10"}, {"expr": f"max({begin} + 30, {end})"}]
    domain = [low, high if high > low else low + 1.0]
    return {
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": domain, "range": places, "nice": False, "zero": False},
    }


def _room(rows: Sequence[Spec], field: str) -> int:
    """Pixels that a column of short texts needs, with a gap before it."""
    return 8 * max((len(row[field]) for row in rows), default=0) + 12


def _rows_chart(rows: list[Spec], layers: list[Spec], height: int = ROW) -> Spec:
    y = {"field": "row", "type": "ordinal", "axis": None, "sort": None}
    return {
        "data": {"values": rows},
        "height": {"step": height},
        "view": {"stroke": None},
        "padding": {"left": 0, "right": 0, "top": 2, "bottom": 2},
        "encoding": {"y": y},
        "layer": layers,
    }


def _text(
    field: str,
    colour: Ink | None,
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
    ink = _ink(colour) if colour else _ink_field(f"{field}_ink")
    encoding: Spec = {"x": {"value": {"expr": at}}, "text": {"field": field}, "color": ink}
    if limit:
        encoding["tooltip"] = {"field": field}
    return {"mark": mark, "encoding": encoding}


def _ink(colour: Ink) -> Spec:
    return {"datum": colour.value, "type": "nominal", "scale": _SCALE, "legend": None}


def _ink_field(field: str) -> Spec:
    return {"field": field, "type": "nominal", "scale": _SCALE, "legend": None}


def funnel(segment: str, pairs: Sequence[StepPair]) -> Chart:
    """Step conversion of one segment: before in grey above now in green, with intervals."""
    values = [_funnel_row(index, pair) for index, pair in enumerate(pairs)]
    said = "; ".join(f"{value['label']} {value['main']}" for value in values)
    return Chart(_funnel_spec(values), f"{segment}, conversion at each step: {said}.")


def _funnel_row(index: int, pair: StepPair) -> Spec:
    row: Spec = {"row": index, "label": pair.label}
    for name, found in (("before", pair.before), ("now", pair.now)):
        rate = found or Rate(0.0, 0.0, 0.0)
        row |= {name: rate.rate, f"{name}_low": rate.low, f"{name}_high": rate.high}
    rates = (found.rate if found else None for found in (pair.before, pair.now))
    return row | {"main": " → ".join(percent(rate) for rate in rates)}


def _funnel_spec(values: list[Spec]) -> Spec:
    top = max((max(row["before_high"], row["now_high"]) for row in values), default=1.0)
    x = _across(0, top, begin=LABELS, end=f"width - {_room(values, 'main')}")
    layers = [_text("label", Ink.TEXT, align="left", at="0", limit=LABELS)]
    for name, shift, colour in (("before", -7, Ink.LOST), ("now", 7, Ink.KEPT)):
        bar = {"type": "bar", "height": 11, "cornerRadius": 2, "yOffset": shift}
        rule = {"type": "rule", "strokeWidth": 1.4, "yOffset": shift}
        layers += [
            _bar(bar, x | {"field": name}, colour),
            {
                "mark": rule,
                "encoding": {
                    "x": x | {"field": f"{name}_low"},
                    "x2": {"field": f"{name}_high"},
                    "color": _ink(Ink.TEXT),
                },
            },
        ]
    layers.append(_text("main", Ink.TEXT, align="right", at="width"))
    return _rows_chart(values, layers, height=40)


def forest(deltas: Sequence[Delta]) -> Chart:
    """The change of every step with its interval; clear of the dashed line is a real change."""
    real = [delta for delta in deltas if delta.significant]
    labels = step_labels(delta.step for delta in deltas)
    said = "; ".join(
        f"{delta.segment} {labels[delta.step]} {points(delta.change)}" for delta in real
    )
    alt = f"Steps that really changed: {said}." if real else "No step changed beyond chance."
    return Chart(_forest_spec(_forest_rows(deltas)), alt)


def _forest_rows(deltas: Sequence[Delta]) -> list[Spec]:
    rows: list[Spec] = []
    labels = step_labels(delta.step for delta in deltas)
    last = None
    for delta in deltas:
        rows.append(
            {
                "row": len(rows),
                "label": "" if delta.step == last else labels[delta.step],
                "segment": delta.segment.replace(" minus ", " − "),
                "change": delta.change,
                "low": delta.ci_low,
                "high": delta.ci_high,
                "ink": _delta_ink(delta).value,
                "main": points(delta.change),
                "main_ink": (_delta_ink(delta) if delta.significant else Ink.SOFT).value,
            }
        )
        last = delta.step
    return rows


def _forest_spec(rows: list[Spec]) -> Spec:
    low = min([row["low"] for row in rows] + [0.0])
    high = max([row["high"] for row in rows] + [0.0])
    begin = f"width * 0.23 + {_room(rows, 'segment')}"
    x = _across(low, high, begin=begin, end=f"width - {_room(rows, 'main')}")
    ink = _ink_field("ink")
    # Every layer says axis None: one that did not would leave the browser a blank box.
    middle = {"datum": 0, "type": "quantitative", "axis": None}
    across = {"y": {"value": 0}, "y2": {"value": {"expr": "height"}}}
    layers: list[Spec] = [
        {
            # Decoration has no name, so it must not be announced either.
            "mark": {"type": "rule", "strokeDash": [3, 3], "aria": False},
            "encoding": across | {"x": middle, "color": _ink(Ink.SOFT)},
        },
        {
            "mark": {"type": "rule", "strokeWidth": 2},
            "encoding": {"x": x | {"field": "low"}, "x2": {"field": "high"}, "color": ink},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
            "encoding": {"x": x | {"field": "change"}, "color": ink},
        },
        _text("label", Ink.TEXT, align="left", at="0", limit="width * 0.22"),
        _text("segment", Ink.SOFT, align="left", at="width * 0.23"),
        _text("main", None, align="right", at="width", bold=True),
    ]
    return _rows_chart(rows, layers, height=24)


def _delta_ink(delta: Delta) -> Ink:
    if not delta.significant:
        return Ink.QUIET
    return Ink.ALARM if delta.change < 0 else Ink.KEPT
