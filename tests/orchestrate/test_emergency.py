"""The emergency path stops, pauses and rolls back to what was approved; it can do nothing else."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from control import audit, emergencies, kill_switches, people, versions
from control.canaries import running
from control.emergency_tables import emergencies as rows
from control.guards import GUARDS
from control.hashing import content_hash
from control.people import Person
from control.store import Store
from control.tables import versions as version_rows
from core.canary import CanaryAsk
from core.errors import Code, PilothouseError
from core.lifecycle import Role
from core.rules import DecisionPolicy
from orchestrate import approvals, change_requests, rulebook
from orchestrate.rulebook import canary, emergency
from tests.orchestrate.world import NOW, World, policy, single

KEY = "next_best"
WHY = "Wrong price."


def refused(code: Code) -> Any:
    return pytest.raises(PilothouseError, check=lambda error: error.refusal.code is code)


@pytest.fixture
def twice(world: World) -> World:
    """A rule of two versions, the second of which is live."""
    world.publish(single(world.catalog))
    world.publish(policy(world.catalog))
    return world


def live(store: Store) -> tuple[int, str, str]:
    found = versions.current(store, KEY)
    assert found is not None
    return found.version, found.state, found.content_hash


def back(world: World, person: Person, number: int = 1, reason: str = WHY) -> Any:
    return emergency.roll_back(world.store, KEY, number, person=person, reason=reason, now=NOW)


# What it does.


def test_a_marketer_stops_alone_and_it_waits_for_somebody_elses_review(
    store: Store, mara: Person
) -> None:
    done = emergency.stop(store, "channel", "push", person=mara, reason=WHY, now=NOW)

    assert kill_switches.active(store).stops(policy="p", action="a", channel="push")
    assert emergencies.unreviewed(store) == [done]
    acts = [(one.who, one.what, one.subject, one.note) for one in audit.entries(store)]
    assert acts[-2:] == [
        ("mara@demo", "kill", "channel push", WHY),
        ("mara@demo", "emergency", "stop channel push", WHY),
    ]


def test_an_approver_pauses_a_rule_alone(twice: World, pavel: Person) -> None:
    emergency.pause(twice.store, KEY, person=pavel, reason=WHY, now=NOW)

    assert live(twice.store)[:2] == (2, "paused")
    assert versions.live(twice.store) == []


def test_an_approver_rolls_back_alone_to_a_version_that_was_approved(
    twice: World, pavel: Person
) -> None:
    first = versions.version(twice.store, KEY, 1)

    back(twice, pavel)

    assert live(twice.store) == (3, "live", first.content_hash)
    assert emergencies.unreviewed(twice.store)[0].subject == "next_best to version 1"


def test_a_rollback_takes_everybody_off_a_canary(twice: World, pavel: Person) -> None:
    request = change_requests.submit(
        twice.store, artifact=single(twice.catalog, name="New"), author="mara@demo", prompt="",
        now=NOW,
    )  # fmt: skip
    approvals.decide(
        twice.store, request.id, person=pavel, verdict="approve", now=NOW,
        canary=CanaryAsk(share=0.1),
    )  # fmt: skip
    rulebook.publish(twice.store, request.id, now=NOW)

    back(twice, pavel, 2)

    assert running(twice.store) == {}
    assert live(twice.store)[:2] == (4, "live")


# Who looks at it afterwards.


def test_another_approver_reviews_it_once(twice: World, pavel: Person, ada: Person) -> None:
    done = back(twice, pavel)

    found = emergency.review(twice.store, done.id, person=ada, comment="Right.", now=NOW)

    assert (found.reviewed_by, found.comment) == ("ada@demo", "Right.")
    assert emergencies.unreviewed(twice.store) == []
    with refused(Code.ALREADY_DECIDED):
        emergency.review(twice.store, done.id, person=ada, comment="Again.", now=NOW)


@pytest.mark.parametrize("address", ["pavel@demo", "Pavel@Demo", "pavel+2@demo"])
def test_nobody_reviews_their_own_under_any_address(
    twice: World, pavel: Person, address: str
) -> None:
    done = back(twice, pavel)
    same = Person(email=address, name="Pavel", roles=frozenset({Role.APPROVER}))
    people.add(twice.store, [same])

    with refused(Code.SELF_APPROVAL):
        emergency.review(twice.store, done.id, person=same, comment="Fine.", now=NOW)


def test_a_marketer_reviews_nothing(twice: World, pavel: Person, mara: Person) -> None:
    done = back(twice, pavel)

    with refused(Code.NOT_ALLOWED):
        emergency.review(twice.store, done.id, person=mara, comment="Fine.", now=NOW)


@pytest.mark.parametrize(
    "values",
    [
        {"reviewed_at": NOW, "reviewed_by": "pavel@demo"},
        {"reviewed_at": NOW, "reviewed_by": "ada@demo", "by": "mara@demo"},
        {"reviewed_at": NOW, "reviewed_by": "ada@demo", "reason": "Nothing happened."},
        {"reason": "Nothing happened."},
    ],
)
def test_the_database_lets_nobody_review_or_rewrite_their_own(
    twice: World, pavel: Person, values: dict[str, object]
) -> None:
    back(twice, pavel)

    with pytest.raises(IntegrityError), twice.store.write() as connection:
        connection.execute(rows.update().values(values))


def test_the_database_forgets_no_emergency(twice: World, pavel: Person) -> None:
    back(twice, pavel)

    with pytest.raises(IntegrityError), twice.store.write() as connection:
        connection.execute(rows.delete())


# What it cannot do.


def test_it_has_three_deeds_and_none_takes_any_content() -> None:
    deeds = {
        name: list(inspect.signature(one).parameters)
        for name, one in vars(emergency).items()
        if inspect.isfunction(one) and one.__module__ == emergency.__name__ and name[0] != "_"
    }

    who = ["person", "reason", "now"]
    assert deeds == {
        "stop": ["store", "scope", "key", *who],
        "pause": ["store", "key", *who],
        "roll_back": ["store", "key", "number", *who],
        "review": ["store", "emergency_id", "person", "comment", "now"],
    }


ATTEMPTS: dict[str, tuple[Code, Callable[[World, Person], object]]] = {
    "forward to the version that is live": (Code.INVALID_ARGUMENT, lambda w, p: back(w, p, 2)),
    "to a version that is not there": (Code.INVALID_ARGUMENT, lambda w, p: back(w, p, 3)),
    "to version nought": (Code.UNKNOWN_KEY, lambda w, p: back(w, p, 0)),
    "without a reason": (Code.COMMENT_REQUIRED, lambda w, p: back(w, p, 1, "  ")),
    "of a rule that was never live": (
        Code.UNKNOWN_KEY,
        lambda w, p: emergency.roll_back(w.store, "other", 1, person=p, reason=WHY, now=NOW),
    ),
    "pausing what is not there": (
        Code.UNKNOWN_KEY,
        lambda w, p: emergency.pause(w.store, "other", person=p, reason=WHY, now=NOW),
    ),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_it_refuses_and_leaves_everything_as_it_was(
    twice: World, pavel: Person, attempt: tuple[Code, Callable[[World, Person], object]]
) -> None:
    code, act = attempt
    before = live(twice.store), len(audit.entries(twice.store))

    with refused(code):
        act(twice, pavel)

    assert (live(twice.store), len(audit.entries(twice.store))) == before
    assert emergencies.everything(twice.store) == []


@pytest.mark.parametrize("who", ["mara@demo", "ana@demo"])
def test_whoever_may_not_put_things_into_force_may_not_in_an_emergency(
    twice: World, who: str
) -> None:
    person = people.get(twice.store, who)

    with refused(Code.NOT_ALLOWED):
        back(twice, person)
    with refused(Code.NOT_ALLOWED):
        emergency.pause(twice.store, KEY, person=person, reason=WHY, now=NOW)


def test_a_role_that_was_taken_away_counts_no_more(twice: World, pavel: Person) -> None:
    people.add(twice.store, [pavel.model_copy(update={"roles": frozenset()})])

    with refused(Code.NOT_ALLOWED):
        back(twice, pavel)


def test_a_rollback_never_starts_what_is_paused(twice: World, pavel: Person) -> None:
    emergency.pause(twice.store, KEY, person=pavel, reason=WHY, now=NOW)

    with refused(Code.INVALID_ARGUMENT):
        back(twice, pavel)

    assert live(twice.store)[:2] == (2, "paused")


def test_what_a_canary_took_back_does_not_come_back(world: World, pavel: Person) -> None:
    world.publish(single(world.catalog))
    request = change_requests.submit(
        world.store, artifact=policy(world.catalog), author="mara@demo", prompt="", now=NOW
    )
    approvals.decide(
        world.store, request.id, person=pavel, verdict="approve", now=NOW,
        canary=CanaryAsk(share=0.5),
    )  # fmt: skip
    rulebook.publish(world.store, request.id, now=NOW)
    canary.roll_back(world.store, KEY, by=None, why="Complaints.", now=NOW)

    with pytest.raises(PilothouseError, match="taken back as a canary"):
        back(world, pavel, 2)


def _smuggled(world: World, artifact: DecisionPolicy, *, true_hash: bool) -> None:
    """A version that somebody wrote past everything, with the guards of the database lifted."""
    document = artifact.model_dump(mode="json")
    kept = versions.version(world.store, KEY, 1)
    with world.store.write() as connection:
        for guard in GUARDS:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {guard.name}")
        this = version_rows.c.key == KEY, version_rows.c.version == 1
        seal = content_hash(artifact) if true_hash else kept.content_hash
        connection.execute(
            version_rows.update().where(*this).values(content=document, content_hash=seal)
        )


@pytest.mark.parametrize("true_hash", [True, False], ids=["with its own hash", "under another's"])
def test_hand_made_content_of_an_older_version_is_refused(
    twice: World, pavel: Person, true_hash: bool
) -> None:
    _smuggled(twice, single(twice.catalog, name="Everybody, now"), true_hash=true_hash)

    with pytest.raises(PilothouseError, match="Nobody ever approved version 1"):
        back(twice, pavel)

    assert live(twice.store)[0] == 2


def test_an_approval_of_another_rules_content_is_none(twice: World, pavel: Person) -> None:
    """The words were approved once, but as something else."""
    other = single(twice.catalog, name="Elsewhere").model_copy(update={"key": "elsewhere"})
    twice.publish(other)
    _smuggled(twice, other, true_hash=True)

    with refused(Code.NOT_ALLOWED):
        back(twice, pavel)


def test_a_crash_in_the_middle_leaves_nothing_behind(
    twice: World, pavel: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deed and record are one transaction: no rollback without its emergency."""
    with twice.store.write() as connection:
        connection.exec_driver_sql("DROP TABLE emergencies")

    with pytest.raises(sa.exc.OperationalError):
        back(twice, pavel)

    assert live(twice.store)[:2] == (2, "live")


def test_emergencies_are_listed_the_newest_first(twice: World, pavel: Person) -> None:
    emergency.stop(twice.store, "policy", KEY, person=pavel, reason=WHY, now=NOW)
    later: datetime = NOW + timedelta(minutes=1)
    emergency.pause(twice.store, KEY, person=pavel, reason=WHY, now=later)

    found = emergencies.everything(twice.store)

    assert [(one.id, one.deed) for one in found] == [("EM-2", "pause"), ("EM-1", "stop")]
    assert json.dumps([one._asdict() for one in found], default=str)
