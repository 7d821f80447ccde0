"""Questions whose answer a person marked as right: what memory may give to others again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from control.conversation_tables import marked_answers
from control.store import Store, utc


class Marked(NamedTuple):
    """A question, what it was read as, and the hash of the definitions it was right under."""

    id: str
    question: str
    draft: dict[str, Any]
    definitions: str
    author: str
    marked_at: datetime


def mark(store: Store, marked: Marked) -> Marked:
    """Keep it; the same question marked again takes its place."""
    values = marked._asdict() | {"marked_at": utc(marked.marked_at)}
    with store.write() as connection:
        connection.execute(marked_answers.delete().where(marked_answers.c.id == marked.id))
        connection.execute(marked_answers.insert().values(values))
    return marked


def everything(store: Store) -> list[Marked]:
    """All of them, oldest first."""
    query = sa.select(marked_answers).order_by(marked_answers.c.marked_at, marked_answers.c.id)
    with store.read() as connection:
        return [Marked(*row) for row in connection.execute(query)]
