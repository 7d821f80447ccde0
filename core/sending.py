"""What guardrail policies know of a proposal that sends, whatever its kind: rule, policy, journey.

Facts only, put together by whoever can read the warehouse and the settings.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from pydantic import Field

from core.conditions import Frozen
from core.regulations import Medium, Regulation
from core.rules import Action, ContactPolicy
from core.settings import PolicySettings, SyncSettings
from core.templates import TemplateFacts


class ChannelFacts(Frozen):
    """What the workspace says of a channel."""

    medium: Medium | None = None
    """What laws call it; None: none of these."""
    adds: tuple[str, ...] = ()
    """What every message by it carries besides its own words: ``sender``, ``unsubscribe``."""
    lacks: tuple[str, ...] = ()
    """What its destination, as it is set up, is known not to add."""
    destination: str = "mailbox"
    """Where its messages go."""
    outside: bool = False
    """Whether that is not on this machine."""
    unusable: str | None = None
    """Why nothing can be sent there, as one sentence."""


class People(Frozen):
    """Some of the audience: those of one country, and of one age where ages are known."""

    country: str | None
    """ISO 3166; None: not known."""
    users: int
    age: int | None = None
    """In years, where the catalog has a column of it."""


class Input(Frozen):
    """A table that a proposal reads, and how fresh it is promised to be."""

    table: str
    age_seconds: int | None
    """Of its newest row; None: it has none."""
    promised_seconds: int


class Association(Frozen):
    """How strongly a condition goes with a protected attribute, over the users of both."""

    condition: str
    """In words."""
    attribute: str
    """The protected ``table.column``."""
    strength: float
    """Cramér's V, 0 to 1."""
    users: int
    """Those whose attribute is known."""
    most: str
    """The value that is most over-represented among those who meet the condition."""
    lift: float
    """How many times its share of everybody."""


class Rival(Frozen):
    """A live policy that decides about some of the same people, before this one does."""

    key: str
    users: int
    share: float
    """Of the audience."""


class Sending(Frozen, ABC):
    """The facts that rules, policies and journeys have in common."""

    users_total: int
    """Canonical users of the warehouse."""
    consent_purposes: dict[str, str | None]
    """Every known channel with the purpose its consent is asked for (None: needs none)."""
    data_classes: dict[str, str]
    """The class of each required ``table.column``."""
    reach_limit_share: float
    templates: dict[str, TemplateFacts] = Field(default_factory=dict)
    """Those of the catalog that its actions name, by key."""
    contact: ContactPolicy | None = None
    """How much contact the workspace allows; None: not known, and not looked at."""
    policies: PolicySettings = PolicySettings()
    channels: dict[str, ChannelFacts] = Field(default_factory=dict)
    """By name, those that were looked at."""
    people: tuple[People, ...] = ()
    """The audience by country; empty: nobody, or not counted."""
    countries_known: bool = True
    """Whether the catalog says which column has the country."""
    without_zone: int = 0
    """Of the audience, those whose time zone is not known."""
    regulations: tuple[Regulation, ...] = ()
    """Those that are looked at: all but the waived ones."""
    inputs: tuple[Input, ...] = ()
    proxies: dict[str, str] = Field(default_factory=dict)
    """What it reads and the catalog declares to stand for something else, and for what."""
    associations: tuple[Association, ...] = ()
    rivals: tuple[Rival, ...] = ()
    before: int | None = None
    """The audience of the version that is live, counted at the same moment; None: there is none."""
    commercial_events: tuple[str, ...] = ()
    """Events by which somebody buys: a goal of selling."""
    syncs: dict[str, SyncSettings] = Field(default_factory=dict)
    """Those that tell its audience to an engagement tool, by name."""
    personal_columns: dict[str, str] = Field(default_factory=dict)
    """Columns of users that are not public, with their class."""

    @abstractmethod
    def actions_at(self) -> Sequence[tuple[str, Action]]:
        """What it would send, each with the JSON pointer of its place in the artifact."""

    @property
    @abstractmethod
    def audience(self) -> int:
        """Whom it reaches."""

    @property
    @abstractmethod
    def marketing_reach(self) -> int:
        """Users who would get a marketing message, as far as that is known."""

    @property
    @abstractmethod
    def what(self) -> str:
        """What a person calls it: the rule, the policy, the journey."""
