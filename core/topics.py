"""Which conditions can have to do with each other at all: those that read the same things.

Two readings are linked only where they are of one event, entity, column, trait, consent, bucket or
audience. So a question about a whole falls into parts that share none of these, and most
questions are answered without a proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.conditions import (
    And,
    AnyLeaf,
    Attribute,
    Bucket,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    HeldFor,
    InAudience,
    Not,
    Or,
    Related,
    Trait,
    leaves,
)

Topics = frozenset[str]


def topics(condition: Condition) -> Topics:
    """What a condition is about, as names: whoever shares none cannot be linked to it."""
    return frozenset(name for leaf in leaves(condition) for name in _names(leaf))


def parts(condition: Condition, *, negated: bool = False) -> list[Condition]:
    """Conditions that all hold exactly when this one is true; ``negated``: is not true."""
    match condition:
        case Not(of=inner) if not negated and isinstance(inner, Or):
            return [Not(of=one) for one in inner.of]
        case And(of=inside) if not negated:
            return [part for one in inside for part in parts(one)]
        case Or(of=inside) if negated:
            return [part for one in inside for part in parts(one, negated=True)]
        case _:
            return [condition]


def reached(some: Sequence[Topics], given: Iterable[Topics]) -> Topics:
    """Everything that has to do with some topics, through whatever is given."""
    found = frozenset[str]().union(*some)
    waiting = [*given]
    while touched := [one for one in waiting if one & found]:
        waiting = [one for one in waiting if not one & found]
        found = found.union(*touched)
    return found


def _names(leaf: AnyLeaf) -> tuple[str, ...]:
    match leaf:
        case EventCount() | EventAge():
            return (f"event {leaf.event}",)
        case EventSequence():
            return f"event {leaf.first}", f"event {leaf.then}"
        case Related():
            return (f"entity {leaf.entity}",)
        case Attribute():
            return (f"column {leaf.column}",)
        case Trait():
            return (f"trait {leaf.name}",)
        case HeldFor():
            return (f"held {leaf.trait}",)
        case InAudience():
            return (f"audience {leaf.key}",)
        case ConsentIs():
            return (f"consent {leaf.purpose} {leaf.channel}",)
        case Bucket():
            return (f"bucket {leaf.salt}",)
