"""Words and numbers as people read them, safe to put into Markdown.

Streamlit's Markdown has directives (``:red[...]``, ``:material/...:``), images and
links besides the usual marks. ``plain`` shows a text as it is; ``rich`` lets the
marks of an answer through and nothing that loads, links or disguises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_LOADS_OR_LINKS = re.compile(r"([\[\]<>$:|\\!@~])|(?<=www)(\.)")
_DIRECTIVE = re.compile(r"\\:(?=[a-zA-Z+\-]|\d+\\?:)")
_WORD_JOINER = "\u2060"

STOP_WORDS = {"ios": "iOS", "id": "ID", "ltv": "LTV", "csat": "CSAT", "utm": "UTM", "os": "OS"}


def plain(text: object) -> str:
    """Any text, shown letter by letter in one line of Markdown."""
    one_line = " ".join(str(text).split())
    return _unhook(_PUNCTUATION.sub(r"\\\1", one_line))


def rich(text: str) -> str:
    """An answer's Markdown: emphasis, lists, headings and code stay; the rest is shown as typed."""
    parts = _CODE.split(text)
    return "".join(part if index % 2 else _disarm(part) for index, part in enumerate(parts))


def _disarm(text: str) -> str:
    flattened = re.sub(r"(?m)^#{1,6}\s+(.*)$", r"**\1**", text)
    return _unhook(_LOADS_OR_LINKS.sub(lambda match: "\\" + match.group(0), flattened))


def _unhook(escaped: str) -> str:
    """Icons are found after the backslashes are gone, so the colon must not touch their name."""
    return _DIRECTIVE.sub("\\\\:" + _WORD_JOINER, escaped)


def first_paragraph(text: str) -> str:
    """What an answer says before it goes into detail."""
    return text.strip().split("\n\n", 1)[0]


def number(value: float) -> str:
    """3412 is 3,412."""
    return f"{value:,.0f}"


def percent(share: float | None, digits: int = 1) -> str:
    """0.041 is 4.1%."""
    return "–" if share is None else f"{100 * share:.{digits}f}%"


def points(change: float) -> str:
    """-0.01 is −1.0 pp."""
    return f"{100 * change:+.1f} pp".replace("-", "−")


def share_of(part: int, whole: int, what: str = "") -> str | None:
    """70.5% of the audience; None when there is no whole."""
    return f"{percent(part / whole)} {what}".rstrip() if whole else None


def people(count: int) -> str:
    """1 person, 3,412 people."""
    return "1 person" if count == 1 else f"{number(count)} people"


def times(count: int) -> str:
    """once, twice, 3 times."""
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def title(name: str) -> str:
    """upgrade_nudge is Upgrade nudge."""
    words = [STOP_WORDS.get(word, word) for word in name.replace("_", " ").split()]
    joined = " ".join(words)
    return joined[:1].upper() + joined[1:] if joined[:1].islower() and words[0] != "iOS" else joined


def phrase(name: str) -> str:
    """open_tickets is open tickets."""
    return " ".join(STOP_WORDS.get(word, word) for word in name.replace("_", " ").split())


def listing(words: Iterable[str], last: str = "and") -> str:
    """a, b and c."""
    items = list(words)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def ago(now: datetime, then: datetime) -> str:
    """just now, 12 minutes ago, yesterday, 3 days ago."""
    seconds = max(0, int((_aware(now) - _aware(then)).total_seconds()))
    if seconds < 60:
        return "just now"
    if 86_400 <= seconds < 2 * 86_400:
        return "yesterday"
    for length, unit in _UNITS:
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def clock(moment: datetime) -> str:
    """22 Nov, 09:40."""
    return f"{moment.day} {moment:%b}, {moment:%H:%M}"


def moment(iso: str) -> str:
    """2026-11-22T00:00:00 is 22 Nov, 00:00 UTC."""
    return f"{clock(datetime.fromisoformat(iso))} UTC"


def day(iso: str) -> str:
    """2026-11-22T00:00:00 is 22 Nov."""
    moment = datetime.fromisoformat(iso)
    return f"{moment.day} {moment:%b}"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
