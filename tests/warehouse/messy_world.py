"""A few users with data as untidy as real data: plain rows, and a DuckDB file in memory."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from tests.orchestrate.world import SCHEMA

AS_OF = datetime(2026, 3, 30, 12)
"""The Monday after the clocks went forward in Europe."""
BERLIN = ZoneInfo("Europe/Berlin")
EVENTS = ("app_opened", "workout_completed", "pricing_viewed", "checkout_started")
PROPERTIES: tuple[Any, ...] = (
    None,
    {},
    {"workout_type": "yoga", "duration_seconds": 1800},
    {"workout_type": "strength", "duration_seconds": 45.5},
    {"workout_type": "zumba", "duration_seconds": "90"},
    {"workout_type": None, "duration_seconds": "long"},
    {"workout_type": "yoga", "duration_seconds": True},
    {"workout_type": 5, "duration_seconds": "nan"},
    {"workout_type": True, "duration_seconds": " inf "},
    {"workout_type": ["yoga"], "duration_seconds": "1_800"},
    {"live": True, "valid_until": "2026-03-29T12:00:00Z"},
    {"live": "true", "valid_until": "2026-03-30 14:00:00+02:00"},
    {"live": False, "valid_until": "2026-04-01"},
    {"live": "maybe", "valid_until": "2026-02-30"},
    {"live": 1, "valid_until": "tomorrow"},
)
EDGES = (
    timedelta(0),
    timedelta(seconds=1),
    timedelta(seconds=-1),
    timedelta(days=7),
    timedelta(days=7, seconds=1),
    timedelta(days=7, seconds=-1),
    timedelta(days=1),
    timedelta(days=30),
    # Monday, Sunday and the first of the month at midnight in Berlin and in UTC.
    timedelta(hours=14),
    timedelta(hours=12),
    timedelta(hours=37),
    timedelta(hours=36),
    timedelta(days=7, hours=13),
    timedelta(days=29, hours=13),
    timedelta(days=-1),
)


@dataclass
class Rows:
    """Every table as a list of column → value."""

    users: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    tickets: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    consent: list[dict[str, Any]] = field(default_factory=list)
    traits: list[dict[str, Any]] = field(default_factory=list)


TABLES = {
    "users": "dim_users",
    "events": "fct_events",
    "subscriptions": "fct_subscriptions",
    "tickets": "fct_support",
    "messages": "fct_messages",
    "consent": "fct_consent",
    "traits": "traits",
}


@cache
def messy_rows(seed: int = 7, as_of: datetime = AS_OF) -> Rows:
    """Untidy rows around a moment: the same every time for a seed."""
    dice = random.Random(seed)
    rows = Rows()
    for number in range(26):
        _user(f"u{number}", number, rows, dice, as_of)
    # Rows that belong to nobody we know must not become anybody's.
    rows.events.append(_event("stranger", "workout_completed", as_of - timedelta(days=1), None))
    rows.tickets.append({"user_id": None, "created_at": as_of - timedelta(days=1)})
    return rows


def _user(user: str, number: int, rows: Rows, dice: random.Random, as_of: datetime) -> None:
    rows.users.append(
        {
            "user_id": user,
            "device_os": dice.choice(["ios", "android", "web", None, "windows"]),
            "country": dice.choice(["DE", "US", "GB", None, "ZZ"]),
            "marketing_opt_in": dice.choice([True, False, None]),
            "signup_at": dice.choice([None, as_of, as_of - timedelta(days=7)]),
            "merged_into": "u0" if number % 9 == 8 else None,
        }
    )
    if number % 5 == 4:
        return  # Users of whom nothing else is known.
    for _ in range(dice.randrange(0, 12)):
        at = as_of - dice.choice(EDGES)
        rows.events.append(_event(user, dice.choice(EVENTS), at, dice.choice(PROPERTIES)))
    for start in dice.sample(EDGES, dice.randrange(0, 4)):
        rows.subscriptions.append(_subscription(user, start, dice, as_of))
    for _ in range(dice.randrange(0, 3)):
        rows.tickets.append(_ticket(user, dice, as_of))
    for _ in range(dice.randrange(0, 4)):
        rows.messages.append(_message(user, dice, as_of))
    for _ in range(dice.randrange(0, 6)):
        rows.consent.append(_consent(user, dice, as_of))
    if number % 4:
        rows.traits.append(_traits(user, dice))


def _event(user: str, name: str, at: datetime, properties: Any) -> dict[str, Any]:
    return {"user_id": user, "event_name": name, "event_time": at, "properties": properties}


def _subscription(
    user: str, start: timedelta, dice: random.Random, as_of: datetime
) -> dict[str, Any]:
    begun = as_of - start
    never_tried = dice.random() < 0.2
    return {
        "user_id": user,
        "status": dice.choice(["trialing", "active", "canceled", "expired", None, "paused"]),
        "trial_start": None if never_tried else begun,
        "trial_end": dice.choice([None, as_of, begun + timedelta(14), as_of + timedelta(1)]),
        "started_at": begun if never_tried else dice.choice([None, begun + timedelta(14)]),
        "plan": dice.choice(["monthly", "annual", None]),
        "price": dice.choice([None, 9.99, 0.1, 12, math.nan, math.inf]),
        "is_upgrade": dice.choice([True, False, None]),
    }


def _ticket(user: str, dice: random.Random, as_of: datetime) -> dict[str, Any]:
    opened = as_of - dice.choice(EDGES)
    closed = dice.choice([None, as_of, as_of - timedelta(seconds=1), as_of + timedelta(days=3)])
    return {
        "user_id": user,
        "created_at": opened,
        "closed_at": closed,
        "status": "open" if closed is None else "closed",
        "ticket_reason": dice.choice(["bug", "billing", None]),
        "csat_score": dice.choice([None, 1, 3, 5]),
    }


def _message(user: str, dice: random.Random, as_of: datetime) -> dict[str, Any]:
    return {
        "user_id": user,
        "channel": dice.choice(["email", "push", None]),
        "sent_at": dice.choice([None, as_of - dice.choice(EDGES)]),
        "opened_at": dice.choice([None, as_of]),
    }


def _consent(user: str, dice: random.Random, as_of: datetime) -> dict[str, Any]:
    return {
        "user_id": user,
        "purpose": dice.choice(["marketing", "marketing", "other"]),
        "channel": dice.choice(["email", "push"]),
        "status": dice.choice(["granted", "denied", "withdrawn"]),
        # Few moments, so that some are the moment of decision and some are the same.
        "effective_at": as_of - dice.choice(EDGES[:4]),
    }


def _traits(user: str, dice: random.Random) -> dict[str, Any]:
    return {
        "user_id": user,
        "activation_state": dice.choice(["new", "committed", "at_risk", None]),
        "momentum_score": dice.choice([None, 0.0, 0.1, 50.0, math.nan, math.inf, -math.inf]),
    }


def load(rows: Rows) -> duckdb.DuckDBPyConnection:
    """The rows in an in-memory warehouse."""
    connection = duckdb.connect()
    connection.execute(SCHEMA)
    for name, table in TABLES.items():
        for row in getattr(rows, name):
            values = {
                key: json.dumps(value) if isinstance(value, dict) else value
                for key, value in row.items()
            }
            marks = ", ".join(f"${key}" for key in values)
            connection.execute(
                f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})",
                values,
            )
    return connection
