"""What guardrail policies need to know of a proposal: its meaning spelled out, and counts of users.

Nothing is judged here: ``core.validation`` does, from these facts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlglot import exp

from core.conditions import (
    EVERYONE,
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
from core.proposal import EntryFacts
from core.pursuit import NOBODY, eligible, stopped
from core.rules import Action, DecisionPolicy, EligibilityRule
from orchestrate.counting import DIALECT, Fetches, count_if, is_true
from orchestrate.reach import Artifact, contactable
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, expand, select_flags
from warehouse.compile.names import undecidable

Change = Callable[[Condition], Condition]


def entry_facts(
    artifact: Artifact,
    runner: Fetches,
    catalog: Catalog,
    *,
    as_of: datetime,
    audiences: Audiences | None = None,
) -> tuple[EntryFacts, ...]:
    """For each action of an artifact its users, in one query over the snapshot."""
    asked = _asked(artifact)
    if not asked:
        return ()
    flags: dict[str, Condition] = {"p": artifact.population}
    for number, (action, condition, stop) in enumerate(asked):
        flags[f"e{number}"] = condition
        flags[f"s{number}"] = stop
        flags[f"c{number}"] = contactable(action, catalog)
    inner = select_flags(flags, catalog, as_of=as_of, population=EVERYONE, audiences=audiences)
    counts = [count for number in range(len(asked)) for count in _counts(number)]
    query = exp.select(*counts).from_(inner.subquery("flags"))
    purpose = f"whom each action of {artifact.key} is for, and who of them can be reached"
    fetched = runner.fetch(query.sql(dialect=DIALECT, pretty=True), purpose=purpose)
    found = dict(zip(fetched.columns, fetched.rows[0], strict=True))
    return tuple(
        EntryFacts(
            action=action.key,
            **{name: found[f"{name}_{number}"] for name in EntryFacts.model_fields if name in _OF},
        )
        for number, (action, _, _) in enumerate(asked)
    )


_OF = ("eligible", "outside", "stopped", "reachable")


def _asked(artifact: Artifact) -> list[tuple[Action, Condition, Condition]]:
    """Each action with whom it is for and what stops it."""
    if isinstance(artifact, DecisionPolicy):
        return [
            (entry.action, eligible(entry), stopped(entry, artifact)) for entry in artifact.entries
        ]
    return [(artifact.action, artifact.condition, NOBODY)] if artifact.action else []


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
