"""Canaries by what a provider signed: a spike rolls back by itself, a clean one goes live."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from control import audit, canaries
from core.canary import CanaryLimits
from core.errors import Code, PilothouseError
from orchestrate import rulebook
from orchestrate.rulebook import canary as ends
from tests.deliver.receipts.senders import Told
from tests.ui.canaried import KEY, Canaried, begun, opened
from tests.ui.command_line import give
from ui.canaries import LOOK_AT_ALL_SECONDS, SECONDS, CanaryRound, once
from ui.receiving import APPLY_SECONDS, ApplyRound, apply_receipts
from ui.rounds import Rounds

AT_ONCE = CanaryLimits(min_messages=20, watch_seconds=0)
USERS = 120


class Sent(NamedTuple):
    """A workspace in which everybody was sent their message, half of them by a canary."""

    folder: Path
    ledger: dict[str, list[Any]]


def _sent(folder: Path, limits: CanaryLimits) -> Sent:
    with begun(folder, USERS) as made:
        made.publish("The new words", 0.5, limits)
        made.send()
        return Sent(folder, dict(made.fake.ledger))


@pytest.fixture(scope="session")
def sent_at_once(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    return _sent(tmp_path_factory.mktemp("canary-at-once"), AT_ONCE)


@pytest.fixture(scope="session")
def sent_watched(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    return _sent(tmp_path_factory.mktemp("canary-watched"), CanaryLimits())


@pytest.fixture
def desk(tmp_path: Path, sent_at_once: Sent) -> Iterator[Canaried]:
    """A canary that may be promoted at once."""
    with opened(shutil.copytree(sent_at_once.folder, tmp_path / "w"), sent_at_once.ledger) as made:
        yield made


@pytest.fixture
def watched(tmp_path: Path, sent_watched: Sent) -> Iterator[Canaried]:
    """A canary with the limits that nobody changed: it is watched for a day."""
    with opened(shutil.copytree(sent_watched.folder, tmp_path / "w"), sent_watched.ledger) as made:
        yield made


# Taken back


def test_a_complaint_spike_rolls_back_by_itself_and_not_one_more_message_leaves(
    desk: Canaried,
) -> None:
    canary, baseline = desk.intents(2), desk.intents(1)
    desk.tell("delivered", canary + baseline, ago=40)
    desk.pass_time()
    desk.users(200, 100)
    desk.workspace.run_cycle()
    waiting = desk.intents(2, "pending")
    assert len(waiting) > 30

    desk.tell("spamreport", canary[:10])
    once(desk.workspace)

    ended = desk.canary()
    assert (ended.state, ended.ended_by) == ("rolled_back", "pilothouse")
    assert ended.why.startswith(f"10 of {len(canary)} messages were complained about (")
    assert ended.why.endswith("See docs/runbooks/canary-stopped.md.")
    desk.workspace.deliver()
    desk.pass_time()
    desk.users(300, 50)
    desk.send()
    assert desk.taken(2) == len(canary)
    assert desk.intents(2, "cancelled") == waiting
    assert desk.taken(1) > len(baseline)
    assert desk.taken(3) > 40


def test_what_is_taken_back_is_on_record_with_the_numbers(desk: Canaried) -> None:
    desk.tell("spamreport", desk.intents(2)[:10])
    once(desk.workspace)

    entry = next(
        one for one in audit.entries(desk.workspace.store) if one.what == "roll_back_canary"
    )
    assert (entry.who, entry.subject) == ("pilothouse", f"{KEY} version 2")
    assert "messages were complained about" in entry.note
    last = canaries.readouts(desk.workspace.store, f"{KEY}@2")[0].document
    assert last["verdict"]["kind"] == "roll_back"
    assert last["readings"]["canary"]["complaints"] == 10
    assert audit.verify(desk.workspace.store) is None


@pytest.mark.parametrize(
    ("event", "what"), [("bounce", "failed"), ("group_unsubscribe", "led to an opt-out")]
)
def test_bounces_and_opt_outs_take_a_canary_back_too(
    watched: Canaried, event: str, what: str
) -> None:
    watched.tell(event, watched.intents(2)[:20])
    once(watched.workspace)

    assert what in watched.canary().why
    assert watched.canary().state == "rolled_back"


def test_a_server_acts_within_seconds_of_the_receipts(watched: Canaried) -> None:
    work = watched.workspace
    rounds = (
        Rounds("receipts", ApplyRound(work).once, APPLY_SECONDS),
        Rounds("canaries", CanaryRound(work).once, SECONDS),
    )
    for one in rounds:
        one.open()
    try:
        spike = watched.signed("spamreport", watched.intents(2)[:10])
        told = time.monotonic()
        assert watched.post(spike).status_code == 200
        while watched.canary().state == "running" and time.monotonic() - told < 15:
            time.sleep(0.05)
        took = time.monotonic() - told
    finally:
        for one in rounds:
            one.close()

    assert watched.canary().state == "rolled_back"
    assert took < 9, took


def test_the_runbook_that_is_named_is_there_and_all_its_commands_are(
    watched: Canaried,
) -> None:
    watched.tell("spamreport", watched.intents(2)[:10])
    once(watched.workspace)
    named = watched.canary().why.rpartition("See ")[2].rstrip(".")
    runbook = (Path(__file__).parents[2] / named).read_text(encoding="utf-8")

    commands = re.findall(r"pilothouse ([a-z]+)(?: ([a-z]+))?", runbook)
    assert {"canary", "rules", "explain", "deliver", "approvals"} <= {one for one, _ in commands}
    for command, *more in commands:
        words = [command, *filter(None, more)]
        assert give(*words, "--help").status == 0, words


# Receipts that say nothing of the kind


def test_saying_it_again_and_in_any_order_trips_nothing(desk: Canaried) -> None:
    canary = desk.intents(2)
    complaint = desk.signed("spamreport", canary[:1], ago=60)
    for _ in range(20):
        assert desk.post(complaint).status_code == 200
        apply_receipts(desk.workspace)
    desk.tell("open", canary, ago=10)
    desk.tell("delivered", canary, ago=50)

    (looked,) = once(desk.workspace)

    assert looked.readings.canary.complaints == 1
    assert looked.canary.state == "promoted"


def test_a_complaint_that_overtakes_its_delivery_counts_once(desk: Canaried) -> None:
    canary = desk.intents(2)
    desk.tell("spamreport", canary[:10], ago=5)
    desk.tell("delivered", canary[:10], ago=50)
    desk.tell("spamreport", canary[:10], ago=4)

    (looked,) = once(desk.workspace)

    assert looked.readings.canary.complaints == 10
    assert looked.canary.state == "rolled_back"


def test_a_forged_receipt_changes_nothing(desk: Canaried) -> None:
    told = desk.signed("spamreport", desk.intents(2))
    forged = Told(told.headers, told.body.replace(b"30", b"31") + b" ")

    assert desk.post(forged).status_code == 401
    assert desk.post(Told({}, told.body)).status_code == 401
    apply_receipts(desk.workspace)
    (looked,) = once(desk.workspace)

    assert looked.readings.canary.complaints == 0
    assert desk.canary().state == "running"


# Promoted


def test_a_clean_canary_goes_live_for_everybody(desk: Canaried) -> None:
    desk.tell("delivered", desk.intents(2) + desk.intents(1))

    once(desk.workspace)

    ended = desk.canary()
    assert (ended.state, ended.ended_by) == ("promoted", "pilothouse")
    assert "no limit broken: complaints 0 %" in ended.why
    desk.pass_time()
    desk.users(200, 50)
    desk.send()
    assert desk.intents(1, "pending") == []
    assert desk.taken(2) > 90
    assert once(desk.workspace) == []


def test_without_a_receipt_it_waits_for_a_person(desk: Canaried) -> None:
    (looked,) = once(desk.workspace)

    assert (looked.verdict.kind, looked.verdict.for_person) == ("wait", True)
    assert "messages that left by mail" in looked.verdict.why

    ada = desk.workspace.person("ada@demo")
    ends.promote(desk.workspace.store, KEY, by=ada, why="phoned", now=desk.workspace.now())
    assert desk.canary().ended_by == "ada@demo"


def test_a_paused_canary_waits_until_it_is_resumed(desk: Canaried) -> None:
    work, ada = desk.workspace, desk.workspace.person("ada@demo")
    desk.tell("delivered", desk.intents(2))
    rulebook.pause(work.store, KEY, person=ada, now=work.now())

    (looked,) = once(work)
    assert (looked.verdict.kind, looked.verdict.for_person) == ("wait", True)

    rulebook.resume(work.store, KEY, person=ada, now=work.now())
    once(work)
    assert desk.canary().state == "promoted"


# Rounds and rows


def test_a_person_who_is_quicker_leaves_nothing_to_do(desk: Canaried) -> None:
    work = desk.workspace
    desk.tell("spamreport", desk.intents(2)[:10])
    pavel = work.person("pavel@demo")
    ends.roll_back(work.store, KEY, by=pavel, why="saw it", now=work.now())

    assert once(work) == []
    assert desk.canary().ended_by == "pavel@demo"
    with pytest.raises(PilothouseError) as refused:
        ends.promote(work.store, KEY, by=pavel, why="", now=work.now())
    assert refused.value.refusal.code is Code.UNKNOWN_KEY


def test_what_was_read_of_a_canary_says_nothing_of_the_one_that_replaced_it(
    watched: Canaried,
) -> None:
    work = watched.workspace
    watched.publish("Newer words", 0.5)

    for end in (ends.promote, ends.roll_back):
        with pytest.raises(PilothouseError) as refused:
            end(work.store, KEY, by=None, why="", now=work.now(), canary_id=f"{KEY}@2")
        assert refused.value.refusal.code is Code.UNKNOWN_KEY
    assert (watched.canary().id, watched.canary().state) == (f"{KEY}@3", "running")
    assert watched.canary().baseline == 1


def test_a_round_looks_only_when_something_was_written(
    watched: Canaried, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_, store = CanaryRound(watched.workspace), watched.workspace.store
    moment = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])

    def readouts_after(seconds: float) -> int:
        moment[0] += seconds
        round_.once()
        return len(canaries.readouts(store, f"{KEY}@2"))

    assert [readouts_after(1) for _ in range(5)] == [1] * 5
    assert readouts_after(LOOK_AT_ALL_SECONDS) == 1


def test_numbers_that_change_all_the_time_are_kept_once_a_minute(watched: Canaried) -> None:
    canary = watched.intents(2)
    for number in range(4):
        watched.tell("bounce", [canary[number]])
        once(watched.workspace)
        if number == 1:
            watched.pass_time()

    assert len(canaries.readouts(watched.workspace.store, f"{KEY}@2")) == 2
