"""What a question said, before it is decided what it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agent.planners.grammar.questions.periods import Said
from agent.planners.grammar.questions.things import Thing
from core.conditions import Condition
from core.questions import Function, Grain

Joined = Literal["one", "and", "or", "versus"]
"""How values that were named in a row are joined."""
Sense = tuple[str, str]
"""Owner ('' for users, 'trait', 'event:…', 'entity:…') and column."""


@dataclass(frozen=True, slots=True)
class Named:
    """A column that was named: as a group, or as the number to measure."""

    words: str
    end: int
    senses: tuple[Sense, ...]


@dataclass(frozen=True, slots=True)
class ValuesSaid:
    """Values of one column, by every sense that the words have."""

    words: str
    end: int
    senses: dict[Sense, tuple[str, ...]]
    joined: Joined = "one"
    excluded: bool = False


@dataclass(slots=True)
class Asked:
    """The slots of one question."""

    counting: bool = False
    function: Function | None = None
    function_words: str = ""
    things: list[Thing] = field(default_factory=list)
    numbers: list[Named] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    metric_words: str = ""
    revenue: bool = False
    sold: Thing | None = None
    """The rows that are sold, where revenue is asked for and they were named."""
    rates: list[tuple[Thing, str, Named]] = field(default_factory=list)
    by: list[Named] = field(default_factory=list)
    grain: Grain | None = None
    trend: bool = False
    share: bool = False
    per_user: bool = False
    per_thing: Thing | None = None
    compares: bool = False
    versus: bool = False
    order: Literal["desc", "asc"] | None = None
    limit: int | None = None
    ranks: bool = False
    people: list[Condition] = field(default_factory=list)
    """Users that nouns name: 'trial users'."""
    users: bool = False
    """Users themselves were named."""
    users_first: bool = False
    """They were named before what they did: users are counted, not rows."""
    predicates: list[Condition] = field(default_factory=list)
    """What is said of them after the noun."""
    values: list[ValuesSaid] = field(default_factory=list)
    periods: list[Said] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def tells(self) -> bool:
        """Whether it names anything of the catalog."""
        named = self.things or self.numbers or self.metrics or self.rates or self.by
        return bool(named or self.users or self.values or self.revenue)
