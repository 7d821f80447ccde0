"""Bars as plain Vega-Lite documents, each with the sentence that says what it shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from core.artifacts import WaterfallStep, Winner
from ui.console.view.comparison import Rate, StepPair
from ui.console.view.drawing import (
    LABELS,
    Chart,
    Ink,
    Spec,
    always,
    bar_to,
    by_field,
    room_for,
    rows_chart,
    scale_between,
    text_column,
)
from ui.console.view.text import number, percent, title


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
    side = room_for(rows, "side")
    x = scale_between(0, widest, begin=LABELS, end=f"width - {side + room_for(rows, 'main')}")
    bar: Spec = {"type": "bar", "height": 14, "cornerRadius": 2}
    layers = [
        text_column("label", Ink.TEXT, align="left", at="0", limit=LABELS),
        bar_to(bar, x | {"field": "outer"}, Ink.LOST),
        bar_to(bar, x | {"field": "inner"}, Ink.KEPT),
        text_column("main", Ink.TEXT, align="right", at=f"width - {side}", bold=True),
        text_column("side", Ink.SOFT, align="right", at="width"),
    ]
    return rows_chart(rows, layers)


def funnel(segment: str, pairs: Sequence[StepPair], fell: Collection[str] = frozenset()) -> Chart:
    """Step conversion of one segment: before in grey above now in green, with intervals.

    ``fell``: the steps that fell beyond chance, which are red now.
    """
    values = [
        _funnel_row(index, pair)
        | {"now_ink": (Ink.ALARM if pair.label in fell else Ink.KEPT).value}
        for index, pair in enumerate(pairs)
    ]
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
    x = scale_between(0, top, begin=LABELS, end=f"width - {room_for(values, 'main')}")
    layers = [text_column("label", Ink.TEXT, align="left", at="0", limit=LABELS)]
    for name, shift, colour in (("before", -7, Ink.LOST), ("now", 7, Ink.KEPT)):
        bar = {"type": "bar", "height": 11, "cornerRadius": 2, "yOffset": shift}
        rule = {"type": "rule", "strokeWidth": 1.4, "yOffset": shift}
        layers += [
            _coloured(bar_to(bar, x | {"field": name}, colour), name),
            {
                "mark": rule,
                "encoding": {
                    "x": x | {"field": f"{name}_low"},
                    "x2": {"field": f"{name}_high"},
                    "color": always(Ink.TEXT),
                },
            },
        ]
    layers.append(text_column("main", Ink.TEXT, align="right", at="width"))
    return rows_chart(values, layers, height=40)


def _coloured(layer: Spec, name: str) -> Spec:
    """Now in the colour of its row, before always in grey."""
    if name == "now":
        layer["encoding"]["color"] = by_field("now_ink")
    return layer
