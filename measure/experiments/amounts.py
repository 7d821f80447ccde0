"""What each unit comes to on each metric, as named subqueries: one pass over the events.

Long, not wide: one row a unit and metric that is not nothing, so that the cost is that of what
users did and not of users times metrics. What counts for what is a small table (``counted``) that
events are joined with.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple, TypeVar

from sqlglot import exp

from core.experiments import Counted
from measure.experiments.measured import Compared, Measuring, Stretches
from measure.queries import Bindable, literal, query, rows
from warehouse.catalog import Catalog

LARGEST = 1e150
"""Above this, and below its negative, a value is no number: its square would be none."""
T = TypeVar("T")
NOWHERE = -1
"""No metric has this place."""
_COLUMNS = (
    "event_name", "goal_event", "place", "is_y", "is_x", "is_pre", "by_stretch", "number", "wrong",
)  # fmt: skip


class _Counts(NamedTuple):
    """An event and what it counts for: y or x of the metric at a place."""

    event: str
    place: int
    is_y: bool
    is_x: bool
    is_pre: bool
    """What came before counts as x."""
    by_stretch: bool
    """``place`` is that of the first stretch."""
    number: int
    """0 counts the event; else the property with this number."""
    wrong: int
    """0, or the number of the properties that must be numbers."""

    @property
    def row(self) -> tuple[Bindable, ...]:
        return (self.event, _NO_TEXT, *(int(value) for value in self[1:]))


_NO_TEXT = exp.cast(exp.null(), "text")


class Amounts:
    """The subqueries of what is asked, and at which place each metric is found in them."""

    def __init__(self, catalog: Catalog, asked: Measuring) -> None:
        self._catalog, self._asked = catalog, asked
        self._properties: list[Counted] = []
        self._checked: list[tuple[Counted, ...]] = []

    def tables(self) -> dict[str, exp.Query]:
        """``amounts`` (seat, place, y, x, bad) over ``assigned``, and what it is made of."""
        asked = self._asked
        counted = self._counted()
        reached = [n for n, metric in enumerate(asked.metrics) if metric.kind == "reached"]
        if 0 in reached:
            reached += range(len(asked.metrics), len(asked.metrics) + self._stretches)
        return {
            "goals": query("lift_goals"),
            "counted": counted,
            "acts": query("lift_acts", pre=asked.pre, columns=tuple(self._columns())),
            "amounts": query(
                "lift_amounts",
                reached=tuple(literal(place) for place in reached or [NOWHERE]),
                amount=self._amount(),
                wrong=_one_of("wrong", [exp.column(f"w{n}", "e") for n in self._places("w")]),
                stretches=self._stretches,
            ),
        }

    @property
    def _stretches(self) -> int:
        return self._asked.stretches.number if self._asked.stretches else 0

    def _places(self, kind: str) -> range:
        return range(1, 1 + len(self._properties if kind == "v" else self._checked))

    def _counted(self) -> exp.Query:
        """Each event with each thing that it counts for; a goal is whatever unit's it is."""
        listed = [one.row for one in self._rows()]
        # A table without rows: what is asked may count nothing but goals, or nothing at all.
        nothing = _Counts("", NOWHERE, False, False, False, False, 0, 0).row
        found: exp.Query = rows(_COLUMNS, listed or [nothing])
        for goal in self._goals():
            found = exp.union(found, goal, distinct=False)
        return found

    def _goals(self) -> Iterator[exp.Query]:
        metrics = self._asked.metrics
        for place, metric in enumerate(metrics):
            if metric.of is None:
                is_pre = int(metric.per is None)
                yield query("lift_goal_counted", place=place, is_pre=is_pre, by_stretch=0)
        if self._stretches and metrics and metrics[0].of is None:
            yield query("lift_goal_counted", place=len(metrics), is_pre=0, by_stretch=1)

    def _rows(self) -> Iterator[_Counts]:
        metrics = self._asked.metrics
        for place, metric in enumerate(metrics):
            yield from self._of_metric(metric, place)
        if self._stretches and metrics and metrics[0].of is not None:
            event, number = self._event(metrics[0].of), self._number(metrics[0].of)
            yield _Counts(event, len(metrics), True, False, False, True, number, 0)

    def _of_metric(self, metric: Compared, place: int) -> Iterator[_Counts]:
        """y over the unit's time; x is the same before, or of a ratio the denominator."""
        for number in metric.numbers:
            if number is None:
                continue
            is_per = number is metric.per
            yield _Counts(
                self._event(number),
                place,
                is_y=not is_per,
                is_x=is_per,
                is_pre=metric.per is None,
                by_stretch=False,
                number=self._number(number),
                wrong=self._wrong(metric, number),
            )

    def _event(self, number: Counted) -> str:
        return self._catalog.event_named(number.event) or number.event

    def _number(self, number: Counted) -> int:
        if number.property is None:
            return 0
        return _place_in(self._properties, number)

    def _wrong(self, metric: Compared, number: Counted) -> int:
        """An event with two properties of one metric is wrong once: where it counts for y."""
        mine = [
            one
            for one in metric.numbers
            if one is not None and one.property and self._event(one) == self._event(number)
        ]
        told = number is metric.per and metric.of is not None
        if not mine or (told and metric.of and self._event(metric.of) == self._event(number)):
            return 0
        return _place_in(self._checked, tuple(mine))

    def _columns(self) -> Iterator[exp.Expr]:
        """In which part of the unit's time an event lies, and its properties."""
        yield exp.alias_(_part(self._asked.stretches), "part")
        for place, number in zip(self._places("v"), self._properties, strict=True):
            is_one = exp.and_(_is_named(self._event(number)), _is_number(number))
            yield exp.alias_(exp.Case().when(is_one, _as_number(number)), f"v{place}")
        for place, numbers in zip(self._places("w"), self._checked, strict=True):
            unfit = exp.or_(*map(_no_number, numbers))
            is_wrong = exp.and_(_is_named(self._event(numbers[0])), unfit)
            yield exp.alias_(exp.Case().when(is_wrong, literal(1)).else_(literal(0)), f"w{place}")

    def _amount(self) -> exp.Expr:
        """What an act ``e`` adds; nothing where it has no number."""
        values = [exp.column(f"v{n}", "e") for n in self._places("v")]
        if not values:
            return exp.cast(literal(1), "double")
        one_of = _one_of("number", values, otherwise=1)
        return exp.cast(exp.Coalesce(this=one_of, expressions=[literal(0)]), "double")


def _place_in(known: list[T], one: T) -> int:
    if one not in known:
        known.append(one)
    return 1 + known.index(one)


def _one_of(column: str, values: list[exp.Column], otherwise: int = 0) -> exp.Expr:
    """The value with the number that a row of ``counted`` names."""
    if not values:
        return literal(otherwise)
    found = exp.Case()
    for place, value in enumerate(values, start=1):
        found = found.when(exp.column(column, "c").eq(literal(place)), value)
    return found.else_(literal(otherwise))


def _part(stretches: Stretches | None) -> exp.Expr:
    """-1 up to when the unit came, then the number of the stretch, what is later in the last."""
    time, since = exp.column("event_time", "e"), exp.column("since", "a")
    found = exp.Case().when(exp.not_(exp.GT(this=time, expression=since)), literal(-1))
    for place in range(stretches.number if stretches else 0):
        assert stretches is not None, "there are some"
        end = literal(timedelta(days=stretches.days * (place + 1)))
        before = exp.LT(this=time.copy(), expression=exp.Add(this=since.copy(), expression=end))
        found = found.when(before, literal(place))
    return found.else_(literal(stretches.number if stretches else 0))


def _is_named(name: str) -> exp.Expr:
    return exp.column("event_name", "e").eq(exp.Literal.string(name))


def _property(number: Counted) -> exp.Expr:
    path = exp.JSONPath(
        expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=str(number.property))]
    )
    properties = exp.column("properties", "e")
    return exp.JSONExtractScalar(this=properties, expression=path, only_json_types=False)


def _as_number(number: Counted) -> exp.Expr:
    return exp.TryCast(this=_property(number), to=exp.DataType.build("double"))


def _is_number(number: Counted) -> exp.Expr:
    """Neither missing nor infinite nor NaN, which is larger than everything in SQL."""
    size = exp.Abs(this=_as_number(number))
    return exp.LTE(this=size, expression=exp.Literal.number(f"{LARGEST:.0e}"))


def _no_number(number: Counted) -> exp.Expr:
    """Something is said that is no number."""
    said = exp.Not(this=exp.Is(this=_property(number), expression=exp.null()))
    unfit = exp.Not(this=exp.Coalesce(this=_is_number(number), expressions=[exp.false()]))
    return exp.and_(said, unfit)
