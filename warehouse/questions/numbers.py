"""The numbers of a question as expressions: of one period, of one side of a ratio."""

from __future__ import annotations

from sqlglot import exp

from core.questions import Aggregate, Count, Stretch
from warehouse.compile.building import equal
from warehouse.compile.values import moment

WHOLE, PART = exp.Literal.number(0), exp.Literal.number(1)
_FUNCTIONS: dict[str, type[exp.Func]] = {
    "sum": exp.Sum, "avg": exp.Avg, "min": exp.Min, "max": exp.Max, "median": exp.Median,
}  # fmt: skip


def counts_users(measure: object) -> bool:
    """Whether a number is a number of different users."""
    return isinstance(measure, Count) and (measure.users or measure.rows.of == "users")


def within(stretch: Stretch) -> list[exp.Expr]:
    """That a row falls into a period."""
    found: list[exp.Expr] = []
    if stretch.start is not None:
        found.append(exp.GTE(this=exp.column("happened"), expression=moment(stretch.start)))
    found.append(exp.LT(this=exp.column("happened"), expression=moment(stretch.end)))
    return found


def is_side(side: exp.Expr) -> exp.Expr:
    """That a row is of the part, or of the whole."""
    return equal(exp.column("side"), side.copy())


def _when(value: exp.Expr, conditions: list[exp.Expr]) -> exp.Expr:
    if not conditions:
        return value
    every = exp.and_(*(one.copy() for one in conditions))
    return exp.Case().when(every, value, copy=False)


def users_in(conditions: list[exp.Expr]) -> exp.Expr:
    """How many different users the rows are of that meet all conditions."""
    users = exp.Distinct(expressions=[_when(exp.column("user_id"), conditions)])
    return exp.Count(this=users)


def number_of(side: Count | Aggregate, conditions: list[exp.Expr]) -> exp.Expr:
    """One side's number over the rows that meet all conditions."""
    match side:
        case Count() if counts_users(side):
            return users_in(conditions)
        case Count():
            one = _when(exp.Literal.number(1), conditions) if conditions else exp.Star()
            return exp.Count(this=one)
        case Aggregate():
            value = _when(exp.column("value"), conditions)
            return _FUNCTIONS[side.function](this=value)


def divided(part: exp.Expr, whole: exp.Expr) -> exp.Expr:
    """As a double; nothing divided by nothing is unknown."""
    return exp.Div(
        this=exp.cast(part.copy(), "double"),
        expression=exp.Nullif(this=whole.copy(), expression=exp.Literal.number(0)),
        typed=False,
        safe=False,
    )


def wrapped(value: exp.Expr) -> exp.Expr:
    """A copy, in brackets where it needs them."""
    copy = value.copy()
    return exp.paren(copy) if isinstance(copy, exp.Binary) else copy
