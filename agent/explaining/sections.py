"""What each part of an artifact says, label by label: the one table for writing and reading."""

from __future__ import annotations

from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from agent.explaining.values import (
    CONDITION,
    EXPERIMENT,
    HOLDOUT,
    LIST,
    NUMBER,
    OFFER,
    OUTCOME,
    SECONDS,
    STALENESS,
    TEXT,
    Words,
    one_of,
)
from core.rules import (
    Action,
    DecisionPolicy,
    EligibilityRule,
    Entry,
    MessageClass,
    StopCondition,
    Suppression,
)


class Fact(NamedTuple):
    """One line: its label, the field that it says, how; ``many``: a line for each item."""

    label: str
    field: str
    words: Words
    always: bool = False
    """Said although it is what is meant where nothing is said."""
    many: bool = False


class Section(NamedTuple):
    """A part with a name and a key of its own: ``Message: Upgrade nudge (upgrade_nudge)``."""

    label: str
    model: type[BaseModel]
    facts: tuple[Fact, ...]

    def default(self, field: str) -> Any:
        """What the field is where nothing is said; PydanticUndefined where it must be said."""
        found = self.model.model_fields.get(field) or Action.model_fields[field]
        return found.get_default(call_default_factory=True, validated_data={})

    def must_say(self, fact: Fact) -> bool:
        """Whether an explanation without this line is not complete."""
        return self.default(fact.field) is PydanticUndefined


def _itself(values: tuple[str, ...]) -> Words:
    return one_of({value: value for value in values})


MESSAGE_FACTS = (
    Fact("Class", "message_class", _itself(get_args(MessageClass)), always=True),
    Fact("Channels", "channels", LIST),
    Fact("Words", "template", TEXT),
    Fact("Template", "template_key", TEXT),
    Fact("Goal", "goal_event", TEXT),
    Fact("Value", "value", NUMBER),
    Fact("Expires after", "expires_after_seconds", SECONDS, always=True),
    Fact("Exclusion group", "exclusion_group", TEXT),
    Fact("Offer", "offer", OFFER),
)
CONCERNING_FACTS = (Fact("Only for", "actions", LIST),)
MESSAGE = Section("Message", Action, MESSAGE_FACTS)
RULE = Section(
    "Rule",
    EligibilityRule,
    (
        Fact("Among", "population", CONDITION, always=True),
        Fact("Who", "condition", CONDITION),
        Fact("Held out", "holdout", HOLDOUT),
        Fact("Checked", "as_of", one_of({"decision": "when decided", "send": "when sent"})),
        Fact("Data no older than", "max_staleness_seconds", STALENESS),
        Fact("Assuming", "assumptions", TEXT, many=True),
    ),
)
ENTRY = Section(
    "Entry",
    Entry,
    (
        Fact("Tier", "tier", Words(lambda tier, _: str(tier), lambda text, _: text)),
        Fact("Who", "eligibility", CONDITION),
        Fact("Applies to", "applicability", CONDITION),
        Fact("Score", "score", TEXT),
        Fact("Experiment", "experiment", EXPERIMENT),
        *MESSAGE_FACTS,
    ),
)
SCOPES = get_args(Suppression.model_fields["scope"].annotation)
SUPPRESSION = Section(
    "Held back",
    Suppression,
    (
        *CONCERNING_FACTS,
        Fact("When", "when", CONDITION),
        Fact("After", "outcome", OUTCOME),
        Fact("Scope", "scope", _itself(SCOPES)),
    ),
)
STOP = Section(
    "Stop",
    StopCondition,
    (
        *CONCERNING_FACTS,
        Fact("When", "when", CONDITION),
        Fact("Effect", "effect", one_of({"exit": "ends it", "skip_step": "skips the step"})),
    ),
)
POLICY = Section(
    "Policy",
    DecisionPolicy,
    (
        Fact("Among", "population", CONDITION, always=True),
        Fact("Gives", "hit_policy", one_of({"first": "the first", "top_k": "the best"})),
        Fact("At most", "k", Words(lambda k, _: str(k), lambda text, _: text)),
        Fact("Pause after a message", "cooldown_seconds", SECONDS),
        Fact("Again", "reentry", one_of({"after_cooldown": "after the pause", "never": "never"})),
        Fact("Held out", "holdout", HOLDOUT),
        Fact("Assuming", "assumptions", TEXT, many=True),
        Fact("Edge case", "edge_cases", TEXT, many=True),
    ),
)
