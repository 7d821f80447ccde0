"""Who might have no room for a claimed message, and what they have: one question for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from core.frequency import Kind, Taken
from core.moments import EPOCH
from core.rules import Action, ContactPolicy
from deliver.outbox import Intent
from deliver.underway import HandedOver

_SQL = Path(__file__).parent / "sql"


class Has(NamedTuple):
    """What a person has, and has claimed."""

    zone: str
    """'' where it is unknown."""
    taken: dict[str, Taken]
    """Message id → what was handed over."""
    claimed: dict[str, Taken]
    """Intent id → what is claimed, as if it left now."""


def longest(contact: ContactPolicy) -> timedelta:
    """For how long a message counts at most."""
    seconds = [cap.longest_seconds for cap in contact.caps if cap.n is not None]
    return _span(max([contact.min_gap_seconds, *seconds]))


def merged(cursor: duckdb.DuckDBPyConnection, intents: Sequence[Intent]) -> dict[str, str]:
    """Former id → person, of all ids of the people whom intents are for.

    ``name_people`` was called on the cursor.
    """
    users = {"users": sorted({one.user_id for one in intents})}
    return dict(cursor.execute(_sql("merged"), users).fetchall())


def crowded(
    cursor: duckdb.DuckDBPyConnection,
    contact: ContactPolicy,
    claimed: Mapping[Intent, Action],
    underway: Sequence[HandedOver],
    actions: Iterable[Action],
    persons: Mapping[str, str],
    *,
    now: datetime,
) -> dict[str, Has]:
    """Person → what they have, for those who might have no room for a claimed message.

    ``actions``: all that are known, by which caps tell what was sent. ``persons``: former id →
    person. ``name_people`` was called on the cursor.
    """
    given = _claimed(claimed, persons) | _people(claimed, persons) | _actions(actions)
    given |= _caps(contact, now) | _underway(underway)
    earliest = min([now, *(one.decided_at for one in claimed)])
    given |= {"now": now, "since": before(earliest, longest(contact))}
    given["near_since"] = before(now, _span(contact.min_gap_seconds))
    found: dict[str, Has] = {}
    rows = cursor.execute(_sql("crowded"), given).fetchall()
    for is_claimed, person, key, *kind, at, granted, counted, zone in rows:
        has = found.setdefault(person, Has(zone, {}, {}))
        (has.claimed if is_claimed else has.taken)[key] = Taken(Kind(*kind), at, granted, counted)
    return found


def _claimed(claimed: Mapping[Intent, Action], persons: Mapping[str, str]) -> dict[str, Any]:
    return {
        "intent_ids": [one.intent_id for one in claimed],
        "decision_ids": [one.decision_id for one in claimed],
        "persons": [persons.get(one.user_id, one.user_id) for one in claimed],
        "channels": [one.channel for one in claimed],
        "message_classes": [action.message_class for action in claimed.values()],
        "exclusion_groups": [action.exclusion_group for action in claimed.values()],
    }


def _people(claimed: Mapping[Intent, Action], persons: Mapping[str, str]) -> dict[str, Any]:
    own = {persons.get(one.user_id, one.user_id) for one in claimed}
    everybody = dict.fromkeys(own) | dict.fromkeys(persons)
    return {
        "user_ids": list(everybody),
        "persons_of_users": [persons.get(one, one) for one in everybody],
    }


def _actions(actions: Iterable[Action]) -> dict[str, Any]:
    by_key = {action.key: action for action in actions}
    return {
        "action_keys": list(by_key),
        "classes_of_actions": [action.message_class for action in by_key.values()],
        "groups_of_actions": [action.exclusion_group for action in by_key.values()],
    }


def _caps(contact: ContactPolicy, now: datetime) -> dict[str, Any]:
    caps = [cap for cap in contact.caps if cap.n is not None]
    return {
        "caps": list(range(len(caps))),
        "most": [cap.n for cap in caps],
        "since_each": [before(now, _span(cap.longest_seconds)) for cap in caps],
        "cap_classes": [cap.message_class for cap in caps],
        "cap_channels": [cap.channel for cap in caps],
        "cap_groups": [cap.group for cap in caps],
    }


def _underway(messages: Sequence[HandedOver]) -> dict[str, Any]:
    return {
        "on_the_way": [one.intent_id for one in messages],
        "their_decisions": [one.decision_id for one in messages],
        "their_users": [one.user_id for one in messages],
        "their_channels": [one.channel for one in messages],
        "their_actions": [one.action_key for one in messages],
        "their_moments": [one.last_at for one in messages],
    }


def _span(seconds: int) -> timedelta:
    # A window may be declared longer than the calendar is.
    return timedelta(seconds=min(seconds, 10**10))


def before(moment: datetime, span: timedelta) -> datetime:
    """Nothing was sent before 1970."""
    return max(EPOCH, moment - span) if moment - EPOCH > span else EPOCH


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
