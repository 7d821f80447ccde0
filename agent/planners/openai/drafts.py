"""From a model's reply to a plan: the typed draft, the defaults it left open, and what it asks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from agent.planners.defaults import (
    about_channels,
    about_conditions,
    holdout_of,
    new_action,
    slug,
)
from agent.planners.openai.asked_back import not_understood, unknown_actions
from agent.planners.openai.conditions import SECONDS, condition_of, day
from agent.planners.openai.wire import (
    Reply,
    Stops,
    Suppressions,
    WireAction,
    WireAnySuppression,
    WireCountQuestion,
    WireDebug,
    WireEntry,
    WirePeriodBetween,
    WirePeriodCalendar,
    WirePeriodRolling,
    WirePlan,
    WirePolicy,
    WireRule,
    WireSegment,
    WireSqlQuestion,
    WireSuppression,
)
from agent.planners.port import (
    CountQuestion,
    DebugQuestion,
    Plan,
    PlanRequest,
    Segment,
    SqlQuestion,
)
from core.artifacts import Intent
from core.rules import (
    DAY,
    Action,
    DecisionPolicy,
    EligibilityRule,
    Entry,
    OutcomeSuppression,
    StopCondition,
    Suppression,
)
from warehouse.catalog import Catalog


def plan_of(reply: Reply, request: PlanRequest, catalog: Catalog) -> Plan:
    """The plan that a reply means: words that nobody knows and open questions come before a draft.

    Raises ValueError (pydantic's included) when the parts do not make a draft.
    """
    if unknown := not_understood(reply, request):
        return Plan(intent="clarify", refusals=unknown)
    if reply.questions:
        return Plan(intent="clarify", questions=reply.questions)
    if reply.plan is None:
        raise ValueError("neither a plan nor a question was given")
    if missing := unknown_actions(reply.plan, catalog):
        return Plan(intent="clarify", refusals=missing)
    return _drafted(reply.plan, reply.assumptions, request.as_of, catalog)


def _drafted(
    wire: WirePlan, assumptions: tuple[str, ...], as_of: datetime, catalog: Catalog
) -> Plan:
    match wire:
        case WireRule():
            rule = _rule(wire, assumptions, catalog)
            return Plan(intent="eligibility", draft=rule, assumptions=rule.assumptions)
        case WirePolicy():
            policy = _policy(wire, assumptions, catalog)
            return Plan(intent="decision", draft=policy, assumptions=policy.assumptions)
        case WireDebug():
            question = _debug(wire, as_of, catalog)
            days = (f"{moment:%Y-%m-%d %H:%M}" for moment in (question.start, question.end))
            said = f"The period is {' to '.join(days)} UTC."
            return Plan(intent="debug", draft=question, assumptions=(*assumptions, said))
        case WireCountQuestion():
            return _count(wire, assumptions, catalog)
        case WireSqlQuestion():
            return _question(SqlQuestion(sql=wire.sql), assumptions)


def _question(draft: CountQuestion | SqlQuestion, assumptions: Iterable[str]) -> Plan:
    intent: Intent = "question"
    return Plan(intent=intent, draft=draft, assumptions=tuple(dict.fromkeys(assumptions)))


def _count(wire: WireCountQuestion, assumptions: tuple[str, ...], catalog: Catalog) -> Plan:
    population = condition_of(wire.population, catalog)
    condition = condition_of(wire.condition, catalog)
    said = (*assumptions, *about_conditions((population, condition)))
    return _question(CountQuestion(population=population, condition=condition), said)


def _rule(wire: WireRule, assumptions: tuple[str, ...], catalog: Catalog) -> EligibilityRule:
    population = condition_of(wire.population, catalog)
    condition = condition_of(wire.condition, catalog)
    action = _action(wire.action, catalog) if wire.action else None
    key = action.key if action else slug(wire.name)
    holdout, said = holdout_of(_share(wire.holdout_percent), key, catalog)
    filled = (
        *assumptions,
        *about_conditions((population, condition)),
        *_about_sending(wire.action, action),
        *((said,) if action else ()),
    )
    return EligibilityRule(
        key=key,
        name=action.name if action else wire.name,
        population=population,
        condition=condition,
        action=action,
        assumptions=tuple(dict.fromkeys(filled)),
        holdout=holdout,
    )


def _policy(wire: WirePolicy, assumptions: tuple[str, ...], catalog: Catalog) -> DecisionPolicy:
    key = slug(wire.name)
    entries = tuple(_entry(entry, catalog) for entry in wire.entries)
    population = condition_of(wire.population, catalog)
    holdout, said = holdout_of(_share(wire.holdout_percent), key, catalog)
    filled = (
        *assumptions,
        *about_conditions((population, *(entry.eligibility for entry in entries))),
        said,
    )
    return DecisionPolicy(
        key=key,
        name=wire.name,
        population=population,
        entries=entries,
        hit_policy="first" if wire.at_most == 1 else "top_k",
        k=wire.at_most,
        suppressions=_suppressions(wire.suppressions, entries, catalog),
        stop_conditions=_stops(wire.stop_conditions, entries, catalog),
        cooldown_seconds=wire.cooldown_days * DAY,
        holdout=holdout,
        assumptions=tuple(dict.fromkeys(filled)),
    )


def _entry(wire: WireEntry, catalog: Catalog) -> Entry:
    return Entry(
        tier=wire.tier,
        action=_action(wire.action, catalog),
        eligibility=condition_of(wire.eligibility, catalog),
        score=wire.score,
    )


def _action(wire: WireAction, catalog: Catalog) -> Action:
    known = catalog.actions.get(wire.action)
    action = known or new_action(wire.name or wire.action, catalog)
    changes: dict[str, object] = {}
    if wire.channels:
        changes["channels"] = tuple(dict.fromkeys(wire.channels))
    if wire.expires_after_days:
        changes["expires_after_seconds"] = wire.expires_after_days * DAY
    return action.model_copy(update=changes)


def _about_sending(wire: WireAction | None, action: Action | None) -> tuple[str, ...]:
    if wire is None or action is None:
        return ("No message was named: the rule is an audience that other rules may use.",)
    return () if wire.channels else (about_channels(action),)


def _suppressions(
    wires: Suppressions, entries: tuple[Entry, ...], catalog: Catalog
) -> tuple[Suppression, ...]:
    keys = _keys(wire.name for wire in wires)
    return tuple(
        _suppression(key, wire, _actions_at(wire.tiers, entries), catalog)
        for key, wire in zip(keys, wires, strict=True)
    )


def _suppression(
    key: str, wire: WireAnySuppression, actions: tuple[str, ...], catalog: Catalog
) -> Suppression:
    if isinstance(wire, WireSuppression):
        when = condition_of(wire.when, catalog)
        return Suppression(key=key, name=wire.name, when=when, actions=actions)
    outcome = OutcomeSuppression(
        outcome=wire.outcome,
        n=wire.times,
        window_seconds=wire.window_days * DAY,
        pause_seconds=wire.pause_days * DAY,
    )
    return Suppression(key=key, name=wire.name, outcome=outcome, scope=wire.scope, actions=actions)


def _stops(wires: Stops, entries: tuple[Entry, ...], catalog: Catalog) -> tuple[StopCondition, ...]:
    keys = _keys(wire.name for wire in wires)
    return tuple(
        StopCondition(
            key=key,
            name=wire.name,
            when=condition_of(wire.when, catalog),
            actions=_actions_at(wire.tiers, entries),
        )
        for key, wire in zip(keys, wires, strict=True)
    )


def _actions_at(tiers: tuple[int, ...], entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """The keys of the actions of some tiers. Raises ValueError for a tier without an entry."""
    if missing := {*tiers} - {entry.tier for entry in entries}:
        raise ValueError(f"no entry has the tier {min(missing)}")
    return tuple(entry.action.key for entry in entries if entry.tier in tiers)


def _keys(names: Iterable[str]) -> list[str]:
    """A key from each name; a name that comes again gets a number."""
    keys: list[str] = []
    for name in names:
        key = slug(name)[:60]
        again = sum(one == key or one.startswith(f"{key}__") for one in keys)
        keys.append(f"{key}__{again + 1}" if again else key)
    return keys


def _debug(wire: WireDebug, as_of: datetime, catalog: Catalog) -> DebugQuestion:
    start, end = _period(wire, as_of)
    return DebugQuestion(
        metric=wire.metric,
        segment=_segment(wire.segment, catalog),
        control=_segment(wire.control, catalog),
        direction=wire.direction,
        start=start,
        end=end,
    )


def _period(wire: WireDebug, as_of: datetime) -> tuple[datetime, datetime]:
    match wire.period:
        case WirePeriodBetween():
            return day(wire.period.start), day(wire.period.end)
        case WirePeriodCalendar():
            return _calendar(wire.period, as_of)
        case WirePeriodRolling():
            length = timedelta(seconds=wire.period.n * SECONDS[wire.period.unit])
            end = as_of - length * wire.period.periods_back
            return end - length, end


def _calendar(period: WirePeriodCalendar, as_of: datetime) -> tuple[datetime, datetime]:
    """A calendar unit so many units back, up to now at most. At the midnight that ends a week or
    month, that one is the current one: the next one has no moment yet."""
    last = as_of if period.unit == "day" else as_of - timedelta(microseconds=1)
    first = last.replace(hour=0, minute=0, second=0, microsecond=0)
    if period.unit == "month":
        months = first.year * 12 + first.month - 1 - period.periods_back
        start = first.replace(year=months // 12, month=months % 12 + 1, day=1)
        end = start.replace(year=(months + 1) // 12, month=(months + 1) % 12 + 1)
        return start, min(end, as_of)
    length = timedelta(days=7 if period.unit == "week" else 1)
    start = first - timedelta(days=first.weekday()) if period.unit == "week" else first
    start -= length * period.periods_back
    return start, min(start + length, as_of)


def _segment(wire: WireSegment | None, catalog: Catalog) -> Segment | None:
    """The slice, with the value as the catalog writes it and the label as people do."""
    if wire is None:
        return None
    column = catalog.user_columns().get(wire.column)
    for value, words in (column.values or {}).items() if column else ():
        if wire.value.lower() in (value.lower(), *(word.lower() for word in words)):
            return Segment(label=words[0] if words else value, column=wire.column, value=value)
    return Segment(label=wire.value, column=wire.column, value=wire.value)


def _share(percent: int | None) -> float | None:
    return None if percent is None else percent / 100
