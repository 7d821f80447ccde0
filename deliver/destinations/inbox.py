"""An inbox on this machine: messages wait until an app or a page fetches them for its user."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from control.inbox import InboxMessage, held, put
from control.store import Store
from core.conditions import Frozen
from deliver.messages import Destination, Message, Receipt

KEPT = ("user_id", "subject", "body", "html")
"""What a message under the same key may not change."""


class Inbox(Frozen):
    """Settings of an inbox. Its users are known by tokens that the team's own server makes."""

    kind: Literal["inbox"] = "inbox"
    token_secrets: tuple[Annotated[SecretStr, Field(min_length=32)], ...] = Field(
        min_length=1, max_length=5
    )
    """Of 32 letters or more. A token by any of them is good; those made here are by the first."""

    def opened(self, store: Store, folder: Path) -> Destination:
        """What takes the messages; nothing is kept in ``folder``."""
        return InboxOfStore(store)


class InboxOfStore:
    """Keeps messages in the control store, each once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def send(self, messages: Sequence[Message], *, now: datetime) -> list[Receipt]:
        """Keep messages; one that says something else than before under its key is rejected."""
        before = held(self._store, [one.intent_id for one in messages])
        put(self._store, [_kept(one, now) for one in messages if one.intent_id not in before])
        return [_receipt(one, before.get(one.intent_id)) for one in messages]

    def holds(self, intent_ids: Sequence[str]) -> frozenset[str]:
        """Which of these intents are in the inbox."""
        return frozenset(held(self._store, intent_ids))


def _kept(message: Message, now: datetime) -> InboxMessage:
    return InboxMessage(
        message.intent_id,
        message.user_id,
        message.subject,
        message.body,
        message.html,
        message.template,
        dict(message.variables),
        now,
    )


def _receipt(message: Message, before: InboxMessage | None) -> Receipt:
    same = before is None or all(getattr(before, one) == getattr(message, one) for one in KEPT)
    if same:
        return Receipt(message.intent_id, "accepted")
    return Receipt(message.intent_id, "rejected", "another message was sent under this key")
