"""All that the pages ask of the rest of the product, in one place.

Pages read through it and hand work to the worker through it; they never run the
agent, and they decide nothing about rights: every action is checked again by
the engine it reaches.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from agent.conversation.amending import Amendment
from control import audit, people, requests, runs, sign_in, staging, versions
from control.audit import AuditEntry
from control.people import Person
from control.requests import ChangeRequest
from control.runs import Run, RunStep
from control.sights import colleagues, sight_of
from control.sign_in import Claims
from control.store import Store
from core.alerts import Alert
from core.artifacts import AskResult
from core.canary import CanaryAsk
from core.conditions import Condition
from core.effects import Effect
from core.errors import PilothouseError
from core.lifecycle import Role, State, Verdict
from core.masking import masked, masked_text
from core.rules import DecisionPolicy, EligibilityRule
from core.settings import Settings
from ui.console.running import RunWorker
from ui.console.sample import Sampler
from warehouse.catalog import Catalog
from warehouse.compile import compile_audience
from warehouse.runner import CheckedRunner


class AlertBoard(Protocol):
    """Where the open alerts hang."""

    @property
    def open(self) -> tuple[Alert, ...]: ...


class OpenWorkspace(Protocol):
    """What the console needs of a workspace."""

    @property
    def settings(self) -> Settings: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def store(self) -> Store: ...
    @property
    def board(self) -> AlertBoard: ...
    def as_of(self) -> datetime: ...
    def now(self) -> datetime: ...
    def runner(self) -> CheckedRunner: ...
    def decide(
        self,
        request_id: str,
        person: Person,
        verdict: Verdict,
        comment: str = "",
        *,
        seen_content_hash: str | None = None,
        canary: CanaryAsk | None = None,
    ) -> ChangeRequest: ...


class Recent(NamedTuple):
    """A thread somebody may pick up: its newest run."""

    run_id: str
    title: str
    run: Run


class Desk:
    """One workspace and its worker, as the pages see them. Shared by all sessions."""

    def __init__(self, workspace: OpenWorkspace, worker: RunWorker) -> None:
        self.workspace = workspace
        self.worker = worker

    @property
    def catalog(self) -> Catalog:
        """The names that rules may use."""
        return self.workspace.catalog

    @property
    def settings(self) -> Settings:
        """The choices of the workspace."""
        return self.workspace.settings

    def now(self) -> datetime:
        """The workspace's clock; in the demo it starts at the end of its data."""
        return self.workspace.now()

    def as_of(self) -> datetime:
        """The end of the data."""
        return self.workspace.as_of()

    def person(self, email: str) -> Person | None:
        """Who that is and what they may do, as the control store says at this moment."""
        try:
            return people.get(self.workspace.store, email)
        except PilothouseError:
            return None

    def visitor(self, email: str, claims: Claims) -> Person | None:
        """Who signed in, as the control store has them now; None: nobody it knows.

        Refuses with NOT_ALLOWED who cannot be told apart from somebody else.
        """
        if self.settings.identity == "oidc":
            email = sign_in.recognised(self.workspace.store, claims, now=self.now())
        return self.person(email)

    def admins(self) -> list[str]:
        """The names of those who may let somebody in."""
        everybody = people.list_all(self.workspace.store)
        return [person.name for person in everybody if Role.ADMIN in person.roles]

    def names(self) -> dict[str, str]:
        """Everybody's name by e-mail."""
        return {person.email: person.name for person in people.list_all(self.workspace.store)}

    def recent(self, email: str, limit: int = 5) -> list[Recent]:
        """A person's newest threads."""
        newest: dict[str, Run] = {}
        for run in runs.list_runs(self.workspace.store, limit=200):
            if run.person == email:
                newest.setdefault(run.thread_id, run)
        found = [self._masked(run) for run in list(newest.values())[:limit]]
        return [Recent(run.id, run_title(run), run) for run in found]

    def run(self, run_id: str) -> Run | None:
        """One run, or None."""
        try:
            return self._masked(runs.get(self.workspace.store, run_id))
        except PilothouseError:
            return None

    def _masked(self, run: Run) -> Run:
        """A run as pages show it: whose addresses a prompt or an answer names is not for pages."""
        keep = colleagues(self.workspace.store)
        return run._replace(prompt=masked_text(run.prompt, keep), result=masked(run.result, keep))

    def thread(self, thread_id: str) -> list[Run]:
        """The runs of a thread, oldest first."""
        found = runs.list_runs(self.workspace.store, thread_id)
        return [self._masked(run) for run in reversed(found)]

    def steps(self, run_id: str) -> list[RunStep]:
        """What the worker did so far."""
        return runs.steps(self.workspace.store, run_id)

    def start(self, prompt: str, person: Person, thread_id: str | None) -> str:
        """Hand a prompt to the worker; gives the run to look at."""
        return self.worker.start(prompt, person.email, thread_id, submit=False)

    def amend(self, run: Run, amendment: Amendment, person: Person) -> str:
        """Hand over what somebody set of a run's draft by hand; gives the run to look at."""
        return self.worker.amend(run.thread_id, amendment, person.email)

    def effect(self, rule: EligibilityRule | DecisionPolicy) -> Effect:
        """Whom a draft would give something, take it from, or give something else; measured now."""
        return self.worker.effect(rule)

    def doing(self, run_id: str) -> str | None:
        """How far a run is inside its step, where it tells."""
        return self.worker.doing(run_id)

    def stop(self, run_id: str) -> None:
        """Ask the worker to stop."""
        self.worker.stop(run_id)

    def send_for_approval(self, run_id: str, person: Person) -> AskResult:
        """Propose what a run drafted; raises a refusal when the person may not."""
        return self.worker.send_for_approval(run_id, person.email)

    def alerts(self) -> tuple[Alert, ...]:
        """What needs a person, as of the server's last look, what is urgent first."""
        return self.workspace.board.open

    def waiting(self) -> list[ChangeRequest]:
        """What waits for an approver, oldest first."""
        return list(reversed(requests.list_all(self.workspace.store, State.IN_REVIEW)))

    def requests(self) -> list[ChangeRequest]:
        """Every change request, newest first."""
        return requests.list_all(self.workspace.store)

    def request(self, request_id: str) -> ChangeRequest | None:
        """One change request, or None."""
        try:
            found = requests.get(self.workspace.store, request_id)
        except PilothouseError:
            return None
        keep = colleagues(self.workspace.store)
        return found.model_copy(update={"prompt": masked_text(found.prompt, keep)})

    def request_of(self, run: Run) -> ChangeRequest | None:
        """The change request that a run's draft became, if it was sent."""
        reference = (run.result or {}).get("change_request")
        return self.request(reference["id"]) if reference else None

    def sees_everybody(self, viewer: Person) -> bool:
        """Whether somebody may see all users, and not only those whom they are limited to."""
        return not sight_of(self.workspace.store, viewer).limits

    def sampler(self, viewer: Person) -> Sampler:
        """What judging single people by a draft needs, for whoever looks."""
        store = self.workspace.store
        audiences, sight = versions.audiences(store), sight_of(store, viewer)
        return Sampler(self.workspace.runner(), self.catalog, audiences, self.as_of(), sight)

    def live_rule(self, request: ChangeRequest) -> EligibilityRule | DecisionPolicy | None:
        """What the request would replace."""
        if request.base_version is None:
            return None
        store = self.workspace.store
        return versions.version(store, request.target_key, request.base_version).artifact

    def is_staged(self, request: ChangeRequest) -> bool:
        """Whether a request is in staging, where its approval waits for a promotion."""
        with self.workspace.store.read() as connection:
            return staging.holds(connection, request.id)

    def live_version(self, key: str) -> int | None:
        """The version of a rule that is in force, if there is one."""
        found = versions.current(self.workspace.store, key)
        return found.version if found else None

    def rule_sql(self, rule: EligibilityRule | DecisionPolicy) -> list[tuple[str, str]]:
        """What the warehouse runs for a rule: for each audience its name and its query."""
        wanted = (
            [(rule.name, rule.condition)]
            if isinstance(rule, EligibilityRule)
            else [(entry.action.name, entry.eligibility) for entry in rule.entries]
        )
        return [(name, self._audience_sql(rule.population, asked)) for name, asked in wanted]

    def _audience_sql(self, population: Condition, condition: Condition) -> str:
        return compile_audience(
            condition,
            self.catalog,
            as_of=self.as_of(),
            population=population,
            audiences=versions.audiences(self.workspace.store),
        )

    def activity(self, request: ChangeRequest) -> list[AuditEntry]:
        """What was done about a request, oldest first."""
        store = self.workspace.store
        found = audit.entries(store, audit.Asked(subject=request.id))
        if request.state in (State.LIVE, State.SUPERSEDED):
            published = audit.entries(store, audit.Asked(what="publish"))
            found += [one for one in published if one.after_hash == request.content_hash]
        return sorted(found)

    def decide(
        self,
        request: ChangeRequest,
        person: Person,
        verdict: Verdict,
        comment: str,
        canary: CanaryAsk | None = None,
    ) -> ChangeRequest:
        """Record a person's verdict on what they saw; raises a refusal when it may not be."""
        seen = request.content_hash
        return self.workspace.decide(
            request.id, person, verdict, comment, seen_content_hash=seen, canary=canary
        )


def run_title(run: Run) -> str:
    """The name of what a run made, or its prompt cut short."""
    artifact = (run.result or {}).get("artifact") or {}
    name = artifact.get("name") or run.prompt
    return name if len(name) <= 60 else name[:57].rstrip() + "…"


_current: list[Desk] = []
"""Set once by the entry point. The page scripts run in the same process."""


def open_desk(desk: Desk) -> None:
    """Make this the desk of every page."""
    _current[:] = [desk]


def desk() -> Desk:
    """The desk that the entry point opened."""
    return _current[0]
