"""The truth of a condition as one SQL expression over ``facts``."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_never

from sqlglot import exp

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
    WhenUnknown,
)
from core.errors import PilothouseError, Refusal
from core.lookups import OF_TIME
from core.readings import (
    BucketOf,
    ColumnValue,
    ConsentStatus,
    Followed,
    Reading,
    RowsOf,
    TimeOf,
    Times,
    TraitValue,
    reading,
)
from warehouse.catalog import Catalog
from warehouse.compile.names import attribute_column
from warehouse.compile.sources import FACTS, Sources
from warehouse.compile.values import COMPARISONS, as_read, comparison, literal, moment


def truth(condition: Condition, sources: Sources) -> exp.Expr:
    """TRUE, FALSE or NULL (unknown) for each user. The condition is expanded and has defaults."""
    match condition:
        case And():
            parts = [truth(part, sources) for part in condition.of]
            return exp.and_(*parts, copy=False) if parts else exp.true()
        case Or():
            return exp.paren(exp.or_(*(truth(part, sources) for part in condition.of), copy=False))
        case Not():
            return exp.Not(this=exp.paren(truth(condition.of, sources)))
        case _:
            return leaf_truth(condition, sources)


def leaf_truth(leaf: AnyLeaf, sources: Sources) -> exp.Expr:
    """The truth of one leaf, with its ``when_unknown`` applied."""
    raw = _raw(leaf, sources)
    if leaf.when_unknown is WhenUnknown.BLOCK or isinstance(leaf, EventCount | Related | Bucket):
        return raw
    fallback = exp.Boolean(this=leaf.when_unknown is WhenUnknown.MATCH)
    return exp.func("COALESCE", raw, fallback)


def _raw(leaf: AnyLeaf, sources: Sources) -> exp.Expr:
    read = value_read(leaf, sources)
    match leaf:
        case Attribute() | Trait():
            kind = data_type(leaf, sources.catalog)
            return comparison(read, leaf.op, leaf.value, kind, sources.as_of)
        case EventCount() | Related():
            return COMPARISONS[leaf.op](this=read, expression=exp.Literal.number(leaf.n))
        case EventAge():
            # age op seconds, said of the time itself: older is earlier.
            limit = moment(sources.as_of - timedelta(seconds=leaf.seconds))
            return COMPARISONS[OF_TIME[leaf.op]](this=read, expression=limit)
        case EventSequence():
            return read
        case ConsentIs():
            return read.eq(literal(leaf.status, "string", sources.as_of))
        case Bucket():
            low = exp.GTE(this=read, expression=exp.Literal.string(leaf.low))
            if leaf.high is None:
                return low
            return exp.and_(low, exp.LT(this=read.copy(), expression=exp.Literal.string(leaf.high)))
        case HeldFor() | InAudience():
            raise AssertionError(f"{leaf.kind} is refused or expanded before it is compiled")
        case _:
            assert_never(leaf)


def data_type(leaf: Attribute | Trait, catalog: Catalog) -> str:
    """The type of what a leaf compares."""
    if isinstance(leaf, Trait):
        return catalog.traits[leaf.name].type
    return column_type(leaf.column, catalog)


def column_type(name: str, catalog: Catalog) -> str:
    """The type of a column of the user, or of ``entity.column``."""
    column = attribute_column(name, catalog)
    if isinstance(column, Refusal):
        raise PilothouseError(column)
    return column.type


def value_read(leaf: AnyLeaf, sources: Sources) -> exp.Expr:
    """What a leaf reads for each user: a column of ``facts``."""
    return read_value(reading(leaf), sources)


def read_value(read: Reading, sources: Sources) -> exp.Expr:
    """What a reading gives for each user: a column of ``facts``, or made of one."""
    match read:
        case ColumnValue():
            entity, dot, name = read.column.rpartition(".")
            if dot:
                return sources.entity_column(entity, name)
            return as_read(sources.user_column(name), column_type(name, sources.catalog))
        case TraitValue():
            return sources.trait(read.name)
        case Times():
            return sources.event_count(read)
        case TimeOf():
            return sources.event_time(read)
        case Followed():
            return sources.sequence(read)
        case RowsOf():
            return sources.related_count(read)
        case ConsentStatus():
            return sources.consent(read.purpose, read.channel)
        case BucketOf():
            return _bucket(read.salt)
        case _:
            assert_never(read)


def _bucket(salt: str) -> exp.Expr:
    """core.assignment.bucket in SQL."""
    unit = exp.DPipe(
        this=exp.Literal.string(f"{salt}:"), expression=exp.column("user_id", FACTS), safe=True
    )
    return exp.Left(this=exp.MD5(this=unit), expression=exp.Literal.number(8))
