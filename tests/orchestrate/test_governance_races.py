"""Whoever acts at the same moment: one outcome, never two, never half of one, on either database.

Each act runs in a thread of its own with a store, and so with connections, of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from control import audit, suspensions
from control.audit_check import check
from control.people import Person, get
from control.store import Store, open_store
from control.tables import reviews, versions
from core.conditions import EventCount
from core.errors import Code
from core.lifecycle import State, Suspended
from core.rules import EligibilityRule
from orchestrate import approvals, change_requests, kill_switch, rulebook
from tests.at_once import at_once
from tests.control_stores import ENGINES, store_on

NOW = datetime(2026, 1, 1)
ROUNDS = 4


class Office:
    """A store, and as many doors to it as people who act at once."""

    def __init__(self, store: Store, doors: tuple[Store, Store]) -> None:
        self.store, self.doors = store, doors
        self.pavel, self.ada = get(store, "pavel@demo"), get(store, "ada@demo")

    def asked(self, number: int) -> str:
        rule = EligibilityRule(
            key=f"rule_{number}", name="R", condition=EventCount(event="workout_completed", n=3)
        )
        given = {"author": "mara@demo", "prompt": "who?", "now": NOW}
        return change_requests.submit(self.store, artifact=rule, **given).id

    def approved(self, number: int) -> str:
        request = self.asked(number)
        self.decide(self.store, request, self.pavel)
        return request

    def decide(self, store: Store, request: str, person: Person) -> str:
        approvals.decide(store, request, person=person, verdict="approve", now=NOW)
        return "approved"

    def withdraw(self, store: Store, request: str) -> str:
        change_requests.withdraw(store, request, person="mara@demo", now=NOW)
        return "withdrawn"

    def publish(self, store: Store, request: str) -> str:
        rulebook.publish(store, request, now=NOW)
        return "published"

    def suspend(self, store: Store, request: str) -> str:
        with store.write() as connection:
            why = "Something is wrong."
            suspensions.suspend(connection, request, Suspended.BY_PERSON, why, NOW)
        return "suspended"

    def both(self, one: Callable[[Store], str], other: Callable[[Store], str]) -> list[str]:
        """What each came to, the first one's outcome first."""
        mine, theirs = self.doors
        return [str(came) for came in at_once(partial(one, mine), partial(other, theirs))]

    def state(self, request: str) -> State:
        return change_requests.get(self.store, request).state

    def versions(self, number: int) -> list[int]:
        query = sa.select(versions.c.version).where(versions.c.key == f"rule_{number}")
        with self.store.read() as connection:
            return [*connection.execute(query).scalars()]

    def holds_together(self) -> None:
        """One review a request, one version a key that is current, and a log without a break."""
        assert check(self.store).breaks == ()
        with self.store.read() as connection:
            of_each = sa.select(sa.func.count(reviews.c.verdict))
            of_each = of_each.group_by(reviews.c.change_request_id)
            assert {*connection.execute(of_each).scalars()} <= {1}
        told = [(one.what, one.subject) for one in audit.entries(self.store)]
        assert len(told) == len({*told})


@pytest.fixture(params=ENGINES, scope="module")
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    folder: Path = tmp_path_factory.mktemp("races")
    with ExitStack() as held:
        store = held.enter_context(store_on(request.param, folder))
        url = store.engine.url.render_as_string(hide_password=False)
        doors = (open_store(url), open_store(url))
        for door in doors:
            held.callback(door.close)
        yield Office(store, doors)


def test_of_two_approvers_at_once_one_decides(office: Office) -> None:
    for number in range(100, 100 + ROUNDS):
        request = office.asked(number)

        came = office.both(
            lambda door, one=request: office.decide(door, one, office.pavel),
            lambda door, one=request: office.decide(door, one, office.ada),
        )

        assert sorted(came) == [Code.ALREADY_DECIDED, "approved"]
    office.holds_together()


def test_what_is_published_twice_at_once_is_one_version(office: Office) -> None:
    for number in range(200, 200 + ROUNDS):
        request = office.approved(number)

        came = office.both(
            lambda door, one=request: office.publish(door, one),
            lambda door, one=request: office.publish(door, one),
        )

        assert came == ["published", "published"]
        assert office.versions(number) == [1]
    office.holds_together()


def test_approving_and_withdrawing_at_once_end_in_one_of_both(office: Office) -> None:
    for number in range(300, 300 + ROUNDS):
        request = office.asked(number)

        approved, withdrawn = office.both(
            lambda door, one=request: office.decide(door, one, office.pavel),
            lambda door, one=request: office.withdraw(door, one),
        )

        # Whoever wrote it may still take back what was approved and is not live.
        after = State.WITHDRAWN if withdrawn == "withdrawn" else State.APPROVED
        assert office.state(request) is after
        assert "approved" in approved or withdrawn == "withdrawn"
    office.holds_together()


def test_what_is_suspended_while_it_is_published_is_live_or_held_and_never_both(
    office: Office,
) -> None:
    for number in range(400, 400 + ROUNDS):
        request = office.approved(number)

        published, suspended = office.both(
            lambda door, one=request: office.publish(door, one),
            lambda door, one=request: office.suspend(door, one),
        )

        live = office.versions(number)
        if published == "published":
            assert (suspended, live) == (Code.ALREADY_DECIDED, [1])
        else:
            assert (published, suspended, live) == (Code.SUSPENDED, "suspended", [])
    office.holds_together()


def test_two_kills_of_the_same_at_once_are_one_switch(office: Office) -> None:
    def kill(door: Store, person: Person) -> str:
        kill_switch.kill(door, "channel", "push", person=person, reason="broken", now=NOW)
        return "stopped"

    came = office.both(lambda door: kill(door, office.pavel), lambda door: kill(door, office.ada))

    assert came == ["stopped", "stopped"]
    assert check(office.store).breaks == ()
