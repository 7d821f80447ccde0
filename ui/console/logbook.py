"""What the Audit log page asks of the rest of the product, as one person may read it.

Whose deeds somebody reads is asked anew at every draw; a page of entries is kept until the next
entry is written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import cast

import streamlit as st

from control import audit_reading
from control.audit import Asked
from control.audit_check import Checked, check
from control.audit_entries import AuditEntry
from control.audit_reading import READS_ALL, Choices, Page
from control.people import Person
from control.sights import colleagues
from control.store import Store
from core.masking import masked_text
from ui.console.desk import Desk
from ui.workspace import Workspace

PER_PAGE = 50
MOST_EXPORTED = 100_000
"""Entries of one download; more of them go into a file with ``pilothouse audit export``."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = ("seq", "at", "who", "what", "subject", "note", "before_hash", "after_hash", "hash")


class Logbook:
    """The audit log as one person may read it."""

    def __init__(self, office: Desk, viewer: Person) -> None:
        self.office, self.viewer = office, viewer
        self.store: Store = office.workspace.store
        self._colleagues = colleagues(self.store)

    @property
    def reads_all(self) -> bool:
        """Whether the viewer reads what others did."""
        person = self.office.person(self.viewer.email)
        return person is not None and bool(person.roles & READS_ALL)

    def page(self, asked: Asked, number: int) -> Page:
        """Entries, newest first; refuses whoever holds no role any more."""
        mine = audit_reading.allowed(self.store, self.viewer, asked)
        return _page(self.store, self.viewer, mine, number, self._state())

    def choices(self) -> Choices:
        """What may be chosen from."""
        mine = audit_reading.allowed(self.store, self.viewer, Asked())
        return _choices(self.store, self.viewer, mine, self._state())

    def entry(self, seq: int) -> tuple[AuditEntry, AuditEntry] | None:
        """One entry as it is stored and as it reads."""
        return audit_reading.entry(self.store, self.viewer, seq)

    def said(self, text: str) -> str:
        """A text of the log without the addresses of users; those of colleagues stay."""
        return masked_text(text, self._colleagues)

    def verify(self) -> Checked:
        """Check the whole log, against the heads that were noted outside of it too."""
        # The server opens no other; the desk only asks less of it.
        workspace = cast(Workspace, self.office.workspace)
        return check(self.store, workspace.anchors.anchors())

    def as_csv(self, asked: Asked) -> bytes:
        """The newest entries as a table for a spreadsheet, which must not take a text for a
        formula."""
        written = io.StringIO()
        table = csv.writer(written)
        table.writerow(_COLUMNS)
        found = audit_reading.every(self.store, self.viewer, asked, most=MOST_EXPORTED)
        table.writerows(self._cells(found))
        return written.getvalue().encode()

    def as_lines(self, asked: Asked) -> bytes:
        """Entries as they are stored, a JSON document a line, oldest first."""
        found = audit_reading.stored_lines(self.store, self.viewer, asked)
        return "".join(f"{self.said(line)}\n" for line in islice(found, MOST_EXPORTED)).encode()

    def _cells(self, found: Iterable[AuditEntry]) -> Iterator[list[str]]:
        for one in found:
            values = ("" if (of := getattr(one, name)) is None else str(of) for name in _COLUMNS)
            yield [_harmless(self.said(value)) for value in values]

    def _state(self) -> int:
        return self.store.writes


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


@st.cache_data(show_spinner=False, max_entries=64, ttl=30)
def _page(_store: Store, _viewer: Person, asked: Asked, number: int, writes: int) -> Page:
    return audit_reading.page(_store, _viewer, asked, number=number, size=PER_PAGE)


@st.cache_data(show_spinner=False, max_entries=16, ttl=30)
def _choices(_store: Store, _viewer: Person, asked: Asked, writes: int) -> Choices:
    return audit_reading.choices(_store, _viewer)
