"""Conversations with the agent: whose a thread is, and what it holds between two prompts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from control import runs
from control.conversation_tables import conversations
from control.runs import Thread
from control.store import Store, utc
from control.tables import threads
from core.errors import Code, refuse
from core.same_person import identity_of


def enter(store: Store, thread: Thread) -> Thread:
    """Open a thread, or go on with one's own; refuses another person's with NOT_ALLOWED."""
    found = runs.open_thread(store, thread)
    _require(found.owner, thread.owner, thread.id)
    return found


def require_owner(store: Store, thread_id: str, person: str) -> None:
    """Refuses with NOT_ALLOWED whoever did not begin a thread, by e-mail."""
    _require(owner_of(store, thread_id), person, thread_id)


def _require(owner: str | None, person: str, thread_id: str) -> None:
    if owner is None or identity_of(owner) != identity_of(person):
        raise refuse(
            Code.NOT_ALLOWED,
            "This conversation is somebody else's.",
            span=thread_id,
            fix="Ask without it: that begins a conversation of your own.",
        )


def owner_of(store: Store, thread_id: str) -> str | None:
    """Whose a thread is; None when it was never opened."""
    with store.read() as connection:
        query = sa.select(threads.c.owner).where(threads.c.id == thread_id)
        return connection.execute(query).scalar_one_or_none()


def held(store: Store, thread_id: str) -> dict[str, Any]:
    """What a thread holds; empty for a new one."""
    with store.read() as connection:
        query = sa.select(conversations.c.held).where(conversations.c.thread_id == thread_id)
        found = connection.execute(query).scalar_one_or_none()
    return dict(found) if found else {}


def hold(store: Store, thread_id: str, what: Mapping[str, Any], *, now: datetime) -> None:
    """Keep what a thread holds from here on."""
    values = {"held": dict(what), "updated_at": utc(now)}
    this = conversations.c.thread_id == thread_id
    with store.write() as connection:
        changed = connection.execute(conversations.update().where(this).values(values)).rowcount
        if not changed:
            connection.execute(conversations.insert().values({"thread_id": thread_id} | values))
