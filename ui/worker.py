"""The worker: runs the agent away from the pages, and tidies up after a crash.

A page hands over a prompt and tails the run's steps from the control store, so
that reloading, leaving or closing the page changes nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog

from agent.conversation.amending import Amendment, said
from agent.redaction import redact
from control import people, runs
from control.people import Person
from control.versions import Rule
from core.artifacts import AskResult, TraceStep
from core.effects import Effect
from core.errors import Code, PilothouseError, Refusal
from core.lifecycle import Role
from ui import effects, entering, folding, investigating, staging
from ui.ids import new_id
from ui.receiving import ApplyRound
from ui.rounds import Rounds
from ui.workspace import Workspace
from warehouse.stopping import Stop, Stopped, stoppable

log = structlog.get_logger(__name__)

THREADS = 4
SECONDS_BETWEEN_SENDS = 1.0
SECONDS_BETWEEN_LETTERS = 15.0


class Worker:
    """Runs prompts in threads of its own; one per server."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ask")
        self._stop: dict[str, Stop] = {}
        self._doing: dict[str, str] = {}
        self._closing = threading.Event()
        self._receipts = ApplyRound(workspace)
        self._sending = Rounds("send", self._send_what_is_due, SECONDS_BETWEEN_SENDS)
        self._letters = Rounds("staging", self._go_on_in_staging, SECONDS_BETWEEN_LETTERS)
        self._log = Rounds("audit", partial(folding.once, workspace), folding.EVERY_SECONDS)
        investigate = partial(investigating.once, workspace, self._investigate)
        self._investigating = Rounds("investigate", investigate, investigating.SECONDS)

    def open(self) -> None:
        """Fail the runs that the last end cut off, and get ready for the first prompt."""
        workspace = self.workspace
        entering.settings_seen(workspace.store, workspace.settings, now=workspace.now())
        for run in runs.list_runs(self.workspace.store, limit=200):
            if run.state in ("queued", "running"):
                self._fail(run.id, _cut_off())
        self._pool.submit(self.workspace.asking.warm)
        self._sending.open()
        self._letters.open()
        self._log.open()
        self._investigating.open()

    def close(self) -> None:
        """End running prompts where they are and let requests have their answer, then stop."""
        self._closing.set()
        for stop in [*self._stop.values()]:
            stop.ask()
        self._investigating.close()
        self._sending.close()
        self._letters.close()
        self._log.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for never_begun in [*self._stop]:
            self._fail(never_begun, _cut_off())

    def start(
        self,
        prompt: str,
        person_email: str,
        thread_id: str | None = None,
        submit: bool = False,
        run_id: str | None = None,
        amendment: Amendment | None = None,
    ) -> str:
        """Hand over a prompt; gives the id under which its steps and its answer appear."""
        person = self._with_a_role(person_email)
        # Before the prompt is kept: what it may hold of secrets is for nobody.
        prompt = redact(prompt).text
        run_id, now = run_id or new_id(), self.workspace.now()
        thread_id = thread_id or run_id
        self.workspace.asking.enter(thread_id, person, prompt)
        runs.create(
            self.workspace.store,
            run_id,
            thread_id=thread_id,
            person=person.email,
            prompt=prompt,
            now=now,
        )
        self._stop[run_id] = Stop()
        self._pool.submit(self._run, run_id, submit, amendment)
        return run_id

    def amend(self, thread_id: str, amendment: Amendment, person_email: str) -> str:
        """Hand over what somebody set of a thread's draft by hand: one more turn of it."""
        prompt = said(amendment, self.workspace.catalog)
        return self.start(prompt, person_email, thread_id, amendment=amendment)

    def stop(self, run_id: str) -> None:
        """End a run at once: its query is interrupted, and what is answered later is for nobody."""
        stop = self._stop.get(run_id)
        if stop is not None and stop.ask():
            self._fail(run_id, _stopped())

    def effect(self, rule: Rule) -> Effect:
        """What a draft would change beside everything that is live, measured now."""
        return effects.effect_of(self.workspace, rule)

    def doing(self, run_id: str) -> str | None:
        """How far the step is that a run is at, where it tells: what a model has written so far."""
        return self._doing.get(run_id)

    def send_for_approval(self, run_id: str, person: str) -> AskResult:
        """Send the draft of an answered run for approval."""
        result = self.workspace.submit(run_id, self._with_a_role(person))
        self.workspace.asking.keep(run_id, result)
        return result

    def _send_what_is_due(self) -> None:
        """Messages whose moment has come leave the outbox, and so does what a crash left.

        Receipts come first: who has just opted out gets nothing more.
        """
        self._receipts.once()
        if self.workspace.has_to_send():
            self.workspace.deliver(stopping=self._closing.is_set)

    def _investigate(self, prompt: str, email: str, run_id: str) -> None:
        self.start(prompt, email, run_id=run_id)

    def _go_on_in_staging(self) -> None:
        staging.once(self.workspace)

    def _run(self, run_id: str, submit: bool, amendment: Amendment | None) -> None:
        run = runs.get(self.workspace.store, run_id)
        steps = _Steps(
            self.workspace,
            run_id,
            self._stop[run_id],
            lambda: self._with_a_role(run.person),
            self._doing,
        )
        try:
            with stoppable(self._stop[run_id]):
                result = self.workspace.ask(
                    run.prompt,
                    self._with_a_role(run.person),
                    thread_id=run.thread_id,
                    run_id=run_id,
                    submit=submit,
                    on_step=steps.started,
                    amendment=amendment,
                )
            steps.ended()
            self.workspace.asking.keep(run_id, result)
        except Stopped:
            self._fail(run_id, _cut_off() if self._closing.is_set() else _stopped())
        except PilothouseError as error:
            self._fail(run_id, error.refusal)
        except Exception:
            # The page that waits for this run must learn that it ended; the log keeps the fault.
            log.exception("run_failed", run_id=run_id)
            self._fail(run_id, _broke(run_id))
        finally:
            self._stop.pop(run_id, None)
            self._doing.pop(run_id, None)

    def _with_a_role(self, email: str) -> Person:
        """Who asks, as the control store has them now; refuses whoever holds no role any more."""
        person = people.get(self.workspace.store, email)
        people.require(person, frozenset(Role), "ask anything here")
        return person

    def _fail(self, run_id: str, refusal: Refusal) -> None:
        run = runs.get(self.workspace.store, run_id)
        result = AskResult(
            thread_id=run.thread_id,
            intent="refused",
            status="failed",
            planner=self.workspace.settings.planner_in_use,
            answer=refusal.message,
            refusals=(refusal,),
        )
        runs.finish(
            self.workspace.store,
            run_id,
            state="failed",
            result=result.model_dump(mode="json"),
            now=self.workspace.now(),
        )


class _Steps:
    """Writes each step of a run as it ends, with the title of the one that starts."""

    def __init__(
        self,
        workspace: Workspace,
        run_id: str,
        stop: Stop,
        still_may: Callable[[], object],
        doing: dict[str, str],
    ) -> None:
        self._workspace = workspace
        self._still_may = still_may
        self._run_id = run_id
        self._stop = stop
        self._doing = doing
        self._current: tuple[str, str, float] | None = None
        self._seen: dict[str, int] = {}

    def started(self, node: str, title: str) -> None:
        """A node starts: the one before it has ended."""
        self._stop.require()
        self._still_may()
        if self._current is not None and self._current[0] == node:
            self._doing[self._run_id] = title  # the same step, further on: a model writes
            return
        self._doing.pop(self._run_id, None)
        self.ended()
        self._seen[node] = self._seen.get(node, 0) + 1
        self._current = (node, title, time.perf_counter())

    def ended(self) -> None:
        """Write down the step that was running, if one was."""
        if self._current is None:
            return
        node, title, started = self._current
        took = round((time.perf_counter() - started) * 1000)
        runs.add_step(
            self._workspace.store,
            self._run_id,
            TraceStep(node=node, ms=took, attempt=self._seen[node]),
            detail={"title": title},
            now=self._workspace.now(),
        )
        self._current = None


def _cut_off() -> Refusal:
    return Refusal(
        code=Code.RUN_ENDED,
        message="The server was stopped while this was running. Nothing was changed.",
        fix="Ask again.",
    )


def _stopped() -> Refusal:
    return Refusal(
        code=Code.RUN_ENDED, message="You stopped this. Nothing was changed.", fix="Ask again."
    )


def _broke(run_id: str) -> Refusal:
    return Refusal(
        code=Code.RUN_ENDED,
        message="Something broke on our side. Nothing was changed.",
        span=run_id,
        fix="Ask again; if it happens again, look for this id in the server's log.",
    )
