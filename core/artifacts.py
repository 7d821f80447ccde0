"""What a prompt produces, and the answer that carries it: the shapes of ``ask --json``."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from core import diagnoses
from core.conditions import Frozen
from core.effects import Effect
from core.errors import Refusal
from core.rules import DecisionPolicy, EligibilityRule

Intent = Literal["decision", "eligibility", "debug", "question", "clarify", "refused"]
Status = Literal["awaiting_approval", "answered", "needs_clarification", "refused", "failed"]


class Period(Frozen):
    """A closed-open stretch of time, in ISO 8601 UTC without offset."""

    name: str
    start: str
    end: str


class FunnelRow(Frozen):
    """One step of one segment in one period. Rates are fractions, intervals are 95 %."""

    step: str
    segment: str
    period: str
    entered: int
    converted: int
    rate: float | None
    ci_low: float | None
    ci_high: float | None
    sql: str
    """The id of the query that counted it."""


class Delta(Frozen):
    """The change of a step's rate from the baseline to the current period, in fractions."""

    step: str
    segment: str
    change: float
    ci_low: float
    ci_high: float
    significant: bool


class ExposureRow(Frozen):
    """Messages that a segment got in a period. ``per_user`` is delivered messages per user."""

    segment: str
    period: str
    users: int
    selected: int
    sent: int
    delivered: int
    suppressed: int
    held_out: int
    per_user: float
    sql: str


class NextCheck(Frozen):
    """A query that would confirm or refute a cause; already checked, ready to run."""

    title: str
    sql: str


class Cause(Frozen):
    """One likely cause. ``explained`` is the share of the drop it accounts for."""

    rank: int
    cause: str
    kind: str
    dimension: str | None
    value: str | None
    explained: float
    confidence: Literal["high", "medium", "low"]
    evidence: tuple[str, ...]
    next_check: NextCheck
    effect: float = 0.0
    """The relative change of the rate that it made: -0.2 is a fall by a fifth."""
    contribution: float = 0.0
    """Its part in the change of the rate; with what is unexplained the parts sum to it."""
    low: float | None = None
    high: float | None = None
    """The contribution's interval."""
    since: str | None = None
    """The day from which it shows, where that can be told."""
    told: tuple[diagnoses.Evidence, ...] = ()
    """What speaks for it and against it."""
    checks: tuple[diagnoses.CheckRun, ...] = ()
    """Next checks, already run; ``next_check`` is the first."""


class DebugReport(Frozen):
    """The answer to a debug prompt."""

    kind: Literal["debug_report"] = "debug_report"
    verdict: str
    metric: str
    periods: tuple[Period, ...]
    segments: tuple[str, ...]
    as_of: str
    funnel: tuple[FunnelRow, ...]
    deltas: tuple[Delta, ...]
    exposure: tuple[ExposureRow, ...]
    causes: tuple[Cause, ...]
    ruled_out: tuple[str, ...]
    data_quality: tuple[str, ...]
    headline: diagnoses.Headline | None = None
    steps: tuple[diagnoses.StepChange, ...] = ()
    messages: tuple[diagnoses.MessageLoss, ...] = ()
    unexplained: float = 0.0
    """What the causes leave of ``headline.change``."""
    rejected: tuple[diagnoses.Rejected, ...] = ()
    trust: tuple[diagnoses.Trust, ...] = ()
    tests_run: int = 0
    figures: tuple[diagnoses.Figure, ...] = ()
    """Every number of the report's sentences."""


class QueryAnswer(Frozen):
    """The answer to an analyst's question: checked SQL and its rows."""

    kind: Literal["query_answer"] = "query_answer"
    question: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    chart: dict[str, Any] | None = None


AnyArtifact = Annotated[
    EligibilityRule | DecisionPolicy | DebugReport | QueryAnswer, Field(discriminator="kind")
]
ARTIFACT: TypeAdapter[EligibilityRule | DecisionPolicy | DebugReport | QueryAnswer] = TypeAdapter(
    AnyArtifact
)


class SqlText(Frozen):
    """A query that was checked and run, and what for."""

    id: str
    purpose: str
    dialect: str
    text: str


class Required(Frozen):
    """What a condition reads."""

    traits: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


class WaterfallStep(Frozen):
    """How many users remain after one more clause."""

    clause: str
    remaining: int


class Overlap(Frozen):
    """How many of the audience are also in a live rule. ``share`` is of the audience."""

    key: str
    users: int
    share: float


class Winner(Frozen):
    """What becomes of the population's users at one entry of a policy."""

    entry: str
    tier: int
    eligible: int
    selected: int
    suppressed: int
    held_out: int
    lost: int


class Preview(Frozen):
    """What a rule would do on the pinned snapshot."""

    population: str
    """In words: who is considered at all."""
    population_size: int
    audience_size: int
    reachable_size: int
    as_of: str
    waterfall: tuple[WaterfallStep, ...] = ()
    overlap: tuple[Overlap, ...] = ()
    winners: tuple[Winner, ...] = ()
    """For a decision policy: one row an entry, in order."""
    no_entry: int | None = None
    """For a decision policy: users of the population whom no entry takes."""
    effect: Effect | None = Field(default=None, exclude_if=lambda effect: effect is None)
    """What it would change beside what is live; None: not measured."""


Severity = Literal["block", "warn", "info"]
"""What a finding means for a proposal, the gravest first."""


class Edit(Frozen):
    """One value of an artifact, to be set where a JSON pointer (RFC 6901) leads; ``-`` appends."""

    path: str = Field(pattern=r"^(/([^~/]|~[01])*)+$")
    value: JsonValue


class Finding(Frozen):
    """A guardrail policy's verdict."""

    policy: str
    severity: Severity
    message: str
    fix: str | None = None
    patch: tuple[Edit, ...] = Field(default=(), exclude_if=lambda edits: not edits)
    """What does the fix, made to the artifact in this order; empty: it takes a person."""

    @property
    def rank(self) -> int:
        """Blockers first: 0, then warnings, then notes."""
        return get_args(Severity).index(self.severity)


class ChangeRequestRef(Frozen):
    """Where the approval stands."""

    id: str
    state: str
    content_hash: str


class TraceStep(Frozen):
    """One node of the graph as it ran."""

    node: str
    ms: int
    attempt: int = 1


class Usage(Frozen):
    """What a model call cost. The grammar planner costs nothing."""

    model: str = "grammar"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    prompt: str | None = None
    """Name, version and hash of the prompt that the model was given."""
    estimated: bool = False
    """The server counted no tokens, or none that can be right: they were counted by length."""
    fell_back: str | None = Field(default=None, exclude_if=lambda said: said is None)
    """A sentence: why the model that was asked did not draft it."""


class Choice(Frozen):
    """One way to go on from a question: what a person may pick instead of writing it."""

    label: str = Field(min_length=1)
    """In people's words, as short as a button's."""
    prompt: str = Field(min_length=1)
    """The whole prompt, or the whole follow-up, that is asked when it is picked."""
    audience_size: int | None = None
    """How many users that would be; None where it could not be counted."""


class AskResult(BaseModel):
    """The document that ``pilothouse ask --json`` prints."""

    model_config = ConfigDict(extra="forbid")

    thread_id: str
    intent: Intent
    status: Status
    planner: Literal["grammar", "openai", "hybrid"]
    answer: str
    artifact: AnyArtifact | None = None
    sql: tuple[SqlText, ...] = ()
    required: Required = Required()
    assumptions: tuple[str, ...] = ()
    edge_cases: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    """The likeliest answers to the question, or what may be meant by what was refused."""
    preview: Preview | None = None
    findings: tuple[Finding, ...] = ()
    change_request: ChangeRequestRef | None = None
    refusals: tuple[Refusal, ...] = ()
    trace: tuple[TraceStep, ...] = ()
    usage: Usage = Usage()
