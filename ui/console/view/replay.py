"""A replay of past days in words, as a chart and as rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from orchestrate.rehearsal.backtest import Backtest, ExpectedLift
from ui.console.view.drawing import Chart
from ui.console.view.lines import Point, lines
from ui.console.view.text import day, number, people, phrase


def replay_sentence(found: Backtest) -> str:
    """What it would have come to, in Markdown."""
    return (
        f"From {day(found.since)} to {day(found.until)} it would have sent "
        f"**{number(found.messages)} messages** to **{people(found.reached)}**, and held out "
        f"{number(found.held_out)}."
    )


def caps_sentence(found: Backtest) -> str:
    """What the contact policy would have stopped, in Markdown."""
    if not found.cap_breaches_avoided:
        return "No cap would have stopped any of them."
    return (
        f"Caps and the gap between messages would have stopped "
        f"**{number(found.cap_breaches_avoided)}** more."
    )


def replay_chart(found: Backtest) -> Chart:
    """Messages of each replayed day, beside those that a cap would have stopped."""
    labels = [day(one.day) for one in found.days]
    points = [
        Point(at, series, value, number(value))
        for at, one in enumerate(found.days)
        for series, value in (("Messages", one.messages), ("Stopped by caps", one.capped))
    ]
    return lines(points, labels, "Messages a day")


def most(found: Backtest) -> tuple[datetime, int]:
    """The day with the most messages, and how many."""
    top = max(found.days, key=lambda one: one.messages)
    return datetime.fromisoformat(top.day), top.messages


def lift_rows(found: Backtest) -> Iterator[tuple[str, str, str, str]]:
    """Message, people, expected effect with its interval, and where that comes from."""
    for one in found.expected:
        yield phrase(one.action), number(one.users), _expected(one), one.basis


def _expected(one: ExpectedLift) -> str:
    if one.expected is None:
        return "not known"
    low, high = number(one.low or 0.0), number(one.high or 0.0)
    return f"{number(one.expected)} more reach its goal (95%: {low} to {high})"
