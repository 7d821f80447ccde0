"""Whom a rule was for, day by day, and with whom it shares them: as charts, rows and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.artifacts import Overlap
from measure.reach import Reach
from orchestrate.rehearsal.outcome import OverlapMatrix
from ui.console.view.drawing import Chart
from ui.console.view.lines import Point, lines
from ui.console.view.text import number, people, percent, phrase

ELIGIBLE, MESSAGES = "Eligible", "Messages"
MOST = 5
"""So many others are held beside a rule: those with whom it shares most."""


def reach_chart(found: Reach) -> Chart:
    """People eligible and messages chosen, a line each."""
    labels = [f"{one.day.day} {one.day:%b}" for one in found.days]
    points = [
        Point(at, series, value, number(value))
        for at, day in enumerate(found.days)
        for series, value in ((ELIGIBLE, day.eligible), (MESSAGES, day.messages))
    ]
    return lines(points, labels, "People eligible and messages a day")


def reach_sentence(found: Reach) -> str:
    """The last day beside the first, in Markdown."""
    first, last = found.days[0], found.days[-1]
    when = f"{last.day.day} {last.day:%b}"
    told = (
        f"On {when}, **{people(last.eligible)}** were eligible and **{number(last.messages)}** "
        f"messages chosen; {number(last.held_out)} were held out."
    )
    if len(found.days) == 1:
        return told
    return f"{told} On the first of these {len(found.days)} days it was {number(first.eligible)}."


class Beside(NamedTuple):
    """Some actions held beside each other: ``users[i][j]`` are in both i and j."""

    names: tuple[str, ...]
    users: tuple[tuple[int, ...], ...]
    left_out: int
    """Others that share somebody with the rule and are not among them."""


def beside(matrix: OverlapMatrix, key: str) -> Beside:
    """The actions of a rule first, then those of others that share most people with them."""
    own = [k for k, name in enumerate(matrix.actions) if name.partition("/")[0] == key]
    others = [k for k in range(len(matrix.actions)) if k not in own]
    shared = {k: max((matrix.users[k][one] for one in own), default=0) for k in others}
    most = sorted((k for k in others if shared[k]), key=lambda k: -shared[k])
    chosen = [*own, *most[:MOST]]
    return Beside(
        tuple(_named(matrix.actions[k]) for k in chosen),
        tuple(tuple(matrix.users[k][j] for j in chosen) for k in chosen),
        len(most[MOST:]),
    )


def beside_rows(found: Beside) -> dict[str, list[str]]:
    """The matrix as a table: numbered columns, so that many fit."""
    rows: dict[str, list[str]] = {
        "Message": [f"{k}. {name}" for k, name in enumerate(found.names, 1)]
    }
    for j in range(len(found.names)):
        rows[str(j + 1)] = [
            f"**{number(users[j])}**" if k == j else number(users[j])
            for k, users in enumerate(found.users)
        ]
    return rows


def audience_rows(found: Sequence[Overlap]) -> dict[str, list[str]]:
    """How many people of an audience each other rule means, those with most first."""
    shown = sorted((one for one in found if one.users), key=lambda one: -one.users)[:MOST]
    return {
        "Rule": [phrase(one.key) for one in shown],
        "People in both": [number(one.users) for one in shown],
        "Of this audience": [percent(one.share) for one in shown],
    }


def _named(action: str) -> str:
    rule, _, name = action.partition("/")
    return phrase(name) if rule == name else f"{phrase(name)} ({phrase(rule)})"
