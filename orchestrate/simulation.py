"""What a rule would do on the warehouse as it stands, before anybody approves it.

Every number is counted in one pass over everybody, who is read by one checked query;
nothing is written. The result has sizes, waterfall, overlap with live rules and, for a
decision policy, who would get what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.artifacts import Overlap, Preview, WaterfallStep, Winner
from core.conditions import Condition, InAudience, clauses
from core.proposal import actions_of
from core.pursuit import in_order
from core.readings import Reading
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.everybody import Reader, Tells, Told, look
from orchestrate.reach import reachable
from orchestrate.taking import scores_of, winning
from orchestrate.winners import policy_flags
from warehouse.batch import count
from warehouse.batch.bits import Bits, nobody
from warehouse.catalog import Catalog
from warehouse.compile import Audiences
from warehouse.wording import describe

Artifact = EligibilityRule | DecisionPolicy


class LiveRule(Protocol):
    """What this module needs to know of a published rule."""

    @property
    def key(self) -> str:
        """The rule's key."""
        ...

    @property
    def artifact(self) -> Artifact:
        """The rule itself."""
        ...


class Simulation(Reader, Protocol):
    """A reader of everybody who can say what an artifact would do."""

    def preview(self, as_of: datetime) -> Preview:
        """Sizes, waterfall, overlap with live rules and winners, once everybody is told."""
        ...


def simulate(
    artifact: Artifact,
    runner: Tells,
    catalog: Catalog,
    *,
    as_of: datetime,
    live: Sequence[LiveRule],
    audiences: Audiences | None = None,
) -> Preview:
    """Sizes, waterfall, overlap with live rules and winners of an artifact at a moment."""
    reader = simulation(artifact, catalog, live)
    purpose = f"what {artifact.key} would do"
    look([reader], runner, as_of=as_of, purpose=purpose, audiences=audiences)
    return reader.preview(as_of)


def simulation(artifact: Artifact, catalog: Catalog, live: Sequence[LiveRule]) -> Simulation:
    """The simulation of an artifact, as a reader of a pass that others may share."""
    if isinstance(artifact, DecisionPolicy):
        return _OfPolicy(artifact, catalog)
    return _OfRule(artifact, catalog, live)


class _OfRule:
    """Who meets an eligibility rule, clause after clause, and which live rules mean them too."""

    def __init__(self, rule: EligibilityRule, catalog: Catalog, live: Sequence[LiveRule]) -> None:
        self._rule, self._catalog = rule, catalog
        self._clauses = clauses(rule.condition)
        self._others = {
            other.key: other.artifact.members
            for other in live
            if isinstance(other.artifact, EligibilityRule) and other.key != rule.key
        }
        self._found: Counter[str] = Counter()
        self.carried: Sequence[Reading] = ()
        self.asked: Mapping[str, Condition] = {
            "population": rule.population,
            "audience": rule.condition,
            "reachable": reachable(actions_of(rule), rule, catalog),
            **{f"clause_{number}": one for number, one in enumerate(self._clauses)},
            **{f"also {key}": members for key, members in self._others.items()},
        }

    def add(self, told: Told) -> None:
        """Count some users."""
        inside = told.true["population"]
        audience = inside & told.true["audience"]
        found = {
            "population": inside,
            "audience": audience,
            "reachable": audience & told.true["reachable"],
        }
        remaining = inside
        for number in range(len(self._clauses)):
            remaining = found[f"clause_{number}"] = remaining & told.true[f"clause_{number}"]
        found |= {f"also {key}": audience & told.true[f"also {key}"] for key in self._others}
        _count(self._found, found)

    def preview(self, as_of: datetime) -> Preview:
        """What was counted, as an answer shows it."""
        found, audience = self._found, self._found["audience"]
        return Preview(
            population=_population_words(self._rule.population, self._catalog),
            population_size=found["population"],
            audience_size=audience,
            reachable_size=found["reachable"],
            as_of=as_of.isoformat(),
            waterfall=tuple(
                WaterfallStep(
                    clause=describe(one, self._catalog), remaining=found[f"clause_{number}"]
                )
                for number, one in enumerate(self._clauses)
            ),
            overlap=tuple(
                Overlap(key=key, users=users, share=_share(users, audience))
                for key in self._others
                for users in (found[f"also {key}"],)
            ),
        )


class _OfPolicy:
    """Whom each entry of a decision policy would take, and what becomes of those it does not."""

    def __init__(self, policy: DecisionPolicy, catalog: Catalog) -> None:
        self._policy, self._catalog = policy, catalog
        self._found: Counter[str] = Counter()
        self.carried: Sequence[Reading] = scores_of(policy)
        self.asked: Mapping[str, Condition] = {
            "population": policy.population,
            **policy_flags(policy, catalog),
        }

    def add(self, told: Told) -> None:
        """Count some users."""
        policy, inside = self._policy, told.true["population"]
        numbers = range(len(policy.entries))
        eligible = [told.true[f"e{number}"] & inside for number in numbers]
        # Unknown holds back.
        held = [told.true[f"s{number}"] | told.unknown[f"s{number}"] for number in numbers]
        taken = [one & ~back for one, back in zip(eligible, held, strict=True)]
        won = winning(policy, taken, told.carried, told.users)
        found = {"population": inside}
        for number in numbers:
            found |= {
                f"eligible_{number}": eligible[number],
                f"suppressed_{number}": eligible[number] & held[number],
                f"lost_{number}": taken[number] & ~won[number],
                f"held_out_{number}": won[number] & told.true["h"],
                f"selected_{number}": won[number] & ~told.true["h"],
            }
        rest = inside
        for entry in in_order(policy):
            number = policy.entries.index(entry)
            rest = found[f"rest_{number}"] = rest & ~taken[number]
        found["any_entry"] = _any_of(eligible, told.users)
        reached = [one & told.true[f"r{number}"] for number, one in enumerate(won)]
        found["reachable"] = _any_of(reached, told.users)
        _count(self._found, found)

    def preview(self, as_of: datetime) -> Preview:
        """What was counted, as an answer shows it."""
        found, entries = self._found, self._policy.entries
        return Preview(
            population=_population_words(self._policy.population, self._catalog),
            population_size=found["population"],
            audience_size=found["any_entry"],
            reachable_size=found["reachable"],
            as_of=as_of.isoformat(),
            waterfall=tuple(
                WaterfallStep(
                    clause=f"not taken by {entry.action.name}", remaining=found[f"rest_{number}"]
                )
                for number, entry in enumerate(entries)
            ),
            winners=tuple(
                Winner(
                    entry=entry.action.key,
                    tier=entry.tier,
                    eligible=found[f"eligible_{number}"],
                    selected=found[f"selected_{number}"],
                    suppressed=found[f"suppressed_{number}"],
                    held_out=found[f"held_out_{number}"],
                    lost=found[f"lost_{number}"],
                )
                for number, entry in enumerate(entries)
            ),
            no_entry=found["population"] - found["any_entry"],
        )


def _count(totals: Counter[str], sets: Mapping[str, Bits]) -> None:
    for name, users in sets.items():
        totals[name] += count(users)


def _any_of(sets: Sequence[Bits], users: int) -> Bits:
    found = nobody(users)
    for one in sets:
        found = found | one
    return found


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _population_words(population: Condition, catalog: Catalog) -> str:
    if isinstance(population, InAudience):
        return population.key.replace("_", " ")
    words = describe(population, catalog)
    return "all users" if words == "everyone" else words
