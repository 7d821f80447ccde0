"""Shortcuts around proofs: what is answered without one is answered as a proof would."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.conditions import And, Condition, EventCount, Filter, Not, Op, Or, Related, Trait
from core.implication import implies, never
from core.precedence import gives_way, shadowed_by
from core.pursuit import eligible, held_back, takes
from core.rules import DecisionPolicy, Entry, StopCondition, Suppression
from core.topics import parts, reached, topics
from tests.core.sendings import message

LEAVES = st.sampled_from(
    [
        EventCount(event="a"),
        EventCount(event="a", n=3),
        EventCount(event="b"),
        EventCount(event="b", op=Op.EQ, n=0),
        EventCount(event="c"),
        Related(entity="ticket", where=(Filter(column="status", value="open"),)),
        Related(entity="ticket", op=Op.EQ, n=0),
        Trait(name="score", op=Op.GT, value=1),
        Trait(name="score", op=Op.GT, value=2),
        And(of=()),
    ]
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda of: And(of=tuple(of))),
        st.lists(inner, min_size=1, max_size=3).map(lambda of: Or(of=tuple(of))),
        inner.map(lambda one: Not(of=one)),
    ),
    max_leaves=5,
)


@st.composite
def policies(draw: st.DrawFn) -> DecisionPolicy:
    """Three entries, each with what may hold it back."""
    keys = ("one", "two", "three")
    entries = [
        Entry(tier=tier, action=message(key=key, name=key), eligibility=draw(CONDITIONS))
        for tier, key in enumerate(keys, start=1)
    ]
    holds = [
        Suppression(key=f"hold_{key}", name="Hold", when=draw(CONDITIONS), actions=(key,))
        for key in keys
        if draw(st.booleans())
    ]
    stops = [StopCondition(key="stop", name="Stop", when=draw(LEAVES), actions=("two",))]
    return DecisionPolicy(
        key="p",
        name="P",
        population=draw(CONDITIONS),
        entries=tuple(entries),
        suppressions=tuple(holds),
        stop_conditions=tuple(stops[: draw(st.integers(0, 1))]),
    )


def proved_way(one: Entry, other: Entry, policy: DecisionPolicy) -> bool:
    """What ``gives_way`` means, proved as a whole."""
    theirs = And(of=(policy.population, eligible(one), eligible(other)))
    if never(theirs) or never(policy.population, takes(one, policy)):
        return False
    return implies(theirs, held_back(one, policy))


def proved_shadow(entry: Entry, above: list[Entry], policy: DecisionPolicy) -> bool:
    """What ``shadowed_by`` means for one message a user, proved as a whole."""
    ours = And(of=(policy.population, takes(entry, policy)))
    taken = [takes(one, policy) for one in above]
    if not above or never(ours):
        return False
    return any(implies(ours, one) for one in taken) or implies(ours, Or(of=tuple(taken)))


@settings(max_examples=100)
@given(policies())
def test_what_holds_an_entry_back_for_another_is_as_proved(policy: DecisionPolicy) -> None:
    relation = gives_way(policy)

    for one in policy.entries:
        for other in policy.entries:
            if other is not one:
                assert relation(one, other) == proved_way(one, other, policy)


@settings(max_examples=100)
@given(policies())
def test_an_entry_is_shadowed_as_proved(policy: DecisionPolicy) -> None:
    for place, entry in enumerate(policy.entries):
        above = [*policy.entries[:place]]
        assert bool(shadowed_by(entry, above, policy)) == proved_shadow(entry, above, policy)


@given(CONDITIONS)
def test_the_parts_of_a_condition_hold_exactly_when_it_does(condition: Condition) -> None:
    together = And(of=tuple(parts(condition)))

    assert implies(condition, together)
    assert implies(together, condition)


def test_topics_are_what_is_read_and_are_reached_through_what_is_given() -> None:
    both = And(of=(EventCount(event="a"), Not(of=Trait(name="score", op=Op.GT, value=1))))

    assert topics(both) == {"event a", "trait score"}
    links = [frozenset({"a", "b"}), frozenset({"b", "c"}), frozenset({"x", "y"})]
    assert reached([frozenset({"a"})], links) == {"a", "b", "c"}
    assert reached([], links) == frozenset()
