"""Names in a condition: what they point at, what they require, what is refused.

Everything here is closed-world: a name that the catalog lacks, a value outside
a closed set, a comparison between different types is a refusal, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from core.conditions import (
    And,
    AnyLeaf,
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
    SinceEvent,
    SinceMoment,
    Trait,
    Value,
    WhenUnknown,
    leaves,
    with_defaults,
)
from core.contradictions import contradictions
from core.errors import Code, PilothouseError, Refusal
from core.moments import instant
from core.windows import zone_of
from warehouse.catalog import Catalog, Column, unknown_name

Audiences = Callable[[str, int | None], Condition | None]
"""Resolves a published rule's audience by key and version; None when there is none."""

MAX_NESTING = 8


def expand(
    condition: Condition, catalog: Catalog, audiences: Audiences | None = None, depth: int = 0
) -> Condition:
    """The condition with every InAudience replaced by what it stands for.

    Raises UNKNOWN_AUDIENCE, and UNDECIDABLE when audiences contain each other.
    """
    if isinstance(condition, And):
        return And(of=tuple(expand(part, catalog, audiences, depth) for part in condition.of))
    if isinstance(condition, Or):
        return Or(of=tuple(expand(part, catalog, audiences, depth) for part in condition.of))
    if isinstance(condition, Not):
        return Not(of=expand(condition.of, catalog, audiences, depth))
    if not isinstance(condition, InAudience):
        return condition
    if depth >= MAX_NESTING:
        raise PilothouseError(
            Refusal(
                code=Code.UNDECIDABLE,
                message=f"The audience '{condition.key}' is nested too deep, or contains itself.",
                span=condition.key,
                fix="Name its conditions directly.",
            )
        )
    meaning = _audience(condition, catalog, audiences)
    if meaning is None:
        raise PilothouseError(
            unknown_name(Code.UNKNOWN_AUDIENCE, "audience", condition.key, [*catalog.audiences])
        )
    inside = expand(meaning, catalog, audiences, depth + 1)
    # What unknown counts as was said of the membership: it holds for what the membership reads.
    match condition.when_unknown:
        case WhenUnknown.BLOCK:
            return with_defaults(inside, excluding=True)
        case WhenUnknown.NO_MATCH:
            return with_defaults(inside)
        case _:
            return inside


def _audience(leaf: InAudience, catalog: Catalog, audiences: Audiences | None) -> Condition | None:
    if leaf.key in catalog.audiences and leaf.version is None:
        return catalog.audiences[leaf.key].condition
    return audiences(leaf.key, leaf.version) if audiences else None


def validate(
    condition: Condition, catalog: Catalog, audiences: Audiences | None = None
) -> tuple[Refusal, ...]:
    """Everything that is wrong with a condition somebody proposes; empty when nothing is.

    A condition that nobody can meet compiles, and is refused here: two rules that exclude each
    other have an overlap of nobody, but a rule that excludes itself is a mistake.
    """
    found = undecidable(condition, catalog, audiences)
    return found or contradictions(expand(condition, catalog, audiences))


def undecidable(
    condition: Condition, catalog: Catalog, audiences: Audiences | None = None
) -> tuple[Refusal, ...]:
    """Why a condition cannot be compiled: names, values and types; empty when it can."""
    try:
        expanded = expand(condition, catalog, audiences)
    except PilothouseError as error:
        return (error.refusal,)
    return tuple(refusal for leaf in leaves(expanded) for refusal in _check_leaf(leaf, catalog))


def _check_leaf(  # noqa: C901 - one case a leaf
    leaf: AnyLeaf, catalog: Catalog
) -> Iterable[Refusal]:
    match leaf:
        case Attribute():
            yield from _check_attribute(leaf, catalog)
        case Trait():
            yield from _check_trait(leaf, catalog)
        case EventCount():
            yield from _check_event(leaf.event, leaf.where, catalog)
            yield from _check_window(leaf, catalog)
        case EventAge():
            yield from _check_event(leaf.event, leaf.where, catalog)
        case EventSequence():
            yield from _check_event(leaf.first, (), catalog)
            yield from _check_event(leaf.then, (), catalog)
        case Related():
            yield from _check_related(leaf, catalog)
        case ConsentIs():
            if leaf.channel not in catalog.channels:
                yield unknown_name(Code.UNKNOWN_VALUE, "channel", leaf.channel, [*catalog.channels])
            purposes = {one.consent_purpose for one in catalog.channels.values()} - {None}
            if leaf.purpose not in purposes:
                known = sorted(str(one) for one in purposes)
                yield unknown_name(Code.UNKNOWN_VALUE, "consent purpose", leaf.purpose, known)
        case HeldFor():
            yield Refusal(
                code=Code.UNDECIDABLE,
                message=f"How long '{leaf.trait}' has been '{leaf.value}' cannot be decided: "
                "the warehouse keeps no history of traits.",
                span=leaf.trait,
                fix="Use the trait's value now, or the age of an event.",
            )
        case Bucket() | InAudience():
            return


def _check_attribute(leaf: Attribute, catalog: Catalog) -> Iterable[Refusal]:
    column = attribute_column(leaf.column, catalog)
    if isinstance(column, Refusal):
        yield column
    else:
        yield from check_value(leaf.column, column, leaf.op, leaf.value)


def _check_trait(leaf: Trait, catalog: Catalog) -> Iterable[Refusal]:
    trait = catalog.traits.get(leaf.name)
    if trait is None:
        yield unknown_name(Code.UNKNOWN_TRAIT, "trait", leaf.name, [*catalog.traits])
        return
    column = Column(description=trait.description, type=trait.type, values=trait.values)
    yield from check_value(leaf.name, column, leaf.op, leaf.value)


def _check_event(name: str, where: tuple[Filter, ...], catalog: Catalog) -> Iterable[Refusal]:
    canonical = catalog.event_named(name)
    if canonical is None:
        yield unknown_name(Code.UNKNOWN_EVENT, "event", name, [*catalog.events])
        return
    yield from _check_filters(where, catalog.events[canonical].properties, f"{name}.", "property")


def _check_related(leaf: Related, catalog: Catalog) -> Iterable[Refusal]:
    entity = catalog.entities.get(leaf.entity)
    if entity is None:
        yield unknown_name(Code.UNKNOWN_TABLE, "entity", leaf.entity, [*catalog.entities])
        return
    yield from _check_filters(leaf.where, entity.columns, f"{leaf.entity}.", "column")


def _check_filters(
    where: tuple[Filter, ...], columns: dict[str, Column], prefix: str, what: str
) -> Iterable[Refusal]:
    for one in where:
        column = columns.get(one.column)
        if column is None:
            yield unknown_name(Code.UNKNOWN_COLUMN, what, prefix + one.column, [*columns])
        else:
            yield from check_value(prefix + one.column, column, one.op, one.value)


def _check_window(leaf: EventCount, catalog: Catalog) -> Iterable[Refusal]:
    if isinstance(leaf.window, SinceEvent):
        yield from _check_event(leaf.window.event, (), catalog)
    elif isinstance(leaf.window, Calendar):
        try:
            zone_of(leaf.window)
        except PilothouseError as error:
            yield error.refusal
    elif isinstance(leaf.window, SinceMoment):
        column = attribute_column(leaf.window.column, catalog)
        if isinstance(column, Refusal):
            yield column
        elif column.type != "timestamp":
            yield Refusal(
                code=Code.TYPE_MISMATCH,
                message=f"A window cannot start at '{leaf.window.column}': it is no timestamp.",
                span=leaf.window.column,
                fix=f"Name a timestamp such as {_a_moment(catalog)}.",
            )


def _a_moment(catalog: Catalog) -> str:
    """A moment that a window may start at: of a to-one entity rather than of the user."""
    entities = ((f"{key}.", entity) for key, entity in catalog.entities.items())
    to_one = [(key, entity.columns) for key, entity in entities if entity.cardinality == "one"]
    for prefix, columns in (*to_one, ("", catalog.user_columns())):
        for name, column in columns.items():
            if column.type == "timestamp":
                return f"{prefix}{name}"
    return "one of the catalog"


def attribute_column(name: str, catalog: Catalog) -> Column | Refusal:
    """The column that an attribute reads: the user's, or a to-one entity's."""
    entity_name, dot, column_name = name.rpartition(".")
    if not dot:
        column = catalog.user_columns().get(name)
        known = [*catalog.user_columns()]
    else:
        entity = catalog.entities.get(entity_name)
        if entity is None or entity.cardinality != "one":
            to_one = [key for key, value in catalog.entities.items() if value.cardinality == "one"]
            return unknown_name(Code.UNKNOWN_TABLE, "to-one entity", entity_name, to_one)
        column = entity.columns.get(column_name)
        known = [f"{entity_name}.{key}" for key in entity.columns]
    if column is None:
        return unknown_name(Code.UNKNOWN_COLUMN, "column", name, known)
    return column


NUMERIC = ("integer", "number")
ORDERED = (*NUMERIC, "timestamp", "date")
ORDERING = (Op.LT, Op.LE, Op.GT, Op.GE)


def check_value(name: str, column: Column, op: Op, value: Value) -> Iterable[Refusal]:
    """Why a comparison with a column makes no sense, if it makes none."""
    if op in ORDERING and column.type not in ORDERED:
        yield Refusal(
            code=Code.INVALID_OPERATOR,
            message=f"'{name}' is {column.type}: '{op}' does not apply to it.",
            span=name,
            fix="Use =, != or a list of values.",
        )
        return
    values = value if isinstance(value, tuple) else (value,)
    for one in values:
        if one is None:
            continue
        if not _fits(column, one):
            yield Refusal(
                code=Code.TYPE_MISMATCH,
                message=f"'{name}' is {column.type}: it cannot be compared with {one!r}.",
                span=str(one),
                fix=f"Give a {column.type}.",
            )
        elif column.values is not None and isinstance(one, str) and one not in column.values:
            yield unknown_name(Code.UNKNOWN_VALUE, f"value of {name}", one, [*column.values])


def _fits(column: Column, value: object) -> bool:
    if isinstance(value, AsOf):
        return column.type in ("timestamp", "date")
    if column.type == "boolean":
        return isinstance(value, bool)
    if column.type in NUMERIC:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if column.type in ("timestamp", "date"):
        return isinstance(value, str) and _is_instant(value)
    return isinstance(value, str)


def _is_instant(text: str) -> bool:
    try:
        instant(text)
    except ValueError:
        return False
    return True
