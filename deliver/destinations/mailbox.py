"""A mailbox on this machine: each message is a row and an .eml file that a person can open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import Compat32
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from control.store import Store, insert, utc
from control.tables import mailbox
from deliver.messages import Message, Receipt

MAILBOX = "mailbox"
"""The name of the local mailbox, which serves every channel that is routed nowhere else."""
SENDER = "Pilothouse demo <hello@pilothouse.example>"
LINE = 78
"""Letters of a line, from which on an e-mail breaks it."""
KEPT = ("intent_id", "user_id", "channel", "address", "subject", "body")


class Mail(NamedTuple):
    """One message in the mailbox."""

    intent_id: str
    user_id: str
    channel: str
    address: str
    subject: str
    body: str
    file: str
    sent_at: datetime


class Mailbox:
    """Delivers into ``folder/<date>/<intent>.eml`` and the mailbox table."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder

    def send(self, messages: Sequence[Message], *, now: datetime) -> list[Receipt]:
        """Write every message once; one that cannot be an e-mail, or says something else than what
        was sent under its key before, is rejected with the reason."""
        before = self._sent([one.intent_id for one in messages])
        fresh = [one for one in messages if one.intent_id not in before]
        again = [_again(one, before[one.intent_id]) for one in messages if one.intent_id in before]
        told = {one.intent_id: one for one in (*again, *self._write(fresh, now))}
        return [told[one.intent_id] for one in messages]

    def _write(self, messages: Sequence[Message], now: datetime) -> list[Receipt]:
        files, receipts = write_letters(messages, self.folder, now=now)
        written = [one for one in messages if one.intent_id in files]
        self._keep([_row(message, files[message.intent_id], now) for message in written])
        return receipts

    def holds(self, intent_ids: Sequence[str]) -> frozenset[str]:
        """Which of these intents are in the mailbox."""
        return frozenset(self._sent(intent_ids))

    def _sent(self, intent_ids: Sequence[str]) -> dict[str, tuple[object, ...]]:
        """Intent id → what was sent under it, in the order of KEPT."""
        if not intent_ids:
            return {}
        query = sa.select(*(mailbox.c[name] for name in KEPT))
        query = query.where(mailbox.c.intent_id.in_(intent_ids))
        with self.store.read() as connection:
            return {row[0]: tuple(row) for row in connection.execute(query)}

    def _keep(self, rows: list[dict[str, object]]) -> None:
        if rows:
            with self.store.write() as connection:
                connection.execute(insert(connection, mailbox).on_conflict_do_nothing(), rows)


def write_letters(
    messages: Sequence[Message], folder: Path, *, now: datetime
) -> tuple[dict[str, Path], list[Receipt]]:
    """Write every message as a file that a person can open: intent id → file, and the receipts."""
    day = folder / utc(now).date().isoformat()
    day.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {}
    receipts = []
    for message in messages:
        try:
            content = _eml(message, now)
        except ValueError as error:  # a line break in an address, say
            receipts.append(Receipt(message.intent_id, "rejected", str(error)))
            continue
        files[message.intent_id] = day / f"{message.intent_id}.eml"
        files[message.intent_id].write_bytes(content)
        receipts.append(Receipt(message.intent_id, "accepted"))
    return files, receipts


def read(store: Store, *, user_id: str | None = None, limit: int = 50) -> list[Mail]:
    """The newest messages, of one user or of all."""
    query = sa.select(mailbox).order_by(mailbox.c.sent_at.desc(), mailbox.c.intent_id).limit(limit)
    if user_id is not None:
        query = query.where(mailbox.c.user_id == user_id)
    with store.read() as connection:
        return [Mail(*row) for row in connection.execute(query)]


def _again(message: Message, before: tuple[object, ...]) -> Receipt:
    if before == tuple(getattr(message, name) for name in KEPT):
        return Receipt(message.intent_id, "accepted")
    return Receipt(message.intent_id, "rejected", "another message was sent under this key")


def _eml(message: Message, now: datetime) -> bytes:
    mail = _content(message)
    headers = {
        "From": SENDER,
        "To": message.address,
        "Subject": message.subject,
        "Date": format_datetime(utc(now).replace(tzinfo=UTC)),
        "Message-ID": f"<{message.intent_id}@pilothouse.example>",
        "X-Pilothouse-Channel": message.channel,
        "X-Pilothouse-User": message.user_id,
        "X-Pilothouse-Decision": message.decision_id,
        "X-Pilothouse-Trace": message.trace_id,
    }
    for name, value in headers.items():
        if len(value.splitlines()) > 1:
            raise ValueError(f"{name} has a line break")
        mail[name] = value if value.isascii() else Header(value, "utf-8").encode()
    return mail.as_bytes(policy=_SHORT_LINES)


class _ShortLines(Compat32):
    """Headers that fit on a line as they are: whether to break them takes longer than a letter."""

    def fold_binary(self, name: str, value: str) -> bytes:
        line = f"{name}: {value}"
        if len(line) < LINE and line.isascii() and line.isprintable():
            return f"{line}{self.linesep}".encode()
        return super().fold_binary(name, value)


_SHORT_LINES = _ShortLines()


def _content(message: Message) -> MIMEBase:
    plain = MIMEText(message.body, "plain", _charset(message.body))
    if message.html is None:
        return plain
    # The boundary is made of the message's own key: the same message is the same file.
    both = MIMEMultipart("alternative", boundary=f"=={message.intent_id}==")
    both.attach(plain)
    both.attach(MIMEText(message.html, "html", _charset(message.html)))
    return both


def _charset(text: str) -> str:
    return "us-ascii" if text.isascii() else "utf-8"


def _row(message: Message, file: Path, now: datetime) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(message, name) for name in KEPT}
    return row | {"file": str(file), "sent_at": utc(now)}
