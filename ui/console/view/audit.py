"""Entries of the audit log and what its check found, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from control.audit import Asked
from control.audit_check import Checked
from ui.console.view.text import number, phrase

LONGEST = 240
"""So much of a note stands in the list; the entry has all of it."""
FIELDS = ("who", "what", "about", "from", "until")
"""What a list is narrowed by, as the address has it."""


def did(what: str) -> str:
    """roll_back_canary is Roll back canary."""
    words = phrase(what)
    return words[:1].upper() + words[1:]


def note(text: str) -> str:
    """A note as the list shows it."""
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= LONGEST else f"{one_line[:LONGEST].rstrip()}…"


def asked_of(query: Mapping[str, str]) -> Asked:
    """What an address asks for; a date that is none is left out."""
    since, until = (day(query.get(name)) for name in ("from", "until"))
    return Asked(
        who=query.get("who") or None,
        what=query.get("what") or None,
        about=query.get("about") or None,
        since=since,
        until=until + timedelta(days=1) if until else None,
    )


def day(text: str | None) -> datetime | None:
    """A day of an address as the moment at which it begins."""
    try:
        return datetime.strptime(text, "%Y-%m-%d") if text else None
    except ValueError:
        return None


def verdict(checked: Checked) -> str:
    """What the check of the whole log found, as a sentence of Markdown."""
    if not checked.entries:
        return "Nothing is in the log yet, so there is nothing to check."
    if not checked.breaks:
        begin = "" if checked.first <= 1 else f" from entry {number(checked.first)} on"
        return (
            f"**The chain holds.** All {number(checked.entries)} entries{begin} are as they were "
            "written: none was changed, removed, moved or slipped in."
        )
    places = "one place" if len(checked.breaks) == 1 else f"{number(len(checked.breaks))} places"
    return f"**The log does not hold at {places}.** Somebody changed it, or a part of it was lost."
