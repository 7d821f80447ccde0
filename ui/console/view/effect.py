"""The effect of a proposed rule in words and rows, for pages and for the command line.

Whoever shows them says how a name is made safe: ``show`` is ``plain`` on a page. Numbers that
matter are set bold with two asterisks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from core.effects import OTHERS, Breakdown, Cell, Contamination, Day, Effect, Pressure, Sampled
from ui.console.view.text import day, listing, number, people, phrase, share_of, title

Show = Callable[[str], str]
MOST_DISPLACED = 3
NAMED = 3
"""Rules that are told of that name the audience; of more it says how many."""
FOLDED = "·"
"""Stands where a number is folded into others."""


class Figure(NamedTuple):
    """A number with its name and a word on it."""

    label: str
    value: str
    note: str
    tip: str


def sentences(effect: Effect, show: Show) -> tuple[str, ...]:
    """What changes beside what is live, most important first."""
    return (
        _against(effect),
        *_everything(effect),
        *_named_by(effect, show),
        *(_pressure(effect.pressure, show) if effect.pressure else ()),
        *(_contamination(effect.contamination, show) if effect.contamination else ()),
    )


def _named_by(effect: Effect, show: Show) -> Iterator[str]:
    """The rules that name the audience in whichever version is live."""
    for one in effect.named_by[:NAMED]:
        yield (
            f"{show(one.rule)} names this audience, whichever version is live: it would be for "
            f"{number(one.after)} people instead of {number(one.before)} "
            f"({number(one.entered)} enter, {number(one.left)} leave)."
        )
    more = len(effect.named_by) - NAMED
    if more > 0:
        yield f"{number(more)} more live rules name it and would be for other people."


def week_sentences(effect: Effect, show: Show) -> tuple[str, ...]:
    """What it sends in a week, what that costs, and how the numbers are estimated."""
    how = (effect.traffic.how,) if effect.traffic else ()
    return (*_traffic(effect), *_cost(effect, show), *how)


def figures(effect: Effect) -> tuple[Figure, ...]:
    """The four numbers that an approver looks at first."""
    against, everything = effect.against, effect.everything
    live = f"live version {against.version}" if against.version else "nothing live"
    shown = [
        Figure("Enter", signed(against.entered, "+"), f"beside {live}", "They were not in it."),
        Figure("Leave", signed(against.left, "−"), _of(against.before), "Not any more."),
    ]
    if everything is None:
        return tuple(shown)
    shown.append(
        Figure(
            "Something else wins",
            number(everything.changed),
            f"{number(everything.rules)} other rules live",
            "People who get another message than they would today.",
        )
    )
    if effect.traffic:
        today = effect.traffic.days[0].messages if effect.traffic.days else 0
        shown.append(
            Figure(
                "Messages a day",
                f"≈ {number(effect.traffic.a_day)}",
                f"{number(today)} on the first",
                effect.traffic.how,
            )
        )
    return tuple(shown)


def _of(before: int) -> str:
    return f"of {number(before)}" if before else "nobody was in it"


def signed(count: int, sign: str) -> str:
    """+1,204; 0 has no sign."""
    return f"{sign}{number(count)}" if count else "0"


def _against(effect: Effect) -> str:
    told = effect.against
    if told.version is None:
        return f"**{people(told.after)}** come into it: nothing of this rule is live today."
    version = f"live version {told.version}"
    if not told.entered and not told.left:
        return f"**Nobody enters or leaves** beside {version}: it is for {people(told.after)}."
    return (
        f"**{people(told.entered)}** enter and **{number(told.left)}** leave beside {version}: "
        f"{number(told.after)} instead of {number(told.before)}."
    )


def _everything(effect: Effect) -> Iterator[str]:
    told = effect.everything
    if told is None:
        return
    beside = f"beside {_rules(told.rules)}"
    if not (told.gained or told.lost or told.changed):
        yield f"In the next cycle **everybody gets what they get today**, {beside}."
        return
    parts = [
        f"**{people(told.gained)}** get a message who got none" if told.gained else "",
        f"**{people(told.lost)}** get none any more" if told.lost else "",
        f"for **{people(told.changed)}** something else wins" if told.changed else "",
    ]
    yield f"In the next cycle {listing([one for one in parts if one])}, {beside}."


def _rules(count: int) -> str:
    if not count:
        return "no other live rule"
    return "the other live rule" if count == 1 else f"the other {count} live rules"


def _pressure(told: Pressure, show: Show) -> Iterator[str]:
    if told.no_room:
        share = share_of(told.no_room, told.wanted)
        yield (
            f"The contact policy has no room for **{number(told.no_room)}** of its "
            f"{number(told.wanted)} messages today ({share})."
        )
    elif told.wanted:
        yield f"The contact policy has room for all of its {number(told.wanted)} messages today."
    if told.displaced:
        first = [
            f"{number(one.messages)} of {show(phrase(one.rule))}"
            for one in told.by_rule[:MOST_DISPLACED]
        ]
        more = len(told.by_rule) - len(first)
        rest = [f"{more} more rules"] if more > 0 else []
        many = "message" if told.displaced == 1 else "messages"
        yield (
            f"It takes the place of **{number(told.displaced)}** {many} of other rules: "
            f"{listing([*first, *rest])}."
        )


def _contamination(told: Contamination, show: Show) -> Iterator[str]:
    if told.got_it:
        yield (
            f"**{number(told.got_it)}** of the {number(told.held_out)} people held out got one of "
            "its messages before: they are no clean comparison."
        )
    for one in told.tested:
        yield (
            f"**{people(one.users)}** are also in the running {one.what} of "
            f"{show(phrase(one.rule))}: neither reads out cleanly."
        )


def _traffic(effect: Effect) -> Iterator[str]:
    told = effect.traffic
    if told is None or not told.days:
        return
    total = sum(one.messages for one in told.days)
    yield (
        f"It sends about **{number(total)} messages** in a week, "
        f"{number(told.days[0].messages)} of them on the first day."
    )


def _cost(effect: Effect, show: Show) -> Iterator[str]:
    told = effect.cost
    if told is None:
        return
    if told.amount is not None:
        yield f"The week's messages cost about **{told.amount:,.2f}**."
    elif told.undeclared:
        named = listing([show(phrase(one)) for one in told.undeclared])
        yield f"What it costs is not known: no cost is declared for {named}."


class Row(NamedTuple):
    """One value of a breakdown."""

    value: str
    enter: str
    leave: str
    other: str


def rows_of(told: Breakdown, effect: Effect) -> tuple[Row, ...]:
    """A breakdown as a table, the values with the most people first, the folded ones last."""
    changed = effect.everything.changed if effect.everything else 0
    totals = effect.against.entered, effect.against.left, changed
    sides = [_by_value(cells) for cells in (told.entered, told.left, told.changed)]
    weight = {value: sum(side.get(value, 0) for side in sides) for side in sides for value in side}
    values = sorted(weight, key=lambda value: (value == OTHERS, -weight[value], value))
    return tuple(
        Row(_value(value), *(_number(value, *one) for one in zip(sides, totals, strict=True)))
        for value in values
    )


def _by_value(cells: tuple[Cell, ...]) -> dict[str, int]:
    return {cell.value: cell.users for cell in cells}


def _number(value: str, side: dict[str, int], total: int) -> str:
    if value in side:
        return number(side[value])
    return FOLDED if total else "0"


def _value(value: str) -> str:
    return "all others" if value == OTHERS else title(value)


def moves(effect: Effect) -> tuple[tuple[str, str, str], ...]:
    """What replaces what: before, after, people."""
    if effect.everything is None:
        return ()
    return tuple(
        (_message(one.before), _message(one.after), number(one.users))
        for one in effect.everything.moves
    )


def _message(label: str | None) -> str:
    if label is None:
        return "nothing"
    if label == OTHERS:
        return "all others"
    rule, _, action = label.partition("/")
    words = phrase(action)
    return words if rule == action else f"{words} ({phrase(rule)})"


def happens(one: Sampled) -> str:
    """What happens to somebody of the sample."""
    return {"enters": "Enters", "leaves": "Leaves", "changes": "Gets something else"}[one.change]


def week(days: tuple[Day, ...]) -> tuple[tuple[str, int], ...]:
    """Each day with its messages."""
    return tuple((day(one.day), one.messages) for one in days)
