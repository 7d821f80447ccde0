"""One clause of a condition as a row of widgets, drawn from the catalog."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, get_args

import streamlit as st
from pydantic import ValidationError
from streamlit.delta_generator import DeltaGenerator

from core.conditions import (
    AnyLeaf,
    Attribute,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    InAudience,
    Not,
    Op,
    Related,
    Trait,
)
from ui.console.cards.clause_values import Compared, Unfit, choice, compared, every, number
from ui.console.cards.clause_windows import length, window
from ui.console.view.clause_options import (
    AGES,
    HOW_MANY,
    HOW_OFTEN,
    TIMES,
    about_of,
    abouts,
    column_of,
    columns_of,
    consent_purposes,
    first_filter,
    first_of,
)
from ui.console.view.clauses import Row, wrong_with
from ui.console.view.text import phrase, plain
from warehouse.catalog import Catalog, Column
from warehouse.compile import Audiences
from warehouse.wording import describe
from warehouse.wording.names import event_words, words_of

_STATUS = {one: one for one in get_args(ConsentIs.model_fields["status"].annotation)}
_WIDTHS = (3.1, 2.2, 2.7, 0.55)


class Around(NamedTuple):
    """What every row needs."""

    catalog: Catalog
    audiences: Audiences
    remove: Callable[[int], None]
    """Called at the click that takes a row away."""


def clause_row(row: Row, around: Around) -> None:
    """Draw a row; afterwards it holds what its widgets say, or why that cannot be."""
    with st.container(border=True, gap="xsmall", key=f"clause_{row.id}"):
        if row.kept:
            _in_words(row, around)
            return
        try:
            made = _asked(row, around)
        except Unfit as unfit:
            row.problem = str(unfit)
        except ValidationError as error:
            row.problem = error.errors()[0]["msg"].removeprefix("Value error, ").capitalize() + "."
        else:
            # What is equal stays the very same: 3 for 3.0, and what unknown counts as.
            row.condition = row.condition if made == row.condition else made
            row.problem = wrong_with(row.condition, around.catalog, around.audiences)
        if row.problem:
            st.markdown(f":red[:material/error:] {plain(row.problem)}")


def _in_words(row: Row, around: Around) -> None:
    said = plain(describe(row.condition, around.catalog))
    st.markdown(f"{said}  \n:small[Kept as it is: change it in words, below.]")
    _remove(st.container(), row, around)


def _remove(place: DeltaGenerator, row: Row, around: Around) -> None:
    place.button(
        "Remove",
        key=f"remove_{row.id}",
        icon=":material/delete:",
        type="tertiary",
        help="Remove this condition",
        on_click=around.remove,
        args=(row.id,),
    )


def _asked(row: Row, around: Around) -> Condition:
    """The clause that the widgets say."""
    negated = isinstance(row.condition, Not)
    leaf: Any = row.condition.of if isinstance(row.condition, Not) else row.condition
    about, op, value = st.columns(_WIDTHS[:3], vertical_alignment="bottom")
    known = abouts(around.catalog)
    key = f"c{row.id}"
    picked = choice(about, "About", known, about_of(leaf), f"{key}_about")
    if picked != about_of(leaf):
        leaf = first_of(picked, around.catalog)
        row.condition = Not(of=leaf) if negated else leaf
    key = f"{key}_{picked}"
    below = st.container(gap="xsmall")
    foot = st.container(horizontal=True, gap="medium", vertical_alignment="center")
    turned = foot.checkbox(
        "Not",
        value=negated,
        key=f"c{row.id}_not",
        width="content",
        help="Holds for people for whom the condition does not.",
    )
    _remove(foot, row, around)
    made = _leaf(leaf, _Places(op, value, below, foot), around.catalog, key)
    return Not(of=made) if turned else made


class _Places(NamedTuple):
    """Where the widgets of a clause go: beside what it is about, below it, and at its foot."""

    op: DeltaGenerator
    value: DeltaGenerator
    below: DeltaGenerator
    foot: DeltaGenerator


def _leaf(leaf: AnyLeaf, where: _Places, catalog: Catalog, key: str) -> AnyLeaf:
    match leaf:
        case Attribute() | Trait():
            column = column_of(about_of(leaf), catalog)
            if column is None:
                raise Unfit("The catalog does not have this any more: pick another.")
            found = compared((where.op, where.value), column, Compared(leaf.op, leaf.value), key)
            return _with(leaf, op=found.op, value=found.value)
        case EventCount() | EventAge():
            return _event(leaf, where, catalog, key)
        case Related():
            op, n, found = every(
                lambda: choice(where.op, "How many", HOW_MANY, leaf.op.value, f"{key}_op"),
                lambda: number(where.value, "How many", leaf.n, f"{key}_n"),
                lambda: _filters(leaf, where, catalog, key),
            )
            return _with(leaf, op=Op(op), n=n, where=found)
        case ConsentIs():
            return _consent(leaf, where, catalog, key)
        case EventSequence():
            return _sequence(leaf, where, catalog, key)
        case InAudience():
            where.op.caption("is a member")
            return leaf
        case _:
            raise Unfit("This condition can only be changed in words.")


def _with(leaf: AnyLeaf, **said: object) -> Any:
    """A copy that is checked as a new one is."""
    return type(leaf).model_validate(dict(leaf) | said)


def _event(
    leaf: EventCount | EventAge, where: _Places, catalog: Catalog, key: str
) -> EventCount | EventAge:
    """How often something happened in a stretch of time, or how long ago it was."""
    asked = f"{leaf.which} {leaf.op.value}" if isinstance(leaf, EventAge) else leaf.op.value
    how = choice(where.op, "How often", HOW_OFTEN, asked, f"{key}_how")
    unknown = leaf.when_unknown
    if how in AGES:
        which, _, op = how.partition(" ")
        now = leaf.seconds if isinstance(leaf, EventAge) else 7 * 86_400
        seconds, found = every(
            lambda: length(_halves(where.value), now, f"{key}_age"),
            lambda: _filters(leaf, where, catalog, key),
        )
        said = {"event": leaf.event, "which": which, "op": op, "seconds": seconds, "where": found}
        return EventAge.model_validate(said | {"when_unknown": unknown})
    assert how in TIMES
    n = leaf.n if isinstance(leaf, EventCount) else 1
    known = leaf.window if isinstance(leaf, EventCount) else None
    with where.below:
        places = tuple(st.columns([2.2, 1.4, 1.4, 3.1]))[:3]
    many, when, found = every(
        lambda: number(where.value, "How many times", n, f"{key}_n"),
        lambda: window(places, catalog, known, key),
        lambda: _filters(leaf, where, catalog, key),
    )
    said = {"event": leaf.event, "op": how, "n": many, "window": when, "where": found}
    return EventCount.model_validate(said | {"when_unknown": unknown})


def _halves(place: DeltaGenerator) -> tuple[DeltaGenerator, DeltaGenerator]:
    first, second = place.columns(2)
    return first, second


def _consent(leaf: ConsentIs, where: _Places, catalog: Catalog, key: str) -> ConsentIs:
    channels = {name: f"for {phrase(name)}" for name in catalog.channels}
    purposes = {one: phrase(one) for one in consent_purposes(catalog)}
    first, second = _halves(where.value)
    purpose = choice(where.op, "Purpose", purposes, leaf.purpose, f"{key}_purpose")
    channel = choice(first, "Channel", channels, leaf.channel, f"{key}_channel")
    status = choice(second, "Status", _STATUS, leaf.status, f"{key}_status")
    made: ConsentIs = _with(leaf, purpose=purpose, channel=channel, status=status)
    return made


def _sequence(leaf: EventSequence, where: _Places, catalog: Catalog, key: str) -> EventSequence:
    events = {name: event_words(name, catalog) for name in catalog.events}
    first = choice(where.op, "First", events, leaf.first, f"{key}_first")
    then = choice(where.value, "Then", events, leaf.then, f"{key}_then")
    with where.below:
        limit, many, unit, _ = st.columns([2.2, 1.4, 1.4, 3.1])
    kinds = {"ever": "however much later", "within": "within"}
    now = "ever" if leaf.within_seconds is None else "within"
    seconds = leaf.within_seconds
    if choice(limit, "How soon", kinds, now, f"{key}_limit") == "ever":
        seconds = None
    else:
        seconds = length((many, unit), seconds or 7 * 86_400, f"{key}_within")
    made: EventSequence = _with(leaf, first=first, then=then, within_seconds=seconds)
    return made


def _filters(
    leaf: EventCount | EventAge | Related, where: _Places, catalog: Catalog, key: str
) -> tuple[Filter, ...]:
    """What of the events or rows counts: comparisons of their properties, each with a way out."""
    columns = columns_of(leaf, catalog)
    if not columns:
        return leaf.where
    kept: list[Filter | None] = st.session_state.setdefault(f"{key}_filters", [*leaf.where])
    asked = [
        partial(_filter, kept, at, where.below, columns, key)
        for at, one in enumerate(kept)
        if one is not None
    ]
    where.foot.button(
        "Add a filter",
        key=f"{key}_filter_more",
        icon=":material/filter_alt:",
        type="tertiary",
        on_click=kept.append,
        args=(first_filter(columns),),
    )
    return tuple(every(*asked))


def _filter(
    kept: list[Filter | None],
    at: int,
    place: DeltaGenerator,
    columns: dict[str, Column],
    key: str,
) -> Filter:
    one = kept[at]
    assert one is not None
    with place:
        what, op, value, remove = st.columns(_WIDTHS, vertical_alignment="bottom")
    remove.button(
        "",
        key=f"{key}_unfilter_{at}",
        icon=":material/close:",
        type="tertiary",
        help="Remove this filter",
        on_click=_dropped,
        args=(kept, at),
    )
    names = {name: f"with {words_of(name)}" for name in columns}
    name = choice(what, "Property", names, one.column, f"{key}_filter_{at}")
    begun = one if name == one.column else first_filter({name: columns[name]})
    now = Compared(begun.op, begun.value)
    said = compared((op, value), columns[name], now, f"{key}_filter_{at}_{name}")
    made = Filter(column=name, op=said.op, value=said.value)
    kept[at] = begun if made == begun else made
    return kept[at] or made


def _dropped(kept: list[Filter | None], at: int) -> None:
    """A place stays empty, so that the widgets of the others stay theirs."""
    kept[at] = None
