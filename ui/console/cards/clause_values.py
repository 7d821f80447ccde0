"""Widgets for what a clause compares with: a number, words, a list, a moment.

Each gives what its widgets say, or raises ``Unfit`` with the sentence that says why it cannot be.
What a browser sends is checked here again: limits of widgets hold only there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NamedTuple

from streamlit.delta_generator import DeltaGenerator

from core.conditions import (
    CENTURY,
    MOST,
    AsOf,
    Op,
    Scalar,
    Value,
)
from ui.console.view.clause_options import (
    LISTED,
    MOMENTS,
    VALUELESS,
    Length,
    day_of,
    length_of,
    operators,
)
from warehouse.catalog import Column
from warehouse.compile.names import NUMERIC

_ON_THE_DAY = "on the day"
_AGO, _AHEAD = "ago", "from now"
_DIRECTIONS = [f"{unit} {way}" for way in (_AGO, _AHEAD) for unit in ("days", "hours", "minutes")]


class Unfit(Exception):
    """What widgets say cannot be; the text says why, and what would do."""


def every(*asked: Callable[[], Any]) -> Iterator[Any]:
    """What each says; all are drawn before the first that cannot be is told.

    A widget that is not drawn loses what was put into it.
    """
    said: list[Any] = []
    unfit: list[Unfit] = []
    for one in asked:
        try:
            said.append(one())
        except Unfit as wrong:
            unfit.append(wrong)
    if unfit:
        raise unfit[0]
    return iter(said)


class Compared(NamedTuple):
    """An operator and its value, as a clause or a filter has them."""

    op: Op
    value: Value


def choice(
    place: DeltaGenerator,
    label: str,
    options: dict[str, str],
    chosen: str | None,
    key: str,
) -> str:
    """One of several, by what it is called."""
    keys = [*options]
    index = keys.index(chosen) if chosen in options else 0
    picked = place.selectbox(
        label,
        keys,
        index=index,
        format_func=lambda one: options.get(one, one),
        key=key,
        label_visibility="collapsed",
    )
    if picked not in options:
        raise Unfit("Pick one of the list.")
    return str(picked)


def compared(
    where: tuple[DeltaGenerator, DeltaGenerator], column: Column, now: Compared, key: str
) -> Compared:
    """How a column is compared, and with what."""
    known = {op.value: words for op, words in operators(column).items()}
    op = Op(choice(where[0], "Comparison", known, now.op.value, f"{key}_op"))
    if op in VALUELESS:
        return Compared(op, None)
    return Compared(op, _value(where[1], column, op, now.value, f"{key}_{_shape(column, op)}"))


def number(place: DeltaGenerator, label: str, now: int, key: str, least: int = 0) -> int:
    """A count, checked here: what the browser allows is not what it may send."""
    found = place.number_input(
        label, value=now, step=1, key=key, label_visibility="collapsed", placeholder="How many"
    )
    if found is None:
        raise Unfit("Give a number.")
    if found < least:
        raise Unfit(f"{found:,} is too few here: give {least} or more.")
    if found > MOST:
        raise Unfit(f"{found:,} is more than is ever counted: give {MOST:,} or less.")
    return int(found)


def _shape(column: Column, op: Op) -> str:
    """What a value looks like: another look is another widget."""
    return f"{column.type}_{'many' if op in LISTED else 'one'}_{column.values is not None}"


def _value(place: DeltaGenerator, column: Column, op: Op, now: Value, key: str) -> Value:
    if column.type in MOMENTS:
        return _moment(place, now, key)
    if op in LISTED:
        return _several(place, column, now, key)
    single = now[0] if isinstance(now, tuple) and now else now
    if column.type == "boolean":
        answers = {"True": "yes", "False": "no"}
        return choice(place, "Value", answers, str(single is not False), key) == "True"
    if column.values is not None:
        return choice(place, "Value", {one: one for one in column.values}, _text(single), key)
    if column.type in NUMERIC:
        return _number(place, column, single, key)
    said = place.text_input("Value", _text(single), key=key, label_visibility="collapsed")
    return _words(said or "")


def _number(place: DeltaGenerator, column: Column, now: object, key: str) -> Scalar:
    known = now if isinstance(now, int | float) and not isinstance(now, bool) else None
    if column.type == "integer":
        whole = None if known is None else int(known)
        found: float | None = place.number_input(
            "Value", value=whole, step=1, key=key, label_visibility="collapsed"
        )
    else:
        fraction = None if known is None else float(known)
        found = place.number_input(
            "Value", value=fraction, step=0.1, format="%g", key=key, label_visibility="collapsed"
        )
    if found is None:
        raise Unfit("Give a number to compare with.")
    return _whole(found)


def _whole(found: float) -> int | float:
    """3.0 as 3: nobody writes it otherwise."""
    return int(found) if float(found).is_integer() else found


def _several(place: DeltaGenerator, column: Column, now: Value, key: str) -> Value:
    listed = now if isinstance(now, tuple) else () if now is None else (now,)
    chosen = [_text(one) for one in listed]
    options = [*column.values] if column.values is not None else chosen
    picked = place.multiselect(
        "Values",
        [*dict.fromkeys((*options, *chosen))],
        default=chosen,
        accept_new_options=column.values is None,
        key=key,
        label_visibility="collapsed",
        placeholder="Add values",
    )
    if not picked:
        raise Unfit("Give at least one value: an empty list matches nobody.")
    if column.type in NUMERIC:
        return tuple(_read_number(one) for one in picked)
    return tuple(_words(one) for one in picked)


def _read_number(text: str) -> int | float:
    try:
        return _whole(float(text))
    except (ValueError, OverflowError):
        raise Unfit(f"'{text}' is no number.") from None


def _words(text: str) -> str:
    said = " ".join(text.split())
    if not said:
        raise Unfit("Give a value to compare with, or choose 'is missing'.")
    return said


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, AsOf | tuple) else str(value)


def _moment(place: DeltaGenerator, now: Value, key: str) -> Value:
    """A moment seen from the day of decision, or a day of the calendar."""
    first, second = place.columns(2)
    shown, way = 7, f"days {_AGO}"
    if isinstance(now, AsOf):
        found = length_of(abs(now.as_of_offset_seconds)) if now.as_of_offset_seconds else None
        shown = found.many if found else 0
        ahead = _AHEAD if now.as_of_offset_seconds > 0 else _AGO
        way = f"{found.unit if found else 'days'} {ahead}"
    elif isinstance(now, str):
        way = _ON_THE_DAY
    ways = {one: one for one in (*_DIRECTIONS, way, _ON_THE_DAY)}
    way = choice(second, "Counted from", ways, way, f"{key}_way")
    if way == _ON_THE_DAY:
        return day(first, day_of(now) if isinstance(now, str) else None, f"{key}_day").isoformat()
    unit, _, direction = way.partition(" ")
    many = number(first, "How far", shown, f"{key}_many")
    seconds = in_a_century(Length(many, unit).seconds)
    return AsOf(as_of_offset_seconds=seconds if direction == _AHEAD else -seconds)


def day(place: DeltaGenerator, now: date | None, key: str, label: str = "Day") -> date:
    """A day of the calendar."""
    found = place.date_input(label, value=now, key=key, label_visibility="collapsed")
    if not isinstance(found, date):
        raise Unfit("Give a day.")
    return found


def in_a_century(seconds: int) -> int:
    """A length that a condition may have."""
    if seconds > CENTURY:
        raise Unfit("That is more than a hundred years: give a shorter time.")
    return seconds
