"""Values and comparisons as SQL expressions."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlglot import exp

from core.conditions import AsOf, Op, Scalar, Value
from core.kinds import MOMENT, ZONED_MOMENT
from core.moments import instant

COMPARISONS: dict[Op, type[exp.Binary]] = {
    Op.EQ: exp.EQ,
    Op.NE: exp.NEQ,
    Op.LT: exp.LT,
    Op.LE: exp.LTE,
    Op.GT: exp.GT,
    Op.GE: exp.GTE,
}


def moment(value: datetime) -> exp.Expr:
    """A naive UTC timestamp literal."""
    return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), "timestamp")


def literal(value: Scalar | AsOf, data_type: str, as_of: datetime) -> exp.Expr:
    """A typed literal; strings compared with timestamps become timestamps."""
    if isinstance(value, AsOf):
        return moment(as_of + timedelta(seconds=value.as_of_offset_seconds))
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int | float):
        number = exp.convert(value)
        # Equal on every engine: without the cast 0.1 is a decimal here and a double there.
        return exp.cast(number, "double") if isinstance(value, float) else number
    if data_type in ("timestamp", "date"):
        # Read here: engines differ in what they make of an offset.
        return moment(instant(value, data_type))
    return exp.Literal.string(value)


def number(double: exp.Expr) -> exp.Expr:
    """A double as conditions compare it: NaN is a missing value."""
    return exp.Nullif(this=double, expression=exp.cast(exp.Literal.string("nan"), "double"))


def as_read(value: exp.Expr, data_type: str) -> exp.Expr:
    """A stored value as conditions compare it, the same on every engine."""
    return number(exp.cast(value, "double")) if data_type == "number" else value


def property_read(text: exp.Expr, data_type: str) -> exp.Expr:
    """A property of an event, given as text, as conditions compare it; what is not of its type
    is missing."""
    match data_type:
        case "integer" | "number":
            return number(exp.TryCast(this=text, to=exp.DataType.build("double")))
        case "boolean":
            said = exp.Case(this=text).when(exp.Literal.string("true"), exp.true(), copy=False)
            return said.when(exp.Literal.string("false"), exp.false(), copy=False)
        case "timestamp":
            return _moment_read(text)
        case "date":
            return exp.cast(_moment_read(text), "date")
        case _:
            return text


def _moment_read(text: exp.Expr) -> exp.Expr:
    """A text as a moment in UTC; engines alone would ignore an offset."""
    in_utc = exp.AtTimeZone(this=exp.cast(text, "timestamptz"), zone=exp.Literal.string("UTC"))
    return (
        exp.Case()
        .when(_written(text, MOMENT), exp.cast(text, "timestamp"), copy=False)
        .when(_written(text, ZONED_MOMENT), in_utc, copy=False)
    )


def _written(text: exp.Expr, pattern: str) -> exp.Expr:
    whole = exp.Literal.string(f"^({pattern})$")
    return exp.RegexpLike(this=text.copy(), expression=whole)


def comparison(left: exp.Expr, op: Op, value: Value, data_type: str, as_of: datetime) -> exp.Expr:
    """``left op value``: true, false, or NULL when left is missing."""
    if op is Op.IS_NULL:
        return exp.Is(this=left, expression=exp.Null())
    if op is Op.IS_NOT_NULL:
        return exp.Not(this=exp.Is(this=left, expression=exp.Null()))
    if isinstance(value, tuple):
        listed = exp.In(this=left, expressions=[literal(one, data_type, as_of) for one in value])
        return exp.Not(this=listed) if op is Op.NOT_IN else listed
    if value is None:
        raise ValueError(f"'{op}' needs a value")
    return COMPARISONS[op](this=left, expression=literal(value, data_type, as_of))
