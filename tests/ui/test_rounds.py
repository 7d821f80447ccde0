"""What a server does by itself goes on, whatever one round comes to."""

from __future__ import annotations

import threading

from core.errors import Code, refuse
from ui.rounds import Rounds

PATIENCE_SECONDS = 10.0


def test_a_round_that_fails_or_is_refused_is_followed_by_the_next_one() -> None:
    done, calls = threading.Event(), iter(range(100))

    def once() -> None:
        match next(calls):
            case 0:
                raise OSError("no space left on device")
            case 1:
                raise refuse(Code.INVALID_ARGUMENT, "Not today.")
            case _:
                done.set()

    rounds = Rounds("test", once, 0.01)
    rounds.open()

    assert done.wait(PATIENCE_SECONDS)
    rounds.close()


def test_closing_waits_for_the_round_that_runs_and_starts_no_other() -> None:
    begun, finish, calls = threading.Event(), threading.Event(), []

    def once() -> None:
        calls.append("begun")
        begun.set()
        finish.wait(PATIENCE_SECONDS)
        calls.append("finished")

    rounds = Rounds("test", once, 3600.0, first_seconds=0.0)
    rounds.open()
    assert begun.wait(PATIENCE_SECONDS)
    threading.Timer(0.05, finish.set).start()

    rounds.close()

    assert calls == ["begun", "finished"]


def test_what_was_never_opened_closes_at_once() -> None:
    Rounds("test", lambda: None, 3600.0).close()
