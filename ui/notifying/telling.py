"""One round of notifications: look what there is to tell, bundle it, and hand letters over.

It runs in a thread of its own: whatever a mail server does, nothing else waits for it. What is
known is in the control store, so that starting again repeats nothing and loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from control import letters, notifications
from control.letters import LetterState, Written
from control.notifications import News, Reader
from core.alerts import AlertKind
from core.errors import Code, refuse
from core.notifications import EMAIL
from deliver.wire import Outcome
from ui import telemetry
from ui.ids import new_id
from ui.notifying import news, wording
from ui.notifying.team import Team
from ui.notifying.ways import Ways, ways_of
from ui.workspace_clock import wall_time

if TYPE_CHECKING:
    from control.people import Person

log = structlog.get_logger(__name__)

SECONDS = 10.0
URGENT_GAP = timedelta(minutes=1)
"""However urgent it is, nobody gets two letters closer to each other than that."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
KEPT_FOR = timedelta(days=90)


class NotifyRound:
    """Tells people of a workspace what needs them. ``once`` is one round."""

    def __init__(self, workspace: Team, stopping: Callable[[], bool] = lambda: False) -> None:
        self._workspace, self._stopping = workspace, stopping
        self._said: frozenset[str] = frozenset()

    def once(self) -> None:
        """Look, write, hand over. Nothing where no way is set up."""
        ways = ways_of(self._workspace.settings)
        self._say_refused(ways)
        if not ways.any:
            return
        self._look([*ways.usable, *ways.refused])
        write_letters(self._workspace, ways)
        hand_over_due(self._workspace, ways, self._stopping)

    def _look(self, ways: Sequence[str]) -> None:
        """What began and what is over since the last look; nothing before the board's first."""
        workspace, board = self._workspace, self._workspace.board
        if not board.looked:
            return
        found = board.open
        wanted = news.of_alerts(workspace, found, ways) | news.of_requests(workspace, ways)
        # A source that cannot be read hides its alerts: that they are over is not known.
        blind = any(one.kind is AlertKind.LOOK_FAILED for one in found)
        now = workspace.now()
        change = notifications.keep(
            workspace.store,
            wanted,
            now=now,
            new_id=new_id,
            ending=partial(news.ending, workspace, ways),
            may_end=not blind,
        )
        if change.began or change.ended:
            log.info("notices", began=change.began, ended=change.ended)
        if change.ended:
            notifications.forget_old(workspace.store, before=now - KEPT_FOR)

    def _say_refused(self, ways: Ways) -> None:
        refused = frozenset(ways.refused)
        for name in refused - self._said:
            log.warning("notifications_not_set_up", way=name, why=ways.refused[name].message)
        self._said = refused


def write_letters(workspace: Team, ways: Ways) -> int:
    """Bundle what people were not told into one letter each; gives how many were written.

    After a letter the next one waits, so that a flood comes as one; what is urgent waits less.
    While a letter could not be handed over, everything further waits for the next one.
    """
    store, now = workspace.store, workspace.now()
    waiting = notifications.untold(store)
    if not waiting:
        return 0
    last, known = letters.last_to(store), {one.email for one in news.readers(workspace)}
    written = 0
    for reader, fresh in waiting.items():
        gone = reader.way not in {*ways.usable, *ways.refused}
        if gone or (reader.way == EMAIL and reader.recipient not in known):
            notifications.drop(store, reader)
        elif reader.way in ways.usable and _may_write(workspace, last.get(reader), fresh, now):
            written += letters.write(store, _letter(workspace, reader, fresh, now), fresh)
    return written


def hand_over_due(
    workspace: Team, ways: Ways, stopping: Callable[[], bool] = lambda: False
) -> None:
    """Hand over every letter whose moment has come; what is not taken is tried again later."""
    down: dict[str, Outcome] = {}
    for one in letters.claim(workspace.store, now=workspace.now()):
        if stopping():
            letters.release(workspace.store, one)
            continue
        way = ways.usable.get(one.way)
        if way is None:
            outcome = Outcome(one.id, "retry_after", f"'{one.way}' is not set up.", pauses=True)
        else:
            outcome = down.get(one.way) or way.hand_over(one, at=wall_time())
        if outcome.pauses:
            down[one.way] = outcome
        _settle(workspace, one, outcome)


def test(workspace: Team, person: Person) -> list[Written]:
    """A letter to one person in every way that is set up, now; what came of each.

    Refuses with SETTINGS_INVALID where no way is set up, or one cannot be used.
    """
    ways = ways_of(workspace.settings)
    if not ways.any:
        raise refuse(
            Code.SETTINGS_INVALID,
            "No way of telling people is set up.",
            span="notifications",
            fix="Add [notifications.email] or [notifications.webhooks.NAME] to pilothouse.toml; "
            "docs/notifications.md shows how.",
        )
    now, done = workspace.now(), []
    for name in (*ways.usable, *ways.refused):
        reader = Reader(name, person.email)
        words = wording.of_test(workspace.settings, name, person.email, at=_iso(now))
        letter = _written("test", reader, words, now, occasion=f"test/{new_id()}")
        state: LetterState
        if name in ways.refused:
            state, why = "refused", ways.refused[name].message
        else:
            outcome = ways.usable[name].hand_over(letter, at=wall_time())
            taken = outcome.result == "accepted"
            state, why = ("sent", "") if taken else ("refused", outcome.reason or "")
        ended = letter._replace(
            state=state, why=why, attempts=1, sent_at=now if state == "sent" else None
        )
        letters.write(workspace.store, ended)
        done.append(ended)
    return done


def _may_write(workspace: Team, last: Written | None, fresh: Sequence[News], now: datetime) -> bool:
    if last is None:
        return True
    if last.state == "waiting":
        return False
    urgent = any(one.kept.notice.urgent and "over" not in one.events for one in fresh)
    bundle = timedelta(minutes=workspace.settings.notifications.bundle_minutes)
    return now >= last.created_at + (URGENT_GAP if urgent else bundle)


def _letter(workspace: Team, reader: Reader, fresh: Sequence[News], now: datetime) -> Written:
    words = wording.of_news(workspace.settings, reader.way, fresh, at=_iso(now))
    return _written("news", reader, words, now, occasion=f"news/{new_id()}")


def _written(
    kind: letters.Kind, reader: Reader, words: wording.Words, now: datetime, *, occasion: str
) -> Written:
    return Written(
        new_id(), occasion, kind, reader.way, reader.recipient, words.subject, words.content, now
    )


def _settle(workspace: Team, one: Written, outcome: Outcome) -> None:
    now, why = workspace.now(), outcome.reason or ""
    state: LetterState
    next_at = None
    if outcome.result == "accepted":
        state, why = "sent", ""
    elif outcome.result == "rejected":
        state = "refused"
    elif now - one.created_at > timedelta(hours=workspace.settings.notifications.give_up_hours):
        state = "given_up"
    else:
        state = "waiting"
        asked = timedelta(seconds=outcome.seconds or 0.0)
        next_at = now + max(asked, min(FIRST_WAIT * 2 ** min(one.attempts, 12), LONGEST_WAIT))
    letters.settle(workspace.store, one, state, why, now=now, next_at=next_at)
    telemetry.NOTIFICATIONS.labels(one.way, state).inc()
    told = {"way": one.way, "to": one.recipient, "letter": one.id, "attempts": one.attempts + 1}
    if state == "sent":
        log.info("notified", **told)
    else:
        log.warning("not_notified", state=state, why=why, **told)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
