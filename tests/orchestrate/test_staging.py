"""Staging decides over the real data beside the live rules; nothing of it reaches anybody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from control import audit, kill_switches, requests, staging
from control.people import Person
from control.staging_tables import staged as staged_rows
from control.tables import outbox
from core.conditions import Attribute, InAudience
from core.errors import Code, PilothouseError
from core.lifecycle import State
from core.rules import DecisionPolicy, EligibilityRule, FrequencyCap
from orchestrate import approvals, change_requests, kill_switch
from orchestrate.cycle import CycleReport
from orchestrate.intents import enqueue, reconcile
from orchestrate.replay import replay
from orchestrate.staged.cycle import run_staged
from orchestrate.staged.placing import put, take_out
from orchestrate.staged.side import StagingSide
from tests.orchestrate.world import EVERYBODY_HELD_OUT, LOOKED, NOW, World, policy, single

DAY = timedelta(days=1)
NOBODY = Attribute(column="country", value="JP")
ONE_A_DAY = FrequencyCap(key="daily", n=1, window_seconds=86_400)


def _propose(world: World, artifact: DecisionPolicy | EligibilityRule) -> str:
    return change_requests.submit(
        world.store, artifact=artifact, author="mara@demo", prompt="", now=NOW
    ).id


def _stage(
    world: World, pavel: Person, artifact: DecisionPolicy | EligibilityRule, since: datetime = NOW
) -> str:
    request = _propose(world, artifact)
    put(world.store, [request], person=pavel, since=since, now=NOW)
    return request


def _run(world: World, at: datetime = NOW) -> CycleReport:
    report = run_staged(world.store, world.warehouse, world.catalog, as_of=at)
    assert report is not None
    return report


def _kept(world: World, policy_key: str = "next_best") -> dict[tuple[str, str], str]:
    """(user, action) → reason code that staging kept."""
    rows = world.rows(
        "SELECT user_id, action_key, reason_code, policy_key FROM staging.decisions "
        "ORDER BY decided_at"
    )
    return {(user, action): code for user, action, code, key in rows if key == policy_key}


def _count(world: World, table: str) -> int:
    return int(world.rows(f"SELECT COUNT(*) FROM {table}")[0][0])


def _refused(code: Code) -> Any:
    return pytest.raises(PilothouseError, check=lambda error: error.refusal.code is code)


# What is decided, and where


def test_what_nobody_approved_may_be_tried_on_the_real_data_and_is_kept_apart(
    world: World, pavel: Person
) -> None:
    world.user("ann")
    world.did("ann", "pricing_viewed")
    _stage(world, pavel, single(world.catalog))

    report = _run(world)

    assert report.by_policy["next_best"]["selected"] == 1
    assert _kept(world) == {("ann", "upgrade_nudge"): "SELECTED"}
    assert _count(world, "staging.decision_records") == 1
    assert _count(world, "staging.slots") == _count(world, "staging.intents") == 1
    for table in ("decisions", "decision_records", "slots", "intents", "cycles"):
        assert _count(world, table) == 0


def test_nothing_is_decided_where_nothing_is_staged(world: World) -> None:
    assert run_staged(world.store, world.warehouse, world.catalog, as_of=NOW) is None


def test_the_same_moment_and_rules_are_decided_once(world: World, pavel: Person) -> None:
    world.user("ann")
    world.did("ann", "pricing_viewed")
    _stage(world, pavel, single(world.catalog))

    assert _run(world) == _run(world)
    assert _count(world, "staging.decisions") == 1


def test_a_decision_of_staging_is_replayed_from_its_record_alone(
    world: World, pavel: Person
) -> None:
    world.user("ann")
    world.did("ann", "pricing_viewed")
    _stage(world, pavel, single(world.catalog))
    _run(world)
    ((decision,),) = world.rows("SELECT decision_id FROM staging.decisions")
    world.warehouse.execute("DELETE FROM fct_events")

    assert replay(StagingSide(world.warehouse), decision).is_equal
    with _refused(Code.UNKNOWN_KEY):
        replay(world.warehouse, decision)


# Beside the live rules


def test_live_decisions_are_the_same_with_staging_and_without(world: World, pavel: Person) -> None:
    world.contact(caps=(ONE_A_DAY,))
    for user in ("ann", "bob"):
        world.user(user)
        world.did(user, "pricing_viewed")
    _stage(world, pavel, single(world.catalog))
    _run(world)
    assert _kept(world) == {
        ("ann", "upgrade_nudge"): "SELECTED",
        ("bob", "upgrade_nudge"): "SELECTED",
    }

    world.publish(single(world.catalog, key="other", name="Other"))
    world.cycle()

    assert set(world.reasons("other").values()) == {"SELECTED"}


def test_staging_counts_what_live_rules_sent_before(world: World, pavel: Person) -> None:
    world.contact(caps=(ONE_A_DAY,))
    world.user("ann")
    world.did("ann", "pricing_viewed")
    world.publish(single(world.catalog, key="other", name="Other"))
    world.cycle(NOW - timedelta(hours=2))
    _stage(world, pavel, single(world.catalog))

    _run(world)

    assert _kept(world) == {("ann", "upgrade_nudge"): "CAP_REACHED"}


def test_within_one_moment_the_total_order_decides_as_it_would_once_live(
    world: World, pavel: Person
) -> None:
    world.contact(caps=(ONE_A_DAY,))
    world.user("ann")
    world.did("ann", "pricing_viewed")
    world.publish(single(world.catalog, key="zebra", name="Comes second"))
    world.cycle()
    _stage(world, pavel, single(world.catalog))

    report = _run(world)

    assert world.reasons("zebra") == {("ann", "upgrade_nudge"): "SELECTED"}
    assert _kept(world) == {("ann", "upgrade_nudge"): "SELECTED"}
    assert _kept(world, "zebra") == {("ann", "upgrade_nudge"): "CAP_REACHED"}
    assert report.policies == {"next_best": 1, "zebra": 1}
    assert world.rows("SELECT DISTINCT policy_key FROM staging.intents") == [("next_best",)]


def test_a_staged_version_stands_for_the_live_one_from_then_on_and_has_its_past_before(
    world: World, pavel: Person
) -> None:
    world.user("ann")
    world.user("bob")
    world.did("ann", "pricing_viewed", days_ago=3)
    rested = {"cooldown_seconds": 5 * 86_400}
    world.publish(single(world.catalog, **rested))
    world.cycle(NOW - 2 * DAY)
    world.did("bob", "pricing_viewed")
    _stage(world, pavel, single(world.catalog, name="Two", **rested))
    world.cycle()

    _run(world)

    assert world.reasons()[("bob", "upgrade_nudge")] == "SELECTED"
    assert _kept(world)[("bob", "upgrade_nudge")] == "SELECTED"
    assert _kept(world)[("ann", "upgrade_nudge")] != "SELECTED"
    assert [one.would_be for one in staging.tried(world.store)] == [2]


def test_staging_remembers_its_own_messages_the_next_time(world: World, pavel: Person) -> None:
    world.user("ann")
    world.did("ann", "pricing_viewed")
    _stage(world, pavel, single(world.catalog, cooldown_seconds=3 * 86_400))
    _run(world)

    _run(world, NOW + DAY)

    assert _kept(world)[("ann", "upgrade_nudge")] != "SELECTED"
    assert _count(world, "staging.intents") == 1


def test_kill_switches_and_holdouts_hold_in_staging_too(
    world: World, ada: Person, pavel: Person
) -> None:
    world.user("ann")
    world.did("ann", "pricing_viewed")
    _stage(world, pavel, single(world.catalog, holdout=EVERYBODY_HELD_OUT))
    assert _run(world).held_out == 1
    kill_switch.kill(world.store, "policy", "next_best", person=ada, reason="No.", now=NOW)
    assert kill_switches.active(world.store).switches

    assert _run(world, NOW + DAY).by_reason.get("SELECTED") is None


def test_messages_of_journeys_at_the_same_moment_were_really_sent(
    world: World, pavel: Person
) -> None:
    world.contact(caps=(ONE_A_DAY,))
    world.user("ann")
    world.did("ann", "pricing_viewed")
    world.publish(single(world.catalog, key="other", name="Other", population=NOBODY))
    live = world.cycle()
    of_journey = {"policy_key": "trip@1", "action_key": "hello", "channel": "push"}
    decided = {"user_id": "ann", "decided_at": NOW, "outcome": "selected", "ghost": False}
    world.insert("decisions", decision_id="j", cycle_id=live.cycle_id, **of_journey, **decided)
    _stage(world, pavel, single(world.catalog))

    _run(world)

    assert _kept(world) == {("ann", "upgrade_nudge"): "CAP_REACHED"}


# Nothing of it is sent


def test_nothing_that_staging_decides_reaches_the_outbox(world: World, pavel: Person) -> None:
    world.user("ann")
    world.did("ann", "pricing_viewed")
    _stage(world, pavel, single(world.catalog))
    _run(world)

    assert reconcile(world.store, world.warehouse) == 0
    with world.store.read() as connection:
        assert connection.execute(sa.select(outbox)).all() == []


def test_the_outbox_itself_refuses_what_staging_decided(world: World, pavel: Person) -> None:
    world.user("ann")
    world.did("ann", "pricing_viewed")
    _stage(world, pavel, single(world.catalog))
    report = _run(world)

    with pytest.raises(IntegrityError, match="what staging decides is not sent"):
        enqueue(world.store, StagingSide(world.warehouse), cycle_id=report.cycle_id)


# What may be staged, by whom


def test_only_an_approver_or_an_admin_puts_rules_into_staging_and_takes_them_out(
    world: World, mara: Person, pavel: Person
) -> None:
    request = _propose(world, single(world.catalog))

    with _refused(Code.NOT_ALLOWED):
        put(world.store, [request], person=mara, since=NOW, now=NOW)
    put(world.store, [request], person=pavel, since=NOW, now=NOW)
    with _refused(Code.NOT_ALLOWED):
        take_out(world.store, "next_best", person=mara, now=NOW)

    take_out(world.store, "next_best", person=pavel, now=NOW)
    acts = [(one.what, one.subject) for one in audit.entries(world.store)]
    assert acts[-2:] == [("stage", request), ("unstage", request)]
    assert audit.verify(world.store) is None


def test_several_are_put_there_together_or_not_at_all(world: World, pavel: Person) -> None:
    request = _propose(world, single(world.catalog))

    with _refused(Code.UNKNOWN_KEY):
        put(world.store, [request, "CR-99"], person=pavel, since=NOW, now=NOW)

    assert staging.everything(world.store) == []


def test_one_key_is_staged_once(world: World, pavel: Person) -> None:
    _stage(world, pavel, single(world.catalog))

    with _refused(Code.INVALID_ARGUMENT):
        _stage(world, pavel, single(world.catalog, name="Another"))


def test_what_is_turned_down_ends_in_staging_too_and_makes_room(
    world: World, pavel: Person
) -> None:
    world.user("ann")
    world.did("ann", "pricing_viewed")
    request = _stage(world, pavel, single(world.catalog))
    approvals.decide(
        world.store, request, person=pavel, verdict="reject", comment="Not so.", now=NOW
    )

    assert run_staged(world.store, world.warehouse, world.catalog, as_of=NOW) is None
    assert [one.standing for one in staging.everything(world.store)] == ["ended"]
    _stage(world, pavel, single(world.catalog, name="Another"))
    assert [one.standing for one in staging.everything(world.store)] == ["on trial"]


def test_an_approval_in_staging_waits_for_the_promotion_and_taking_it_out_ends_it(
    world: World, pavel: Person
) -> None:
    request = _stage(world, pavel, single(world.catalog))

    decided = approvals.decide(
        world.store, request, person=pavel, verdict="approve", comment="", now=NOW
    )

    assert decided.state is State.SCHEDULED
    assert [one.standing for one in staging.tried(world.store)] == ["approved"]
    take_out(world.store, request, person=pavel, now=NOW)
    assert requests.get(world.store, request).state is State.EXPIRED
    with world.store.read() as connection:
        assert connection.execute(sa.select(staged_rows)).all() == []


def test_an_older_version_may_be_tried_and_the_live_one_need_not(
    world: World, pavel: Person
) -> None:
    world.publish(single(world.catalog))
    world.publish(single(world.catalog, name="Two"))

    put(world.store, ["next_best@1"], person=pavel, since=NOW, now=NOW)

    (one,) = staging.tried(world.store)
    assert (one.target, one.live, one.would_be) == ("next_best@1", 2, 3)
    assert one.artifact.name == "Next best"
    take_out(world.store, "next_best", person=pavel, now=NOW)
    with _refused(Code.INVALID_ARGUMENT):
        put(world.store, ["next_best@2"], person=pavel, since=NOW, now=NOW)


def test_rules_see_each_others_audiences_as_they_would_be(world: World, pavel: Person) -> None:
    world.user("ann")
    world.did("ann", "pricing_viewed")
    lookers = EligibilityRule(key="lookers", name="Lookers", condition=LOOKED)
    _stage(world, pavel, lookers)
    who = InAudience(key="lookers")
    _stage(world, pavel, single(world.catalog, eligibility=who))

    assert _run(world).by_policy["next_best"]["selected"] == 1


def test_a_whole_rulebook_is_decided_in_staging(world: World, pavel: Person) -> None:
    world.user("ann")
    world.did("ann", "workout_completed")
    world.publish(single(world.catalog))
    asked = [
        _propose(world, policy(world.catalog)),
        _propose(world, single(world.catalog, key="b")),
    ]

    put(world.store, asked, person=pavel, since=NOW, now=NOW)

    assert _run(world).policies == {"next_best": 2, "b": 1}
