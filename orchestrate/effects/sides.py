"""The two sides of a comparison: the ways into the live version of a rule and into the proposal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.conditions import And, Condition, Or, clauses
from core.pursuit import NOBODY, eligible
from core.rules import DecisionPolicy, EligibilityRule

Artifact = EligibilityRule | DecisionPolicy


class Route(NamedTuple):
    """One way in: a rule's own condition, or an entry of a policy."""

    action: str | None
    """Its key; None: an audience, which sends nothing."""
    name: str
    clauses: tuple[Condition, ...]
    """All of them have to hold, those of the population first."""


class Side(NamedTuple):
    """Everything that leads in; no routes: nobody is in."""

    routes: tuple[Route, ...]

    @property
    def member(self) -> Condition:
        """Whether a user is in by any route."""
        if not self.routes:
            return NOBODY
        return Or(of=tuple(And(of=route.clauses) for route in self.routes))


def side_of(artifacts: Sequence[Artifact]) -> Side:
    """The ways into any of these versions of one rule: with a canary there are two."""
    return Side(tuple(route for one in artifacts for route in _routes(one)))


def _routes(artifact: Artifact) -> Iterator[Route]:
    within = clauses(artifact.population)
    if isinstance(artifact, EligibilityRule):
        action = artifact.action.key if artifact.action else None
        yield Route(action, artifact.name, within + clauses(artifact.condition))
        return
    for entry in artifact.entries:
        yield Route(entry.action.key, entry.action.name, within + clauses(eligible(entry)))
