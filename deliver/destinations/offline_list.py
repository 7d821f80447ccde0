"""Lists for what leaves on paper or by telephone: one CSV file a batch, in a folder a day."""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from control.store import Store, utc
from core.conditions import Frozen
from deliver.messages import Destination, Message, Receipt
from warehouse.durable import keep_names

FOLDER = "offline"
"""Where lists lie, in the workspace."""
FIELDS = ("user_id", "address", "channel", "subject", "body", "action_key", "policy_key")
"""What a column may hold of a message, besides the variables of its template."""
_VARIABLE = re.compile(r"variables\.([a-z_][a-z0-9_]*)")
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d\s().-]*$)")
"""What a spreadsheet would run; a telephone number is none."""


class OfflineList(Frozen):
    """Settings of a list that a printer or a call centre works through."""

    kind: Literal["offline_list"] = "offline_list"
    folder: str = Field(default="letters", pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    """Where its files lie, in ``offline`` of the workspace."""
    reference: str = Field(default="reference", min_length=1)
    """Heads the first column: the message's name, by which results are told."""
    columns: dict[str, str] = Field(
        default={"address": "address", "subject": "subject", "text": "body"}, min_length=1
    )
    """Head → what stands below: a field of the message, or ``variables.NAME`` of its template."""

    @model_validator(mode="after")
    def _columns_are_known(self) -> Self:
        for head, source in self.columns.items():
            if source not in FIELDS and not _VARIABLE.fullmatch(source):
                raise ValueError(f"'{head}' is '{source}', which no message has")
        if self.reference in self.columns:
            raise ValueError(f"two columns are headed '{self.reference}'")
        return self

    def opened(self, store: Store, folder: Path) -> Destination:
        """What takes the messages; nothing is kept in ``store``."""
        return ListFolder(folder / FOLDER / self.folder, self.reference, self.columns)


class ListFolder:
    """Writes ``folder/<date>/<batch>.csv``, each file whole or not there."""

    def __init__(self, folder: Path, reference: str, columns: Mapping[str, str]) -> None:
        self._folder = folder
        self._reference = reference
        self._columns = columns

    def send(self, messages: Sequence[Message], *, now: datetime) -> list[Receipt]:
        """Write messages down; one that is on a list already is not written again, and one
        without a value for a column is rejected."""
        # No message is on a list of a day before it was decided on.
        since = min((one.decided_at for one in messages), default=now)
        before = self._held([one.intent_id for one in messages], since.date().isoformat())
        lacking = {one.intent_id: self._lacks(one) for one in messages}
        fresh = [
            one
            for one in messages
            if one.intent_id not in before and lacking[one.intent_id] is None
        ]
        if fresh:
            self._write(fresh, now)
        return [
            Receipt(one.intent_id, "accepted")
            if one.intent_id in before or lacking[one.intent_id] is None
            else Receipt(one.intent_id, "rejected", lacking[one.intent_id])
            for one in messages
        ]

    def holds(self, intent_ids: Sequence[str]) -> frozenset[str]:
        """Which of these intents are on a list."""
        return self._held(intent_ids, "")

    def _held(self, intent_ids: Sequence[str], since: str) -> frozenset[str]:
        """The same, of lists from a day on (ISO 8601; empty: all)."""
        asked, found = frozenset(intent_ids), set[str]()
        for file in list_files(self._folder):
            if found == asked or file.parent.name < since:
                break
            found |= asked.intersection(references(file))
        return frozenset(found)

    def _lacks(self, message: Message) -> str | None:
        for head, source in self._columns.items():
            if not _value(message, source):
                return f"There is nothing for the column '{head}' ({source})."
        return None

    def _write(self, messages: Sequence[Message], now: datetime) -> None:
        day = self._folder / utc(now).date().isoformat()
        day.mkdir(parents=True, exist_ok=True)
        ids = "\n".join(one.intent_id for one in messages)
        name = hashlib.sha256(ids.encode()).hexdigest()[:16]
        unfinished = day / f".{name}.making"
        with unfinished.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow((self._reference, *self._columns))
            writer.writerows(self._row(one) for one in messages)
            opened.flush()
            os.fsync(opened.fileno())
        unfinished.replace(day / f"{name}.csv")
        keep_names(day)

    def _row(self, message: Message) -> list[str]:
        cells = (_value(message, source) for source in self._columns.values())
        return [message.intent_id, *(_cell(one) for one in cells)]


def list_files(folder: Path) -> list[Path]:
    """Every file of a list, the newest day first."""
    return sorted(folder.glob("*/*.csv"), reverse=True)


def references(file: Path) -> Iterator[str]:
    """The messages on a list, in their order."""
    with file.open(encoding="utf-8", newline="") as opened:
        rows = csv.reader(opened)
        next(rows, None)
        yield from (row[0] for row in rows if row)


def _value(message: Message, source: str) -> str:
    if found := _VARIABLE.fullmatch(source):
        return str(message.variables.get(found[1], ""))
    return str(getattr(message, source))


def _cell(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text
