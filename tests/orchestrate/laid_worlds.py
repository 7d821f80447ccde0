"""Small worlds as the rules of one cycle, and as rows in a warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb
from sqlglot import exp

from control.kill_switches import Killed, KillSwitch
from core.conditions import And, Attribute, Bucket, Condition, Not, Op, Or, Trait
from core.rules import (
    Action,
    Arm,
    ContactPolicy,
    Experiment,
    FrequencyCap,
    Holdout,
    Offer,
    QuietHours,
    Suppression,
)
from core.rules import StopCondition as Stop
from orchestrate.plan import PlannedEntry, PlannedPolicy
from orchestrate.stages import Tick
from tests.orchestrate.plain_worlds import (
    SHARES,
    TRAITS,
    Cond,
    OAction,
    OContact,
    OEntry,
    OFormer,
    OPolicy,
    OUser,
    OWorld,
)
from warehouse.catalog import Catalog


def tick_of(worlds: Sequence[OWorld], catalog: Catalog) -> Tick:
    """One cycle over all these worlds."""
    contact = _contact_policy(worlds[0].contact)
    defaults = catalog.defaults.model_copy(update={"contact_policy": contact})
    own = {key: _as_action(one) for world in worlds for key, one in world.actions.items()}
    catalog = catalog.model_copy(update={"defaults": defaults, "actions": own})
    at = worlds[0].at
    killed = sorted({switch for world in worlds for switch in world.killed})
    return Tick(
        cycle_id="c",
        trace_id="t",
        as_of=at,
        policies=tuple(
            _as_policy(policy, f"w{number}")
            for number, world in enumerate(worlds)
            for policy in world.policies
        ),
        catalog=catalog,
        killed=Killed(tuple(KillSwitch(scope, key, "", "", at) for scope, key in killed)),
        audiences=lambda _key, _version: None,
        released=frozenset(
            one.decision_id
            for world in worlds
            for user in world.users
            for known in (user, *user.former)
            for one in known.past
            if one.released
        ),
    )


def _as_policy(policy: OPolicy, world: str) -> PlannedPolicy:
    mine = Attribute(column="app_version", value=world)
    return PlannedPolicy(
        key=policy.key,
        version=policy.version,
        is_rule=policy.is_rule,
        population=And(of=(mine, _as_condition(policy.population))),
        entries=tuple(_as_entry(entry) for entry in policy.entries),
        k=policy.k,
        cooldown_seconds=policy.cooldown,
        holdout=_as_holdout(policy.holdout),
        max_staleness_seconds={"fct_events": 60} if policy.stale else {},
        never_again=policy.never_again,
    )


def _as_entry(entry: OEntry) -> PlannedEntry:
    held = [
        Suppression(key=f"s{n}", name="s", when=_as_condition(one))
        for n, one in enumerate(entry.suppressions)
    ]
    held += [
        Suppression.model_validate(
            {
                "key": f"o{n}",
                "name": "o",
                "scope": one.scope,
                "outcome": {
                    "outcome": one.outcome,
                    "n": one.n,
                    "window_seconds": one.window,
                    "pause_seconds": one.pause,
                },
            }
        )
        for n, one in enumerate(entry.outcomes)
    ]
    experiment = None
    if entry.experiment is not None:
        salt, arms = entry.experiment
        experiment = Experiment(
            key="x",
            salt=salt,
            arms=tuple(
                Arm(key=f"arm{n}", low=low, high=high, treated=treated)
                for n, (low, high, treated) in enumerate(arms)
            ),
        )
    return PlannedEntry(
        tier=entry.tier,
        position=entry.position,
        action=_as_action(entry.action),
        eligibility=_as_condition(entry.eligibility),
        applicability=_as_condition(entry.applicability) if entry.applicability else None,
        score=entry.score,
        suppressions=tuple(held),
        stop_conditions=tuple(
            Stop(key=f"t{n}", name="t", when=_as_condition(one))
            for n, one in enumerate(entry.stops)
        ),
        experiment=experiment,
    )


def _as_action(action: OAction) -> Action:
    offer = None
    if action.offer is not None:
        key = action.offer.terms.split(":")[0]
        offer = Offer(
            key=key,
            price=9.5,
            valid_from=action.offer.valid_from,
            valid_until=action.offer.valid_until,
        )
    return Action.model_validate(
        {
            "key": action.key,
            "name": action.key,
            "message_class": action.message_class,
            "channels": action.channels,
            "exclusion_group": action.group,
            "expires_after_seconds": action.expires,
            "offer": offer,
        }
    )


def _as_condition(cond: Cond) -> Condition:
    match cond:
        case ("all",):
            return And()
        case ("not", inner):
            return Not(of=_as_condition(inner))
        case ("and", parts):
            return And(of=tuple(_as_condition(one) for one in parts))
        case ("or", parts):
            return Or(of=tuple(_as_condition(one) for one in parts))
        case ("bucket", salt, low, high):
            return Bucket(salt=salt, low=low, high=high)
        case ("country", value, unknown):
            return Attribute(column="country", value=value, when_unknown=unknown)
        case (_, least, unknown):
            return Trait(name="momentum_score", op=Op.GE, value=least, when_unknown=unknown)
    raise AssertionError(cond)


def _contact_policy(contact: OContact) -> ContactPolicy:
    quiet = None
    if contact.quiet is not None:
        start, end, zone = contact.quiet
        quiet = QuietHours(start=start, end=end, fallback_zone=zone)
    caps = tuple(
        FrequencyCap.model_validate(
            {
                "key": f"c{number}",
                "n": cap.n,
                "window_seconds": cap.seconds,
                "calendar": cap.calendar,
                "zone": cap.zone,
                "message_class": cap.message_class,
                "channel": cap.channel,
                "group": cap.group,
                "on_exceed": cap.on_exceed,
            }
        )
        for number, cap in enumerate(contact.caps)
    )
    return ContactPolicy(
        key="default",
        caps=caps,
        min_gap_seconds=contact.gap,
        quiet_hours=quiet,
        global_holdout=_as_holdout(contact.holdout),
    )


def _as_holdout(holdout: tuple[str, str | None] | None) -> Holdout | None:
    if holdout is None:
        return None
    share = next(share for share, end in SHARES.items() if end == holdout[1])
    return Holdout(salt=holdout[0], share=share)


def write(cursor: duckdb.DuckDBPyConnection, worlds: Sequence[OWorld]) -> None:
    """Put the users of these worlds, and their history, into empty tables."""
    at = worlds[0].at
    rows: dict[str, list[tuple[Any, ...]]] = {
        name: []
        for name in ("dim_users", "traits", "fct_consent", "fct_messages", "decisions", "slots")
    }
    for number, world in enumerate(worlds):
        for user in world.users:
            _write_user(rows, user, f"w{number}", at)
    for table, found in rows.items():
        cursor.execute(exp.delete(table).sql("duckdb"))
        if found:
            _insert(cursor, table, list(zip(*found, strict=True)))


def _insert(cursor: duckdb.DuckDBPyConnection, table: str, columns: list[tuple[Any, ...]]) -> None:
    """Insert columns of values."""
    names = COLUMNS[table]
    lists = [
        exp.alias_(exp.Unnest(expressions=[exp.Placeholder()]), name, quoted=True) for name in names
    ]
    query = exp.insert(exp.select(*lists), exp.to_table(table), columns=list(names))
    cursor.execute(query.sql("duckdb"), [list(column) for column in columns])


COLUMNS = {
    "dim_users": ("user_id", "app_version", "country", "timezone", "email", "merged_into"),
    "traits": ("user_id", "momentum_score", *TRAITS),
    "fct_consent": ("user_id", "purpose", "channel", "status", "effective_at", "observed_at"),
    "fct_messages": (
        "user_id", "decision_id", "action_key", "channel", "sent_at", "delivered_at", "opened_at",
        "clicked_at", "failed_reason",
    ),
    "decisions": (
        "decision_id", "cycle_id", "user_id", "decided_at", "policy_key", "action_key", "channel",
        "outcome", "ghost",
    ),
    "slots": (
        "decision_id", "user_id", "counts_at", "ghost", "offer_terms", "offer_from", "offer_until",
    ),
}  # fmt: skip


def _write_user(
    rows: dict[str, list[tuple[Any, ...]]], user: OUser, world: str, at: datetime
) -> None:
    key = user.key
    email = f"{key}@example.com" if user.email else None
    rows["dim_users"].append((key, world, user.country, user.zone, email, None))
    rows["traits"].append((key, user.momentum, *(user.scores[name] for name in TRAITS)))
    _write_history(rows, user, at)
    for former in user.former:
        # What is known of the id itself is nobody's any more.
        rows["dim_users"].append((former.key, world, "DE", "Asia/Tokyo", None, former.into))
        rows["traits"].append((former.key, 90.0, *(9.0 for _ in TRAITS)))
        _write_history(rows, former, at)


def _write_history(
    rows: dict[str, list[tuple[Any, ...]]], user: OUser | OFormer, at: datetime
) -> None:
    key = user.key
    for channel, status, when in user.consents:
        rows["fct_consent"].append((key, "marketing", channel, status, when, when))
    for m in user.messages:
        failed = "bounced" if m.failed else None
        rows["fct_messages"].append(
            (
                key,
                m.decision_id,
                m.action,
                m.channel,
                m.sent,
                m.delivered,
                m.opened,
                m.clicked,
                failed,
            )
        )
    for one in user.past:
        outcome = "held_out" if one.ghost else "selected"
        rows["decisions"].append(
            (
                one.decision_id,
                "before",
                key,
                one.decided,
                one.policy,
                one.action,
                one.channel,
                outcome,
                one.ghost,
            )
        )
        offer = one.offer or (None, None, None)
        rows["slots"].append((one.decision_id, key, one.not_before, one.ghost, *offer))
