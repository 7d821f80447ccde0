"""From a column of values to who a leaf is true for: one pass a leaf, no Python a user."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from core.conditions import (
    AnyLeaf,
    AsOf,
    Attribute,
    Bucket,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Op,
    Related,
    Trait,
    Value,
    WhenUnknown,
)
from core.moments import instant, micros
from warehouse.batch.bits import Bits, Bools, opposite, pack
from warehouse.batch.columns import Column
from warehouse.batch.logic import Truth
from warehouse.batch.plan import Plan

Values = npt.NDArray[Any]
_COMPARE: dict[Op, Callable[[Values, Any], Bools]] = {
    Op.EQ: np.equal,
    Op.NE: np.not_equal,
    Op.LT: np.less,
    Op.LE: np.less_equal,
    Op.GT: np.greater,
    Op.GE: np.greater_equal,
}
# age op seconds, said of the time itself: older is earlier.
_OF_TIME = {Op.LT: Op.GT, Op.LE: Op.GE, Op.GT: Op.LT, Op.GE: Op.LE, Op.EQ: Op.EQ, Op.NE: Op.NE}


def leaf_truth(number: int, plan: Plan, column: Column) -> Truth:
    """Who a leaf is true for, what unknown counts as included."""
    leaf = plan.program.leaves[number]
    users = column.values.size
    if isinstance(leaf, Attribute | Trait) and leaf.op in (Op.IS_NULL, Op.IS_NOT_NULL):
        missing = column.missing_bits()
        return Truth(missing if leaf.op is Op.IS_NULL else opposite(missing, users), None)
    met = pack(_met(leaf, plan.program.reads[number], plan, column.values))
    if column.missing is None:
        return Truth(met, None)
    return _with_unknown(met, column.missing_bits(), leaf.when_unknown, users)


def _with_unknown(met: Bits, missing: Bits, rule: WhenUnknown | None, users: int) -> Truth:
    if rule is WhenUnknown.MATCH:
        return Truth(met | missing, None)
    known = met & opposite(missing, users)
    if rule is WhenUnknown.BLOCK:
        return Truth(known, opposite(met | missing, users))
    return Truth(known, None)


def _met(leaf: AnyLeaf, read: int, plan: Plan, values: Values) -> Bools:
    """Whether each value meets the comparison, the missing ones as they come."""
    match leaf:
        case Attribute() | Trait():
            return _compared(leaf, read, plan, values)
        case EventCount() | Related():
            return _COMPARE[leaf.op](values, leaf.n)
        case EventAge():
            limit = micros(plan.as_of - timedelta(seconds=leaf.seconds))
            return _COMPARE[_OF_TIME[leaf.op]](values, limit)
        case EventSequence():
            return values.astype(np.bool_)
        case ConsentIs():
            return np.equal(values, plan.words[read][leaf.status])
        case Bucket():
            above = np.greater_equal(values, int(leaf.low, 16))
            return above if leaf.high is None else above & np.less(values, int(leaf.high, 16))
        case _:
            raise ValueError(f"{leaf.kind} is expanded before it is evaluated")


def _compared(leaf: Attribute | Trait, read: int, plan: Plan, values: Values) -> Bools:
    if isinstance(leaf.value, tuple):
        met = np.equal(values, _constant(leaf.value[0], read, plan))
        for one in leaf.value[1:]:
            met |= np.equal(values, _constant(one, read, plan))
        return ~met if leaf.op is Op.NOT_IN else met
    return _COMPARE[leaf.op](values, _constant(leaf.value, read, plan))


def _constant(value: Value, read: int, plan: Plan) -> Any:
    """A condition's constant as the column holds its values."""
    if isinstance(value, AsOf):
        return micros(plan.as_of + timedelta(seconds=value.as_of_offset_seconds))
    if read in plan.words:
        return plan.words[read][value]
    if read in plan.moments:
        return micros(instant(str(value), "date" if read in plan.dates else "timestamp"))
    return value
