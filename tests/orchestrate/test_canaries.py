"""A new version reaches a share of users first; the others keep what they had."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from control import audit, canaries, versions
from control.canary_tables import canaries as canary_rows
from control.canary_tables import canary_asks
from control.people import Person, get
from control.store import Store
from core.assignment import bucket, share_end
from core.canary import CanaryAsk, CanaryLimits
from core.conditions import EventCount, InAudience
from core.errors import Code, PilothouseError
from core.rules import DecisionPolicy, EligibilityRule, FrequencyCap
from orchestrate import approvals, change_requests, rulebook
from orchestrate.explain import explain, separate
from orchestrate.live.desk import Desk
from orchestrate.live.journal import Journal
from orchestrate.rehearsal.dry_run import rehearse
from orchestrate.replay import replay
from orchestrate.rulebook.canary import promote, roll_back
from tests.orchestrate.world import LOOKED, NOW, World, policy, single

USERS = tuple(f"u{number:03}" for number in range(120))
DAY = timedelta(days=1)
QUARTER = CanaryAsk(share=0.25)


def _refused(code: Code) -> Any:
    return pytest.raises(PilothouseError, check=lambda error: error.refusal.code is code)


def _crowd(world: World) -> None:
    """Everybody trained once and looked at prices."""
    for user in USERS:
        world.user(user)
        world.did(user, "pricing_viewed")
        world.did(user, "workout_completed")


def _old(world: World) -> DecisionPolicy:
    return single(world.catalog)


def _new(world: World) -> DecisionPolicy:
    """A second workout instead of an upgrade."""
    entries = policy(world.catalog).entries
    return single(world.catalog).model_copy(update={"entries": entries[1:2]})


def _go_live(world: World, artifact: Any, ask: CanaryAsk | None = None) -> str:
    request = change_requests.submit(
        world.store, artifact=artifact, author="mara@demo", prompt="", now=NOW
    )
    approver = _person(world.store)
    approvals.decide(
        world.store, request.id, person=approver, verdict="approve", now=NOW, canary=ask
    )
    rulebook.publish(world.store, request.id, now=NOW)
    return request.id


def _person(store: Store, email: str = "pavel@demo") -> Person:
    return get(store, email)


def _started(world: World, ask: CanaryAsk = QUARTER) -> None:
    _crowd(world)
    _go_live(world, _old(world))
    _go_live(world, _new(world), ask)


def _drawn(salt: str = "canary/next_best@2", share: float = 0.25) -> set[str]:
    end = share_end(share)
    assert end is not None
    return {user for user in USERS if bucket(salt, user) < end}


def _versions(world: World) -> dict[str, set[int]]:
    """User → the versions that decided on them, in the latest cycle."""
    found: dict[str, set[int]] = {}
    for user, number in world.rows(
        "SELECT user_id, policy_version FROM decision_records WHERE cycle_id = "
        "(SELECT cycle_id FROM cycles ORDER BY decided_at DESC LIMIT 1)"
    ):
        found.setdefault(user, set()).add(number)
    return found


# Who gets what


def test_a_share_of_users_has_the_new_version_and_all_others_the_one_before(world: World) -> None:
    _started(world)

    world.cycle()

    mine = _drawn()
    assert 0 < len(mine) < len(USERS)
    assert _versions(world) == {user: {2 if user in mine else 1} for user in USERS}
    sent = dict(world.rows("SELECT user_id, action_key FROM intents"))
    assert {user for user, action in sent.items() if action == "second_workout_help"} == mine
    assert {user for user, action in sent.items() if action == "upgrade_nudge"} == {*USERS} - mine


def test_where_nothing_was_live_before_the_others_get_nothing(world: World) -> None:
    _crowd(world)
    _go_live(world, _old(world), QUARTER)

    world.cycle()

    assert _versions(world).keys() == _drawn("canary/next_best@1")


def test_who_has_it_is_the_same_in_every_cycle(world: World) -> None:
    _started(world)

    world.cycle()
    first = _versions(world)
    world.cycle(NOW + DAY)

    assert _versions(world) == first


def test_both_versions_count_as_one_population(world: World) -> None:
    _crowd(world)
    _go_live(world, _old(world))
    world.cycle()
    _go_live(world, _new(world), QUARTER)

    report = world.cycle(NOW + DAY)

    assert report.populations == {"next_best": len(USERS)}


def test_a_cap_counts_both_versions(world: World) -> None:
    _started(world)
    world.contact(caps=(FrequencyCap(key="week", n=1, window_seconds=7 * 86_400),))
    world.cycle()

    report = world.cycle(NOW + DAY)

    assert report.selected == 0
    assert report.by_reason.keys() == {"CAP_REACHED"}


def test_users_decided_on_alone_have_the_version_of_the_cycle(world: World, tmp_path: Path) -> None:
    _started(world)
    world.contact()
    desk = Desk(world.store, world.warehouse, lambda: world.catalog, Journal(tmp_path / "d"))
    told = desk.decide_all(USERS, lambda: NOW, trace_id="t")
    desk.close()

    alone = {
        user: {kept.edition.candidates[one.number].policy.version for one in kept.entry.decisions}
        for user, kept in told.items()
        if kept is not None
    }

    assert alone == {user: {2 if user in _drawn() else 1} for user in USERS}


def test_an_audience_stays_what_it_was_until_the_canary_is_promoted(world: World) -> None:
    _crowd(world)
    looked = EligibilityRule(
        key="looked",
        name="Looked",
        condition=LOOKED,
        action=world.catalog.actions["upgrade_nudge"],
    )
    _go_live(world, looked)
    often = looked.model_copy(update={"condition": EventCount(event="pricing_viewed", n=9)})
    _go_live(world, often, QUARTER)
    _go_live(world, single(world.catalog, eligibility=InAudience(key="looked")))

    world.cycle()
    before = [reason for reason in world.reasons().values() if reason == "SELECTED"]
    promote(world.store, "looked", by=None, why="nothing is wrong", now=NOW)
    world.cycle(NOW + DAY)

    assert before
    assert "SELECTED" not in world.reasons().values()


def test_a_decision_of_a_canary_is_explained_and_replayed(world: World) -> None:
    _started(world)
    world.cycle()
    inside, outside = min(_drawn()), min({*USERS} - _drawn())

    told = {
        user: explain(world.store, world.warehouse, world.catalog, user)["decisions"]
        for user in (inside, outside)
    }

    assert [one["version"] for one in told[inside]] == [2]
    assert [one["version"] for one in told[outside]] == [1]
    assert told[inside][0]["winner"] == "second_workout_help"
    for (decision,) in world.rows("SELECT decision_id FROM decisions LIMIT 20"):
        assert replay(world.warehouse, decision).is_equal


def test_what_tells_two_users_of_different_versions_apart_is_the_draw(world: World) -> None:
    _started(world)
    world.cycle()
    pair = min(_drawn()), min({*USERS} - _drawn())

    (told,) = separate(world.store, world.warehouse, world.catalog, pair)["policies"]

    assert told["winners"] == {pair[0]: "second_workout_help", pair[1]: "upgrade_nudge"}
    assert told["separated_by"]


def test_a_rehearsal_knows_who_has_which_version(world: World) -> None:
    _started(world)

    told = rehearse(world.store, world.warehouse, world.catalog, as_of=NOW, week=False)

    assert told.selected == len(USERS)


# How it ends


def test_a_promoted_canary_is_live_for_everybody(world: World, pavel: Person) -> None:
    _started(world)

    ended = promote(world.store, "next_best", by=pavel, why="all is well", now=NOW)
    world.cycle()

    assert (ended.state, ended.ended_by, ended.why) == ("promoted", "pavel@demo", "all is well")
    assert _versions(world) == {user: {2} for user in USERS}
    assert canaries.running(world.store) == {}
    assert [*canaries.standing(world.store)] == [("next_best", 2)]


def test_a_rolled_back_canary_gives_everybody_what_they_had(world: World) -> None:
    _started(world)

    roll_back(world.store, "next_best", by=None, why="too many complaints", now=NOW)
    world.cycle()

    assert _versions(world) == {user: {3} for user in USERS}
    (third, second, first) = versions.history(world.store, "next_best")
    assert third.content_hash == first.content_hash != second.content_hash
    # What the version before had decided still goes out; what the canary had decided does not.
    assert canaries.standing(world.store).keys() == {("next_best", 1), ("next_best", 3)}


def test_a_canary_of_something_new_is_paused_when_it_is_rolled_back(
    world: World, pavel: Person
) -> None:
    _crowd(world)
    _go_live(world, _old(world), QUARTER)

    roll_back(world.store, "next_best", by=pavel, why="complaints", now=NOW)
    world.cycle()

    assert _versions(world) == {}
    current = versions.current(world.store, "next_best")
    assert current is not None
    assert current.state == "paused"


def test_what_a_canary_took_back_comes_back_only_as_a_new_proposal(
    world: World, pavel: Person
) -> None:
    _started(world)
    roll_back(world.store, "next_best", by=None, why="complaints", now=NOW)

    with _refused(Code.NOT_ALLOWED):
        rulebook.rollback(world.store, "next_best", 2, person=pavel, now=NOW)


def test_a_paused_canary_that_was_rolled_back_is_not_resumed(world: World, pavel: Person) -> None:
    _crowd(world)
    _go_live(world, _old(world), QUARTER)
    roll_back(world.store, "next_best", by=None, why="complaints", now=NOW)

    with _refused(Code.NOT_ALLOWED):
        rulebook.resume(world.store, "next_best", person=pavel, now=NOW)


def test_what_was_taken_back_and_approved_once_more_is_paused_and_resumed_like_any(
    world: World, pavel: Person
) -> None:
    _started(world)
    roll_back(world.store, "next_best", by=None, why="complaints", now=NOW)
    _go_live(world, _new(world))

    rulebook.pause(world.store, "next_best", person=pavel, now=NOW)
    rulebook.resume(world.store, "next_best", person=pavel, now=NOW)
    world.cycle()

    assert _versions(world) == {user: {4} for user in USERS}


def test_what_somebody_paused_stays_paused_when_its_canary_is_rolled_back(
    world: World, pavel: Person
) -> None:
    _started(world)
    rulebook.pause(world.store, "next_best", person=pavel, now=NOW)

    roll_back(world.store, "next_best", by=pavel, why="complaints", now=NOW)
    world.cycle()

    assert _versions(world) == {}


@pytest.mark.parametrize("how", [promote, roll_back])
def test_a_canary_that_ends_while_rules_are_read_never_reaches_everybody_by_that(
    world: World, how: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _started(world)
    before = [(one.version, one.artifact.population) for one in canaries.in_force(world.store)]
    read, ended = versions.version, []

    def ends_meanwhile(store: Store, key: str, number: int) -> versions.Version:
        if not ended:
            ended.append(how(store, key, by=None, why="now", now=NOW))
        return read(store, key, number)

    monkeypatch.setattr(versions, "version", ends_meanwhile)

    found = [(one.version, one.artifact.population) for one in canaries.in_force(world.store)]

    assert ended
    assert found == before


def test_a_version_that_comes_ends_the_canary_and_others_keep_what_was_proven(
    world: World,
) -> None:
    _started(world)
    _go_live(world, _old(world).model_copy(update={"name": "Again"}), CanaryAsk(share=0.5))

    (newer, older) = canaries.everything(world.store, "next_best")

    assert (newer.version, newer.baseline, newer.state) == (3, 1, "running")
    assert (older.version, older.state) == (2, "superseded")


def test_a_version_for_everybody_ends_the_canary(world: World) -> None:
    _started(world)
    _go_live(world, _old(world).model_copy(update={"name": "Again"}))

    world.cycle()

    assert canaries.running(world.store) == {}
    assert _versions(world) == {user: {3} for user in USERS}


def test_a_paused_canary_lets_nobody_have_either_version(world: World, pavel: Person) -> None:
    _started(world)
    rulebook.pause(world.store, "next_best", person=pavel, now=NOW)

    world.cycle()

    assert _versions(world) == {}


# Who may


def test_whoever_asked_for_the_change_does_not_let_it_reach_everybody(world: World) -> None:
    _crowd(world)
    ada = _person(world.store, "ada@demo")
    request = change_requests.submit(
        world.store, artifact=_old(world), author="ada@demo", prompt="", now=NOW
    )
    approvals.decide(
        world.store,
        request.id,
        person=_person(world.store),
        verdict="approve",
        now=NOW,
        canary=QUARTER,
    )
    rulebook.publish(world.store, request.id, now=NOW)

    with _refused(Code.SELF_APPROVAL):
        promote(world.store, "next_best", by=ada, why="mine", now=NOW)


@pytest.mark.parametrize("how", [promote, roll_back])
def test_a_marketer_may_neither_promote_nor_roll_back(world: World, mara: Person, how: Any) -> None:
    _started(world)

    with _refused(Code.NOT_ALLOWED):
        how(world.store, "next_best", by=mara, why="", now=NOW)


@pytest.mark.parametrize("how", [promote, roll_back])
def test_what_does_not_run_cannot_end(world: World, pavel: Person, how: Any) -> None:
    with _refused(Code.UNKNOWN_KEY):
        how(world.store, "next_best", by=pavel, why="", now=NOW)


def test_only_what_sends_something_can_be_a_canary(world: World, pavel: Person) -> None:
    audience = EligibilityRule(key="looked", name="Looked", condition=LOOKED)
    request = change_requests.submit(
        world.store, artifact=audience, author="mara@demo", prompt="", now=NOW
    )

    with _refused(Code.INVALID_ARGUMENT):
        approvals.decide(
            world.store, request.id, person=pavel, verdict="approve", now=NOW, canary=QUARTER
        )

    assert canaries.asked(world.store, request.id) is None


def test_a_rejection_has_no_canary(world: World, pavel: Person) -> None:
    request = change_requests.submit(
        world.store, artifact=_old(world), author="mara@demo", prompt="", now=NOW
    )

    with _refused(Code.INVALID_ARGUMENT):
        approvals.decide(
            world.store,
            request.id,
            person=pavel,
            verdict="reject",
            comment="no",
            now=NOW,
            canary=QUARTER,
        )


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan"), float("inf")])
def test_a_share_is_more_than_nobody_and_less_than_everybody(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        CanaryAsk(share=share)


# What the database refuses


def test_what_was_approved_of_a_canary_cannot_be_widened(world: World) -> None:
    _started(world)
    changes = [
        canary_rows.update().values(share=0.9),
        canary_rows.update().values(salt="another"),
        canary_rows.update().values(limits=CanaryLimits(min_messages=1).model_dump()),
        canary_rows.delete(),
        canary_asks.update().values(asked={"share": 0.9}),
        canary_asks.delete(),
    ]

    for change in changes:
        with pytest.raises(IntegrityError), world.store.write() as connection:
            connection.execute(change)


def test_a_canary_is_not_asked_for_after_the_approval(world: World) -> None:
    request = _go_live(world, _old(world))
    late = canary_asks.insert().values(change_request_id=request, asked={"share": 0.5})

    with pytest.raises(IntegrityError), world.store.write() as connection:
        connection.execute(late)


def test_a_canary_that_is_over_does_not_run_again(world: World) -> None:
    _started(world)
    roll_back(world.store, "next_best", by=None, why="complaints", now=NOW)

    with pytest.raises(IntegrityError), world.store.write() as connection:
        connection.execute(canary_rows.update().values(state="running"))


# What is told


def test_the_audit_tells_of_the_share_and_of_the_end(world: World) -> None:
    _started(world)
    roll_back(world.store, "next_best", by=None, why="5 of 40 complained", now=NOW)

    told = audit.entries(world.store)
    lines = [(one.who, one.what, one.subject, one.note) for one in told]

    assert ("pavel@demo", "publish", "next_best version 2", "CR-2, canary 0.25") in lines
    assert (
        "pilothouse",
        "roll_back_canary",
        "next_best version 2",
        "5 of 40 complained",
    ) in lines
    assert audit.verify(world.store) is None


def test_readouts_are_kept_newest_first(world: World) -> None:
    _started(world)
    running = canaries.running(world.store)["next_best"]

    for sent in (10, 20):
        canaries.keep_readout(world.store, running.id, {"sent": sent}, NOW)

    assert [one.document["sent"] for one in canaries.readouts(world.store, running.id)] == [20, 10]
