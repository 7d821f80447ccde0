"""An open workspace: settings, catalog, warehouse, control store and what runs over them.

One process owns a workspace. Everything here may be called from several threads.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import structlog

from control import delivery, holds, people, requests, review_terms, sources, versions
from control.channel_routes import routes
from control.people import Person
from control.requests import ChangeRequest
from control.store import Store, open_store
from core.artifacts import AskResult
from core.canary import CanaryAsk
from core.errors import PilothouseError
from core.lifecycle import Verdict
from core.schedule import Window
from core.settings import Settings
from deliver import outbox
from deliver.delivery import DeliveryReport, deliver, held_report
from deliver.destinations.mailbox import MAILBOX
from measure.experiments.readout import ExperimentReadout, Kind
from measure.lift import LiftReport
from measure.outcomes.result import Outcomes
from orchestrate import approvals, jump_requests
from orchestrate.cycle import CycleReport, run_cycle
from orchestrate.explain import explain, separate
from orchestrate.intents import reconcile as reconcile_intents
from orchestrate.live.desk import Desk
from orchestrate.live.journal import Journal
from orchestrate.live.unwritten import make_up
from orchestrate.rulebook import Reconciled, publish, reconcile, settle
from orchestrate.stages import create_tables
from tools.propose import dependencies
from ui import (
    cancelling,
    data_changes,
    effects,
    entering,
    governed_files,
    journeys,
    own_warehouse,
    reading_out,
    restoring,
    slo,
    telemetry,
    tracking_plan,
)
from ui.alerts.board import Board
from ui.anchoring import Anchors
from ui.asking import Asking
from ui.collecting import Intake
from ui.ids import new_id
from ui.outcomes import outcomes_of
from ui.outward import outward
from ui.reading_out import Readable
from ui.workspace_clock import Clock
from warehouse.catalog import Catalog, load_catalog
from warehouse.clocks.past import KnownThen
from warehouse.connect.importing import create_empty
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.published import Published, latest
from warehouse.published import publish as publish_copy
from warehouse.rows import Rows
from warehouse.runner import CheckedRunner
from warehouse.sandbox import run_sandboxed
from warehouse.sqlcheck import CheckedQuery

log = structlog.get_logger(__name__)


class Workspace:
    """An open workspace. ``close`` it when done."""

    def __init__(self, settings: Settings) -> None:
        self.given = settings
        catalog = load_catalog(settings.catalog)
        self.warehouse: DuckDBWarehouse = own_warehouse.open_mapped(settings)
        catalog = own_warehouse.with_built_traits(catalog, self.warehouse, settings)
        create_empty(self.warehouse, catalog)
        with self.warehouse.cursor() as cursor:
            create_tables(cursor)
        settings.workspace.mkdir(parents=True, exist_ok=True)
        self.store: Store = open_store(settings.control_url)
        self.anchors = Anchors(settings.workspace)
        self.catalog, self.settings = governed_files.in_force(self.store, catalog, settings)
        if settings.identity == "demo":
            people.add_demo_people(self.store)
            sources.add_demo_source(self.store)
        # What a process decided and could not write comes before anything else is decided.
        self._decisions = settings.workspace / "decisions"
        make_up(self.store, self.warehouse, self._decisions)
        self.clock = Clock(settings, self.warehouse, self.catalog)
        review_terms.keep_policies(self.store, settings.approval_policies, now=self.now())
        restoring.look(self.store, self.anchors, self.now())
        self.board = Board(self)
        self.asking = Asking(self)
        self.ask, self.submit = self.asking.ask, self.asking.submit
        governed_files.begin(self)

    def take_up(self, catalog: Catalog, settings: Settings) -> None:
        """From here on this is in force: whoever asks next has it, and nobody parses a file."""
        if catalog is not self.catalog:
            self.asking.forget()
        self.catalog, self.settings = catalog, settings

    def as_of(self) -> datetime:
        """The end of the data (naive UTC): what ``now`` means for rules in the demo."""
        return self.clock.as_of()

    def now(self) -> datetime:
        """The workspace's clock (naive UTC): the demo's starts at the end of its data and ticks."""
        return self.clock.now(self.as_of)

    def person(self, email: str) -> Person:
        """Somebody by e-mail; refuses unknown ones."""
        return people.get(self.store, email)

    # Events on their way in.

    @cached_property
    def intake(self) -> Intake:
        """The collector, its raw log and the loader; opening it makes their tables."""
        log = self.settings.workspace / "log"
        tracking_plan.begin(self.store, self.settings, self.now())
        plan = partial(tracking_plan.live_plan, self.store)
        return Intake(self.warehouse, self.store, log, self.now(), plan)

    @cached_property
    def desk(self) -> Desk:
        """Where single users are decided on; what it decides is kept until it is closed."""
        journal = Journal(self._decisions)
        return Desk(self.store, self.warehouse, lambda: self.catalog, journal)

    def decide(
        self,
        request_id: str,
        person: Person,
        verdict: Verdict,
        comment: str = "",
        *,
        seen_content_hash: str | None = None,
        canary: CanaryAsk | None = None,
        window: Window | None = None,
    ) -> ChangeRequest:
        """Record a person's verdict, then wake whatever waited for it; what is approved with a
        ``canary`` goes live for that share of the users first, with a ``window`` in it only."""
        if verdict == "approve":
            data_changes.require_ready(self, requests.get(self.store, request_id))
            effects.require_same(self, requests.get(self.store, request_id))
        approvals.decide(
            self.store,
            request_id,
            person=person,
            verdict=verdict,
            comment=comment,
            now=self.now(),
            seen_content_hash=seen_content_hash,
            canary=canary,
            window=window,
        )
        governed_files.begin(self)
        telemetry.VERDICTS.labels(verdict).inc()
        log.info("decided", change_request=request_id, verdict=verdict, person=person.email)
        self.wake(request_id)
        return requests.get(self.store, request_id)

    def wake(self, request_id: str) -> AskResult | None:
        """Let the run behind a change request go on; publish by itself when none waits."""
        request = requests.get(self.store, request_id)
        result = self.asking.wake(request)
        if requests.get(self.store, request_id).state == "approved":
            self.publish(request_id)
        return result

    def publish(self, request_id: str) -> None:
        """Put what is approved into force; what it was approved for being gone, it expires."""
        request = requests.get(self.store, request_id)
        try:
            if request.changes_data:
                data_changes.publish(self, request_id)
            else:
                rests_on = self._rests_on(request)
                publish(self.store, request_id, now=self.now(), dependencies=rests_on)
        except PilothouseError as error:
            settle(self.store, request_id, error.refusal, now=self.now())
            raise

    def _rests_on(self, request: ChangeRequest) -> dict[str, str]:
        if journey := request.journey:
            return journeys.rests_on(self, journey)
        if jump := request.jump:
            return jump_requests.rests_on(self.store, jump)
        effects.require_unmoved(self, request)
        live, fingerprints = versions.live(self.store), data_changes.fingerprints(self)
        return dependencies(request.rule, self.catalog, live, fingerprints)

    def reconcile(self) -> Reconciled:
        """Publish what was approved before a process ended in between."""
        return reconcile(
            self.store,
            now=self.now(),
            relies_on=self._rests_on,
            prepare=partial(data_changes.prepare, self),
        )

    # The loop.

    def runner(self, at: datetime | None = None) -> CheckedRunner:
        """A runner for queries of this repository, each checked before it runs; with a moment,
        on what was known then."""
        engine = KnownThen(self.warehouse, self.catalog, at) if at else self.warehouse
        return CheckedRunner(engine, self.catalog)

    @property
    def mailbox_folder(self) -> Path:
        """Where the local mailbox keeps messages that a person can open."""
        return self.settings.workspace / "mailbox"

    def run_cycle(
        self,
        *,
        as_of: datetime | None = None,
        dry_run: bool = False,
        only_journeys: bool = False,
    ) -> CycleReport:
        """Decide for everybody; the trace id of the cycle follows its messages.

        Messages that journeys have due then are candidates too, or the only ones. A population
        that jumped since the last cycle raises ``Held``, unless a person accepted it.
        """
        trace_id, moment = new_id(), as_of or self.as_of()
        if not dry_run and not only_journeys:
            journeys.look(self, moment)
        if not dry_run:
            entering.cycle_begun(self.store, trace_id, moment, now=self.now())
        with structlog.contextvars.bound_contextvars(trace_id=trace_id):
            report = run_cycle(
                self.store,
                self.warehouse,
                self.catalog,
                as_of=moment,
                dry_run=dry_run,
                trace_id=trace_id,
                only_journeys=only_journeys,
                now=self.now(),
            )
            counted = {"selected": report.selected, "held_out": report.held_out}
            counted |= {"suppressed": report.suppressed, "lost": report.lost}
            log.info("cycle", cycle_id=report.cycle_id, dry_run=dry_run, **counted)
        if not dry_run:
            entering.cycle_ended(self.store, report, now=self.now())
            telemetry.CYCLES.inc()
            for outcome, count in counted.items():
                telemetry.DECISIONS.labels(outcome).inc(count)
        return report

    def deliver(
        self, *, now: datetime | None = None, stopping: Callable[[], bool] = lambda: False
    ) -> DeliveryReport:
        """Send what is due; what a journey stopped until now does not go out any more.

        ``stopping``: asked before each request whether to leave the rest for another time.
        """
        cancelling.take_back(self, now=now, stopping=stopping)
        reconcile_intents(self.store, self.warehouse)
        journeys.look(self, now or self.now())
        if restore := holds.of(self.store):
            told = f"Nothing is sent: {restore.why}"
            return held_report(self.store, told, now=now or self.now())
        if why := slo.held(self, now or self.now()):
            return held_report(self.store, why, now=now or self.now())
        report = self._deliver(now, stopping)
        while report.has_more and not stopping():
            report = report.then(self._deliver(now, stopping))
        for trace_id, count in report.by_trace.items():
            log.info("delivered", trace_id=trace_id, messages=count)
        telemetry.MESSAGES.labels("delivered").inc(report.delivered)
        telemetry.MESSAGES.labels("stopped").inc(report.stopped)
        return report

    def _deliver(self, now: datetime | None, stopping: Callable[[], bool]) -> DeliveryReport:
        return deliver(
            self.store,
            self.warehouse,
            self.catalog,
            outward(self.settings, self.store, self.mailbox_folder),
            clock=self.now if now is None else lambda: now,
            worker=new_id(),
            stopping=stopping,
        )

    def has_to_send(self) -> bool:
        """Whether a run of ``deliver`` would find anything to do."""
        paused, routed = delivery.paused(self.store), routes(self.store)
        closed = [one for one in self.catalog.channels if routed.get(one, MAILBOX) in paused]
        sends = outbox.has_work(self.store, now=self.now(), not_by=closed)
        return sends or cancelling.has_work(self)

    def outbox_counts(self) -> dict[str, int]:
        """Intents by state."""
        return outbox.counts(self.store)

    def explain(
        self,
        user: str,
        *,
        policy: str | None = None,
        at: datetime | None = None,
        values: bool = True,
    ) -> dict[str, Any]:
        """Why a user gets something, or does not; without ``values`` not what was read of them."""
        rules = (self.store, self.warehouse, self.catalog)
        return explain(*rules, user, policy=policy, at=at or self.as_of(), values=values)

    def lift(self, policy: str, *, as_of: datetime | None = None) -> LiftReport:
        """What a policy's messages changed, against its holdout."""
        return reading_out.read_out(self, policy, as_of or self.as_of())

    def outcomes(self, *, as_of: datetime | None = None) -> Outcomes:
        """Every figure, whose conversions are, and what campaigns changed."""
        return outcomes_of(self, as_of or self.as_of())

    def readable(self) -> tuple[Readable, ...]:
        """What can be read out: experiments, the global holdout, holdouts of policies."""
        return reading_out.readable(self)

    def read_experiment(
        self, kind: Kind, key: str, *, as_of: datetime | None = None
    ) -> ExperimentReadout:
        """Everything that is to be said of one of these at a moment."""
        return reading_out.read(self, kind, key, as_of or self.as_of())

    def separate(self, users: tuple[str, str], *, at: datetime | None = None) -> dict[str, Any]:
        """What tells two users apart."""
        return separate(self.store, self.warehouse, self.catalog, users, at=at or self.as_of())

    # SQL that people and models wrote.

    @property
    def published_folder(self) -> Path:
        """Where the copy that others read lives."""
        return self.settings.workspace / "published"

    def published(self) -> Published:
        """The latest copy; made now when there is none yet, or the team's file is newer."""
        copy = latest(self.published_folder)
        if copy is None or own_warehouse.is_newer(self.settings, copy.path):
            return self.publish_copy()
        return copy

    def publish_copy(self) -> Published:
        """Write a fresh copy, as after every load."""
        return publish_copy(self.warehouse, self.catalog, self.published_folder)

    def run_sandboxed(self, checked: CheckedQuery) -> Rows:
        """Run a checked query in a process of its own over the published copy."""
        return run_sandboxed(checked, self.published(), self.settings.limits)

    def close(self) -> None:
        """Let go of the warehouse file, the control store and the model's connections."""
        self.asking.close()
        if "desk" in self.__dict__:
            self.desk.close()
        if "intake" in self.__dict__:
            self.intake.close()
        self.warehouse.close()
        self.anchors.close()
        self.store.close()


def open_workspace(settings: Settings) -> Workspace:
    """Open a workspace and publish what was approved before a crash.

    Refuses when its warehouse is missing or in use.
    """
    workspace = Workspace(settings)
    done = workspace.reconcile()
    for version in done.published:
        log.info("published_after_restart", key=version.key, version=version.version)
    for request_id, why in done.put_off.items():
        log.warning("not_live_after_restart", change_request=request_id, why=str(why))
    data_changes.apply_live(workspace)
    return workspace
