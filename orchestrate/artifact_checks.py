"""A proposed rule held against the catalog: every name exists, every condition can be decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.errors import Code, Refusal
from core.proposal import actions_of, conditions_of
from core.rules import Action, DecisionPolicy, EligibilityRule
from warehouse.catalog import Catalog, unknown_name
from warehouse.compile import Audiences, validate
from warehouse.compile.names import NUMERIC


def refusals(
    artifact: EligibilityRule | DecisionPolicy, catalog: Catalog, audiences: Audiences
) -> tuple[Refusal, ...]:
    """Everything that keeps a rule from being simulated or decided by; empty when nothing does."""
    found = [
        one for asked in conditions_of(artifact) for one in validate(asked, catalog, audiences)
    ]
    return (*found, *of_actions(actions_of(artifact), catalog), *_scores(artifact, catalog))


def of_actions(actions: Iterable[Action], catalog: Catalog) -> Iterator[Refusal]:
    """Channels and goals of actions that the catalog lacks."""
    for action in actions:
        for channel in action.channels:
            if channel not in catalog.channels:
                yield unknown_name(Code.UNKNOWN_VALUE, "channel", channel, [*catalog.channels])
        goal = action.goal_event
        if goal and catalog.event_named(goal) is None:
            yield unknown_name(Code.UNKNOWN_EVENT, "event", goal, [*catalog.events])


def _scores(artifact: EligibilityRule | DecisionPolicy, catalog: Catalog) -> Iterator[Refusal]:
    """What entries rank by that is no trait, or no number."""
    for entry in artifact.entries if isinstance(artifact, DecisionPolicy) else ():
        if entry.score is None:
            continue
        trait = catalog.traits.get(entry.score)
        if trait is None:
            yield unknown_name(Code.UNKNOWN_TRAIT, "trait", entry.score, [*catalog.traits])
        elif trait.type not in NUMERIC:
            yield Refusal(
                code=Code.TYPE_MISMATCH,
                message=f"'{entry.score}' is {trait.type}: entries are ranked by a number.",
                span=entry.score,
                fix="Rank by a trait that is a number.",
            )
