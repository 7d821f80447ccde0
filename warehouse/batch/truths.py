"""From columns of values to who each leaf is true for: one comparison a leaf, no Python a user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.conditions import Op, WhenUnknown
from warehouse.batch.bits import Bits, Bools, nobody, opposite, pack
from warehouse.batch.columns import Column
from warehouse.batch.logic import Truth
from warehouse.batch.plan import Asked, Plan

Values = npt.NDArray[Any]
_COMPARE: dict[Op | None, np.ufunc] = {
    Op.EQ: np.equal,
    Op.NE: np.not_equal,
    Op.LT: np.less,
    Op.LE: np.less_equal,
    Op.GT: np.greater,
    Op.GE: np.greater_equal,
}


def leaf_truths(plan: Plan, columns: Sequence[Column], users: int) -> list[Truth]:
    """Leaf → who it is true for, what unknown counts as included."""
    found: dict[int, Truth] = {}
    scratch = np.empty(users, dtype=np.bool_)
    for asked, column in zip(plan.asked, columns, strict=True):
        missing = None if column.missing is None else pack(column.missing)
        for one in asked:
            found[one.leaf] = _truth(one, column.values, missing, scratch)
    return [found[leaf] for leaf in range(len(found))]


def _truth(one: Asked, values: Values, missing: Bits | None, scratch: Bools) -> Truth:
    users = values.size
    if one.op in (Op.IS_NULL, Op.IS_NOT_NULL):
        nowhere = nobody(users) if missing is None else missing
        return Truth(nowhere if one.op is Op.IS_NULL else opposite(nowhere, users), None)
    met = pack(_met(one, values, scratch))
    if missing is None:
        return Truth(met, None)
    if one.when_unknown is WhenUnknown.MATCH:
        return Truth(met | missing, None)
    # What a missing value holds in its column means nothing.
    either = met | missing
    false = opposite(either, users) if one.when_unknown is WhenUnknown.BLOCK else None
    return Truth(np.bitwise_xor(either, missing, out=either), false)


def _met(one: Asked, values: Values, scratch: Bools) -> Bools:
    """Whether each value meets what is asked, the missing ones as they come."""
    if one.op is None:
        low, high = one.constants
        np.greater_equal(values, low, out=scratch)
        return np.logical_and(scratch, np.less(values, high), out=scratch)
    if one.op in (Op.IN, Op.NOT_IN):
        np.equal(values, one.constants[0], out=scratch)
        for constant in one.constants[1:]:
            np.logical_or(scratch, np.equal(values, constant), out=scratch)
        return np.logical_not(scratch, out=scratch) if one.op is Op.NOT_IN else scratch
    met: Bools = _COMPARE[one.op](values, one.constants[0], out=scratch)
    return met
