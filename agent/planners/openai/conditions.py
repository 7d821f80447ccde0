"""From a model's clauses to the condition tree: structure and declared aliases, never a guess.

A name that the catalog lacks stays as it is, so that the check of the draft
refuses it with the nearest ones.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import chain
from typing import cast

from agent.planners.openai.clauses import (
    Values,
    WireAnyClause,
    WireAttribute,
    WireAudience,
    WireBetween,
    WireCalendar,
    WireCondition,
    WireConsent,
    WireEventAge,
    WireEventCount,
    WireFilter,
    WireGroup,
    WireRelated,
    WireRolling,
    WireSequence,
    WireSinceEvent,
    WireSinceMoment,
    WireTrait,
    WireUnknown,
    WireWindow,
)
from core.conditions import (
    EVERYONE,
    Absolute,
    And,
    AsOf,
    Attribute,
    Calendar,
    Condition,
    ConsentIs,
    CountOp,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    InAudience,
    Not,
    Op,
    Or,
    Related,
    Rolling,
    Scalar,
    SinceEvent,
    SinceMoment,
    Trait,
    Value,
    Window,
)
from warehouse.catalog import Catalog, Column

SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "month": 2_592_000}
OPPOSITE = {
    Op.GE: Op.LT, Op.LT: Op.GE, Op.GT: Op.LE, Op.LE: Op.GT, Op.EQ: Op.NE, Op.NE: Op.EQ,
}  # fmt: skip
AS_OF = re.compile(r"as_of(?:\s*([+-])\s*(\d{1,4})\s*([mhdw]))?$")
LETTERS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Unreadable(ValueError):
    """The words that a model marked as unknown inside a condition."""


def condition_of(wire: WireCondition | None, catalog: Catalog) -> Condition:
    """The tree that a model's clauses mean; None is everyone.

    Raises Unreadable for a clause that the model could not express, ValueError (pydantic's
    included) for one that makes no sense, such as 'in' without a value.
    """
    if wire is None:
        return EVERYONE
    return _joined(wire.join, [_clause(clause, catalog) for clause in wire.clauses])


def unknown_words(wire: WireCondition | None) -> tuple[str, ...]:
    """The words that a model could not express, left to right."""
    if wire is None:
        return ()
    nested = ((c, *c.clauses) if isinstance(c, WireGroup) else (c,) for c in wire.clauses)
    flat = chain.from_iterable(nested)
    return tuple(clause.words for clause in flat if isinstance(clause, WireUnknown))


def _joined(join: str, parts: list[Condition]) -> Condition:
    kind = And if join == "all" else Or
    flat: list[Condition] = []
    for part in parts:
        flat.extend(part.of if isinstance(part, And | Or) and isinstance(part, kind) else (part,))
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else kind(of=unique)


def _clause(wire: WireAnyClause, catalog: Catalog) -> Condition:
    if isinstance(wire, WireGroup):
        inner = _joined(wire.join, [_clause(clause, catalog) for clause in wire.clauses])
    else:
        inner = _leaf(wire, catalog)
    return _negated(inner) if wire.negate else inner


def _negated(condition: Condition) -> Condition:
    """The opposite, said as a person would: no tickets instead of not at least one."""
    if isinstance(condition, Not):
        return condition.of
    if not isinstance(condition, EventCount | Related):
        return Not(of=condition)
    op: Op = Op(condition.op)
    if (op, condition.n) == (Op.GE, 1):
        return condition.model_copy(update={"op": Op.EQ, "n": 0})
    if (op, condition.n) == (Op.EQ, 0):
        return condition.model_copy(update={"op": Op.GE, "n": 1})
    return condition.model_copy(update={"op": OPPOSITE[op]})


def _leaf(wire: WireAnyClause, catalog: Catalog) -> Condition:
    match wire:
        case WireEventCount():
            return _event_count(wire, catalog)
        case WireEventAge():
            return EventAge(
                event=_event(wire.event, catalog),
                where=_filters(wire.where, _properties(wire.event, catalog)),
                which=wire.which,
                op=_count_op(wire.op),
                seconds=wire.n * SECONDS[wire.unit],
            )
        case WireSequence():
            within = wire.within.n * SECONDS[wire.within.unit] if wire.within else None
            first, then = _event(wire.first, catalog), _event(wire.then, catalog)
            return EventSequence(first=first, then=then, within_seconds=within)
        case WireAttribute():
            column = _column(wire.column, catalog)
            op, value = _value(Op(wire.op), wire.values, column)
            return Attribute(column=wire.column, op=op, value=value)
        case WireTrait():
            trait = catalog.traits.get(wire.name)
            column = Column(description="", type=trait.type, values=trait.values) if trait else None
            op, value = _value(Op(wire.op), wire.values, column)
            return Trait(name=wire.name, op=op, value=value)
        case WireRelated():
            entity = catalog.entities.get(wire.entity)
            where = _filters(wire.where, entity.columns if entity else {})
            count, n = _counted(wire.op, wire.n)
            return Related(entity=wire.entity, where=where, op=count, n=n)
        case WireAudience():
            return InAudience(key=wire.key)
        case WireConsent():
            known = catalog.channels.get(wire.channel)
            purpose = (known.consent_purpose if known else None) or "marketing"
            return ConsentIs(purpose=purpose, channel=wire.channel, status=wire.status)
        case WireUnknown():
            raise Unreadable(wire.words)
    raise TypeError(wire)


def _event_count(wire: WireEventCount, catalog: Catalog) -> EventCount:
    op, n = _counted(wire.op, wire.n)
    return EventCount(
        event=_event(wire.event, catalog),
        where=_filters(wire.where, _properties(wire.event, catalog)),
        window=_window(wire.window, catalog),
        op=op,
        n=n,
    )


def _counted(op: str, n: int) -> tuple[CountOp, int]:
    """One way to say none, and one to say any."""
    if (op, n) in (("<", 1), ("<=", 0)):
        return Op.EQ, 0
    if (op, n) in (("!=", 0), (">", 0)):
        return Op.GE, 1
    return _count_op(op), n


def _count_op(op: str) -> CountOp:
    return cast(CountOp, Op(op))


def _event(name: str, catalog: Catalog) -> str:
    return catalog.event_named(name) or name


def _properties(name: str, catalog: Catalog) -> dict[str, Column]:
    known = catalog.event_named(name)
    return catalog.events[known].properties if known else {}


def _filters(wires: tuple[WireFilter, ...], columns: dict[str, Column]) -> tuple[Filter, ...]:
    found = []
    for wire in wires:
        name = wire.column.rpartition(".")[2] if wire.column not in columns else wire.column
        op, value = _value(Op(wire.op), wire.values, columns.get(name))
        found.append(Filter(column=name, op=op, value=value))
    return tuple(found)


def _column(name: str, catalog: Catalog) -> Column | None:
    entity, dot, field = name.rpartition(".")
    if not dot:
        return catalog.user_columns().get(name)
    known = catalog.entities.get(entity)
    return known.columns.get(field) if known else None


def _value(op: Op, texts: Values, column: Column | None) -> tuple[Op, Value]:
    if op in (Op.IS_NULL, Op.IS_NOT_NULL):
        return op, None
    values = tuple(_typed(text, column) for text in texts)
    if op in (Op.EQ, Op.NE) and len(values) > 1:
        op = Op.IN if op is Op.EQ else Op.NOT_IN
    if op in (Op.IN, Op.NOT_IN):
        return op, cast(tuple[Scalar, ...], values)
    if len(values) != 1:
        raise ValueError(f"'{op}' needs exactly one value, not {len(values)}")
    return op, values[0]


def _typed(text: str, column: Column | None) -> Scalar | AsOf:
    """A value in the column's type; one that does not fit stays text, for the check to refuse."""
    kind = column.type if column else "string"
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind in ("integer", "number"):
        return _number(text)
    if kind in ("timestamp", "date") and (moment := AS_OF.match(text)):
        sign, amount, unit = moment.groups()
        seconds = int(amount) * LETTERS[unit] if amount else 0
        return AsOf(as_of_offset_seconds=-seconds if sign == "-" else seconds)
    return _declared(text, column)


def _number(text: str) -> int | float | str:
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d{1,12}\.\d{1,12}", text) else text


def _declared(text: str, column: Column | None) -> str:
    """The value itself when the text is one of the words that the catalog lists for it."""
    if column is None or column.values is None or text in column.values:
        return text
    said = text.lower()
    for value, words in column.values.items():
        if said == value.lower() or said in (word.lower() for word in words):
            return value
    return text


def _window(wire: WireWindow | None, catalog: Catalog) -> Window | None:
    match wire:
        case None:
            return None
        case WireRolling():
            return Rolling(seconds=wire.n * SECONDS[wire.unit])
        case WireCalendar():
            return Calendar(unit=wire.unit, periods_back=wire.periods_back)
        case WireBetween():
            return Absolute(start=day(wire.start), end=day(wire.end))
        case WireSinceEvent():
            return SinceEvent(event=_event(wire.event, catalog), which=wire.which)
        case WireSinceMoment():
            return SinceMoment(column=wire.column)


def day(text: str) -> datetime:
    """Midnight of a day, in UTC without offset. Raises ValueError for no such day."""
    return datetime.strptime(text, "%Y-%m-%d")
