"""The agent of a workspace: prompts in, answers out, and the runs that wait for a verdict."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import structlog

from agent.ask import ask, submit_draft, thread_of, wake
from agent.context import AskContext, OnStep
from agent.conversation.amending import Amendment
from agent.conversation.held import NOTHING, Conversation
from agent.conversation.turn import Recalled
from agent.graph import open_graph
from agent.planners.grammar import GrammarPlanner
from agent.planners.port import Planner
from agent.redaction import redact, withheld
from agent.state import GRAPH_VERSION
from control import conversations, runs
from control.people import Person
from control.requests import ChangeRequest
from control.sights import sight_of
from core.artifacts import AskResult
from core.errors import Code, refuse
from tools import build_tools
from tools.context import ToolContext
from ui import data_changes, effects, entering, remembering, telemetry
from ui.guarding import surroundings
from ui.ids import new_id
from ui.planning import planner_of
from ui.row_limits import require_unlimited, require_within
from warehouse import stopping
from warehouse.glossary import Term
from warehouse.rows import Rows
from warehouse.sqlcheck import CheckedQuery

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)


class Asking:
    """The graph over an open workspace; threads may share it, one at a time in each run."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._locks: dict[str, threading.Lock] = {}
        self._locks_guard = threading.Lock()

    @cached_property
    def graph(self) -> Any:
        """The graph with its checkpoints in the workspace."""
        return open_graph(self._workspace.settings.workspace / "checkpoints.db")

    @cached_property
    def planner(self) -> Planner:
        """The planner that the settings choose."""
        return planner_of(self._workspace)

    @cached_property
    def grammar(self) -> Planner:
        """What reads the words of a follow-up, whichever planner drafts."""
        planner = self.planner
        is_grammar = isinstance(planner, GrammarPlanner)
        return planner if is_grammar else GrammarPlanner(self._workspace.catalog)

    @cached_property
    def memory(self) -> Any:
        """What was verified in this workspace, searchable by words."""
        from agent.retrieval import Memory

        return Memory(str(self._workspace.settings.workspace.resolve()))

    @cached_property
    def retrieval(self) -> Any:
        """The catalog, searchable by words."""
        from agent.retrieval import Retrieval

        return Retrieval(self._workspace.catalog)

    def forget(self) -> None:
        """Read the catalog anew for the next prompt: something else of it is in force."""
        for name in ("planner", "grammar", "retrieval"):
            self.__dict__.pop(name, None)

    def warm(self) -> None:
        """Build what the first prompt would otherwise wait for."""
        _ = (self.graph, self.planner, self.retrieval)

    def ask(
        self,
        prompt: str,
        person: Person,
        *,
        thread_id: str | None = None,
        run_id: str | None = None,
        submit: bool = True,
        as_of: datetime | None = None,
        on_step: OnStep | None = None,
        amendment: Amendment | None = None,
    ) -> AskResult:
        """Answer a prompt; ``submit`` sends a rule for approval at once. With an ``amendment`` the
        prompt only tells what was set by hand.

        Nothing keeps or sees the secrets that a prompt holds; the answer says what was taken out.
        """
        prompt = redact(prompt).text
        run_id = run_id or new_id()
        thread_id = thread_id or run_id
        store = self._workspace.store
        self.enter(thread_id, person, prompt)
        entering.asked(store, run_id, prompt, who=person.email, now=self._workspace.now())
        started = time.perf_counter()
        # One prompt of a thread at a time: the next one is about what this one leaves.
        with (
            structlog.contextvars.bound_contextvars(trace_id=run_id),
            self._lock(f"thread {thread_id}"),
            self._lock(run_id),
        ):
            held = Conversation.model_validate(conversations.held(store, thread_id))
            result, left = ask(
                self.graph,
                self.context(person, run_id, as_of, on_step, held, amendment),
                prompt=prompt,
                person=person.email,
                thread_id=thread_id,
                run_id=run_id,
                submit=submit,
            )
            if taken := withheld(prompt):
                note = f"Taken out of the prompt before anything was kept: {', '.join(taken)}."
                result = result.model_copy(update={"assumptions": (note, *result.assumptions)})
            stopping.settle()
            kept = left.model_dump(mode="json")
            conversations.hold(store, thread_id, kept, now=self._workspace.now())
            entering.answered(store, run_id, result, now=self._workspace.now())
            log.info("asked", intent=result.intent, status=result.status, person=person.email)
        telemetry.ASKS.labels(result.intent, result.status, result.planner).inc()
        telemetry.ASK_SECONDS.labels(result.intent).observe(time.perf_counter() - started)
        return result

    def enter(self, thread_id: str, person: Person, prompt: str) -> None:
        """Open a thread for its person; refuses another person's."""
        opened = runs.Thread(
            id=thread_id,
            owner=person.email,
            graph_version=str(GRAPH_VERSION),
            title=prompt[:80],
            created_at=self._workspace.now(),
        )
        conversations.enter(self._workspace.store, opened)

    def submit(self, run_id: str, person: Person) -> AskResult:
        """Send the draft of an answered run for approval; refuses another person's."""
        if (thread_id := thread_of(self.graph, run_id)) is not None:
            conversations.require_owner(self._workspace.store, thread_id, person.email)
        with self._lock(run_id):
            result = submit_draft(self.graph, self.context(person, run_id), run_id)
        if result is None:
            raise refuse(
                Code.INVALID_ARGUMENT,
                "This answer has no draft that could be sent for approval.",
                span=run_id,
                fix="Ask for a rule or a priority order first.",
            )
        return result

    def wake(self, request: ChangeRequest) -> AskResult | None:
        """Let the run behind a change request read its verdict; None when no run waits for it."""
        run_id = request.thread_id
        if not run_id:
            return None
        with self._lock(run_id):
            author = self._workspace.person(request.author)
            result = wake(self.graph, self.context(author, run_id), run_id)
        if result is not None:
            self.keep(run_id, result)
        return result

    def keep(self, run_id: str, result: AskResult) -> None:
        """Store the answer of a run that pages tail; a prompt of the command line has no run."""
        state: runs.RunState = "waiting" if result.status == "awaiting_approval" else "finished"
        document = result.model_dump(mode="json")
        now = self._workspace.now()
        runs.finish(self._workspace.store, run_id, state=state, result=document, now=now)

    def context(
        self,
        person: Person,
        run_id: str,
        as_of: datetime | None = None,
        on_step: OnStep | None = None,
        held: Conversation = NOTHING,
        amendment: Amendment | None = None,
    ) -> AskContext:
        """What the nodes of one run work with: tools of this person, at this moment."""
        bound = self.bound(person, run_id, as_of)
        return AskContext(
            planner=self.planner,
            tools=build_tools(bound),
            catalog=bound.catalog,
            store=bound.store,
            as_of=bound.as_of,
            now=bound.now,
            fingerprints=bound.fingerprints,
            ran=bound.runner.ran,
            require_unmoved=partial(effects.require_unmoved, self._workspace),
            on_step=on_step or _silent,
            reader=self.grammar,
            under=lambda catalog: build_tools(replace(bound, catalog=catalog)),
            recall=self._recalled,
            conversation=held,
            amendment=amendment,
        )

    def bound(self, person: Person, run_id: str, as_of: datetime | None = None) -> ToolContext:
        """What tools of this person work with, at this moment."""
        workspace = self._workspace
        moment = as_of or workspace.as_of()
        return ToolContext(
            catalog=workspace.catalog,
            store=workspace.store,
            runner=workspace.runner(as_of),
            sandbox=partial(self._sandboxed, person),
            search=self._search,
            explain=partial(self._explained, person, moment),
            effect=lambda rule: effects.effect_of(workspace, rule, moment),
            person=person,
            as_of=moment,
            now=workspace.now(),
            surroundings=surroundings(workspace),
            fingerprints=data_changes.fingerprints(workspace),
            thread_id=run_id,
            smallest_group=workspace.settings.smallest_group,
        )

    def close(self) -> None:
        """Let go of the model's connections."""
        close = getattr(self.__dict__.get("planner"), "close", None)
        if close is not None:
            close()

    def _search(self, query: str, limit: int) -> list[Term]:
        found: list[Term] = self.retrieval.search(query, limit)
        return found

    def _explained(
        self, person: Person, moment: datetime, user: str, policy: str | None
    ) -> dict[str, Any]:
        """Why a user gets something, told to whoever may see that user."""
        sight = sight_of(self._workspace.store, person)
        require_within(self._workspace, sight, user)
        return self._workspace.explain(user, policy=policy, at=moment)

    def _recalled(self, words: str) -> Sequence[Recalled]:
        return remembering.recalled(self._workspace, self.memory, words)

    def _sandboxed(self, person: Person, checked: CheckedQuery) -> Rows:
        """A query that a model wrote, run for whoever sees all users."""
        require_unlimited(sight_of(self._workspace.store, person), "have queries of all users run")
        return self._workspace.run_sandboxed(checked)

    def _lock(self, run_id: str) -> threading.Lock:
        """One run is invoked by one thread at a time: LangGraph has no lock of its own."""
        with self._locks_guard:
            return self._locks.setdefault(run_id, threading.Lock())


def _silent(_node: str, _title: str) -> None:
    """Nobody watches."""
