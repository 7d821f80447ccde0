"""What guardrail policies need to know of the words of a proposal: its meaning spelled out.

Nothing is judged here: ``core.validation`` does, from these facts.
"""

from __future__ import annotations

from collections.abc import Callable

from core.conditions import (
    And,
    Condition,
    EventAge,
    EventCount,
    EventSequence,
    InAudience,
    Not,
    Or,
    SinceEvent,
    leaves,
)
from core.errors import Refusal
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.reach import Artifact
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, expand
from warehouse.compile.names import undecidable

Change = Callable[[Condition], Condition]


def spelled_out(
    artifact: Artifact, catalog: Catalog, audiences: Audiences | None = None
) -> Artifact:
    """The artifact with every named audience replaced, and every event under its own name."""

    def change(condition: Condition) -> Condition:
        return _own_names(expand(condition, catalog, audiences), catalog)

    population = change(artifact.population)
    if isinstance(artifact, EligibilityRule):
        return artifact.model_copy(
            update={"population": population, "condition": change(artifact.condition)}
        )
    return _policy_with(artifact, population, change)


def _policy_with(policy: DecisionPolicy, population: Condition, change: Change) -> DecisionPolicy:
    entries = [
        entry.model_copy(
            update={
                "eligibility": change(entry.eligibility),
                "applicability": entry.applicability and change(entry.applicability),
            }
        )
        for entry in policy.entries
    ]
    held_back = [
        one.model_copy(update={"when": one.when and change(one.when)})
        for one in policy.suppressions
    ]
    stops = [one.model_copy(update={"when": change(one.when)}) for one in policy.stop_conditions]
    return policy.model_copy(
        update={
            "population": population,
            "entries": tuple(entries),
            "suppressions": tuple(held_back),
            "stop_conditions": tuple(stops),
        }
    )


def _own_names(condition: Condition, catalog: Catalog) -> Condition:
    """Events by their names instead of by an alias, so that one event is one."""

    def own(name: str) -> str:
        return catalog.event_named(name) or name

    match condition:
        case And() | Or():
            return type(condition)(of=tuple(_own_names(one, catalog) for one in condition.of))
        case Not():
            return Not(of=_own_names(condition.of, catalog))
        case EventCount():
            window = condition.window
            if isinstance(window, SinceEvent):
                window = window.model_copy(update={"event": own(window.event)})
            return condition.model_copy(update={"event": own(condition.event), "window": window})
        case EventAge():
            return condition.model_copy(update={"event": own(condition.event)})
        case EventSequence():
            return condition.model_copy(
                update={"first": own(condition.first), "then": own(condition.then)}
            )
        case _:
            return condition


def unpinned(
    conditions: tuple[Condition, ...], catalog: Catalog, audiences: Audiences | None
) -> tuple[str, ...]:
    """Published rules that conditions build on without naming a version, directly or not."""
    found: set[str] = set()
    seen: set[tuple[str, int | None]] = set()
    waiting = list(conditions)
    while waiting:
        for leaf in leaves(waiting.pop()):
            if not isinstance(leaf, InAudience) or (leaf.key, leaf.version) in seen:
                continue
            seen.add((leaf.key, leaf.version))
            if leaf.key in catalog.audiences and leaf.version is None:
                waiting.append(catalog.audiences[leaf.key].condition)
                continue
            if leaf.version is None:
                found.add(leaf.key)
            meaning = audiences(leaf.key, leaf.version) if audiences else None
            waiting += [meaning] if meaning is not None else []
    return tuple(sorted(found))


def gone(
    conditions: tuple[Condition, ...], catalog: Catalog, audiences: Audiences | None = None
) -> tuple[Refusal, ...]:
    """What conditions of an older version read and the catalog no longer has; empty: nothing."""
    return tuple(refusal for one in conditions for refusal in undecidable(one, catalog, audiences))
