"""The digest on Monday morning: one letter a person and a week, whatever is started again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from control import letters
from control.letters import Written
from control.notifications import Reader
from control.people import Person
from core.errors import Code, refuse
from core.notifications import EMAIL
from ui.digest.letter import page_of
from ui.digest.reading import Weekly
from ui.digest.shapes import Span
from ui.digest.weeks import is_due, last_week, named
from ui.ids import new_id
from ui.notifying import news, wording
from ui.notifying.telling import hand_over_due
from ui.notifying.ways import ways_of

if TYPE_CHECKING:
    from ui.workspace import Workspace

SECONDS = 60.0
KIND = "notification.digest"


def once(workspace: Workspace) -> int:
    """One look: on Monday morning write a letter to everybody who gets one and has none of this
    week; gives how many were written. They are handed over with the other letters."""
    asked = workspace.settings.notifications
    now = workspace.now()
    if asked.email is None or not asked.digest or not is_due(now, asked.zone, asked.digest_hour):
        return 0
    span = last_week(now, asked.zone)
    done = letters.occasions(workspace.store, "digest", span.until)
    wanted = [
        one
        for one in news.readers(workspace)
        if asked.wants_digest(one.email) and _occasion(span, one) not in done
    ]
    if not wanted:
        return 0
    weekly = Weekly(workspace, span)
    return sum(_write(workspace, weekly, one) for one in wanted)


def send(workspace: Workspace, person: Person, weekly: Weekly) -> Written:
    """Send one person their digest by e-mail now; gives the letter with what came of it.

    Refuses with SETTINGS_INVALID where letters are not set up.
    """
    ways = ways_of(workspace.settings)
    if EMAIL in ways.refused:
        refusal = ways.refused[EMAIL]
        raise refuse(refusal.code, refusal.message, span=refusal.span, fix=refusal.fix)
    if EMAIL not in ways.usable:
        raise refuse(
            Code.SETTINGS_INVALID,
            "Letters are not set up, so nothing can be sent.",
            span="notifications.email",
            fix="Add [notifications.email] to pilothouse.toml; docs/notifications.md shows how.",
        )
    # One that was asked for is a letter of its own, and goes out again whenever it is asked for.
    letter = _letter(workspace, weekly, person, occasion=f"digest/asked/{new_id()}")
    letters.write(workspace.store, letter)
    hand_over_due(workspace, ways)
    return letters.get(workspace.store, letter.id)


def _write(workspace: Workspace, weekly: Weekly, person: Person) -> bool:
    letter = _letter(workspace, weekly, person, occasion=_occasion(weekly.span, person))
    return letters.write(workspace.store, letter)


def _letter(workspace: Workspace, weekly: Weekly, person: Person, *, occasion: str) -> Written:
    now, reader = workspace.now(), Reader(EMAIL, person.email)
    at = now.isoformat(timespec="seconds")
    page = page_of(weekly.of(person))
    words = wording.of_page(workspace.settings, EMAIL, page, KIND, at=at)
    return Written(new_id(), occasion, "digest", *reader, words.subject, words.content, now)


def _occasion(span: Span, person: Person) -> str:
    return f"digest/{named(span)}/{person.email}"
