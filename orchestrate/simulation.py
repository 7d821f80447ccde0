"""What a rule would do on the warehouse as it stands, before anybody approves it.

Every number comes from a checked query over compiled conditions; nothing is
written. The result has sizes, waterfall, overlap with live rules and, for a
decision policy, who would get what.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlglot import exp

from core.artifacts import Overlap, Preview, WaterfallStep, Winner
from core.conditions import And, Condition, InAudience, clauses
from core.proposal import actions_of
from core.pursuit import in_order
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.counting import DIALECT, Fetches, count_if, count_true, is_true
from orchestrate.reach import reachable
from orchestrate.winners import policy_flags, scored_flags, takes, wins
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, compile_waterfall
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


def simulate(
    artifact: Artifact,
    runner: Fetches,
    catalog: Catalog,
    *,
    as_of: datetime,
    live: Sequence[LiveRule],
    audiences: Audiences | None = None,
) -> Preview:
    """Sizes, waterfall, overlap with live rules and winners of an artifact at a moment."""
    if isinstance(artifact, DecisionPolicy):
        return _simulate_policy(artifact, runner, catalog, as_of, audiences)
    return _simulate_rule(artifact, runner, catalog, as_of, audiences, live)


def _simulate_rule(
    rule: EligibilityRule,
    runner: Fetches,
    catalog: Catalog,
    as_of: datetime,
    audiences: Audiences | None,
    live: Sequence[LiveRule],
) -> Preview:
    scope: dict[str, Any] = {
        "as_of": as_of,
        "population": rule.population,
        "audiences": audiences,
    }
    waterfall_sql = compile_waterfall(rule.condition, catalog, **scope)
    counted = runner.fetch(waterfall_sql, purpose=f"waterfall of {rule.key}").rows[0]
    parts = clauses(rule.condition)
    steps = [
        WaterfallStep(clause=describe(part, catalog), remaining=remaining)
        for part, remaining in zip(parts, counted[1:], strict=True)
    ]
    others = {
        other.key: other.artifact.members
        for other in live
        if isinstance(other.artifact, EligibilityRule) and other.key != rule.key
    }
    flags = {"audience": rule.condition}
    flags["reachable"] = And(of=(rule.condition, reachable(actions_of(rule), rule, catalog)))
    flags |= {
        f"both_{number}": And(of=(rule.condition, other))
        for number, other in enumerate(others.values())
    }
    sizes = count_true(flags, runner, catalog, f"audience and overlap of {rule.key}", scope)
    audience = sizes["audience"]
    overlap = [
        Overlap(
            key=key, users=sizes[f"both_{number}"], share=_share(sizes[f"both_{number}"], audience)
        )
        for number, key in enumerate(others)
    ]
    return Preview(
        population=_population_words(rule.population, catalog),
        population_size=counted[0],
        audience_size=audience,
        reachable_size=sizes["reachable"],
        as_of=as_of.isoformat(),
        waterfall=tuple(steps),
        overlap=tuple(overlap),
    )


def _simulate_policy(
    policy: DecisionPolicy,
    runner: Fetches,
    catalog: Catalog,
    as_of: datetime,
    audiences: Audiences | None,
) -> Preview:
    asked = policy_flags(policy, catalog)
    flags = scored_flags(policy, asked, catalog, as_of, policy.population, audiences)
    query = exp.select(*_winner_counts(policy)).from_(flags.subquery("flags"))
    fetched = runner.fetch(
        query.sql(dialect=DIALECT, pretty=True), purpose=f"who would get what under {policy.key}"
    )
    found = dict(zip(fetched.columns, fetched.rows[0], strict=True))
    winners = tuple(
        Winner(
            entry=entry.action.key,
            tier=entry.tier,
            eligible=found[f"eligible_{number}"],
            selected=found[f"selected_{number}"],
            suppressed=found[f"suppressed_{number}"],
            held_out=found[f"held_out_{number}"],
            lost=found[f"lost_{number}"],
        )
        for number, entry in enumerate(policy.entries)
    )
    return Preview(
        population=_population_words(policy.population, catalog),
        population_size=found["population"],
        audience_size=found["any_entry"],
        reachable_size=found["reachable"],
        as_of=as_of.isoformat(),
        waterfall=tuple(
            WaterfallStep(clause=f"not taken by {entry.action.name}", remaining=found[f"rest_{n}"])
            for n, entry in enumerate(policy.entries)
        ),
        winners=winners,
        no_entry=found["population"] - found["any_entry"],
    )


def _winner_counts(policy: DecisionPolicy) -> list[exp.Expr]:
    """The projections: each entry's eligible users by what becomes of them, in priority order."""
    counts = [count_if("population", exp.true())]
    order = [policy.entries.index(entry) for entry in in_order(policy)]
    for place, number in enumerate(order):
        is_eligible, taken, won = is_true(f"e{number}"), takes(number), wins(number, policy)
        so_far = [takes(before) for before in order[: place + 1]]
        counts += [
            count_if(f"eligible_{number}", is_eligible),
            count_if(f"suppressed_{number}", exp.and_(is_eligible, exp.not_(taken))),
            count_if(f"lost_{number}", exp.and_(taken, exp.not_(won))),
            count_if(f"held_out_{number}", exp.and_(won, is_true("h"))),
            count_if(f"selected_{number}", exp.and_(won, exp.not_(is_true("h")))),
            count_if(f"rest_{number}", exp.not_(exp.or_(*so_far))),
        ]
    any_entry = exp.or_(*(is_true(f"e{number}") for number in order))
    reached = [exp.and_(wins(number, policy), is_true(f"r{number}")) for number in order]
    counts += [count_if("any_entry", any_entry), count_if("reachable", exp.or_(*reached))]
    return counts


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _population_words(population: Condition, catalog: Catalog) -> str:
    if isinstance(population, InAudience):
        return population.key.replace("_", " ")
    words = describe(population, catalog)
    return "all users" if words == "everyone" else words
