"""Every alert, rehearsed: its reason is made, it is seen, its runbook followed, and it is gone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from structlog.testing import capture_logs

from control import (
    certifications,
    delivery,
    holds,
    parity,
    pipeline,
    requests,
    suspensions,
    tokens,
    versions,
)
from control.delivery_tables import dispatches
from control.parity import Difference
from control.receipts import Batch, Fact, keep
from control.requests import ChangeRequest
from control.tables import audit, outbox
from core.alerts import Alert, AlertKind
from core.canary import CanaryLimits
from core.errors import Code, Refusal
from core.lifecycle import State, Suspended
from core.notifications import NotificationSettings
from core.pipeline import Step
from core.settings import SloSettings
from orchestrate import approvals, change_requests
from orchestrate.rulebook import canary as ends
from orchestrate.rulebook import settle
from tests.tools.demo import demo_file, open_demo
from tests.ui.alerts.test_runbooks import refuse_unknown
from tests.ui.canaried import KEY, Canaried, begun
from tools.propose import dependencies
from ui import canaries, clock, data_changes, drifting
from ui.alerts import open_alerts
from ui.alerts.board import Board
from ui.cli.main import answer
from ui.cli.remote import Answer
from ui.cli.session import Session
from ui.telemetry import ALERTS, configure_logging
from ui.workspace_clock import wall_time

MUCH_EARLIER = datetime(2020, 1, 1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Desk:
    """A small workspace in which things go wrong, and people who follow runbooks."""

    def __init__(self, made: Canaried) -> None:
        self.made, self.workspace, self.store = made, made.workspace, made.workspace.store
        self.named = 0

    def give(self, *words: str) -> Any:
        """A command of a runbook, as somebody would type it."""
        done = answer([*words, "--json"], Session(served=self.workspace))
        assert done.status == 0, done
        return done

    def open(self, kind: AlertKind) -> list[Alert]:
        """The alerts of a kind that are open."""
        return [one for one in open_alerts(self.workspace) if one.kind is kind]

    def later(self, by: timedelta) -> None:
        """Only the clock goes on, from the end of the data."""
        folder, wall = self.workspace.settings.workspace, wall_time()
        clock.start(folder, at=self.workspace.as_of() + by, wall=wall)

    def in_time(self) -> None:
        """The clock is where the data ends."""
        (self.workspace.settings.workspace / clock.FILE).unlink(missing_ok=True)

    def propose(self) -> ChangeRequest:
        """Another wording of the policy that is live."""
        self.named += 1
        work = self.workspace
        policy = self.made.policy(f"Words {self.named}")
        live, data = versions.live(work.store), data_changes.fingerprints(work)
        rests_on = dependencies(policy, work.catalog, live, data)
        return change_requests.submit(
            self.store, artifact=policy, author="mara@demo", prompt="", dependencies=rests_on,
            now=work.now(),
        )  # fmt: skip

    @contextmanager
    def asking(self, **levels: Any) -> Iterator[None]:
        """Service levels that a team asks for."""
        work, before = self.workspace, self.workspace.settings
        update = {"slo": SloSettings.model_validate(levels)}
        work.settings = before.model_copy(update=update)
        yield
        work.settings = before


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with begun(tmp_path_factory.mktemp("alerts"), users=6) as made:
        yield Desk(made)


@pytest.fixture
def desk(team: Desk) -> Iterator[Desk]:
    """All is well before and after each rehearsal."""
    team.in_time()
    assert open_alerts(team.workspace) == []
    yield team
    team.in_time()
    assert open_alerts(team.workspace) == []


@contextmanager
def rehearsed(desk: Desk, kind: AlertKind, subject: str | None = None) -> Iterator[Alert]:
    """The alert is there; when whoever follows its runbook is done, it is gone."""
    found = desk.open(kind)
    assert [one.subject for one in found] == [subject or one.subject for one in found[:1]]
    refuse_unknown(found[0].fix)
    yield found[0]
    assert desk.open(kind) == []


# Changes


def test_a_review_that_is_overdue(desk: Desk) -> None:
    request = desk.propose()
    desk.later(14 * DAY)
    with rehearsed(desk, AlertKind.REVIEW_OVERDUE, request.id) as alert:
        assert alert.urgent
        desk.give("approvals", "show", request.id)
        desk.give("approvals", "reject", request.id, "--comment", "Not this year.")


def test_a_request_that_somebody_holds_back(desk: Desk) -> None:
    request = desk.propose()
    desk.give("approvals", "suspend", request.id, "--reason", "The price is wrong.")
    with rehearsed(desk, AlertKind.REQUEST_SUSPENDED, request.id) as alert:
        assert "The price is wrong." in alert.sentence
        desk.give("approvals", "lift", request.id, "--reason", "It is not.")
    desk.give("approvals", "withdraw", request.id)


def test_a_request_whose_effect_moved(desk: Desk) -> None:
    request = desk.propose()
    with desk.store.write() as connection:
        why = "It was to reach 30 users, and would reach 90."
        suspensions.suspend(
            connection, request.id, Suspended.EFFECT_DRIFT, why, desk.workspace.now()
        )
    with rehearsed(desk, AlertKind.EFFECT_DRIFTED, request.id):
        desk.give("approvals", "reject", request.id, "--comment", "Propose it again.")


def test_an_approval_that_a_crash_cut_off(desk: Desk) -> None:
    request = desk.propose()
    pavel, now = desk.workspace.person("pavel@demo"), desk.workspace.now()
    approvals.decide(desk.store, request.id, person=pavel, verdict="approve", now=now)
    desk.later(25 * HOUR)
    with rehearsed(desk, AlertKind.APPROVED_NOT_LIVE, request.id):
        desk.workspace.reconcile()  # as every opening of a workspace does
    assert requests.get(desk.store, request.id).state is State.LIVE


def test_an_approval_that_a_locked_warehouse_puts_off(desk: Desk) -> None:
    request = desk.propose()
    pavel, now = desk.workspace.person("pavel@demo"), desk.workspace.now()
    approvals.decide(desk.store, request.id, person=pavel, verdict="approve", now=now)
    locked = Refusal(code=Code.WAREHOUSE_LOCKED, message="The warehouse is in use by process 7.")
    settle(desk.store, request.id, locked, now=now)
    desk.later(HOUR)
    with rehearsed(desk, AlertKind.APPROVED_NOT_LIVE, request.id):
        desk.give("approvals", "round")
    assert requests.get(desk.store, request.id).state is State.LIVE


def test_a_window_in_which_no_server_ran(desk: Desk) -> None:
    request, now = desk.propose(), desk.workspace.now()
    begins, ends_at = (f"{now + hours * HOUR:%Y-%m-%dT%H:%M}" for hours in (1, 3))
    desk.give("approvals", "approve", request.id, "--at", begins, "--until", ends_at)
    assert desk.open(AlertKind.WINDOW_MISSED) == []
    desk.later(2 * HOUR)
    with rehearsed(desk, AlertKind.WINDOW_MISSED, request.id):
        desk.give("approvals", "round")
    assert requests.get(desk.store, request.id).state is State.LIVE


def test_a_canary_that_was_taken_back(desk: Desk) -> None:
    desk.made.publish("For some", 0.5, CanaryLimits())
    why = "1 of 20 complained."
    ends.roll_back(desk.store, KEY, by=None, why=why, now=desk.workspace.now())
    desk.later(timedelta(minutes=1))
    with rehearsed(desk, AlertKind.CANARY_STOPPED, KEY) as alert:
        assert why in alert.sentence
        desk.give("canary", "show", KEY)
        mended = desk.propose()
    desk.give("approvals", "withdraw", mended.id)


def test_a_canary_that_waits_for_a_person(desk: Desk) -> None:
    desk.made.publish("For a few", 0.5, CanaryLimits())
    desk.later(30 * DAY)
    canaries.once(desk.workspace)
    with rehearsed(desk, AlertKind.CANARY_WAITS, KEY):
        desk.give("canary", "stop", KEY, "--comment", "Too few messages.")


def test_an_emergency_that_nobody_else_looked_at(desk: Desk) -> None:
    desk.later(timedelta(0))
    desk.give("emergency", "pause", KEY, "--reason", "Wrong price")
    with rehearsed(desk, AlertKind.EMERGENCY_UNREVIEWED) as alert:
        assert not alert.urgent
        desk.later(5 * HOUR)
        assert desk.open(AlertKind.EMERGENCY_UNREVIEWED)[0].urgent
        desk.give("emergency", "review", alert.subject, "--comment", "Right, and over.")
    desk.give("rules", "resume", KEY)


def test_a_kill_switch_that_was_forgotten(desk: Desk) -> None:
    desk.give("kill", "--channel", "push", "--reason", "Down")
    assert desk.open(AlertKind.KILL_SWITCH_ON) == []
    desk.later(25 * HOUR)
    with rehearsed(desk, AlertKind.KILL_SWITCH_ON, "channel push"):
        desk.give("unkill", "--channel", "push")


def test_a_rule_that_nobody_certified_is_told_before_and_after(desk: Desk) -> None:
    (held,) = certifications.everything(desk.store, days=90, warn_days=14, now=MUCH_EARLIER)
    assert held.due is not None
    desk.later(held.due - desk.workspace.as_of() - 5 * DAY)
    with rehearsed(desk, AlertKind.CERTIFICATION_DUE, "rules") as alert:
        assert KEY in alert.sentence
        desk.give("rules", "certify", KEY)
    desk.later(300 * DAY)
    desk.give("approvals", "round")
    with rehearsed(desk, AlertKind.RULE_UNCERTIFIED, KEY) as alert:
        desk.give(*alert.fix.split()[1:])
    assert versions.live(desk.store)


def test_a_store_that_was_restored(desk: Desk) -> None:
    with desk.store.write() as connection:
        holds.hold(connection, "an older backup was restored.", desk.workspace.now(), 1)
    with rehearsed(desk, AlertKind.STORE_HELD):
        desk.give("audit", "verify")
        desk.give("restore", "--accept", "--reason", "The machine was lost.")


def test_a_token_that_ends_soon(desk: Desk) -> None:
    desk.give("tokens", "create", "shop", "--scope", "decide", "--days", "30")
    secret = tokens.create(
        desk.store, "app", frozenset({tokens.TokenScope.DECIDE}), who="ada@demo",
        now=desk.workspace.now(),
    )  # fmt: skip
    tokens.allowed(desk.store, secret, tokens.TokenScope.DECIDE, now=desk.workspace.now())
    desk.later(timedelta(days=tokens.DEFAULT_DAYS - 3))
    with rehearsed(desk, AlertKind.TOKEN_EXPIRING, "app"):
        desk.give("tokens", "revoke", "app")


def test_an_audit_log_that_somebody_wrote_to(desk: Desk) -> None:
    with desk.store.read() as connection:
        kept = connection.execute(sa.select(audit.c.seq, audit.c.hash)).all()[-2]

    def write(value: str) -> None:
        with desk.store.write() as connection:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_stays")
            connection.execute(audit.update().where(audit.c.seq == kept.seq).values(hash=value))

    write("f" * 64)
    with rehearsed(desk, AlertKind.AUDIT_BROKEN):
        broken = answer(["audit", "verify"], Session(served=desk.workspace))
        assert broken.status == 1
        write(kept.hash)


# Decisions


def test_a_cycle_that_is_held_until_somebody_says_that_it_is_real(desk: Desk) -> None:
    desk.made.send()
    desk.made.users(1_000, 330)
    desk.made.pass_time()
    held = answer(["cycle", "run"], Session(served=desk.workspace))
    assert held.status == 1
    with rehearsed(desk, AlertKind.CYCLE_HELD) as alert:
        desk.give("approvals", "show", alert.subject)
        desk.give("approvals", "approve", alert.subject, "--comment", "An import.")
        desk.give("cycle", "run")
    desk.give("deliver", "run")


def test_decisions_that_are_slow(desk: Desk) -> None:
    now = desk.workspace.now()
    for seconds in (10, 20):
        at = {"at": now - timedelta(seconds=120), "then": now - timedelta(seconds=120 - seconds)}
        desk.workspace.warehouse.execute(
            "INSERT INTO fct_events (user_id, event_name, event_time, received_at) "
            "SELECT 'u1', 'app_opened', $at, $at WHERE $then IS NOT NULL", at,
        )  # fmt: skip
        desk.workspace.warehouse.execute(
            "INSERT INTO decisions (decision_id, cycle_id, user_id, decided_at) "
            "SELECT 'd', 'alone', 'u1', $then WHERE $at IS NOT NULL", at,
        )  # fmt: skip
    with desk.asking(decision_seconds=2), rehearsed(desk, AlertKind.DECISIONS_SLOW):
        desk.give("status")
        desk.later(2 * HOUR)


def test_decisions_that_came_out_otherwise(desk: Desk) -> None:
    found = [Difference("d1", "another action")]
    parity.note(desk.store, 20, found, now=desk.workspace.now())
    with rehearsed(desk, AlertKind.DECISIONS_DIFFER) as alert:
        assert alert.fix == "pilothouse replay d1"
        desk.made.pass_time(hours=72)


# Sending


def test_a_destination_that_is_paused(desk: Desk) -> None:
    now = desk.workspace.now()
    delivery.pause(desk.store, "mail", "It took 1 of its last 200 messages.", now=now)
    with rehearsed(desk, AlertKind.DESTINATION_PAUSED, "mail") as alert:
        assert alert.since is not None
        desk.give(*alert.fix.split()[1:])


def test_a_destination_whose_settings_are_gone(desk: Desk) -> None:
    work, before = desk.workspace, desk.workspace.settings
    work.settings = before.model_copy(update={"destinations": {}})
    with rehearsed(desk, AlertKind.DESTINATION_UNUSABLE, "mail"):
        work.settings = before


def test_notifications_that_do_not_arrive(desk: Desk) -> None:
    work, before = desk.workspace, desk.workspace.settings
    hook = {"url": "https://hooks.example.com/in", "secrets": ["env:GONE"]}
    asked = NotificationSettings.model_validate({"webhooks": {"chat": hook}})
    work.settings = before.model_copy(update={"notifications": asked})
    with rehearsed(desk, AlertKind.NOTIFICATIONS_FAILING, "chat") as alert:
        assert "GONE, which is not set" in alert.sentence
        desk.give(*alert.fix.split()[1:])
        work.settings = before


def _waiting(desk: Desk) -> list[str]:
    """Messages that were decided and wait to leave."""
    desk.made.pass_time(24 * 40)
    desk.workspace.run_cycle()
    with desk.store.read() as connection:
        waits = sa.select(outbox.c.intent_id).where(outbox.c.state == "pending")
        return list(connection.execute(waits).scalars())


def test_messages_that_do_not_leave(desk: Desk) -> None:
    assert _waiting(desk)
    assert desk.open(AlertKind.MESSAGES_STUCK) == []
    desk.later(2 * HOUR)
    with rehearsed(desk, AlertKind.MESSAGES_STUCK, "mail") as alert:
        desk.give(*alert.fix.split()[1:])


def test_messages_of_which_nobody_can_tell(desk: Desk) -> None:
    with desk.store.write() as connection:
        sent = sa.select(dispatches.c.intent_id).where(dispatches.c.outcome == "accepted")
        lost = connection.execute(sent.limit(1)).scalar_one()
        this = dispatches.c.intent_id == lost
        connection.execute(dispatches.update().where(this).values(outcome="open"))
        connection.execute(
            outbox.update().where(outbox.c.intent_id == lost).values(state="ambiguous")
        )
    with rehearsed(desk, AlertKind.MESSAGES_UNCERTAIN, "mail"):
        desk.give("deliver", "list")
        desk.give("deliver", "settle", lost, "--arrived")


def test_receipts_of_messages_that_nobody_sent_from_here(desk: Desk) -> None:
    now = desk.workspace.now()
    said = tuple(Fact("bounced", now, f"s{i}", provider_id=f"theirs-{i}") for i in range(25))
    keep(desk.store, [Batch("mail", said)], now=now)
    assert desk.open(AlertKind.RECEIPTS_WAITING) == []
    desk.later(2 * HOUR)
    with rehearsed(desk, AlertKind.RECEIPTS_WAITING, "mail"):
        desk.give("deliver", "status")
        desk.in_time()
        desk.made.pass_time(hours=48)


# Data


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (Code.WAREHOUSE_MISSING, AlertKind.PIPELINE_FAILED),
        (Code.AUDIT_FAILED, AlertKind.DATA_AUDIT_FAILED),
    ],
)
def test_a_pipeline_that_failed(desk: Desk, code: Code, kind: AlertKind) -> None:
    desk.made.pass_time(hours=2)
    now, step, run = desk.workspace.now(), [*Step][2], f"run-{kind}"
    pipeline.start(desk.store, run, started_by="schedule", as_of=now, now=now)
    pipeline.failed(desk.store, run, step, Refusal(code=code, message="It broke."), now=now)
    with rehearsed(desk, kind, step.value):
        again = f"again-{kind}"
        pipeline.start(desk.store, again, started_by="ada@demo", as_of=now, now=now + HOUR)
        pipeline.finish(desk.store, again, now=now + HOUR)


def test_data_that_is_stale(desk: Desk) -> None:
    with desk.asking(fresh_minutes=60 * 24 * 2):
        _event(desk, desk.workspace.now())
        assert desk.open(AlertKind.DATA_STALE) == []
        desk.later(3 * DAY)
        with rehearsed(desk, AlertKind.DATA_STALE):
            desk.give("collect", "sources")
            _event(desk, desk.workspace.now())


def _event(desk: Desk, at: datetime) -> None:
    desk.workspace.warehouse.execute(
        "INSERT INTO fct_events (user_id, event_name, event_time, received_at) "
        "SELECT 'u1', 'app_opened', $at, $at",
        {"at": at},
    )


def _send(desk: Desk, *names: str) -> None:
    intake = desk.workspace.intake
    source = next(iter(intake._by_key.values()))
    events = [
        {"type": "track", "event": name, "userId": "u1", "messageId": f"{name}-{i}"}
        for i, name in enumerate(names)
    ]
    intake.take_in(source, [events])


def test_many_events_that_are_not_accepted(desk: Desk) -> None:
    _send(desk, *["nobody_planned_this"] * 30)
    # The collector's clock goes by the wall's; this workspace's was put forward.
    now = {"now": desk.workspace.now()}
    desk.workspace.warehouse.execute("UPDATE ingest_ledger SET received_at = $now", now)
    with rehearsed(desk, AlertKind.DEAD_LETTERS):
        desk.give("collect", "dead-letters", "list")
        desk.made.pass_time(hours=2)


def test_events_that_are_unaccounted_for(desk: Desk) -> None:
    _send(desk, "pricing_viewed")
    desk.workspace.warehouse.execute(
        "UPDATE ingest_ledger SET received = received + 2 WHERE stored > 0"
    )
    with rehearsed(desk, AlertKind.LEDGER_UNBALANCED) as alert:
        assert "2 are unaccounted for" in alert.sentence
        desk.give("reprocess", "--as", "ada@demo")


def test_a_look_that_fails_is_told_and_hides_no_other_alert(desk: Desk) -> None:
    delivery.pause(desk.store, "mail", "Down.", now=desk.workspace.now())
    desk.workspace.warehouse.execute("ALTER TABLE ingest_ledger RENAME COLUMN received_at TO got")
    with rehearsed(desk, AlertKind.LOOK_FAILED, "dead letters") as alert:
        assert "received_at" in alert.sentence
        assert desk.open(AlertKind.DESTINATION_PAUSED)
        desk.workspace.warehouse.execute(
            "ALTER TABLE ingest_ledger RENAME COLUMN got TO received_at"
        )
    desk.give("deliver", "resume", "mail")


def test_a_backup_that_is_old(desk: Desk, tmp_path: Path) -> None:
    desk.give("backup", str(tmp_path))
    desk.later(9 * DAY)
    with rehearsed(desk, AlertKind.BACKUP_OLD):
        desk.give("backup", str(tmp_path / "again.db"))


def test_a_trait_whose_source_fell_silent(tmp_path: Path) -> None:
    work = open_demo(tmp_path / "workspace", Path(shutil.copy(demo_file(), tmp_path / "w.duckdb")))
    ends_at = work.as_of()
    statement = "UPDATE meta SET value = $end WHERE key = 'as_of'"
    work.warehouse.execute(statement, {"end": (ends_at + 60 * DAY).isoformat()})
    found = [one for one in open_alerts(work) if one.kind is AlertKind.TRAIT_STALE]
    assert {one.fix for one in found} == {"pilothouse model freshness"}
    assert all(one.since is not None for one in found)

    work.warehouse.execute(statement, {"end": ends_at.isoformat()})
    assert open_alerts(work) == []
    work.close()


def test_data_that_is_not_as_usual(tmp_path: Path) -> None:
    own = shutil.copy(demo_file(), tmp_path / "warehouse.duckdb")
    with closing(open_demo(tmp_path / "workspace", Path(own))) as work:
        day = datetime.combine(work.as_of().date() - DAY, time())
        gone = "event_name = 'app_opened' AND device_os = 'ios' AND event_time >= $day"
        work.warehouse.execute(f"CREATE TABLE gone AS FROM fct_events WHERE {gone}", {"day": day})
        work.warehouse.execute(f"DELETE FROM fct_events WHERE {gone}", {"day": day})
        drifting.once(work)
        (found,) = (one for one in open_alerts(work) if one.kind is AlertKind.DATA_DRIFTED)
        assert found.fix == "pilothouse measure drift"
        assert "platform ios" in found.sentence

        work.warehouse.execute("INSERT INTO fct_events FROM gone")
        done = answer(["measure", "drift", "--keep"], Session(served=work))
        assert done.status == 0
        assert [one for one in open_alerts(work) if one.kind is AlertKind.DATA_DRIFTED] == []


def test_every_kind_of_alert_is_rehearsed() -> None:
    here = Path(__file__).read_text()

    assert [kind for kind in AlertKind if f"AlertKind.{kind.name}" not in here] == []


# Who is told


@pytest.fixture
def as_served() -> Iterator[None]:
    """The logs that a server writes, whatever commands ran before in this process."""
    before = structlog.get_config()
    configure_logging()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("as_served")
def test_the_server_logs_what_begins_and_ends_and_counts_what_is_open(desk: Desk) -> None:
    board = Board(desk.workspace)
    board.once()
    delivery.pause(desk.store, "mail", "Down.", now=desk.workspace.now())

    with capture_logs() as told:
        board.once()
        board.once()
        began = board.open
        desk.give("deliver", "resume", "mail")
        board.once()

    about = [one for one in told if one["event"].startswith("alert_")]
    assert [(one["event"], one["log_level"], one["subject"]) for one in about] == [
        ("alert_began", "warning", "mail"),
        ("alert_ended", "info", "mail"),
    ]
    assert about[0]["runbook"] == "docs/runbooks/destination-paused.md"
    assert [one.subject for one in began] == ["mail"]
    assert board.open == ()
    assert ALERTS.labels("destination-paused")._value.get() == 0


def test_the_command_lists_what_is_urgent_first_and_can_fail_for_it(desk: Desk) -> None:
    def run(*words: str) -> Any:
        return answer(["alerts", *words], Session(served=desk.workspace))

    assert run("--check") == Answer("Nothing needs anybody.", "", 0)
    desk.give("kill", "--channel", "push", "--reason", "Down")
    desk.later(25 * HOUR)
    assert run("--check").status == 0
    delivery.pause(desk.store, "mail", "Down.", now=desk.workspace.now())

    said = run("--check")

    assert said.status == 1
    first, acts, then, _ = said.text.splitlines()
    assert first.startswith("NOW    A destination is paused: Nothing is sent to mail")
    assert (
        acts
        == "       admin: 'pilothouse deliver resume mail'; docs/runbooks/destination-paused.md"
    )
    assert then.startswith("today  A kill switch is on for long")
    assert "kill switch" not in run("--urgent").text
    assert "Alerts: 2, of them urgent 1." in answer(["status"], Session(served=desk.workspace)).text
    (document, _) = json.loads(run("--json").text)
    assert (document["kind"], document["who"]) == ("destination-paused", "admin")
    desk.give("deliver", "resume", "mail")
    desk.give("unkill", "--channel", "push")
