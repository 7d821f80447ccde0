"""What the users' own columns say: since when, where, on what, and how they can be reached."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from core.errors import Code, PilothouseError, refuse
from warehouse.introspect.choices import Choice, Confidence
from warehouse.introspect.columns import MappedColumn
from warehouse.introspect.mapping import PLATFORMS
from warehouse.introspect.roles import Roles
from warehouse.introspect.words import parts

_CAME = frozenset(
    "created signup signed registered registration joined since first angelegt erstellt".split()
)
_GONE = frozenset({"merged", "deleted"})
_WHO_CAME = (
    "channel", "source", "utm", "medium", "campaign", "acquisition", "country", "region", "market",
    "segment", "plan", "tier", "city", "state", "land",
)  # fmt: skip
MOST_VALUES = 300
MOST_DIMENSIONS = 3


@dataclass(frozen=True)
class People:
    """Columns of the users' view by the part they play."""

    canonical: exp.Expr
    """True for the rows that count as people."""
    signup: str | None
    zone: str | None
    platform: str | None
    dimensions: tuple[str, ...]
    email: str | None
    phone: str | None
    choices: tuple[Choice, ...]


def people_of(roles: Roles) -> People:
    """Find the parts; what is not found stays None."""
    columns = roles.columns
    signup, told = _signup(roles)
    platform = next((n for n, c in columns.items() if _is_platform(c)), None)
    choices = [told] if told else []
    label = roles.users.label
    if platform:
        reason = "few values, and its name says so"
        choices.append(Choice(f"{label} platform", platform, "medium", (reason,)))
    dimensions = _dimensions(columns, platform)
    if dimensions:
        reason = "a diagnosis asks by these who came and for whom a step fell"
        told = Choice(f"{label} dimensions", ", ".join(dimensions), "medium", (reason,))
        choices.append(told)
    canonical, counted = _canonical(roles)
    choices += [counted] if counted else []
    return People(
        canonical,
        signup,
        next((n for n, c in columns.items() if c.facts.patterns.get("zone", 0) > 0.8), None),
        platform,
        dimensions,
        _reached_by(columns, "email"),
        _reached_by(columns, "phone"),
        tuple(choices),
    )


def _canonical(roles: Roles) -> tuple[exp.Expr, Choice | None]:
    """Without those who were merged into somebody else or deleted, when a column says so."""
    for name, column in roles.columns.items():
        if not set(parts(column.facts.name)) & _GONE or column.type == "json":
            continue
        value = exp.column(name)
        there: exp.Expr = value.is_(exp.null())
        if column.type == "boolean":
            there = exp.not_(exp.func("COALESCE", value, exp.false()))
        reason = f"{column.facts.name} says who is no user any more"
        told = Choice(f"{roles.users.label} canonical", there.sql("duckdb"), "medium", (reason,))
        return there, told
    return exp.true(), None


def _signup(roles: Roles) -> tuple[str | None, Choice | None]:
    times = {n: c for n, c in roles.columns.items() if c.type == "timestamp"}
    times = times or {n: c for n, c in roles.columns.items() if c.type == "date"}
    said = [n for n, c in times.items() if set(parts(c.facts.name)) & _CAME]
    if not said:
        return None, None
    others = tuple(said[1:])
    reasons = ("its name says when the user came",)
    confidence: Confidence = "medium" if others else "high"
    label = f"{roles.users.label} signup"
    return said[0], Choice(label, said[0], confidence, reasons, others)


def _is_platform(column: MappedColumn) -> bool:
    values = column.values
    return (
        bool(values) and len(values or ()) <= 8 and bool(set(parts(column.facts.name)) & PLATFORMS)
    )


def _dimensions(columns: dict[str, MappedColumn], platform: str | None) -> tuple[str, ...]:
    """Public texts of few values that say where users came from, the best known words first."""
    ranked = []
    for name, column in columns.items():
        words = set(parts(column.facts.name))
        place = min((_WHO_CAME.index(word) for word in words if word in _WHO_CAME), default=None)
        usable = column.type == "string" and column.data_class == "public" and name != platform
        if usable and place is not None and 1 < column.facts.distinct <= MOST_VALUES:
            ranked.append((place, name))
    return tuple(name for _, name in sorted(ranked)[:MOST_DIMENSIONS])


def _reached_by(columns: dict[str, MappedColumn], pattern: str) -> str | None:
    """The address column: by its values; a telephone also by its name."""
    names = {"email": {"email", "mail"}, "phone": {"phone", "mobile", "telephone", "telefon"}}
    ranked = [
        (column.facts.patterns.get(pattern, 0.0), name)
        for name, column in columns.items()
        if column.data_class == "personal"
        and column.type == "string"
        and (pattern == "email" or set(parts(column.facts.name)) & names[pattern])
        and column.facts.patterns.get(pattern, 0.0) > 0.5
    ]
    return max(ranked)[1] if ranked else None


def nothing_happens(roles: Roles) -> PilothouseError:
    """The refusal for a warehouse in which nothing with a time refers to users."""
    return refuse(
        Code.INVALID_ARGUMENT,
        f"No table with a time refers to {roles.users.label} by its key {roles.key.name}: "
        "there are no events to read.",
        span="--from-warehouse",
        fix="Name the users' table with --users if it is another one; "
        "a table of events needs a column with users' keys and one with times.",
    )
