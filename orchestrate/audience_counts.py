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
    flags = _Flags()
    inside = flags.ask(artifact.population)
    actions = [
        _Asked(action, *(flags.ask(one) for one in (meant, stops, contactable(action, catalog))))
        for action, meant, stops in _asked(artifact)
    ]
    meant = [one.meant for one in actions] or [flags.ask(_meant(artifact))]
    first = {
        key: flags.ask(rival)
        for key, rival in _goes_first(artifact, live, catalog, audiences).items()
    }
    replaced = _replaced(artifact, live, catalog, audiences)
    audience = exp.and_(is_true(inside), exp.or_(*(is_true(one) for one in meant)))
    counts = [
        *(count for place, one in enumerate(actions) for count in _counts(place, one, inside)),
        *(
            count_if(f"rival_{place}", exp.and_(audience.copy(), is_true(name)))
            for place, name in enumerate(first.values())
        ),
        *([count_if("before", is_true(flags.ask(replaced)))] if replaced else []),
    ]
    query = _query(flags.asked, audience, counts, catalog, as_of, audiences)
    fetched = runner.fetch(query, purpose=f"who is meant by {artifact.key}, and where they are")
    rows = [dict(zip(fetched.columns, row, strict=True)) for row in fetched.rows]
    reached = _sum(rows, "audience")
    return Counted(
        users_total=_sum(rows, "users"),
        entries=tuple(_entry(place, one.action, rows) for place, one in enumerate(actions)),
        people=tuple(_people(rows)),
        without_zone=_sum(rows, "without_zone"),
        before=None if replaced is None else _sum(rows, "before"),
        rivals=tuple(
            Rival(key=key, users=users, share=users / reached)
            for place, key in enumerate(first)
            if reached and (users := _sum(rows, f"rival_{place}"))
        ),
    )


class _Asked(NamedTuple):
    """An action, and the flags of whom it is for, whom it stops for, and who can be reached."""

    action: Action
    meant: str
    stops: str
    reached: str


class _Flags:
    """The conditions of a query, each asked once however often it is needed."""

    def __init__(self) -> None:
        self.asked: dict[str, Condition] = {}

    def ask(self, condition: Condition) -> str:
        """The name of a condition's flag."""
        known = (name for name, one in self.asked.items() if one == condition)
        name = next(known, f"flag_{len(self.asked)}")
        self.asked[name] = condition
        return name


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
    flags: dict[str, Condition],
    audience: exp.Expr,
    counts: Sequence[exp.Expr],
    catalog: Catalog,
    as_of: datetime,
    audiences: Audiences | None,
) -> str:
    """One row a country and age: how many users there are, and how many of each kind."""
    users = catalog.layout.users
    columns = tuple(dict.fromkeys(one for one in (users.country, users.zone, users.age) if one))
    inner = select_flags(flags, catalog, as_of=as_of, audiences=audiences, columns=columns)
    zone = exp.column(users.zone) if users.zone else exp.null()
    everybody = [
        exp.alias_(exp.Count(this=exp.Star()), "users"),
        count_if("audience", audience),
        count_if("without_zone", exp.and_(audience.copy(), zone.is_(exp.null()))),
    ]
    groups = {"country": _text(users.country), "age": _age(users.age)}
    named = [exp.alias_(one, name) for name, one in groups.items()]
    return (
        exp.select(*named, *everybody, *counts)
        .from_(inner.subquery("flags"))
        .group_by(*(one.copy() for name, one in groups.items() if getattr(users, name)))
        .sql(dialect=DIALECT, pretty=True)
    )


def _counts(place: int, one: _Asked, population: str) -> list[exp.Expr]:
    inside, meant = is_true(population), is_true(one.meant)
    ours = exp.and_(inside, meant)
    # Unknown stops: what is not known to go on does not.
    stops = exp.func("COALESCE", exp.column(one.stops), exp.true())
    return [
        count_if(f"eligible_{place}", ours),
        count_if(f"outside_{place}", exp.and_(exp.not_(inside), meant)),
        count_if(f"stopped_{place}", exp.and_(ours, stops)),
        count_if(f"reachable_{place}", exp.and_(ours, is_true(one.reached))),
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
