"""A policy while it is put together, and what it gets where the prompt says nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.planners.grammar.meaning import negate
from core.conditions import Condition, EventCount, InAudience, Related, leaves, with_defaults
from core.rules import Action, StopCondition, Suppression
from warehouse.catalog import Catalog


@dataclass
class Item:
    """One line of the order, while the policy is being put together."""

    action: Action
    eligibility: Condition
    default: bool
    suppressions: list[Suppression] = field(default_factory=list)
    stops: list[StopCondition] = field(default_factory=list)


@dataclass
class Draft:
    """A policy while it is being put together."""

    population: list[Condition] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    suppressions: list[Suppression] = field(default_factory=list)
    stops: list[StopCondition] = field(default_factory=list)
    holdout: float | None = None
    notes: list[str] = field(default_factory=list)
    says_suppressions: bool = False
    """The prompt names its suppressions: no other ones are made up."""
    says_stops: bool = False
    """The prompt names its stop conditions: no other ones are made up."""


def default_suppressions(draft: Draft) -> None:
    """Marketing waits while a service message of a higher place applies: changes no winner.

    Unknown counts as no match, so nobody is held back by a value that is missing.
    """
    for place, service in enumerate(draft.items):
        waiting = [item for item in draft.items[place + 1 :] if _waits(item, service)]
        if not waiting or not _surely_wins(service):
            continue
        name = service.action.name
        draft.suppressions.append(
            Suppression(
                key=f"while_{service.action.key}"[:64],
                name=f"Not while the user is due for {name.lower()}",
                when=with_defaults(service.eligibility),
                actions=tuple(item.action.key for item in waiting),
            )
        )
        held = " and ".join(f"'{item.action.name}'" for item in waiting)
        draft.notes.append(f"{held} waits while '{name}' applies: a default suppression.")


def _surely_wins(service: Item) -> bool:
    """Whether everybody it concerns gets it, so that a message that waits for it loses nothing."""
    told = [*leaves(service.eligibility)]
    known = bool(told) and all(isinstance(leaf, EventCount | Related) for leaf in told)
    held = service.suppressions or service.stops
    return service.action.message_class == "service" and known and not held


def _waits(item: Item, service: Item) -> bool:
    held = any(one.when == service.eligibility for one in item.suppressions)
    return item.action.message_class == "marketing" and not held


def default_stops(draft: Draft, catalog: Catalog) -> None:
    """The declared stop conditions of an action; else: stop once it no longer applies."""
    for item in draft.items:
        if item.stops:
            continue
        declared = catalog.action_stop.get(item.action.key, ())
        if item.default and declared:
            concerning = {"actions": (item.action.key,)}
            item.stops.extend(one.model_copy(update=concerning) for one in declared)
            continue
        if draft.says_stops:
            continue
        key = f"{item.action.key}_no_longer_applies"[:64]
        name = f"{item.action.name}: the user no longer meets its eligibility"
        when = negate(item.eligibility)
        item.stops.append(StopCondition(key=key, name=name, when=when, actions=(item.action.key,)))


def about_defaults(draft: Draft, catalog: Catalog) -> list[str]:
    """The sentences about the order and about messages whose people nobody named."""
    said = [
        catalog.action_assumptions[item.action.key]
        for item in draft.items
        if item.default and item.action.key in catalog.action_assumptions
    ]
    order = ", then ".join(item.action.name.lower() for item in draft.items)
    return [f"One message a user: {order}.", *said]


def key_words(draft: Draft) -> str:
    """The words that a policy's key is made of."""
    audience = next((part.key for part in draft.population if isinstance(part, InAudience)), None)
    return f"{audience} priority" if audience else "message priority"
