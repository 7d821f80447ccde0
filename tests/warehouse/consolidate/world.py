"""Worlds of raw events that are consolidated as a server does after each load."""

from __future__ import annotations

from typing import Any

from tests.warehouse.identity.world import World as IdentityWorld
from warehouse.consolidate.consolidation import Consolidated, consolidate_in, run

FACTS = ("fct_events", "dim_users")


class World(IdentityWorld):
    """Raw events, and the tables made of them."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        run(self.cursor, "tables")

    def consolidate(self, *, full: bool = False) -> Consolidated:
        return consolidate_in(self.cursor, self.settings, full=full)

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that consolidation says."""
        return self.content() | {
            "fct_events": self.rows("FROM fct_events ORDER BY ALL"),
            "dim_users": self.rows("FROM dim_users ORDER BY ALL"),
        }

    def events(self) -> list[tuple[str, str]]:
        """Message and user of every event, as they happened."""
        self.consolidate()
        return self.rows("SELECT message_id, user_id FROM fct_events ORDER BY event_time, 1")

    def user(self, user_id: str) -> dict[str, Any]:
        """What is known of a user."""
        self.consolidate()
        found = self.cursor.execute("FROM dim_users WHERE user_id = ?", [user_id])
        names = [column[0] for column in found.description or ()]
        (row,) = found.fetchall()
        return dict(zip(names, row, strict=True))
