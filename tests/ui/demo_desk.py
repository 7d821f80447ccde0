"""A desk to look at: a real control store and catalog, and a worker that replays an answer.

The worker is the port's other implementation: it writes runs and steps where the
real one does, from answers prepared in advance instead of from the agent.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime
from pathlib import Path

from ulid import ULID

from agent.conversation.amending import Amendment, said
from control import people, runs
from control.people import Person
from control.requests import ChangeRequest
from control.runs import Thread
from control.store import Store, open_store
from core.alerts import Alert
from core.artifacts import AskResult, TraceStep
from core.canary import CanaryAsk
from core.effects import Effect
from core.errors import Code, refuse
from core.lifecycle import Verdict
from core.rules import DecisionPolicy, EligibilityRule
from core.settings import Settings
from orchestrate import approvals, change_requests
from tests.ui import answers
from ui.console.desk import Desk
from warehouse.catalog import Catalog, load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.runner import CheckedRunner

NOW = datetime(2026, 11, 22)
STEPS = ("understand", "ground", "draft", "check", "simulate", "answer")


class Hung:
    """A board on which a test hangs alerts."""

    def __init__(self) -> None:
        self.open: tuple[Alert, ...] = ()


class DemoWorkspace:
    """An open workspace whose clock stands still."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(
            workspace=folder,
            warehouse_url=f"duckdb:///{folder}/warehouse.duckdb",
            control_url=f"sqlite:///{folder}/control.db",
        )
        self.catalog: Catalog = load_catalog()
        self.store: Store = open_store(self.settings.control_url)
        people.add_demo_people(self.store)
        self.warehouse: DuckDBWarehouse | None = None
        self.board = Hung()

    def runner(self) -> CheckedRunner:
        """Queries over the warehouse, where a test brought one."""
        if self.warehouse is None:
            raise refuse(Code.WAREHOUSE_MISSING, "There is no warehouse here.")
        return CheckedRunner(self.warehouse, self.catalog)

    def as_of(self) -> datetime:
        """The end of the data."""
        return NOW

    def now(self) -> datetime:
        """The end of the data."""
        return NOW

    def decide(
        self,
        request_id: str,
        person: Person,
        verdict: Verdict,
        comment: str = "",
        *,
        seen_content_hash: str | None = None,
        canary: CanaryAsk | None = None,
    ) -> ChangeRequest:
        """Record a verdict; nothing waits for it here."""
        return approvals.decide(
            self.store,
            request_id,
            person=person,
            verdict=verdict,
            comment=comment,
            now=NOW,
            seen_content_hash=seen_content_hash,
            canary=canary,
        )


class ReplayWorker:
    """Answers every prompt with the prepared answer of its kind."""

    def __init__(self, workspace: DemoWorkspace, pause: float = 0.0) -> None:
        self.store = workspace.store
        self.catalog = workspace.catalog
        self.pause = pause

    def open(self) -> None:
        """Nothing runs in the background."""

    def close(self) -> None:
        """Nothing to stop."""

    def start(
        self, prompt: str, person_email: str, thread_id: str | None = None, submit: bool = False
    ) -> str:
        """Write the run, then its steps: at once, or one after the other with a pause."""
        run_id, thread_id = str(ULID()), thread_id or str(ULID())
        runs.open_thread(self.store, Thread(thread_id, person_email, "1", prompt[:60], NOW))
        runs.create(
            self.store, run_id, thread_id=thread_id, person=person_email, prompt=prompt, now=NOW
        )
        runs.take(self.store)
        if self.pause:
            threading.Thread(target=self._play, args=(run_id, prompt), daemon=True).start()
        else:
            self._play(run_id, prompt)
        return run_id

    def amend(self, thread_id: str, amendment: Amendment, person_email: str) -> str:
        """Answer it as the prompt that it makes."""
        return self.start(said(amendment, self.catalog), person_email, thread_id)

    def effect(self, rule: EligibilityRule | DecisionPolicy) -> Effect:
        """There is no warehouse to measure on."""
        raise refuse(Code.WAREHOUSE_MISSING, "There is no warehouse here.")

    def doing(self, run_id: str) -> str | None:
        """Nothing is told inside a step."""

    def stop(self, run_id: str) -> None:
        """End the run without an answer."""
        runs.finish(self.store, run_id, state="failed", result=_answer("").model_dump(), now=NOW)

    def send_for_approval(self, run_id: str, person: str) -> AskResult:
        """Submit what the run drafted, as the real worker does."""
        run = runs.get(self.store, run_id)
        result = AskResult.model_validate(run.result)
        assert isinstance(result.artifact, EligibilityRule | DecisionPolicy)
        request = change_requests.submit(
            self.store,
            artifact=result.artifact,
            author=person,
            prompt=run.prompt,
            findings=result.findings,
            effect=result.preview,
            assumptions=result.assumptions,
            thread_id=run.id,
            now=NOW,
        )
        sent = result.model_copy(
            update={"change_request": request.ref, "status": "awaiting_approval"}
        )
        document = sent.model_dump(mode="json")
        runs.finish(self.store, run_id, state="waiting", result=document, now=NOW)
        return sent

    def _play(self, run_id: str, prompt: str) -> None:
        for step in STEPS:
            time.sleep(self.pause)
            runs.add_step(self.store, run_id, TraceStep(node=step, ms=140), detail={}, now=NOW)
        document = _answer(prompt).model_dump(mode="json")
        runs.finish(self.store, run_id, state="finished", result=document, now=NOW)


def _answer(prompt: str) -> AskResult:
    words = {
        "eligibility": answers.ELIGIBILITY,
        "priority": answers.DECISION,
        "why": answers.DEBUG,
        "shared": answers.REFUSED,
    }
    found = [answer for word, answer in words.items() if word in prompt.lower()]
    return found[0] if found else answers.CLARIFY


def demo_desk(folder: Path, pause: float = 0.0) -> Desk:
    """A desk over a new control store in a folder."""
    workspace = DemoWorkspace(folder)
    return Desk(workspace, ReplayWorker(workspace, pause))
