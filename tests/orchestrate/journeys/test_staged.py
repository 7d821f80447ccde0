"""A journey in staging: over the same facts, in runs of its own, and nothing of it is sent."""

from __future__ import annotations

from typing import Any

import pytest

from control import audit, kill_switches, staging, versions
from control import journeys as live_runs
from control.people import Person, get
from control.tables import outbox
from core.errors import Code, PilothouseError
from core.journey_steps import Trigger
from core.journeys import AudienceEntry, Journey, Reentry
from core.rules import FrequencyCap
from deliver.recheck import Rulebook
from deliver.staged import write_staged
from orchestrate import approvals, change_requests
from orchestrate.cycle import CycleReport
from orchestrate.journeys.tick import TickReport
from orchestrate.rulebook import promotion
from orchestrate.staged.cycle import look_at_staged, planned_world, run_staged
from orchestrate.staged.placing import put, take_out
from orchestrate.staged.runs import discard_all_but, listed
from orchestrate.staged.side import StagingSide
from tests.orchestrate.journeys.stage import HOUR, LONDON, Stage, journey, push_then_email, says
from tests.orchestrate.world import NOW, World, single

MARKETING = says("push", "done", message_class="marketing")
ONE_A_DAY = FrequencyCap(key="daily", n=1, window_seconds=86_400)


class Trial:
    """A stage on which a journey is tried beside what is live."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.world = stage, stage.world
        self.pavel = get(self.world.store, "pavel@demo")
        self.side = StagingSide(self.world.warehouse)

    def propose(self, what: Journey) -> str:
        return change_requests.submit(
            self.world.store, artifact=what, author="mara@demo", prompt="", now=self.stage.now
        ).id

    def stage_it(self, what: Journey) -> str:
        request = self.propose(what)
        now = self.stage.now
        put(self.world.store, [request], person=self.pavel, since=now, now=now)
        return request

    def look(self) -> TickReport:
        found = look_at_staged(*self._where, as_of=self.stage.now)
        assert found is not None
        return found

    def decide(self, *, only_journeys: bool = True) -> CycleReport:
        found = run_staged(*self._where, as_of=self.stage.now, only_journeys=only_journeys)
        assert found is not None
        return found

    def round(self) -> int:
        """Look, decide on what is due, write letters; gives how many were written."""
        if self.look().due:
            self.decide()
            self.look()
        written = self.letters()
        self.look()
        return written

    def letters(self) -> int:
        world = planned_world(self.world.store, self.side, self.world.catalog, as_of=self.stage.now)
        assert world is not None
        rules = Rulebook(
            world.versions,
            kill_switches.active(self.world.store),
            world.tick.audiences,
            journeys=world.journeys,
        )
        folder = self.world.mailbox / "staging"
        folder.mkdir(parents=True, exist_ok=True)
        return write_staged(
            self.world.warehouse,
            self.side,
            self.world.catalog,
            rules,
            folder=folder,
            now=self.stage.now,
        ).written

    def where(self, user: str, key: str = "trip") -> str | None:
        """The step where a user's newest run in staging is, or why it ended."""
        found = listed(self.side, key, user=user, limit=1)
        return str(found[0]["exit_reason"] or found[0]["step"]) if found else None

    def promote(self) -> None:
        promotion.promote(
            self.world.store,
            None,
            person=self.pavel,
            relies_on=lambda chosen: {
                one.change_request_id: {} for one in chosen if one.change_request_id
            },
            now=self.stage.now,
        )
        tried = staging.journeys_of(staging.tried(self.world.store))
        discard_all_but(self.side, [one.key for one in tried.values()])

    def approve(self, request: str) -> None:
        approvals.decide(
            self.world.store, request, person=self.pavel, verdict="approve", now=self.stage.now
        )

    @property
    def _where(self) -> tuple[Any, Any, Any]:
        return self.world.store, self.world.warehouse, self.world.catalog


@pytest.fixture
def trial(stage: Stage) -> Trial:
    return Trial(stage)


def _letters_of(trial: Trial, user: str) -> list[str]:
    rows = trial.world.rows(
        "SELECT action_key FROM staging.fct_messages "
        f"WHERE user_id = '{user}' AND failed_reason IS NULL ORDER BY sent_at"
    )
    return [one for (one,) in rows]


# Runs of its own


def test_a_journey_runs_in_staging_and_its_messages_are_letters_only(
    trial: Trial, stage: Stage
) -> None:
    stage.world.user("ann")
    trial.stage_it(push_then_email())
    stage.wait(minutes=1)
    stage.did("ann", "pricing_viewed")

    assert trial.round() == 1

    assert trial.where("ann") == "opened"
    assert _letters_of(trial, "ann") == ["push_action"]
    assert stage.runs() == []
    assert stage.sent() == []
    with stage.world.store.read() as connection:
        assert connection.execute(outbox.select()).all() == []
    stage.wait(hours=25)
    assert trial.round() == 1
    assert _letters_of(trial, "ann") == ["push_action", "email_action"]
    assert trial.where("ann") == "COMPLETED"


def test_what_happened_before_it_was_staged_starts_nothing(trial: Trial, stage: Stage) -> None:
    stage.world.user("ann")
    stage.did("ann", "pricing_viewed")
    stage.wait(hours=1)
    trial.stage_it(push_then_email())

    assert trial.look().entered == 0


def test_staged_runs_never_touch_those_of_the_live_version(trial: Trial, stage: Stage) -> None:
    stage.world.user("ann")
    stage.publish(push_then_email())
    stage.did("ann", "pricing_viewed")
    stage.later(minutes=1)
    before = stage.runs()
    stage.wait(minutes=1)
    trial.stage_it(push_then_email(name="Another"))
    stage.world.user("bob")
    stage.wait(minutes=1)
    stage.did("bob", "pricing_viewed")

    trial.round()

    assert stage.runs() == before
    assert trial.where("bob") == "opened"
    # Her run began before: it stays with the version that she entered, and nobody enters twice.
    assert trial.where("ann") is None
    stage.round()
    assert stage.where("bob") == "opened"
    assert {run["version"] for run in stage.runs()} == {1}
    assert [one["version"] for one in listed(trial.side, "trip", user="bob", limit=9)] == [2]


def test_who_is_in_the_audience_of_the_live_version_already_does_not_join_it_again(
    trial: Trial, stage: Stage
) -> None:
    entry = AudienceEntry(condition=LONDON)
    stage.world.user("ann")
    stage.publish(journey(says("push", "done"), entry=entry, reentry=Reentry(mode="after_exit")))
    stage.round()
    stage.wait(hours=1)
    again = {"entry": entry, "reentry": Reentry(mode="after_exit"), "name": "Another"}
    trial.stage_it(journey(says("push", "done"), **again))
    stage.wait(hours=1)
    stage.world.user("bob")
    # The live version sees him first; he would have entered the other.
    stage.round()

    trial.round()

    assert trial.where("ann") is None
    assert trial.where("bob") == "COMPLETED"


def test_everybody_in_its_audience_enters_a_new_journey_at_once(trial: Trial, stage: Stage) -> None:
    stage.world.user("ann")
    trial.stage_it(journey(says("push", "done"), entry=AudienceEntry(condition=LONDON)))

    assert trial.look().entered == 1


def test_a_staged_run_stops_as_a_live_one_would_and_its_letter_is_not_written(
    trial: Trial, stage: Stage
) -> None:
    stage.world.user("ann")
    trial.stage_it(journey(says("push", "done"), goal=Trigger(event="subscription_started")))
    stage.wait(minutes=1)
    stage.did("ann", "pricing_viewed")
    assert trial.look().due == 1
    trial.decide()
    trial.look()
    stage.wait(minutes=1)
    stage.did("ann", "subscription_started")
    trial.look()

    assert trial.letters() == 0
    assert trial.where("ann") == "GOAL"
    assert stage.world.rows("SELECT failed_reason FROM staging.fct_messages") == [("STOPPED",)]


def test_a_killed_tick_leaves_nothing_and_the_same_moment_again_changes_nothing(
    trial: Trial, stage: Stage
) -> None:
    stage.world.user("ann")
    trial.stage_it(push_then_email())
    stage.wait(minutes=1)
    stage.did("ann", "pricing_viewed")

    first, again = trial.look(), trial.look()

    assert (first.entered, again.entered) == (1, 0)
    stage.now -= HOUR
    assert trial.look().skipped


# Beside the live rules


def test_its_messages_are_decided_beside_live_rules_and_take_nobodys_place(
    trial: Trial, stage: Stage
) -> None:
    world = stage.world
    world.contact(caps=(ONE_A_DAY,))
    world.user("ann")
    world.did("ann", "pricing_viewed")
    trial.stage_it(journey(MARKETING))
    stage.wait(minutes=1)
    stage.did("ann", "pricing_viewed")
    trial.look()

    report = trial.decide(only_journeys=False)

    assert report.by_policy["trip@1"]["selected"] == 1
    world.publish(single(world.catalog))
    world.cycle(stage.now)
    assert set(world.reasons().values()) == {"SELECTED"}


def test_what_live_rules_really_sent_counts_for_a_staged_journey(
    trial: Trial, stage: Stage
) -> None:
    world = stage.world
    world.contact(caps=(ONE_A_DAY,))
    world.user("ann")
    world.did("ann", "pricing_viewed")
    world.publish(single(world.catalog))
    world.cycle(stage.now)
    trial.stage_it(journey(MARKETING))
    stage.wait(hours=1)
    stage.did("ann", "pricing_viewed")
    trial.look()

    report = trial.decide()

    assert report.by_reason == {"CAP_REACHED": 1}


def test_what_the_live_version_sends_to_who_entered_since_does_not_count(
    trial: Trial, stage: Stage
) -> None:
    world = stage.world
    world.contact(caps=(ONE_A_DAY,))
    world.user("ann")
    stage.publish(journey(MARKETING))
    stage.round()
    trial.stage_it(journey(MARKETING, name="Another"))
    stage.wait(minutes=1)
    stage.did("ann", "pricing_viewed")
    stage.round()
    assert stage.sent("ann") == ["push_action"]
    trial.look()

    report = trial.decide()

    assert report.by_policy["trip@2"]["selected"] == 1


def test_cycles_of_its_messages_alone_bear_the_name_of_staging(trial: Trial, stage: Stage) -> None:
    stage.world.user("ann")
    trial.stage_it(journey(says("push", "done")))
    stage.wait(minutes=1)
    stage.did("ann", "pricing_viewed")
    trial.look()

    assert trial.decide().cycle_id.startswith(staging.CYCLE)
    assert stage.world.rows("SELECT COUNT(*) FROM cycles") == [(0,)]


# In and out


def test_promoting_it_pins_new_entries_and_discards_the_runs_of_staging(
    trial: Trial, stage: Stage
) -> None:
    for user in ("ann", "bob"):
        stage.world.user(user)
    stage.publish(journey(says("push", "done")))
    stage.round()
    request = trial.stage_it(push_then_email())
    stage.wait(minutes=1)
    stage.did("ann", "pricing_viewed")
    trial.round()
    trial.approve(request)
    assert [one.version for one in versions.journeys(stage.world.store)] == [1]

    trial.promote()

    (live,) = versions.journeys(stage.world.store)
    assert (live.version, live.artifact.name) == (2, push_then_email().name)
    assert listed(trial.side, "trip", user=None, limit=9) == []
    assert look_at_staged(*trial._where, as_of=stage.now) is None
    stage.wait(minutes=1)
    stage.did("bob", "pricing_viewed")
    stage.round()
    assert stage.run("bob")["version"] == 2
    assert audit.verify(stage.world.store) is None


def test_taking_back_a_promotion_pauses_a_journey_that_it_brought(
    trial: Trial, stage: Stage
) -> None:
    stage.world.user("ann")
    request = trial.stage_it(push_then_email())
    trial.approve(request)
    trial.promote()

    promotion.take_back(stage.world.store, person=trial.pavel, now=stage.now)

    (paused,) = versions.journeys(stage.world.store)
    assert paused.state == "paused"
    assert live_runs.ticks(stage.world.store)["trip"].paused_at == stage.now


def test_taking_it_out_discards_its_runs_and_another_begins_anew(
    trial: Trial, stage: Stage
) -> None:
    stage.world.user("ann")
    trial.stage_it(push_then_email())
    stage.wait(minutes=1)
    stage.did("ann", "pricing_viewed")
    trial.look()
    assert trial.where("ann") == "push"

    take_out(stage.world.store, "trip", person=trial.pavel, now=stage.now)
    assert look_at_staged(*trial._where, as_of=stage.now) is None

    assert trial.where("ann") is None
    stage.wait(minutes=1)
    trial.stage_it(push_then_email(name="Another"))
    assert trial.look().entered == 0


def test_a_journey_that_reads_what_is_gone_stands_still_and_says_why(
    trial: Trial, stage: Stage
) -> None:
    stage.world.user("ann")
    trial.stage_it(push_then_email(population=LONDON))
    users = stage.world.catalog.user_columns()
    assert "timezone" in users

    gone = stage.world.catalog.model_copy(deep=True)
    stage.world.catalog = _without(gone, "timezone")

    assert set(trial.look().held) == {"trip@1"}


def _without(catalog: Any, column: str) -> Any:
    table = catalog.tables[catalog.layout.users.table]
    columns = {name: one for name, one in table.columns.items() if name != column}
    tables = catalog.tables | {
        catalog.layout.users.table: table.model_copy(update={"columns": columns})
    }
    return catalog.model_copy(update={"tables": tables})


@pytest.mark.parametrize(
    "target", ["contact_policy", "global_holdout", "trait_models", "tracking_plan@3"]
)
def test_what_cannot_be_tried_is_refused_with_what_to_do_instead(
    world: World, pavel: Person, target: str
) -> None:
    with pytest.raises(PilothouseError) as refused:
        put(world.store, [target], person=pavel, since=NOW, now=NOW)

    refusal = refused.value.refusal
    assert refusal.code is Code.INVALID_ARGUMENT
    assert "cannot be staged" in refusal.message
    assert "pilothouse" in str(refusal.fix)
