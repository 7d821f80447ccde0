"""News as letters: everything that somebody has not been told, in one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from control.notifications import News
from core.notifications import EMAIL
from core.settings import Settings
from ui.letter_page import TONES, Entry, Page, Part, Tone, as_html, as_text
from ui.notifying.pages import address, words

MOST = 20
"""Things that one letter tells in full; of more it says how many."""
TYPE, TEST = "notification", "notification.test"


class Words(NamedTuple):
    """A letter's subject and what is sent: as text and HTML, or as JSON."""

    subject: str
    content: dict[str, Any]


def of_news(settings: Settings, way: str, news: Sequence[News], *, at: str) -> Words:
    """What one reader has not been told; ``at`` is when it was written, in ISO 8601."""
    ordered = sorted(news, key=_order)
    shown, left = ordered[:MOST], len(ordered) - MOST
    entries = [_entry(settings, one) for one in shown]
    more = f"And {left:,} more." if left > 0 else ""
    subject = _subject(ordered)
    here = address(settings, "/data_health")
    part = Part(_heading(ordered), entries, more, here if more else "", "See what needs somebody")
    page = Page(subject, _intro(ordered), [part], _footer(settings))
    if way == EMAIL:
        return Words(subject, {"text": as_text(page), "html": as_html(page)})
    items = [_item(settings, one) for one in shown]
    data = {"items": items, "more": max(left, 0)}
    return Words(
        subject, {"json": _document(TYPE, at, f"{subject}\n{_lines(entries, more)}", data)}
    )


def of_test(settings: Settings, way: str, who: str, *, at: str) -> Words:
    """A letter that only shows that letters arrive."""
    subject = "A test from Pilothouse"
    said = f"{who} asked for this to see whether notifications arrive. Nothing needs anybody."
    entry = Entry("Notifications arrive", href=address(settings, "/"), link="Open the console")
    page = Page(subject, said, [Part("It works", [entry])], _footer(settings))
    if way == EMAIL:
        return Words(subject, {"text": as_text(page), "html": as_html(page)})
    return Words(subject, {"json": _document(TEST, at, f"{subject}\n{said}", {"items": []})})


def of_page(settings: Settings, way: str, page: Page, kind: str, *, at: str) -> Words:
    """Any other letter."""
    whole = signed(settings, page)
    if way == EMAIL:
        return Words(page.title, {"text": as_text(whole), "html": as_html(whole)})
    return Words(page.title, {"json": _document(kind, at, as_text(whole), {})})


def signed(settings: Settings, page: Page) -> Page:
    """A letter with who sent it, and where it says why."""
    return page._replace(footer=page.footer or _footer(settings))


def sound(words: str) -> str:
    """Words that can be written as UTF-8, whatever somebody typed."""
    return words.encode("utf-8", "replace").decode("utf-8")


def _order(one: News) -> tuple[bool, bool, str]:
    return "over" in one.events, not one.kept.notice.urgent, one.kept.id


def _tone(one: News) -> Tone:
    if "over" in one.events:
        return "over"
    return "now" if one.kept.notice.urgent else "today"


def _entry(settings: Settings, one: News) -> Entry:
    notice, tone = one.kept.notice, _tone(one)
    return Entry(
        sound(notice.title),
        sound(_text(one)),
        tone=tone,
        href=address(settings, notice.page),
        link=words(notice.page),
    )


def _text(one: News) -> str:
    notice, kept = one.kept.notice, one.kept
    if "over" not in one.events:
        return f"{notice.sentence} For the {notice.who}, since {_at(kept.began_at)}."
    if "began" in one.events:
        # It came and went between two letters: that it is over says all that is needed.
        return f"{notice.sentence} {kept.ending} That was so from {_at(kept.began_at)}.".strip()
    return f"{notice.sentence} {kept.ending or 'That is over.'}"


def _item(settings: Settings, one: News) -> dict[str, Any]:
    notice, kept = one.kept.notice, one.kept
    return {
        "id": kept.id,
        "kind": notice.kind,
        "subject": sound(notice.subject),
        "title": sound(notice.title),
        "sentence": sound(_text(one)),
        "state": "over" if "over" in one.events else "open",
        "urgent": notice.urgent,
        "who": notice.who,
        "url": address(settings, notice.page),
        "began_at": f"{kept.began_at.isoformat(timespec='seconds')}Z",
        "ended_at": f"{kept.ended_at.isoformat(timespec='seconds')}Z" if kept.ended_at else None,
    }


def _subject(news: Sequence[News]) -> str:
    open_ones = [one for one in news if "over" not in one.events]
    told = open_ones or news
    first = told[0].kept.notice
    said = first.title if open_ones else f"Over: {first.title.lower()}"
    more = f" and {len(news) - 1:,} more" if len(news) > 1 else ""
    urgent = "Now: " if first.urgent and open_ones else ""
    return sound(f"{urgent}{said}{more}")


def _heading(news: Sequence[News]) -> str:
    return "One thing" if len(news) == 1 else f"{len(news):,} things"


def _intro(news: Sequence[News]) -> str:
    open_ones = sum("over" not in one.events for one in news)
    if not open_ones:
        return "This needed somebody and does not any more."
    return f"{open_ones:,} of this needs somebody." if open_ones < len(news) else "This needs you."


def _lines(entries: Sequence[Entry], more: str) -> str:
    said = [f"[{TONES[one.tone]}] {one.title}: {one.text} {one.href}" for one in entries]
    return "\n".join([*said, *([more] if more else [])])


def _document(kind: str, at: str, text: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "timestamp": f"{at}Z", "text": text, "data": data}


def _footer(settings: Settings) -> str:
    return (
        f"Pilothouse at {address(settings, '')}. Who is told what stands in [notifications] of "
        "pilothouse.toml."
    )


def _at(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
