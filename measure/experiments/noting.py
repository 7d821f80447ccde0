"""The queries of one read-out, kept as they run."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.artifacts import SqlText
from measure.queries import DIALECT, Fetched, Runner


@dataclass
class Noting:
    """A runner that keeps the queries of this read-out, each with the id that names it."""

    runner: Runner
    ran: list[SqlText] = field(default_factory=list)

    def fetch(self, sql: str, *, purpose: str) -> Fetched:
        """Run it and keep it."""
        found = self.runner.fetch(sql, purpose=purpose)
        self.ran.append(SqlText(id=found.id, purpose=purpose, dialect=DIALECT, text=sql))
        return found
