"""Worlds of raw events for the tests of identity and consolidation, and what comes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import duckdb

from warehouse.identity.rules import Action, Identifier, Rule, add, withdraw
from warehouse.identity.settings import IdentitySettings
from warehouse.identity.update import Scope, prepare, update

START = datetime(2026, 6, 1)


def at(minutes: float) -> datetime:
    """A moment so many minutes into the story."""
    return START + timedelta(minutes=minutes)


def user(value: str) -> Identifier:
    return Identifier("user_id", value)


def device(value: str) -> Identifier:
    return Identifier("anonymous_id", value)


def email(value: str) -> Identifier:
    return Identifier("email", value)


class World:
    """A warehouse with nothing but raw events and what identity makes of them."""

    def __init__(self, **settings: Any) -> None:
        self.settings = IdentitySettings(**settings)
        self.cursor = duckdb.connect(config={"threads": 1})
        prepare(self.cursor)
        self._seq = self._rules = 0

    def event(
        self, minutes: float, user_id: str | None = None, device: str | None = None, **more: Any
    ) -> str:
        """An event so many minutes into the story; ``email`` and ``hardware`` as SDKs send them."""
        self._seq += 1
        message_id = more.pop("message_id", f"m{self._seq}")
        context = dict(more.pop("context", {}))
        if address := more.pop("email", None):
            context["traits"] = {"email": address}
        if hardware := more.pop("hardware", None):
            context["device"] = {"id": hardware}
        row = {
            "message_id": message_id,
            "type": "track",
            "event_name": "app_opened",
            "user_id": user_id,
            "anonymous_id": device,
            "event_time": at(minutes),
            "received_at": at(minutes),
            "properties": "{}",
            "seq": self._seq,
            "context": json.dumps(context) if context else None,
        } | more
        if isinstance(row.get("traits"), dict):
            row["traits"] = json.dumps(row["traits"])
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        self.cursor.execute(f"INSERT INTO raw_events ({names}) VALUES ({marks})", [*row.values()])
        return message_id

    def alias(self, minutes: float, previous: str, user_id: str, **more: Any) -> str:
        return self.event(
            minutes, user_id, type="alias", previous_id=previous, event_name=None, **more
        )

    def resolve(self, *, full: bool = False) -> Scope:
        return update(self.cursor, self.settings, full=full).scope

    def rule(self, action: Action, a: Identifier, b: Identifier) -> str:
        self._rules += 1
        rule_id = f"r{self._rules}"
        add(self.cursor, Rule(rule_id, action, a, b, "ana@demo", at(self._rules), "said so"))
        return rule_id

    def withdraw(self, rule_id: str) -> None:
        withdraw(self.cursor, rule_id)

    def rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        return self.cursor.execute(query, list(params)).fetchall()

    def owner(self, identifier: Identifier) -> list[tuple[str, str]]:
        """Whose an identifier is, and why."""
        self.resolve()
        return self.rows(
            "SELECT user_id, reason FROM identity_map WHERE kind = ? AND value = ?"
            " ORDER BY valid_from",
            *identifier,
        )

    def people(self) -> dict[str, set[str]]:
        """Every person's identifiers."""
        self.resolve()
        found: dict[str, set[str]] = {}
        for user_id, kind, value in self.rows("SELECT user_id, kind, value FROM identity_map"):
            found.setdefault(user_id, set()).add(f"{kind}:{value}")
        return found

    def conflicts(self) -> list[tuple[str, str, str, str]]:
        self.resolve()
        return self.rows("SELECT kind, a, b, state FROM identity_conflicts ORDER BY 1, 2, 3")

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything identity says, without the numbers that it gives to identifiers."""
        return {
            "map": self.rows(
                "SELECT kind, value, user_id, reason, valid_from, valid_to FROM identity_map"
                " ORDER BY ALL"
            ),
            "conflicts": self.rows(
                "SELECT conflict_id, kind, a, b, evidence, seen_at, state FROM identity_conflicts"
                " ORDER BY ALL"
            ),
            "nodes": self.rows(
                "SELECT kind, value, first_seen, events FROM identity_nodes ORDER BY ALL"
            ),
            "edges": self.rows(
                "SELECT a.kind, a.value, b.kind, b.value, e.kind, e.first_seen, e.message_id,"
                " e.events, e.last_seen FROM identity_edges e"
                " JOIN identity_nodes a ON a.node_id = e.a"
                " JOIN identity_nodes b ON b.node_id = e.b ORDER BY ALL"
            ),
            "hanging together": self.rows(
                "SELECT LIST(kind || ':' || value ORDER BY kind, value) AS parts"
                " FROM identity_nodes GROUP BY component ORDER BY parts"
            ),
            "ignored": self.rows("SELECT * FROM identity_ignored ORDER BY ALL"),
        }


def arrived(world: World, events: Iterable[dict[str, Any]]) -> World:
    """A world in which these events arrived in this order."""
    for event in events:
        world.event(**event)
    return world
