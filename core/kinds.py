"""What type each name of a condition has, and stored values as conditions compare them.

A moment is whole microseconds since 1970 (UTC), a number is a double, NaN is a
missing value. A property of an event is read from its text, whatever JSON type
it was sent as: ``"90"`` is a number where the catalog says number.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import NamedTuple, SupportsFloat, assert_never

from core.moments import instant, micros
from core.readings import (
    BucketOf,
    ColumnValue,
    ConsentStatus,
    Followed,
    Reading,
    RowsOf,
    TimeOf,
    Times,
    TraitValue,
)

Known = bool | int | float | str
"""A value as conditions compare it."""
Plain = Known | None
"""The same, or None where it is missing."""

_DIGITS = r"\d+(?:_\d+)*"
_NUMBER = re.compile(
    rf"[ \t\n\v\f\r]*\+?-?(?:(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
    r"|inf(?:inity)?|nan)[ \t\n\v\f\r]*",
    re.ASCII | re.IGNORECASE,
)
_LEAP_YEAR = r"([12]\d(0[48]|[2468][048]|[13579][26])|(12|16|20|24|28)00)"
_LONG_MONTH = r"(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])"
_SHORT_MONTH = r"(0[469]|11)-(0[1-9]|[12]\d|30)"
_FEBRUARY = r"02-(0[1-9]|1\d|2[0-8])"
_DAY = rf"([12]\d{{3}}-({_LONG_MONTH}|{_SHORT_MONTH}|{_FEBRUARY})|{_LEAP_YEAR}-02-29)"
_CLOCK = r"[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?"
MOMENT = rf"{_DAY}({_CLOCK})?"
"""How a property of an event writes a moment in UTC, as a regular expression: only moments that
there are, so that no engine has to try."""
ZONED_MOMENT = rf"{_DAY}{_CLOCK}(Z|[+-](0\d|1[0-4])(:[0-5]\d)?)"
"""How it writes one with an offset from UTC."""
_MOMENT = re.compile(rf"{MOMENT}|{ZONED_MOMENT}", re.ASCII)


class Kinds(NamedTuple):
    """The types of a catalog's names, and the canonical names of events."""

    columns: Mapping[str, str]
    """Column of the user, or ``entity.column`` of a to-one entity → type."""
    traits: Mapping[str, str]
    properties: Mapping[str, Mapping[str, str]]
    """Canonical event → property → type."""
    events: Mapping[str, str]
    """Every name of an event → its canonical one."""

    def of(self, read: Reading) -> str:
        """The type of what is read."""
        match read:
            case ColumnValue():
                return self.columns[read.column]
            case TraitValue():
                return self.traits[read.name]
            case TimeOf():
                return "timestamp"
            case Times() | RowsOf():
                return "integer"
            case Followed():
                return "boolean"
            case ConsentStatus() | BucketOf():
                return "string"
            case _:
                assert_never(read)


def plain(value: object, kind: str) -> Plain:
    """A stored value as conditions compare it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    match value:
        case datetime():
            return micros(value)
        case date():
            return micros(datetime.combine(value, time()))
        case bool() | str():
            return value
        # Before whatever can be made a float, which takes far longer to ask.
        case float() | int():
            return float(value) if kind == "number" or not isinstance(value, int) else value
        case SupportsFloat():
            return float(value)
        case _:
            return str(value)


def property_value(value: object, kind: str) -> Plain:
    """A property of an event, as parsed from JSON, as conditions compare it."""
    if value is None:
        return None
    text = _text(value)
    match kind:
        case "integer" | "number":
            return _number(text)
        case "boolean":
            return {"true": True, "false": False}.get(text)
        case "timestamp" | "date":
            return _moment(text, kind)
        case _:
            return text


def _text(value: object) -> str:
    """What a JSON value is as text: words as they are, everything else as it was written."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _number(text: str) -> float | None:
    if _NUMBER.fullmatch(text) is None:
        return None
    number = float(text.strip().removeprefix("+").replace("_", ""))
    return None if math.isnan(number) else number


def _moment(text: str, kind: str) -> int | None:
    return micros(instant(text, kind)) if _MOMENT.fullmatch(text) else None
