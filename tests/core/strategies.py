"""Random conditions of every kind: well formed, not necessarily sensible."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st

from core.conditions import (
    Absolute,
    And,
    AsOf,
    Attribute,
    Bucket,
    Calendar,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    HeldFor,
    InAudience,
    Not,
    Op,
    Or,
    Related,
    Rolling,
    SinceEvent,
    SinceMoment,
    Trait,
    WhenUnknown,
)

NAMES = st.sampled_from(["plan", "status", "workout_completed", "a'b", "x; DROP TABLE y", "größe"])
COUNT_OPS = st.sampled_from([Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE])
SECONDS = st.integers(1, 10_000_000)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
UNKNOWN = st.none() | st.sampled_from(WhenUnknown)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1))


def comparisons() -> st.SearchStrategy[dict[str, object]]:
    """An operator with a value that fits it."""
    one = SCALARS | st.builds(AsOf, as_of_offset_seconds=st.integers(-(10**6), 10**6))
    listed = st.lists(SCALARS, min_size=1, max_size=3).map(tuple)
    nothing = st.sampled_from([Op.IS_NULL, Op.IS_NOT_NULL])
    return st.one_of(
        st.fixed_dictionaries({"op": COUNT_OPS, "value": one}),
        st.fixed_dictionaries({"op": st.sampled_from([Op.IN, Op.NOT_IN]), "value": listed}),
        st.fixed_dictionaries({"op": nothing, "value": st.none()}),
    )


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    """One comparison on a property or a related column."""
    return Filter(column=draw(NAMES), **draw(comparisons()))


@st.composite
def absolutes(draw: st.DrawFn) -> Absolute:
    """Between two instants, at least one of them given."""
    first, second = sorted((draw(MOMENTS), draw(MOMENTS)))
    if first == second:
        return Absolute(start=first)
    return draw(
        st.sampled_from(
            [Absolute(start=first, end=second), Absolute(start=first), Absolute(end=second)]
        )
    )


WINDOWS = st.one_of(
    st.none(),
    st.builds(Rolling, seconds=SECONDS),
    st.builds(
        Calendar,
        unit=st.sampled_from(["day", "week", "month"]),
        zone=st.sampled_from(["UTC", "Europe/Berlin"]),
        periods_back=st.integers(0, 5),
    ),
    absolutes(),
    st.builds(SinceEvent, event=NAMES, which=st.sampled_from(["first", "last"])),
    st.builds(SinceMoment, column=NAMES),
)


@st.composite
def attributes(draw: st.DrawFn) -> Attribute:
    """A column of the user compared with a value."""
    return Attribute(column=draw(NAMES), when_unknown=draw(UNKNOWN), **draw(comparisons()))


@st.composite
def traits(draw: st.DrawFn) -> Trait:
    """A trait compared with a value."""
    return Trait(name=draw(NAMES), when_unknown=draw(UNKNOWN), **draw(comparisons()))


WHERE = st.lists(filters(), max_size=2).map(tuple)
HEX = st.integers(0, 2**32 - 1).map(lambda number: f"{number:08x}")
LEAVES: st.SearchStrategy[Condition] = st.one_of(
    attributes(),
    traits(),
    st.builds(
        EventCount,
        event=NAMES,
        where=WHERE,
        window=WINDOWS,
        op=COUNT_OPS,
        n=st.integers(0, 9),
        when_unknown=UNKNOWN,
    ),
    st.builds(EventAge, event=NAMES, where=WHERE, op=COUNT_OPS, seconds=SECONDS),
    st.builds(EventSequence, first=NAMES, then=NAMES, within_seconds=st.none() | SECONDS),
    st.builds(Related, entity=NAMES, where=WHERE, op=COUNT_OPS, n=st.integers(0, 9)),
    st.builds(HeldFor, trait=NAMES, value=SCALARS, op=COUNT_OPS, seconds=SECONDS),
    st.builds(InAudience, key=NAMES, version=st.none() | st.integers(1, 9)),
    st.builds(ConsentIs, purpose=NAMES, channel=NAMES),
    st.builds(Bucket, salt=NAMES, low=HEX, high=st.none() | HEX),
)


def trees(leaves: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Conditions over some leaves, nested a few levels deep."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: And(of=tuple(parts))),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: Or(of=tuple(parts))),
            inner.map(lambda part: Not(of=part)),
        ),
        max_leaves=6,
    )
