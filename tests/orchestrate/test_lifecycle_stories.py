"""Whatever people and clocks do in whatever order, only what was approved is live, and in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest

from control import people, requests, versions
from control.hashing import content_hash
from control.people import Person
from control.store import Store, open_store
from control.tables import change_requests as rows
from core.conditions import EventCount
from core.errors import PilothouseError
from core.lifecycle import State
from core.rules import EligibilityRule
from core.schedule import Window
from orchestrate import approvals, change_requests, rulebook
from orchestrate.holding_back import hold_back, let_go
from orchestrate.rebasing import rebased
from orchestrate.rulebook import due
from orchestrate.rulebook.certifying import certify, pause_uncertified

BEGIN = datetime(2026, 1, 1)
PROPOSERS = ("mara@demo", "ana@demo", "ada@demo")
APPROVERS = ("pavel@demo", "ada@demo")
PLACES = range(4)
"""Which of the requests: 0 is the newest."""
STEPS: dict[str, dict[str, Sequence[Any]]] = {
    "propose": {"n": range(1, 5), "name": ("Engaged", "Active"), "author": PROPOSERS},
    "approve": {
        "place": PLACES,
        "approver": APPROVERS,
        "opens": (None, None, -3, 0, 1, 5),
        "lasts": (1, 8, 20),
    },
    "grow_after_the_approval": {"place": PLACES},
    "publish": {"place": PLACES},
    "jump": {"hours": range(-5, 13)},
    "go_round": {},
    "hold_back_or_let_go": {"place": PLACES, "by": APPROVERS, "held": (True, False, False)},
    "draft_anew": {"place": PLACES, "author": PROPOSERS},
    "withdraw": {"place": PLACES, "by": PROPOSERS + APPROVERS},
    "roll_back_or_certify": {"number": range(1, 4), "by": APPROVERS, "back": (True, False)},
}
OFTEN = ("propose", "approve", "approve", "jump", "go_round", *STEPS)
KEYS = count()


class Lifecycle:
    """People propose, decide, hold back, draft anew and take back one rule; the clock jumps."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.key = f"engaged_{next(KEYS)}"
        self.now = BEGIN
        self.approved: set[str] = set()
        self.asked: list[str] = []
        self.windows: dict[str, Window] = {}

    def _person(self, email: str) -> Person:
        return people.get(self.store, email)

    def _pick(self, place: int) -> str:
        return self.asked[-1 - place % len(self.asked)]

    def _keep(self, request: str) -> None:
        if request not in self.asked:
            self.asked.append(request)

    def _try(self, act: Callable[[], Any]) -> Any:
        """Whatever is refused changes nothing; anything else than a refusal is a fault."""
        try:
            return act()
        except PilothouseError:
            return None

    def begin(self, n: int) -> None:
        self.propose(n, "Engaged", "mara@demo")
        self.approve(0, "pavel@demo", None, 1)
        self.publish(0)
        self.propose(n + 1, "Engaged", "mara@demo")

    def propose(self, n: int, name: str, author: str) -> None:
        counted = EventCount(event="workout_completed", n=n)
        artifact = EligibilityRule(key=self.key, name=name, condition=counted)
        made = self._try(
            lambda: change_requests.submit(
                self.store, artifact=artifact, author=author, prompt="who?", now=self.now
            )
        )
        if made is not None:
            self._keep(made.id)

    def approve(self, place: int, approver: str, opens: int | None, lasts: int) -> None:
        request = self._pick(place)
        window = None
        if opens is not None:
            at = self.now + timedelta(hours=opens)
            window = Window(at=at, until=at + timedelta(hours=lasts))
        decided = self._try(
            lambda: approvals.decide(
                self.store,
                request,
                person=self._person(approver),
                verdict="approve",
                now=self.now,
                window=window,
            )
        )
        if decided is not None:
            assert approver != decided.author
            self.approved.add(decided.content_hash)
            if window is not None:
                self.windows[request] = window
        if window is None:
            self.publish(place)

    def grow_after_the_approval(self, place: int) -> None:
        request = self._pick(place)
        if requests.get(self.store, request).state is State.APPROVED:
            grown = EventCount(event="workout_completed", n=0)
            harmful = EligibilityRule(key=self.key, name="All", condition=grown)
            with self.store.write() as connection:
                values = {"content": harmful.model_dump(mode="json")}
                connection.execute(rows.update().where(rows.c.id == request).values(values))

    def publish(self, place: int) -> None:
        request = self._pick(place)
        self._try(lambda: rulebook.publish(self.store, request, now=self.now))

    def jump(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    def go_round(self) -> None:
        due.expire_windows(self.store, now=self.now)
        due.expire_reviews(self.store, now=self.now)
        due.escalate(self.store, now=self.now)
        pause_uncertified(self.store, days=2, now=self.now)
        for one in due.windows_open(self.store, now=self.now):
            self._try(lambda one=one: rulebook.publish(self.store, one.id, now=self.now))

    def hold_back_or_let_go(self, place: int, by: str, held: bool) -> None:
        request, person, now = self._pick(place), self._person(by), self.now
        if held:
            self._try(lambda: hold_back(self.store, request, person=person, why="Wait.", now=now))
        else:
            self._try(lambda: let_go(self.store, request, person=person, now=now))

    def draft_anew(self, place: int, author: str) -> None:
        request = self._pick(place)
        wanted = self._try(lambda: rebased(self.store, request))
        if isinstance(wanted, EligibilityRule):
            made = change_requests.submit(
                self.store,
                artifact=wanted,
                author=author,
                prompt="anew",
                continues=request,
                now=self.now,
            )
            assert requests.get(self.store, request).state is State.WITHDRAWN
            self._keep(made.id)

    def withdraw(self, place: int, by: str) -> None:
        request, now = self._pick(place), self.now
        self._try(lambda: change_requests.withdraw(self.store, request, person=by, now=now))

    def roll_back_or_certify(self, number: int, by: str, back: bool) -> None:
        person, now = self._person(by), self.now
        if back:
            self._try(
                lambda: rulebook.rollback(self.store, self.key, number, person=person, now=now)
            )
        else:
            self._try(lambda: certify(self.store, self.key, person=person, now=now))

    def only_what_was_approved_is_there_each_in_its_window(self) -> None:
        there = versions.everything(self.store, [self.key])
        for one in there:
            assert content_hash(one.artifact) == one.content_hash
            assert one.content_hash in self.approved
            window = self.windows.get(one.change_request_id or "")
            assert window is None or window.standing(one.published_at) == "open"
        assert len([one for one in there if one.state != "superseded"]) <= 1
        assert len({one.change_request_id for one in there if one.change_request_id}) == len(
            [one for one in there if one.change_request_id]
        )

    def nothing_is_live_without_an_approval_by_somebody_else(self) -> None:
        for request in self.asked[-3:]:
            found = requests.get(self.store, request)
            if found.state in (State.APPROVED, State.SCHEDULED, State.LIVE, State.SUPERSEDED):
                assert found.review is not None
                assert (found.review.verdict, found.review.by != found.author) == ("approve", True)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('lifecycle')}/control.db")
    people.add_demo_people(opened)
    yield opened
    opened.close()


@pytest.mark.parametrize("seed", range(16))
def test_only_what_was_approved_is_ever_live_whatever_the_order(kept: Store, seed: int) -> None:
    chance = Random(seed)
    lifecycle = Lifecycle(kept)
    lifecycle.begin(3)

    for _ in range(30):
        step = chance.choice(OFTEN)
        arguments = {name: chance.choice(among) for name, among in STEPS[step].items()}
        getattr(lifecycle, step)(**arguments)
        lifecycle.only_what_was_approved_is_there_each_in_its_window()
        lifecycle.nothing_is_live_without_an_approval_by_somebody_else()
