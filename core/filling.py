"""A template with somebody's values in its places: what the message says to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from html import escape
from string import Template as Text
from typing import NamedTuple

from core.rules import Action, Offer
from core.templates import Template, Value, Variable

_UNSEEN = re.compile("[\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""What turns the reading direction or is not seen: a value could look like another one."""
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
ELLIPSIS = "…"
LARGEST = 1e15
"""No number as large as this is written into a message; nor is one that is not a number."""


class Rendered(NamedTuple):
    """What a message says to one user."""

    subject: str
    body: str
    html: str | None
    variables: Mapping[str, Value]
    """As providers that render by themselves are given them; those without a value are left out."""


class Missing(NamedTuple):
    """The variables without which a message says nothing, by name."""

    names: tuple[str, ...]


def fill(template: Template, action: Action, row: Mapping[str, object]) -> Rendered | Missing:
    """The words of a template for one user. ``row``: raw values of its variables, by name.

    A value is one line, without characters that cannot be seen, and cut at its length.
    """
    values = {
        name: _value(variable, row.get(name), action.offer)
        for name, variable in template.variables.items()
    }
    missing = tuple(
        name
        for name, variable in template.variables.items()
        if values[name] is None and variable.required
    )
    if missing:
        return Missing(missing)
    shown = {name: show(template.variables[name], value) for name, value in values.items()}
    subject = _one_line(Text(template.subject).substitute(shown))
    html = None
    if template.html is not None:
        html = Text(template.html).substitute({name: escape(one) for name, one in shown.items()})
    given = {name: value for name, value in values.items() if value is not None}
    return Rendered(
        subject or action.name, Text(template.body).substitute(shown) or action.name, html, given
    )


def show(variable: Variable, value: Value | None) -> str:
    """A value as a person reads it; none is nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return variable.words.get(value, value)
    if variable.type == "number" and isinstance(value, int | float):
        return f"{value:.{variable.decimals}f}"
    return str(value)


def read(variable: Variable, raw: object) -> Value | None:
    """A raw value as the type of its variable; None: there is none, or it is of another type."""
    if raw is None:
        return None
    match variable.type:
        case "string":
            is_text = isinstance(raw, _PLAIN) and not isinstance(raw, bool)
            return _text(str(raw), variable.longest) if is_text else None
        case "boolean":
            return raw if isinstance(raw, bool) else None
        case "integer":
            return _integer(raw)
        case "number":
            return _number(raw)
        case "date":
            return f"{raw:%Y-%m-%d}" if isinstance(raw, date) else _dated(raw, 10)
        case "timestamp":
            return f"{raw:%Y-%m-%d %H:%M}" if isinstance(raw, datetime) else _dated(raw, 16)


def offered(offer: Offer | None, field: str) -> object:
    """A field of an offer; None where there is none."""
    if offer is None:
        return None
    if field == "discount_percent":
        return None if offer.discount is None else round(offer.discount * 100, 6)
    value: object = getattr(offer, field)
    return value


_PLAIN = (str, int, float, Decimal, date)


def _value(variable: Variable, raw: object, offer: Offer | None) -> Value | None:
    if variable.constant is not None:
        raw = variable.constant
    elif variable.offer is not None:
        raw = offered(offer, variable.offer)
    found = read(variable, raw)
    return read(variable, variable.fallback) if found is None else found


def _text(text: str, longest: int) -> str | None:
    line = _one_line(text) or None
    return line if line is None or len(line) <= longest else line[: longest - 1].rstrip() + ELLIPSIS


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", _UNSEEN.sub("", text)).split())


def _integer(raw: object) -> int | None:
    number = _number(raw)
    return int(number) if number is not None and number == int(number) else None


def _number(raw: object) -> float | int | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return None
    number = raw if isinstance(raw, int) else float(raw)
    return number if abs(number) < LARGEST else None


def _dated(raw: object, length: int) -> str | None:
    """A moment that was written out, as constants and fallbacks are in YAML and JSON."""
    if not isinstance(raw, str):
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return moment.isoformat(" ")[:length]
