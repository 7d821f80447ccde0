"""Who might have no room for a claimed message, and what they have: one question for all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from sqlglot import exp

from core.frequency import Kind, Taken
from core.moments import EPOCH, micros
from core.rules import Action, ContactPolicy
from deliver.outbox import Intent
from deliver.underway import HandedOver
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DIALECT
from warehouse.layout import zones
from warehouse.people import merges, name_people

_SQL = Path(__file__).parent / "sql"


class Has(NamedTuple):
    """What a person has, and has claimed."""

    zone: str
    """'' where it is unknown."""
    taken: dict[str, Taken]
    """Message id → what was handed over."""
    claimed: dict[str, Taken]
    """Intent id → what is claimed, as if it left now."""


class _Row(NamedTuple):
    """One message of somebody who might have no room."""

    is_claimed: bool
    person: str
    key: str
    decision_id: str | None
    message_class: str
    channel: str
    group: str | None
    at: datetime

    def taken(self, granted: Mapping[str | None, tuple[int, int]]) -> Taken:
        """As it counts; ``granted``: decision → when it was granted, and put off to."""
        at = micros(self.at)
        kind = Kind(self.message_class, self.channel, self.group)
        return Taken(kind, at, *granted.get(self.decision_id, (at, at)))


def longest(contact: ContactPolicy) -> timedelta:
    """For how long a message counts at most."""
    seconds = [cap.longest_seconds for cap in contact.caps if cap.n is not None]
    return _span(max([contact.min_gap_seconds, *seconds]))


def merged(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, intents: Iterable[Intent]
) -> dict[str, str]:
    """Former id → person, of all ids of the people whom intents are for."""
    users = {"users": sorted({one.user_id for one in intents})}
    if not cursor.execute(_any_merge(catalog), users).fetchall():
        return {}
    name_people(cursor, catalog)
    return dict(cursor.execute(_sql("merged"), users).fetchall())


def _any_merge(catalog: Catalog) -> str:
    among = exp.select(exp.func("unnest", exp.Placeholder(this="users"))).subquery()
    sides = (exp.In(this=exp.column(one), query=among) for one in ("user_id", "merged_into"))
    query = exp.select("1").from_(merges(catalog).subquery("merges")).where(exp.or_(*sides))
    return query.limit(1).sql(DIALECT)


def crowded(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    claimed: Mapping[Intent, Action],
    underway: Sequence[HandedOver],
    actions: Iterable[Action],
    persons: Mapping[str, str],
    *,
    now: datetime,
) -> dict[str, Has]:
    """Person → what they have, for those who might have no room for a claimed message.

    ``actions``: those in force, by which caps tell what was sent, beside the catalog's.
    ``persons``: former id → person.
    """
    contact = catalog.defaults.contact_policy
    given = (
        _claimed(claimed, persons)
        | _people(claimed, persons)
        | _actions([*catalog.actions.values(), *actions])
    )
    given |= _caps(contact, now) | _underway(underway)
    earliest = min([now, *(one.decided_at for one in claimed)])
    given |= {"now": now, "since": before(earliest, longest(contact))}
    given["near_since"] = before(now, _span(contact.min_gap_seconds))
    rows = [_Row(*row) for row in cursor.execute(_sql("crowded"), given).fetchall()]
    if not rows:
        return {}
    granted = _granted(cursor, rows)
    zones_of = _zones(cursor, catalog, {row.person for row in rows})
    found: dict[str, Has] = {}
    for row in rows:
        has = found.setdefault(row.person, Has(zones_of.get(row.person) or "", {}, {}))
        (has.claimed if row.is_claimed else has.taken)[row.key] = row.taken(granted)
    return found


def _granted(
    cursor: duckdb.DuckDBPyConnection, rows: Sequence[_Row]
) -> dict[str | None, tuple[int, int]]:
    decisions = sorted({row.decision_id for row in rows if row.decision_id is not None})
    told = cursor.execute(_sql("granted"), {"decisions": decisions}).fetchall()
    return {decision: (granted, counted) for decision, granted, counted in told}


def _zones(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, people: Collection[str]
) -> dict[str, str | None]:
    asked = exp.select(exp.func("unnest", exp.Placeholder(this="people")))
    query = exp.select("user_id", "timezone").from_(zones(catalog.layout).subquery("everybody"))
    query = query.where(exp.In(this=exp.column("user_id"), query=asked.subquery()))
    return dict(cursor.execute(query.sql(DIALECT), {"people": sorted(people)}).fetchall())


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


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
