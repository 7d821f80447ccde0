"""What a journey may be, and what one run does with what is known."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from core.conditions import EVERYONE
from core.journey_runs import Decision, Receipt, Run, Seen, advance
from core.journey_steps import Exit, Handoff, Message, Split, SplitArm, Wait
from core.journeys import AudienceEntry, Journey
from core.rules import Action

T = datetime(2026, 3, 2, 12)
HOUR = timedelta(hours=1)
DONE = Exit(key="done")


def _push(key: str = "push", to: str = "done", **more: Any) -> Message:
    action = Action(key="hello", name="Hello", channels=("push",))
    return Message(key=key, **({"action": action, "next": to} | more))


def _journey(*steps: Any, **more: Any) -> Journey:
    entry = AudienceEntry(condition=EVERYONE)
    return Journey(**({"key": "trip", "name": "Trip", "entry": entry, "steps": steps} | more))


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((_push(to="nowhere"), DONE), "there is no such step"),
        ((_push(to="b"), _push("b", to="push"), DONE), "go round for ever"),
        ((_push(), DONE, Exit(key="lost")), "no path leads to 'lost'"),
        ((_push(), _push(), DONE), "the key of two"),
        (
            (
                Wait(key="w", seconds=1, next="h"),
                Handoff(key="h", outcomes={"opened": "done", "timeout": "done"}, timeout_seconds=9),
                DONE,
            ),
            "must follow a message",
        ),
        (
            (
                _push(to="b"),
                _push("b", action=Action(key="hello", name="Other", channels=("email",))),
                DONE,
            ),
            "different things under the action 'hello'",
        ),
        ((Wait(key="w", seconds=31 * 86_400, next="done"), DONE), "longer than a run may last"),
    ],
)
def test_a_journey_that_makes_no_sense_is_refused_with_a_sentence(
    steps: tuple[Any, ...], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        _journey(*steps)


def test_a_wait_is_for_seconds_or_for_a_time_and_an_event_has_a_timeout() -> None:
    wrong_ones: tuple[dict[str, Any], ...] = (
        {},
        {"seconds": 1, "until": "09:00"},
        {"seconds": 1, "on_timeout": "done"},
    )
    for wrong in wrong_ones:
        with pytest.raises(ValidationError):
            Wait(key="w", next="done", **wrong)


def test_shares_add_up_to_everybody() -> None:
    arms = (SplitArm(share=0.5, next="a"), SplitArm(share=0.4, next="b"))
    with pytest.raises(ValidationError, match="add up to 1"):
        Split(key="s", salt="s", arms=arms)


def _run(step: str = "push", **more: Any) -> Run:
    return Run("u1", entered_at=T, step=step, step_at=T, **more)


def test_a_run_at_a_message_asks_for_its_turn_and_goes_on_when_it_was_sent() -> None:
    journey = _journey(_push(), DONE)
    due = advance(journey, _run(), Seen(), T)
    chosen = advance(journey, due, Seen(decision=Decision(T, "SELECTED")), T + HOUR)
    sent = advance(journey, chosen, Seen(receipt=Receipt(sent_at=T + HOUR)), T + 2 * HOUR)

    assert (due.phase, chosen.phase) == ("due", "sending")
    assert (sent.exit_reason, sent.exited_at) == ("COMPLETED", T + HOUR)


def test_what_holds_everybody_back_ends_nobodys_run() -> None:
    journey = _journey(_push(if_held_back="drop"), DONE)
    due = _run(phase="due")

    for reason in ("KILLED", "STALE_DATA", "INPUT_UNKNOWN"):
        assert advance(journey, due, Seen(decision=Decision(T, reason)), T).phase == "due"


def test_a_message_that_was_chosen_and_never_sent_ends_a_run_without_a_hand_off() -> None:
    journey = _journey(_push(), DONE)
    failed = Seen(receipt=Receipt(failed_at=T + HOUR))

    ended = advance(journey, _run(phase="sending"), failed, T + 2 * HOUR)

    assert (ended.exit_reason, ended.exited_at) == ("FAILED", T + HOUR)
