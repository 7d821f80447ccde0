"""What stands before a predicate, and which of its readings that makes the likeliest."""

from __future__ import annotations

from agent.planners.grammar.meaning import Found
from agent.planners.grammar.quantities import Quantity
from agent.planners.grammar.times import Span
from agent.planners.grammar.words import is_past
from core.conditions import EventCount, InAudience, leaves


class Prefix:
    """What stands before a predicate: relative pronoun, auxiliary, negation, window."""

    def __init__(self, i: int) -> None:
        self.end = i
        self.marked = False
        self.negated = False
        self.only = False
        self.possessive = False
        self.being = False
        """After is or are: a state, not something that happened."""
        self.past = False
        """After was or were: a state of the past."""
        self.having = False
        self.doing = False
        self.stative = False
        """After a 'not' without 'have' or 'did': 'iOS users, not subscribed'."""
        self.owning = False
        """After with or without: a thing, not something that happened."""
        self.lead: Span | None = None
        self.often: Quantity | None = None
        """How often, said before the verb: 'who at least twice viewed …'."""


def preferred(best: list[Found], prefix: Prefix) -> Found:
    """Of equally long readings: a state after 'is', an event after 'has', a thing after 'with'."""
    events = [one for one in best if one.counts_events]
    things = [one for one in best if one.form == "noun" and not one.counts_events]
    audiences = [one for one in best if isinstance(one.condition, InAudience)]
    doubt = _of_several(events)
    if doubt is not None:
        return doubt
    if (prefix.being or prefix.stative) and audiences:
        return audiences[0]
    if things and events:
        return _thing_or_event(things[0], events[0], prefix)
    if events and prefix.being and not events[0].span and events[0].plain:
        return events[0].asking(
            f"Is '{events[0].stated}' a state now, or something that happened? Say 'have "
            f"{events[0].stated}' if it happened."
        )
    return (events or audiences or best)[0]


def _thing_or_event(thing: Found, event: Found, prefix: Prefix) -> Found:
    """'an open ticket' is a thing, 'opened a ticket' and 'without opening one' an event."""
    if _gerund(event):
        return event
    told = _past(event) or (prefix.having and not event.nominal)
    if event.bare_verb or not told:
        return thing
    if not event.adjacent:
        return event
    if prefix.owning or thing.negated or event.negated:
        return thing
    if prefix.having:
        return event.asking(
            f"Does '{event.stated}' mean that they did it, or that they have such a "
            f"{thing.stated.split()[-1]}? Say 'did …' or 'with …'."
        )
    return event


def _past(event: Found) -> bool:
    return any(is_past(word) for word in event.stated.lower().split())


def _gerund(event: Found) -> bool:
    """Its verb is told as going on: 'without starting a subscription', 'without ordering'."""
    return not event.nominal and event.stated.lower().split()[0].endswith("ing")


def _of_several(events: list[Found]) -> Found | None:
    """'completed none' after onboarding and workouts were named: of which of them?"""
    named = {leaf.event for one in events for leaf in leaves(one.condition)
             if isinstance(leaf, EventCount)}  # fmt: skip
    if len(named) < 2 or not all(one.elliptic for one in events):
        return None
    return events[0].asking(
        f"What does '{events[0].stated}' count: {' or '.join(sorted(named))}? Name the thing."
    )
