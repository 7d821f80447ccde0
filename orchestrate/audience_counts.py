"""Who is meant by a proposal, counted once over everybody: by action, by country, beside what is
live. One pass over the snapshot; nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlglot import exp

from core.conditions import And, Condition, Or
from core.proposal import EntryFacts, actions_of
from core.pursuit import NOBODY, eligible, stopped
from core.rules import Action, DecisionPolicy, EligibilityRule
from core.sending import People, Rival
from orchestrate.counting import DIALECT, Fetches, count_if, is_true
from orchestrate.reach import Artifact, contactable
from orchestrate.simulation import LiveRule
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, select_flags
from warehouse.compile.names import undecidable

OLD_ENOUGH = 22
"""Years. Nobody asks how old somebody older is."""
_OF = ("eligible", "outside", "stopped", "reachable")


class Counted(NamedTuple):
    """What one pass over everybody says of a proposal."""

    users_total: int
    """Canonical users of the warehouse."""
    entries: tuple[EntryFacts, ...]
    """One row an action."""
    people: tuple[People, ...]
    """The audience by country, the largest first."""
    without_zone: int
    """Of the audience, those whose time zone is not known."""
    before: int | None
    """The audience of the version that is live; None: there is none that still can be decided."""
    rivals: tuple[Rival, ...]
    """Live policies that go first and mean some of the same people."""


def counted(
    artifact: Artifact,
    runner: Fetches,
    catalog: Catalog,
    *,
    as_of: datetime,
    live: Sequence[LiveRule] = (),
    audiences: Audiences | None = None,
) -> Counted:
    """Everybody by what a proposal does with them, in one query over the snapshot."""
    asked = _asked(artifact)
    first = _goes_first(artifact, live, catalog, audiences)
    flags: dict[str, Condition] = {"p": artifact.population, "a": _meant(artifact)}
    for number, (action, condition, stop) in enumerate(asked):
        flags[f"e{number}"] = condition
        flags[f"s{number}"] = stop
        flags[f"c{number}"] = contactable(action, catalog)
    for number, rival in enumerate(first.values()):
        flags[f"o{number}"] = rival
    replaced = _replaced(artifact, live, catalog, audiences)
    if replaced is not None:
        flags["b"] = replaced
    query = _query(flags, len(asked), len(first), catalog, as_of, audiences)
    fetched = runner.fetch(query, purpose=f"who is meant by {artifact.key}, and where they are")
    rows = [dict(zip(fetched.columns, row, strict=True)) for row in fetched.rows]
    audience = _sum(rows, "audience")
    return Counted(
        users_total=_sum(rows, "users"),
        entries=tuple(_entry(number, one[0], rows) for number, one in enumerate(asked)),
        people=tuple(_people(rows)),
        without_zone=_sum(rows, "without_zone"),
        before=None if replaced is None else _sum(rows, "before"),
        rivals=tuple(
            Rival(key=key, users=users, share=users / audience)
            for number, key in enumerate(first)
            if audience and (users := _sum(rows, f"rival_{number}"))
        ),
    )


def _asked(artifact: Artifact) -> list[tuple[Action, Condition, Condition]]:
    """Each action with whom it is for and what stops it."""
    if isinstance(artifact, DecisionPolicy):
        return [
            (entry.action, eligible(entry), stopped(entry, artifact)) for entry in artifact.entries
        ]
    return [(artifact.action, artifact.condition, NOBODY)] if artifact.action else []


def _meant(artifact: Artifact) -> Condition:
    """Whoever is eligible for anything."""
    if isinstance(artifact, EligibilityRule):
        return artifact.condition
    return Or(of=tuple(eligible(entry) for entry in artifact.entries))


def _audience(artifact: Artifact) -> Condition:
    return And(of=(artifact.population, _meant(artifact)))


def _replaced(
    artifact: Artifact, live: Sequence[LiveRule], catalog: Catalog, audiences: Audiences | None
) -> Condition | None:
    """Whom the version that is live means."""
    same = (_audience(one.artifact) for one in live if one.key == artifact.key)
    return next((one for one in same if not undecidable(one, catalog, audiences)), None)


def _goes_first(
    artifact: Artifact, live: Sequence[LiveRule], catalog: Catalog, audiences: Audiences | None
) -> Mapping[str, Condition]:
    """The live policies that are asked before an artifact, and whom each means.

    Policies come before rules, and among themselves in the order of their keys.
    """
    if not actions_of(artifact):
        return {}
    policies = [one for one in live if isinstance(one.artifact, DecisionPolicy)]
    if isinstance(artifact, DecisionPolicy):
        policies = [one for one in policies if one.key < artifact.key]
    found = {one.key: _audience(one.artifact) for one in policies if one.key != artifact.key}
    return {key: one for key, one in found.items() if not undecidable(one, catalog, audiences)}


def _query(
    flags: Mapping[str, Condition],
    actions: int,
    rivals: int,
    catalog: Catalog,
    as_of: datetime,
    audiences: Audiences | None,
) -> str:
    """One row a country and age: how many users there are, and how many of each kind."""
    users = catalog.layout.users
    columns = dict.fromkeys(one for one in (users.country, users.zone, users.age) if one)
    inner = select_flags(
        {**flags}, catalog, as_of=as_of, audiences=audiences, columns=tuple(columns)
    )
    audience = exp.and_(is_true("p"), is_true("a"))
    zone = exp.column(users.zone) if users.zone else exp.null()
    counts = [
        exp.alias_(exp.Count(this=exp.Star()), "users"),
        count_if("audience", audience),
        count_if("without_zone", exp.and_(audience.copy(), zone.is_(exp.null()))),
        *(count for number in range(actions) for count in _counts(number)),
        *(
            count_if(f"rival_{number}", exp.and_(audience.copy(), is_true(f"o{number}")))
            for number in range(rivals)
        ),
    ]
    if "b" in flags:
        counts.append(count_if("before", is_true("b")))
    groups = {"country": _text(users.country), "age": _age(users.age)}
    query = exp.select(*(exp.alias_(one, name) for name, one in groups.items()), *counts)
    return (
        query.from_(inner.subquery("flags"))
        .group_by(*(one.copy() for name, one in groups.items() if getattr(users, name)))
        .sql(dialect=DIALECT, pretty=True)
    )


def _counts(number: int) -> list[exp.Expr]:
    inside, meant = is_true("p"), is_true(f"e{number}")
    ours = exp.and_(inside, meant)
    # Unknown stops: what is not known to go on does not.
    stops = exp.func("COALESCE", exp.column(f"s{number}"), exp.true())
    return [
        count_if(f"eligible_{number}", ours),
        count_if(f"outside_{number}", exp.and_(exp.not_(inside), meant)),
        count_if(f"stopped_{number}", exp.and_(ours, stops)),
        count_if(f"reachable_{number}", exp.and_(ours, is_true(f"c{number}"))),
    ]


def _text(column: str | None) -> exp.Expr:
    return exp.cast(exp.column(column) if column else exp.null(), "text")


def _age(column: str | None) -> exp.Expr:
    """Whole years of who is young; null for everybody else."""
    if column is None:
        return exp.cast(exp.null(), "int")
    years = exp.cast(exp.column(column), "int")
    return exp.Case().when(years < OLD_ENOUGH, years.copy())


def _entry(number: int, action: Action, rows: Sequence[Mapping[str, Any]]) -> EntryFacts:
    counts = {name: _sum(rows, f"{name}_{number}") for name in _OF}
    return EntryFacts(action=action.key, **counts)


def _people(rows: Sequence[Mapping[str, Any]]) -> Iterator[People]:
    for row in sorted(rows, key=lambda row: (-row["audience"], str(row["country"]))):
        if row["audience"]:
            yield People(country=row["country"], users=row["audience"], age=row["age"])


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)
