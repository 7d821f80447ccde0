"""What the data says against a decision policy: sentences its author would want to read.

Nothing here is about one policy or one domain: a clause of the population that
users nearly meet, rows that are several where one is read, entries that cannot
win, stop conditions that hold already.
"""

from __future__ import annotations

from datetime import datetime

from core.artifacts import Preview
from core.conditions import (
    EVERYONE,
    And,
    AsOf,
    Attribute,
    Condition,
    Not,
    Or,
    Related,
    clauses,
    leaves,
)
from core.pursuit import eligible
from core.rules import DecisionPolicy
from orchestrate.counting import Fetches, count_true
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, expand
from warehouse.wording import describe


def edge_cases(
    policy: DecisionPolicy,
    runner: Fetches,
    catalog: Catalog,
    *,
    as_of: datetime,
    preview: Preview,
    audiences: Audiences | None = None,
) -> tuple[str, ...]:
    """Sentences about what the data says against the policy, each with its count."""
    found = []
    if preview.no_entry:
        found.append(
            f"{_users(preview.no_entry)} of the population: no entry fits, nothing is sent."
        )
    found += _near_misses(policy, runner, catalog, as_of, audiences)
    found += _within_population(policy, runner, catalog, as_of, audiences)
    for row in preview.winners:
        if row.eligible == 0:
            found.append(f"Nobody is eligible for {row.entry} (tier {row.tier}) today.")
        elif row.selected + row.held_out == 0:
            found.append(
                f"{row.entry} (tier {row.tier}) can never win: all {row.eligible:,} eligible "
                "users are suppressed or taken by an entry above it."
            )
    return tuple(found)


def _near_misses(
    policy: DecisionPolicy,
    runner: Fetches,
    catalog: Catalog,
    as_of: datetime,
    audiences: Audiences | None,
) -> list[str]:
    """Users who meet all but one clause of the population: a trialing status past its end."""
    parts = clauses(expand(policy.population, catalog, audiences))
    if len(parts) < 2:
        return []
    flags: dict[str, Condition] = {
        f"miss_{number}": And(of=(*parts[:number], *parts[number + 1 :], Not(of=part)))
        for number, part in enumerate(parts)
    }
    scope = {"as_of": as_of, "population": EVERYONE, "audiences": audiences}
    counts = count_true(flags, runner, catalog, "users who nearly are in the population", scope)
    sentences = []
    for number, part in enumerate(parts):
        rest = " and ".join(describe(one, catalog) for one in parts if one is not part)
        count = counts[f"miss_{number}"]
        if count and isinstance(getattr(part, "value", None), AsOf):
            sentences.append(
                f"{_users(count)} left out for '{describe(part, catalog)}' alone, "
                f"although '{rest}' holds: the data may be stale."
            )
    return sentences


def _within_population(
    policy: DecisionPolicy,
    runner: Fetches,
    catalog: Catalog,
    as_of: datetime,
    audiences: Audiences | None,
) -> list[str]:
    """Users with several rows where the policy reads one, and stop conditions true at entry."""
    flags: dict[str, Condition] = {}
    sentences: dict[str, str] = {}
    for to_one, to_many in _multiple_rows(policy, catalog, audiences):
        name = f"several_{to_many}"
        flags[name] = Related(entity=to_many, n=2)
        latest = describe_latest(to_one, catalog)
        sentences[name] = f"with more than one {to_many}: {latest} counts."
    for number, entry in enumerate(policy.entries):
        stops = policy.stops_of(entry)
        if stops:
            name = f"stopped_{number}"
            flags[name] = And(of=(eligible(entry), Or(of=tuple(stop.when for stop in stops))))
            sentences[name] = (
                f"eligible for {entry.action.key} while its stop condition is already true: "
                "it never starts for them."
            )
    if not flags:
        return []
    scope = {"as_of": as_of, "population": policy.population, "audiences": audiences}
    counts = count_true(flags, runner, catalog, f"edge cases of {policy.key}", scope)
    return [f"{_users(counts[name])} {text}" for name, text in sentences.items() if counts[name]]


def _users(count: int) -> str:
    return f"{count:,} user" if count == 1 else f"{count:,} users"


def describe_latest(entity: str, catalog: Catalog) -> str:
    """Which of several rows a to-one entity takes, in words."""
    by = catalog.entities[entity].latest_by
    return f"the latest by {by[0].replace('_', ' ')}" if by else "one of them"


def _multiple_rows(
    policy: DecisionPolicy, catalog: Catalog, audiences: Audiences | None
) -> list[tuple[str, str]]:
    """Each to-one entity that the population reads, with the to-many entity of its table."""
    read = {
        leaf.column.rpartition(".")[0]
        for leaf in leaves(expand(policy.population, catalog, audiences))
        if isinstance(leaf, Attribute) and "." in leaf.column
    }
    return [
        (to_one, to_many)
        for to_one in sorted(read)
        for to_many, entity in catalog.entities.items()
        if entity.cardinality == "many" and entity.table == catalog.entities[to_one].table
    ]
