"""One entry of a drafted section, and what is said about its columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from warehouse.introspect import countries
from warehouse.introspect.choices import Choice
from warehouse.introspect.columns import MappedColumn
from warehouse.introspect.words import spoken

_AGREEING = frozenset("opt in optin is has consent flag to accepts allows subscribed wants".split())


@dataclass(frozen=True)
class Entry:
    """One thing of a section, with what the draft has to say about it."""

    body: Any
    comments: tuple[str, ...] = ()
    inner: dict[str, tuple[str, ...]] | None = None
    """Comments on its columns or properties."""


def comments_on(choices: Iterable[Choice]) -> tuple[str, ...]:
    """A line a choice; what is unsure begins with ``confirm:``."""
    return tuple(
        f"{'confirm' if one.to_confirm else 'why'}: {one.about} is {one.sentence()}"
        for one in choices
    )


def described(columns: dict[str, MappedColumn]) -> dict[str, tuple[str, ...]]:
    """Column → comments on what was decided about it."""
    told = {name: comments_on(column.choices) for name, column in columns.items()}
    return {name: comments for name, comments in told.items() if comments}


def fields(columns: dict[str, MappedColumn], *, phrased: bool) -> dict[str, dict[str, Any]]:
    """Column → its entry; ``phrased`` where conditions may name it."""
    return {name: _field(name, column, phrased) for name, column in columns.items()}


def _field(name: str, column: MappedColumn, phrased: bool) -> dict[str, Any]:
    said = spoken(name)
    body: dict[str, Any] = {"type": column.type, "description": f"{said.capitalize()}."}
    if phrased:
        body["phrases"] = _agreeing(name) if column.type == "boolean" else []
        body["phrases"] += _phrases(said)
    if column.data_class != "public":
        body["data_class"] = column.data_class
    if phrased and column.values:
        is_country = bool({"country", "land", "market"} & set(name.split("_")))
        body["values"] = {value: _said(value, is_country) for value in column.values}
    return body


def _said(value: str, is_country: bool) -> list[str]:
    """The words for a value; a short code is no word by itself ('at', 'in', 'no')."""
    names = [*countries.said(value)] if is_country else []
    return names or ([spoken(value).lower()] if len(value) > 2 else [])


def _agreeing(name: str) -> list[str]:
    """'opted in to the newsletter' for ``newsletter_opt_in``."""
    words = name.split("_")
    if not set(words) & {"opt", "optin", "newsletter", "consent", "marketing"}:
        return []
    about = " ".join(word for word in words if word not in _AGREEING)
    topics = (f"to {about}", f"to the {about}") if about else ()
    verbs = ("opted in", "agreed", "subscribed")
    return ["opted in", *(f"{verb} {topic}" for verb in verbs for topic in topics)]


def _phrases(said: str) -> list[str]:
    """The words of a name, and without what only says how it is stored."""
    found = [said]
    for ending in (" at", " on", " ts", " utc", " code", " name"):
        if said.endswith(ending):
            found.append(said.removesuffix(ending))
    for beginning in ("is ", "has "):
        if said.startswith(beginning):
            found.append(said.removeprefix(beginning))
    return found
