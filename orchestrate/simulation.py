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
from core.assignment import share_end
from core.conditions import (
    EVERYONE,
    And,
    AsOf,
    Attribute,
    Bucket,
    Condition,
    ConsentIs,
    Filter,
    InAudience,
    Not,
    Op,
    Or,
    Related,
    clauses,
    with_defaults,
)
from core.policies import actions_of
from core.rules import Action, DecisionPolicy, EligibilityRule, Entry, Holdout
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, compile_waterfall, select_flags
from warehouse.wording import describe

DIALECT = "duckdb"
Artifact = EligibilityRule | DecisionPolicy


class Fetches(Protocol):
    """What this module needs of a query runner."""

    def fetch(self, sql: str, *, purpose: str) -> Any:
        """Check and run one query."""
        ...


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
        other.key: And(of=(other.artifact.population, other.artifact.condition))
        for other in live
        if isinstance(other.artifact, EligibilityRule) and other.key != rule.key
    }
    flags = {"audience": rule.condition}
    flags["reachable"] = And(of=(rule.condition, _reachable(actions_of(rule), rule, catalog)))
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
    flags = select_flags(
        _policy_flags(policy, catalog),
        catalog,
        as_of=as_of,
        population=policy.population,
        audiences=audiences,
    )
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


def winners_sql(
    policy: DecisionPolicy,
    catalog: Catalog,
    *,
    as_of: datetime,
    population: Condition,
    audiences: Audiences | None,
) -> str:
    """One row per user whom an entry takes: ``user_id`` and the ``action_key`` that wins.

    Suppressions and stop conditions hold back; consent, holdouts and caps are not looked at.
    """
    asked = {
        name: condition
        for name, condition in _policy_flags(policy, catalog).items()
        if name[0] in "es"
    }
    flags = select_flags(asked, catalog, as_of=as_of, population=population, audiences=audiences)
    takes = exp.Case()
    for number in _priority(policy):
        key = exp.Literal.string(policy.entries[number].action.key)
        takes = takes.when(exp.and_(_is_true(f"e{number}"), _is_free_of(f"s{number}")), key)
    winners = exp.select("user_id", exp.alias_(takes, "action_key")).from_(flags.subquery("flags"))
    query = (
        exp.select("user_id", "action_key")
        .from_(winners.subquery("winners"))
        .where(exp.not_(exp.column("action_key").is_(exp.null())))
    )
    return query.sql(dialect=DIALECT, pretty=True)


def _priority(policy: DecisionPolicy) -> list[int]:
    """The entries' numbers in the order in which they win."""
    return sorted(range(len(policy.entries)), key=lambda n: (policy.entries[n].tier, n))


def _is_free_of(name: str) -> exp.Expr:
    # Unknown holds back: what is not known to be allowed is not sent.
    return exp.not_(exp.func("COALESCE", exp.column(name), exp.true()))


def _policy_flags(policy: DecisionPolicy, catalog: Catalog) -> dict[str, Condition]:
    """For each entry n: e<n> eligible, s<n> held back, r<n> reachable; h held out."""
    flags: dict[str, Condition] = {"h": _held_out(policy.holdout)}
    for number, entry in enumerate(policy.entries):
        flags[f"e{number}"] = eligible(entry)
        flags[f"s{number}"] = held_back(entry, policy)
        flags[f"r{number}"] = _reachable((entry.action,), policy, catalog)
    return flags


def eligible(entry: Entry) -> Condition:
    """Eligibility and applicability of an entry."""
    if entry.applicability is None:
        return entry.eligibility
    return And(of=(entry.eligibility, entry.applicability))


def held_back(entry: Entry, policy: DecisionPolicy) -> Condition:
    """Any suppression in state form, or any stop condition, that concerns an entry."""
    parts = [one.when for one in policy.suppressions_of(entry) if one.when is not None]
    parts += [stop.when for stop in policy.stops_of(entry)]
    if not parts:
        return Not(of=EVERYONE)
    # They exclude: what they read and do not know holds back too.
    return Or(of=tuple(with_defaults(part, excluding=True) for part in parts))


def _winner_counts(policy: DecisionPolicy) -> list[exp.Expr]:
    """The projections: each entry's eligible users by what becomes of them, in priority order."""
    counts = [_count("population", exp.true())]
    free: exp.Expr = exp.true()
    winners: list[exp.Expr] = []
    order = _priority(policy)
    for number in order:
        is_eligible = _is_true(f"e{number}")
        takes = exp.and_(is_eligible, _is_free_of(f"s{number}"))
        wins = exp.and_(takes, free)
        held_out = _is_true("h")
        counts += [
            _count(f"eligible_{number}", is_eligible),
            _count(f"suppressed_{number}", exp.and_(is_eligible, exp.not_(takes))),
            _count(f"lost_{number}", exp.and_(takes, exp.not_(free))),
            _count(f"held_out_{number}", exp.and_(wins, held_out)),
            _count(f"selected_{number}", exp.and_(wins, exp.not_(held_out))),
        ]
        winners.append(exp.and_(wins, _is_true(f"r{number}")))
        free = exp.and_(free, exp.not_(takes))
        counts.append(_count(f"rest_{number}", free))
    any_entry = exp.or_(*(_is_true(f"e{number}") for number in order))
    counts += [_count("any_entry", any_entry), _count("reachable", exp.or_(*winners))]
    return counts


def _reachable(actions: tuple[Action, ...], artifact: Artifact, catalog: Catalog) -> Condition:
    """Consent and an address for some channel, not held out, below the frequency cap."""
    contact = catalog.defaults.contact_policy
    parts: list[Condition] = [
        Not(of=_held_out(artifact.holdout)),
        Not(of=_held_out(contact.global_holdout)),
    ]
    if actions:
        parts.append(Or(of=tuple(_contactable(action, catalog) for action in actions)))
    marketing = all(action.message_class == "marketing" for action in actions)
    for cap in contact.caps:
        if marketing and cap.message_class in ("marketing", None) and cap.channel is None:
            recent = Filter(
                column="sent_at", op=Op.GE, value=AsOf(as_of_offset_seconds=-cap.window_seconds)
            )
            parts.append(Related(entity="message", where=(recent,), op=Op.LT, n=cap.n))
    return And(of=tuple(parts))


def _contactable(action: Action, catalog: Catalog) -> Condition:
    ways: list[Condition] = []
    for name in action.channels:
        channel = catalog.channels[name]
        needs: list[Condition] = []
        if channel.consent_purpose and action.message_class == "marketing":
            needs.append(ConsentIs(purpose=channel.consent_purpose, channel=name))
        if channel.address:
            needs.append(Attribute(column=channel.address, op=Op.IS_NOT_NULL))
        ways.append(And(of=tuple(needs)))
    return Or(of=tuple(ways))


def _held_out(holdout: Holdout | None) -> Condition:
    if holdout is None or holdout.share == 0:
        return Not(of=EVERYONE)
    return Bucket(salt=holdout.salt, high=share_end(holdout.share))


def count_true(
    flags: dict[str, Condition],
    runner: Fetches,
    catalog: Catalog,
    purpose: str,
    scope: dict[str, Any],
) -> dict[str, int]:
    """For how many users of the population each condition is true, in one query."""
    inner = select_flags(flags, catalog, **scope)
    counts = [_count(name, _is_true(name)) for name in flags]
    query = exp.select(*counts).from_(inner.subquery("flags"))
    fetched = runner.fetch(query.sql(dialect=DIALECT, pretty=True), purpose=purpose)
    return dict(zip(fetched.columns, fetched.rows[0], strict=True))


def _count(name: str, when: exp.Expr) -> exp.Expr:
    counted = exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=when.copy()))
    return exp.alias_(counted, name)


def _is_true(name: str) -> exp.Expr:
    return exp.func("COALESCE", exp.column(name), exp.false())


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _population_words(population: Condition, catalog: Catalog) -> str:
    if isinstance(population, InAudience):
        return population.key.replace("_", " ")
    words = describe(population, catalog)
    return "all users" if words == "everyone" else words
