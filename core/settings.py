"""What a workspace is configured to do: a frozen type, filled in once by the entry point."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, JsonValue, SecretStr, model_validator

from core.approval_policies import DEFAULT_POLICIES, ApprovalPolicy
from core.conditions import Frozen
from core.effects import EffectTolerance
from core.notifications import NotificationSettings


class ModelPrice(Frozen):
    """What a million tokens of a model cost, in US dollars."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)


class ModelBudget(Frozen):
    """What may be spent on a model; a call that could go beyond is not made. None: no limit."""

    tokens_per_thread: int | None = Field(default=None, ge=1)
    tokens_per_day: int | None = Field(default=None, ge=1)
    usd_per_thread: float | None = Field(default=None, gt=0)
    usd_per_day: float | None = Field(default=None, gt=0)


class ModelSettings(Frozen):
    """An OpenAI-compatible endpoint. No key and no base URL: none is configured."""

    name: str = "gpt-4.1-mini"
    base_url: str | None = None
    api_key: str | None = Field(default=None, repr=False)
    timeout_seconds: float = Field(default=30.0, gt=0)
    """How long one answer may take from its request to its last token."""
    max_reply_tokens: int = Field(default=2_500, ge=16, le=32_000)
    structured_output: Literal["auto", "json_schema", "tool", "json_object", "text"] = "auto"
    """How the model is held to JSON; ``auto`` finds out what the server takes."""
    stream: bool = True
    """Ask for the answer as it is written, where the server streams."""
    when_unusable: Literal["grammar", "refuse"] = "grammar"
    """What happens to a prompt when the model gives nothing usable."""
    usd_per_million_prompt_tokens: float = Field(default=0.0, ge=0)
    usd_per_million_completion_tokens: float = Field(default=0.0, ge=0)
    prices: dict[str, ModelPrice] = Field(default_factory=dict)
    """By model name; a model that is not listed costs the two rates above."""
    budget: ModelBudget = ModelBudget()

    @model_validator(mode="after")
    def _a_budget_in_dollars_needs_a_price(self) -> Self:
        in_dollars = self.budget.usd_per_thread or self.budget.usd_per_day
        if in_dollars and not (self.price.prompt or self.price.completion):
            raise ValueError(f"a budget in dollars needs the price of '{self.name}' in prices")
        return self

    @property
    def configured(self) -> bool:
        """Whether a model may be called at all."""
        return bool(self.base_url or self.api_key)

    @property
    def price(self) -> ModelPrice:
        """What a million tokens of this model cost."""
        rates = ModelPrice(
            prompt=self.usd_per_million_prompt_tokens,
            completion=self.usd_per_million_completion_tokens,
        )
        return self.prices.get(self.name, rates)


class Limits(Frozen):
    """Bounds on SQL that a person or a model wrote."""

    rows: int = Field(default=10_000, gt=0)
    seconds: float = Field(default=10.0, gt=0)
    memory_mb: int = Field(default=512, ge=64)


class PipelineSettings(Frozen):
    """When the pipeline starts by itself, in a running server. Neither: only when told to."""

    every_minutes: int | None = Field(default=None, ge=1, le=7 * 24 * 60)
    on_new_events: bool = False
    """Also after events were loaded, at most twice a minute."""
    decide_on_events: bool = False
    """Between runs, decide at once for the users of whom events came in."""


class SloSettings(Frozen):
    """How well deciding and sending must go. What is None is not watched."""

    decision_seconds: float | None = Field(default=None, gt=0)
    """From an event received to its decision, for 95 of 100 events."""
    hold_slow_decisions: bool = False
    """Hold what is to be sent while decisions are slower than that; False: it is only shown."""
    send_success_share: float | None = Field(default=None, gt=0, le=1)
    """Messages that a destination took, of those it answered; below it the destination pauses."""
    send_success_over: int = Field(default=200, ge=20, le=100_000)
    """How many of its last answers are looked at; fewer say nothing."""
    fresh_minutes: int | None = Field(default=None, ge=1)
    """How old the newest event of the warehouse may be; older ones hold what is to be sent."""


class DriftSettings(Frozen):
    """What follows when data drifts. It is looked for in every run of the pipeline."""

    pause_rules: bool = False
    """Pause live rules that read what drifts; a person resumes them."""


class InvestigationSettings(Frozen):
    """Runs of the agent that an alert starts. They end in a diagnosis; nothing goes live by one."""

    per_day: int = Field(default=4, ge=0, le=100)
    """At most so many in 24 hours, and one about the same thing; 0: none."""


class SyncSettings(Frozen):
    """What an engagement tool is told of users: an allow list; nothing else leaves."""

    destination: str
    traits: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    """Columns of the users table."""
    audiences: tuple[str, ...] = ()
    """Keys of rules whose audience the tool is told."""
    purpose: str
    """Only users who granted this go there, and who withdraws it is taken out."""
    channel: str
    """The channel for which they granted it."""
    classes: tuple[Literal["personal", "sensitive", "protected"], ...] = ()
    """What else than public data may leave."""


class PolicySettings(Frozen):
    """From where on guardrail policies speak up: ``[policies]`` of ``pilothouse.toml``."""

    overlap_share: float = Field(default=0.5, gt=0, le=1)
    """Of an audience that another live rule covers as well."""
    reach_jump: float = Field(default=3.0, gt=1)
    """How many times the audience of the version that is live."""
    expires_within_days: int = Field(default=90, ge=1)
    """How long after its decision a message may still be sent."""
    unknown_zone_share: float = Field(default=0.2, gt=0, le=1)
    """Of an audience that has no time zone."""
    late_inputs: float = Field(default=2.0, ge=1)
    """How many times its promised freshness a table that a rule reads may be old."""
    proxy_association: float = Field(default=0.3, gt=0, le=1)
    """Cramér's V, 0 to 1, from which on a condition stands for a protected attribute."""
    proxy_least_users: int = Field(default=100, ge=1)
    """Fewer users with a known attribute say nothing."""
    proxy_names: tuple[str, ...] = (
        *("postcode", "postal_code", "zip", "zip_code", "district", "neighbourhood"),
        *("first_name", "given_name", "last_name", "surname", "family_name", "full_name"),
        *("language", "locale", "religion", "birthplace", "place_of_birth"),
    )
    """Columns and properties of these names are likely to stand for a protected attribute."""
    marketing_words: tuple[str, ...] = (
        *("sale", "discount", "special offer", "limited time", "upgrade now", "buy now", "% off"),
        *("save up to", "shop now", "promo code", "coupon"),
        *("rabatt", "angebot", "gutschein", "jetzt kaufen"),
        *("soldes", "promotion", "code promo", "offre spéciale"),
        *("descuento", "oferta", "rebajas", "compra ahora"),
    )
    """Words that belong into marketing, in lower case."""
    waived_regulations: tuple[str, ...] = ()
    """Keys of regulations that the team has looked at and holds not to apply."""


class GovernanceSettings(Frozen):
    """What holds between an approval and go-live: ``[governance]`` of ``pilothouse.toml``."""

    effect_tolerance: EffectTolerance = EffectTolerance()
    """How far the effect of a rule may move before it is held back for people to look again."""
    certify_days: int = Field(default=90, ge=0)
    """How long a rule, policy or journey stays live until an approver certifies it again; 0: for
    good."""
    certify_warn_days: int = Field(default=14, ge=0)
    """How long before that it is told."""
    live_within_hours: float = Field(default=24.0, gt=0)
    """How soon what was approved has to be live; later it is told."""
    audit_keep_days: int | None = Field(default=None, ge=30)
    """How long entries of the audit log stay in the control store; None: for good."""


class Settings(Frozen):
    """Every choice of a workspace. Precedence: typed flag > environment > file > default."""

    workspace: Path
    warehouse_url: str
    control_url: str
    source_url: str | None = None
    """The team's own warehouse, which is only read; None: the workspace's warehouse has it all."""
    catalog: Path | None = None
    """A folder of YAML; None is the built-in workout app."""
    tracking_plan: Path | None = None
    """The plan in force until one is approved, a YAML file; None is the built-in workout app's."""
    models: Path | None = None
    """The trait models in force until a change is approved, a folder; None: those shipped."""
    planner: Literal["auto", "grammar", "openai", "hybrid"] = "auto"
    model: ModelSettings = ModelSettings()
    limits: Limits = Limits()
    pipeline: PipelineSettings = PipelineSettings()
    slo: SloSettings = SloSettings()
    drift: DriftSettings = DriftSettings()
    investigations: InvestigationSettings = InvestigationSettings()
    notifications: NotificationSettings = NotificationSettings()
    destinations: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    """Name → its table as it is written; a secret is ``env:`` and the name of a variable."""
    secrets: dict[str, SecretStr] = Field(default_factory=dict, repr=False)
    """The variables that destinations and notifications name, as far as they are set."""
    syncs: dict[str, SyncSettings] = Field(default_factory=dict)
    """By name: what engagement tools are told of users."""
    memory_limit_mb: int = Field(default=1024, ge=128)
    threads: int = Field(default=2, ge=1)
    host: str = "127.0.0.1"
    port: int = Field(default=8501, ge=1, le=65535)
    identity: Literal["demo", "oidc", "proxy"] = "demo"
    reach_limit_share: float = Field(default=0.8, gt=0, le=1)
    """A rule that reaches a larger share of all users is blocked."""
    smallest_group: int = Field(default=5, ge=0)
    """Answers to questions do not tell numbers of fewer users; 0 or 1 tells them all."""
    policies: PolicySettings = PolicySettings()
    approval_policies: tuple[ApprovalPolicy, ...] = DEFAULT_POLICIES
    """Who approves what: the first that covers kind and risk holds."""
    governance: GovernanceSettings = GovernanceSettings()

    @property
    def planner_in_use(self) -> Literal["grammar", "openai", "hybrid"]:
        """``auto`` means both readers when an endpoint is configured, else the grammar."""
        if self.planner == "auto":
            return "hybrid" if self.model.configured else "grammar"
        return self.planner
