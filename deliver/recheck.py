"""What is asked again right before a message goes out: the world may have moved on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from control.kill_switches import Killed
from control.versions import JourneyVersion, Version
from core.conditions import Condition, Or, with_defaults
from core.rules import Action, DecisionPolicy, EligibilityRule, Entry
from deliver.outbox import Intent
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, compile_flags
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.people import name_people

_SQL = Path(__file__).parent / "sql"


class Rulebook(NamedTuple):
    """The rules in force, by key and version, and what stops them."""

    live: Mapping[tuple[str, int], Version]
    killed: Killed
    audiences: Audiences
    journeys: Mapping[str, JourneyVersion] = {}
    """``key@version`` of every version whose runs go on: intents of journeys name that."""
    approved: Mapping[tuple[str, int], Mapping[str, str]] = {}
    """Policy and version as intents name them → the templates that were approved with it, by their
    hashes."""

    def action(self, intent: Intent) -> Action | None:
        """The action of an intent as the version that decided on it has it, while that is live."""
        if journey := self.journeys.get(intent.policy_key):
            sent = (message.action for message in journey.artifact.messages())
            return next((action for action in sent if action.key == intent.action_key), None)
        version = self.live.get((intent.policy_key, intent.policy_version))
        if version is None:
            return None
        actions = (entry.action for entry in _entries(version))
        return next((action for action in actions if action.key == intent.action_key), None)


def recheck(
    intents: Sequence[Intent],
    rulebook: Rulebook,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    *,
    now: datetime,
) -> dict[str, str]:
    """Intent id → reason code, for every intent that may no longer go out."""
    channels = catalog.channels
    stopped = {one.intent_id: "UNREACHABLE" for one in intents if one.channel not in channels}
    there = [one for one in intents if one.intent_id not in stopped]
    # In reverse order of precedence: the earlier stage overwrites the later one.
    stopped |= _by_condition(there, rulebook, warehouse, catalog, now)
    stopped |= _by_consent(there, rulebook, warehouse, catalog, now)
    stopped |= {one.intent_id: "EXPIRED" for one in intents if one.expires_at <= now}
    stopped |= {one.intent_id: "NOT_LIVE" for one in intents if rulebook.action(one) is None}
    stopped |= {one.intent_id: "KILLED" for one in intents if _is_killed(one, rulebook.killed)}
    return stopped


def _is_killed(intent: Intent, killed: Killed) -> bool:
    # A journey's intent names its version too; the switch stops all of them.
    policy = intent.policy_key.partition("@")[0]
    switch = killed.stops(policy=policy, action=intent.action_key, channel=intent.channel)
    return switch is not None


def _by_consent(
    intents: Sequence[Intent],
    rulebook: Rulebook,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    now: datetime,
) -> dict[str, str]:
    given = {
        "intent_ids": [one.intent_id for one in intents],
        "user_ids": [one.user_id for one in intents],
        "channels": [one.channel for one in intents],
        "purposes": [_purpose(one, rulebook, catalog) for one in intents],
    }
    with warehouse.cursor() as cursor:
        cursor.execute(_sql("leased"), given)
        name_people(cursor, catalog)
        found = cursor.execute(_sql("consent"), {"now": now}).fetchall()
    reasons = {intent: _consent_reason(status) for intent, status in found}
    return {intent: reason for intent, reason in reasons.items() if reason}


def _purpose(intent: Intent, rulebook: Rulebook, catalog: Catalog) -> str | None:
    action = rulebook.action(intent)
    if action is None or action.message_class != "marketing":
        return None
    return catalog.channels[intent.channel].consent_purpose


def _consent_reason(status: str | None) -> str | None:
    if status is None:
        return "CONSENT_UNKNOWN"
    return None if status == "granted" else "NO_CONSENT"


def _by_condition(
    intents: Sequence[Intent],
    rulebook: Rulebook,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    now: datetime,
) -> dict[str, str]:
    grouped: dict[tuple[str, int, str], list[Intent]] = defaultdict(list)
    for intent in intents:
        if rulebook.action(intent) is not None:
            named = intent.policy_key, intent.policy_version, intent.action_key
            grouped[named].append(intent)
    stopped: dict[str, str] = {}
    for named, ours in grouped.items():
        asked = _asked(rulebook, *named)
        if not asked:
            continue
        users = tuple(sorted({one.user_id for one in ours}))
        sql = compile_flags(asked, catalog, as_of=now, audiences=rulebook.audiences, users=users)
        flags = {str(row["user_id"]): row for row in warehouse.fetch(sql).dicts()}
        for one in ours:
            reason = _condition_reason(flags.get(one.user_id))
            if reason:
                stopped[one.intent_id] = reason
    return stopped


def _condition_reason(flags: dict[str, bool | None] | None) -> str | None:
    if flags is None:
        return "UNREACHABLE"  # merged into another user since
    if flags.get("eligible", True) is not True:
        return "INELIGIBLE"
    if flags.get("suppressed"):
        return "SUPPRESSED_STATE"
    if flags.get("stopped"):
        return "STOPPED"
    unknown = None in (flags.get("suppressed", False), flags.get("stopped", False))
    return "INPUT_UNKNOWN" if unknown else None


def _asked(rulebook: Rulebook, policy: str, version: int, action: str) -> dict[str, Condition]:
    if journey := rulebook.journeys.get(policy):
        stops = [stop.when for stop in journey.artifact.stops if stop.when is not None]
        return dict(_any_of([("stopped", stops)]))
    return _conditions(rulebook.live[policy, version], action)


def _conditions(version: Version, action_key: str) -> dict[str, Condition]:
    artifact = version.artifact
    entry = next(one for one in _entries(version) if one.action.key == action_key)
    asked: dict[str, Condition] = {}
    if isinstance(artifact, EligibilityRule) and artifact.as_of == "send":
        asked["eligible"] = entry.eligibility
    if not isinstance(artifact, DecisionPolicy):
        return asked
    held_back = {
        "suppressed": [one.when for one in artifact.suppressions_of(entry) if one.when],
        "stopped": [stop.when for stop in artifact.stops_of(entry)],
    }
    return asked | dict(_any_of(held_back.items()))


def _any_of(
    held_back: Iterable[tuple[str, list[Condition]]],
) -> Iterator[tuple[str, Condition]]:
    """Any of what excludes: a missing value stays unknown instead of counting as no."""
    for name, conditions in held_back:
        if conditions:
            yield name, Or(of=tuple(with_defaults(one, excluding=True) for one in conditions))


def _entries(version: Version) -> tuple[Entry, ...]:
    artifact = version.artifact
    if isinstance(artifact, DecisionPolicy):
        return artifact.entries
    if artifact.action is None:
        return ()
    return (Entry(tier=1, action=artifact.action, eligibility=artifact.condition),)


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
