"""Who is meant by a proposal, counted once over everybody: by action, by country, beside what is
live. Told in one pass, which the simulation shares; nothing is judged here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core.conditions import And, Attribute, Condition, Op, Or
from core.proposal import EntryFacts, actions_of
from core.pursuit import NOBODY, eligible, stopped
from core.readings import ColumnValue, Reading
from core.rules import Action, DecisionPolicy, EligibilityRule
from core.sending import People, Rival
from orchestrate.everybody import Tells, Told, look
from orchestrate.reach import Artifact, contactable
from orchestrate.simulation import LiveRule
from warehouse.batch import count, unpack
from warehouse.batch.bits import Bits
from warehouse.batch.columns import Column
from warehouse.catalog import Catalog
from warehouse.compile import Audiences
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
    runner: Tells,
    catalog: Catalog,
    *,
    as_of: datetime,
    live: Sequence[LiveRule] = (),
    audiences: Audiences | None = None,
) -> Counted:
    """Everybody by what a proposal does with them, in one pass of its own."""
    reader = Counting(artifact, catalog, live, audiences)
    purpose = f"who is meant by {artifact.key}, and where they are"
    look([reader], runner, as_of=as_of, purpose=purpose, audiences=audiences)
    return reader.counted()


class Counting:
    """The counts of a proposal, as a reader of a pass that others may share."""

    def __init__(
        self,
        artifact: Artifact,
        catalog: Catalog,
        live: Sequence[LiveRule] = (),
        audiences: Audiences | None = None,
    ) -> None:
        users = catalog.layout.users
        self._actions = [action for action, _, _ in _asked(artifact)]
        self._rivals = tuple(first := _goes_first(artifact, live, catalog, audiences))
        self._replaced = _replaced(artifact, live, catalog, audiences)
        self._country, self._age = _column(users.country), _column(users.age)
        self._found: Counter[str] = Counter()
        self._where: Counter[tuple[str | None, int | None]] = Counter()
        self.carried: Sequence[Reading] = [one for one in (self._country, self._age) if one]
        self.asked: dict[str, Condition] = {
            "population": artifact.population,
            "meant": _meant(artifact),
            **{f"rival {key}": condition for key, condition in first.items()},
        }
        for number, (action, meant, stops) in enumerate(_asked(artifact)):
            self.asked[f"meant_{number}"] = meant
            self.asked[f"stops_{number}"] = stops
            self.asked[f"reached_{number}"] = contactable(action, catalog)
        if self._replaced:
            self.asked["before"] = self._replaced
        self._has_zone = users.zone is not None
        if users.zone:
            self.asked["no_zone"] = Attribute(column=users.zone, op=Op.IS_NULL)

    def add(self, told: Told) -> None:
        """Count some users."""
        true, inside = told.true, told.true["population"]
        audience = inside & true["meant"]
        found = {
            "audience": audience,
            "without_zone": audience & true["no_zone"] if self._has_zone else audience,
            **{f"rival {key}": audience & true[f"rival {key}"] for key in self._rivals},
            **({"before": true["before"]} if self._replaced else {}),
        }
        for number in range(len(self._actions)):
            meant = true[f"meant_{number}"]
            ours = inside & meant
            # Unknown stops: what is not known to go on does not.
            stops = true[f"stops_{number}"] | told.unknown[f"stops_{number}"]
            found |= {
                f"eligible_{number}": ours,
                f"outside_{number}": meant & ~inside,
                f"stopped_{number}": ours & stops,
                f"reachable_{number}": ours & true[f"reached_{number}"],
            }
        self._found["users"] += told.users
        for name, users in found.items():
            self._found[name] += count(users)
        self._place(told, audience)

    def _place(self, told: Told, audience: Bits) -> None:
        """Count an audience by country, and by age where somebody is young."""
        places = np.flatnonzero(unpack(audience, told.users))
        countries, ages = (
            None if read is None else _values(told.carried[read], places)
            for read in (self._country, self._age)
        )
        for (country, age), users in _pairs(countries, ages, len(places)).items():
            self._where[_text(country), _young(age)] += users

    def counted(self) -> Counted:
        """What was counted, once everybody is told."""
        found, reached = self._found, self._found["audience"]
        return Counted(
            users_total=found["users"],
            entries=tuple(
                EntryFacts(action=action.key, **{one: found[f"{one}_{number}"] for one in _OF})
                for number, action in enumerate(self._actions)
            ),
            people=tuple(
                People(country=country, users=users, age=age)
                for (country, age), users in sorted(self._where.items(), key=_largest)
                if users
            ),
            without_zone=found["without_zone"],
            before=found["before"] if self._replaced else None,
            rivals=tuple(
                Rival(key=key, users=users, share=users / reached)
                for key in self._rivals
                if (users := found[f"rival {key}"])
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


def _column(name: str | None) -> ColumnValue | None:
    return ColumnValue(name) if name else None


def _values(column: Column, places: npt.NDArray[np.intp]) -> list[Any]:
    """The values at some places; None where they are missing."""
    values: list[Any] = column.values[places].tolist()
    if column.missing is not None:
        for place in np.flatnonzero(column.missing[places]):
            values[place] = None
    return values


def _pairs(
    countries: list[Any] | None, ages: list[Any] | None, users: int
) -> Mapping[tuple[Any, Any], int]:
    """Users by country and age; where only one is known its values are counted, not tuples."""
    if countries is not None and ages is not None:
        return Counter(zip(countries, ages, strict=True))
    if countries is not None:
        return {(one, None): n for one, n in Counter(countries).items()}
    if ages is not None:
        return {(None, one): n for one, n in Counter(ages).items()}
    return {(None, None): users}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _young(age: Any) -> int | None:
    """Whole years of who is young; None for everybody else, and where it is not known."""
    is_young = age is not None and float(age) < OLD_ENOUGH
    return int(age) if is_young else None


def _largest(one: tuple[tuple[str | None, int | None], int]) -> tuple[int, str, int]:
    (country, age), users = one
    return -users, str(country), age or OLD_ENOUGH
