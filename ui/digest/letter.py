"""A digest as a letter: its sections in order, each with the page that has all of it."""

from __future__ import annotations

from datetime import timedelta

from core.wall_clock import local_date
from ui.digest.shapes import Digest, Item, Section
from ui.digest.weeks import named
from ui.letter_page import Entry, Page, Part
from ui.notifying.wording import sound

LINKS = {
    "waits": "Open Approvals",
    "alerts": "Open Data health",
    "changes": "Open Rules",
    "canaries": "Open Rules",
    "messages": "Open Decisions",
    "lift": "Open Experiments",
    "data": "Open Data health",
    "outcomes": "Open Outcomes",
}


def page_of(digest: Digest) -> Page:
    """The letter's content; how it is signed is added by whoever sends it."""
    return Page(_title(digest), _intro(digest), [_part(one) for one in digest.sections])


def _title(digest: Digest) -> str:
    waits = len(digest.section("waits").items)
    asks = f": {waits} wait for you" if waits > 1 else ": one waits for you" if waits else ""
    year, _, week = named(digest.span).partition("-W")
    return f"Week {week} of {year}{asks}"


def _intro(digest: Digest) -> str:
    span = digest.span
    last = span.until - timedelta(seconds=1 if span.whole else 0)
    since, until = (local_date(moment, span.zone) for moment in (span.since, last))
    return (
        f"{since:%A %d %B} to {until:%A %d %B %Y} ({span.zone}), with data up to "
        f"{digest.data_until:%Y-%m-%d %H:%M} UTC."
    )


def _part(section: Section) -> Part:
    entries = [_entry(one) for one in section.items]
    return Part(section.title, entries, section.note, section.url, LINKS[section.key])


def _entry(one: Item) -> Entry:
    return Entry(sound(one.title), sound(one.text), one.figure, one.tone)
