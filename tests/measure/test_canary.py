"""What is done about a canary: waited for, promoted or rolled back, with the numbers as reasons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from core.canary import CanaryLimits
from measure.canary import Readings, Side, Verdict, verdict

DAY = timedelta(days=1)


def _said(
    canary: dict[str, Any],
    baseline: dict[str, Any] | None = None,
    *,
    after: timedelta = DAY,
    limits: CanaryLimits | None = None,
    **more: Any,
) -> Verdict:
    before = None if baseline is None else Side(version=1, **baseline)
    sent = canary.get("sent", 0)
    side = Side(version=2, **{"handed_over": sent} | canary)
    readings = Readings(canary=side, baseline=before, **more)
    return verdict(readings, limits or CanaryLimits(), after)


# Promoting


def test_enough_messages_without_a_breach_go_live_for_everybody_when_the_watch_is_over() -> None:
    said = _said({"sent": 400, "complaints": 1, "unsubscribes": 3, "errors": 8})

    assert said.kind == "promote"
    assert said.why == (
        "400 messages in 24 hours and no limit broken: complaints 0.25 %, unsubscribes 0.75 %, "
        "errors 2 %."
    )


def test_it_waits_for_messages_and_for_the_end_of_the_watch_and_says_for_what() -> None:
    early = _said({"sent": 120}, after=timedelta(hours=6))
    few = _said({"sent": 120})

    assert (early.kind, early.for_person) == ("wait", False)
    assert early.why == (
        "120 of 200 messages were sent so far. It is watched for another 18 hours."
    )
    assert (few.kind, few.for_person) == ("wait", True)


def test_a_canary_without_any_message_waits_and_calls_a_person_when_its_time_is_over() -> None:
    assert not _said({}, after=timedelta(seconds=5)).for_person
    over = _said({})

    assert (over.kind, over.for_person) == ("wait", True)
    assert over.why == "0 of 200 messages were sent so far."


def test_a_destination_that_never_tells_of_messages_leaves_it_to_a_person() -> None:
    said = _said({"sent": 900}, silent=("mail",))

    assert (said.kind, said.for_person) == ("wait", True)
    assert "Nothing was ever told of the messages that left by mail" in said.why


# Rolling back


def test_a_complaint_spike_rolls_back_at_once_with_its_numbers() -> None:
    said = _said(
        {"sent": 60, "complaints": 6},
        {"sent": 1_000, "complaints": 1},
        after=timedelta(seconds=9),
    )

    assert said.kind == "roll_back"
    assert said.why.startswith("6 of 60 messages were complained about (10 %, surely above ")
    assert "0.3 % allowed; 0.1 % of the version before" in said.why


def test_a_single_complaint_among_few_messages_is_no_spike() -> None:
    assert _said({"sent": 5, "complaints": 1}).kind == "wait"


def test_opt_outs_and_failures_have_limits_of_their_own() -> None:
    assert "led to an opt-out" in _said({"sent": 300, "unsubscribes": 30}).why
    failing = _said({"sent": 40, "handed_over": 100, "errors": 60})

    assert failing.kind == "roll_back"
    assert failing.why.startswith("60 of 100 messages failed (60 %")


def test_a_version_that_converts_far_worse_than_the_one_before_is_rolled_back() -> None:
    good = {"sent": 5_000, "users": 5_000, "converted": 1_000}
    bad = _said({"sent": 1_000, "users": 1_000, "converted": 60}, good)
    alike = _said({"sent": 1_000, "users": 1_000, "converted": 190}, good)
    first = _said({"sent": 1_000, "users": 1_000, "converted": 0})

    assert bad.kind == "roll_back"
    assert "60 of 1,000 users reached the goal (6 %) and 20 % with the version before" in bad.why
    assert (alike.kind, first.kind) == ("promote", "promote")


def test_a_limit_of_nothing_breaks_with_the_first_and_one_of_everything_never() -> None:
    none = CanaryLimits(max_complaint_rate=0.0)
    every = CanaryLimits(max_complaint_rate=1.0, max_conversion_drop=1.0)

    assert _said({"sent": 500, "complaints": 1}, limits=none).kind == "roll_back"
    assert _said({"sent": 500}, limits=none).kind == "promote"
    spike = _said({"sent": 500, "complaints": 500}, limits=every)
    assert spike.kind == "promote"


# What is out of order


def test_nothing_happens_to_a_paused_canary_whatever_is_known_of_it() -> None:
    said = _said({"sent": 500, "complaints": 50}, paused=True)

    assert (said.kind, said.for_person) == ("wait", True)
    assert "paused" in said.why
    assert "50 of 500 messages were complained about" in said.why


def test_a_clock_that_jumped_back_promotes_nothing_and_still_rolls_back() -> None:
    back = timedelta(hours=-2)

    assert _said({"sent": 500}, after=back).kind == "wait"
    assert "clock" in _said({"sent": 500}, after=back).why
    assert _said({"sent": 500, "complaints": 50}, after=back).kind == "roll_back"


# How often it is wrong


@pytest.mark.slow
def test_a_canary_at_its_limits_is_rolled_back_no_more_often_than_the_confidence_allows() -> None:
    # Every guard exactly at its limit, the worst that is still allowed, looked at 20 times.
    chance = np.random.default_rng(5)
    limits, looks, many = CanaryLimits(), 20, 60
    rates = (limits.max_complaint_rate, limits.max_unsubscribe_rate, limits.max_error_rate)

    def counted(rate: float, per_look: int) -> np.ndarray:
        return np.cumsum(chance.binomial(per_look, rate, looks))

    wrong = 0
    for _ in range(many):
        complaints, unsubscribes, errors = (counted(rate, 150) for rate in rates)
        converted, before = (
            counted(0.1 * (1 - limits.max_conversion_drop), 150),
            counted(0.1, 1_350),
        )
        for look in range(looks):
            sent = 150 * (look + 1)
            canary = {"sent": sent, "complaints": int(complaints[look]), "users": sent}
            canary |= {"unsubscribes": int(unsubscribes[look]), "errors": int(errors[look])}
            canary |= {"converted": int(converted[look])}
            baseline = {"sent": 9 * sent, "users": 9 * sent, "converted": int(before[look])}
            if _said(canary, baseline).kind == "roll_back":
                wrong += 1
                break

    assert wrong / many <= 1 - limits.confidence
