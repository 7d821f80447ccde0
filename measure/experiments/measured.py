"""Everything that is measured of a unit, and its sums by arm, day and platform, in one query."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlglot import exp

from core.experiments import Counted, MetricKind, ReadoutMetric
from measure.experiments.assigned import Assigned
from measure.queries import literal, query
from warehouse.catalog import Catalog
from warehouse.layout import consents

GOAL = "goal"
"""The key of the metric that is the goal of each unit's own message."""
LARGEST = 1e150
"""Above this, and below its negative, a value is no number: its square would be none."""


class Compared(NamedTuple):
    """A metric that is compared, with the number of its columns."""

    key: str
    name: str
    kind: MetricKind
    of: Counted | None
    """None: the goal event of the unit's own message."""
    per: Counted | None = None
    share: float | None = None
    better: str = "up"
    guard: bool = False

    @property
    def numbers(self) -> tuple[Counted | None, ...]:
        """What is added up for it."""
        return (self.of,) if self.per is None else (self.of, self.per)


def compared(key: str, metric: ReadoutMetric) -> Compared:
    """A metric of the catalog."""
    return Compared(
        key, metric.name, metric.kind, metric.of, metric.per, metric.share, metric.better,
        metric.guard,
    )  # fmt: skip


class Stretches(NamedTuple):
    """The time after a unit came in equal stretches, for the first metric."""

    days: int
    number: int


class Measuring(NamedTuple):
    """What to measure: the metrics, the time before, and stretches for novelty."""

    metrics: tuple[Compared, ...]
    pre: timedelta
    stretches: Stretches | None


def tables(catalog: Catalog, assigned: Assigned, asked: Measuring) -> dict[str, exp.Query]:
    """The named subqueries up to ``measured``: one row a unit and scope."""
    return {
        **assigned.before,
        "takers": assigned.rows,
        "assigned": query("lift_seated"),
        "total": assigned.total,
        "facts": _facts(catalog, asked),
        "messages": query("lift_messages", is_meant=assigned.messages),
        "consents": _consents(catalog),
        "opt_outs": query("lift_opt_outs"),
        "measured": query(
            "lift_measured",
            reached=_reached(assigned),
            numbers=tuple(_or_nothing(name) for name in names(asked)),
        ),
    }


def names(asked: Measuring) -> list[str]:
    """The columns of a unit: y and what goes with it of every metric, values that are no numbers,
    and the first metric by stretch."""
    found = []
    for place, metric in enumerate(asked.metrics):
        found += [f"y{place}", f"x{place}", f"bad{place}"]
        del metric
    if asked.stretches:
        found += [f"s{place}" for place in range(asked.stretches.number)]
    return found


def cells(asked: Measuring) -> exp.Query:
    """The one query of the sums."""
    sums: list[exp.Expr] = []
    for place in range(len(asked.metrics)):
        y, x = (exp.column(f"{side}{place}", "u") for side in "yx")
        applied = exp.column("was_reached", "u")
        sums += [
            _sum(f"y{place}", y),
            _sum(f"yy{place}", exp.Mul(this=y, expression=y.copy())),
            _sum(f"x{place}", x),
            _sum(f"xx{place}", exp.Mul(this=x, expression=x.copy())),
            _sum(f"xy{place}", exp.Mul(this=x.copy(), expression=y.copy())),
            _sum(f"ya{place}", exp.Mul(this=y.copy(), expression=applied)),
            _sum(f"bad{place}", exp.column(f"bad{place}", "u")),
        ]
    for place in range(asked.stretches.number if asked.stretches else 0):
        slice_of = exp.column(f"s{place}", "u")
        sums.append(_sum(f"s{place}", slice_of))
        sums.append(_sum(f"ss{place}", exp.Mul(this=slice_of.copy(), expression=slice_of.copy())))
    return query("lift_cells", sums=tuple(sums))


def _sum(name: str, value: exp.Expr) -> exp.Expr:
    return exp.alias_(exp.Sum(this=value.copy()), name)


def _reached(assigned: Assigned) -> exp.Expr:
    if assigned.reached_by == "message":
        return exp.column("was_reached", "m")
    return exp.Literal.number(1)


def _or_nothing(name: str) -> exp.Expr:
    found = exp.Coalesce(this=exp.column(name, "f"), expressions=[exp.Literal.number(0)])
    return exp.alias_(exp.cast(found, "double"), name)


def _consents(catalog: Catalog) -> exp.Select:
    """Every word on consent, with where it was recorded if the table says so."""
    consent = catalog.layout.consent
    listed = catalog.tables.get(consent.table)
    has_source = listed is not None and "source" in listed.columns
    source = exp.column("source") if has_source else exp.cast(exp.null(), "text")
    return consents(catalog.layout).select(exp.alias_(source, "source"))


def _facts(catalog: Catalog, asked: Measuring) -> exp.Query:
    """What each unit did in its time and before, from one pass over the events."""
    columns: list[exp.Expr] = [exp.column("seat", "a")]
    for place, metric in enumerate(asked.metrics):
        columns += _of_metric(catalog, metric, place)
    if asked.stretches:
        columns += _by_stretch(catalog, asked.metrics[0], asked.stretches)
    before = exp.Sub(this=exp.column("since", "a"), expression=literal(asked.pre))
    time = exp.column("event_time", "e")
    return (
        exp.select(*columns)
        .from_(exp.alias_(exp.table_("assigned"), "a", table=True))
        .join(
            exp.alias_(exp.table_("fct_events"), "e", table=True),
            on=exp.and_(
                exp.column("user_id", "e").eq(exp.column("unit", "a")),
                exp.GTE(this=time, expression=before),
                exp.LT(this=time.copy(), expression=exp.column("until", "a")),
                exp.or_(exp.false(), *map(_is_named, _distinct_events(catalog, asked))),
            ),
        )
        .group_by(exp.column("seat", "a"))
    )


def _distinct_events(catalog: Catalog, asked: Measuring) -> list[exp.Expr]:
    names = {
        catalog.event_named(number.event) or number.event
        for metric in asked.metrics
        for number in metric.numbers
        if number is not None
    }
    found: list[exp.Expr] = [exp.Literal.string(name) for name in sorted(names)]
    if any(metric.of is None for metric in asked.metrics):
        found.append(exp.column("goal_event", "a"))
    return found


def _is_named(name: exp.Expr) -> exp.Expr:
    return exp.column("event_name", "e").eq(name.copy())


def _of_metric(catalog: Catalog, metric: Compared, place: int) -> list[exp.Expr]:
    """y over the unit's time; x is the same before, or of a ratio the denominator."""
    y = _amount(catalog, metric.of)
    if metric.per is not None:
        x, during = _amount(catalog, metric.per), _after()
    else:
        x, during = _amount(catalog, metric.of), exp.not_(_after())
    fold = _any if metric.kind == "reached" else _total
    bad = [_no_number(one) for one in metric.numbers if one is not None and one.property]
    wrong: exp.Expr = exp.Literal.number(0)
    if bad:
        wrong = _total(_when(exp.and_(_after(), exp.or_(*bad)), exp.Literal.number(1)))
    return [
        exp.alias_(fold(_when(_after(), y)), f"y{place}"),
        exp.alias_((_total if metric.per else fold)(_when(during, x)), f"x{place}"),
        exp.alias_(wrong, f"bad{place}"),
    ]


def _by_stretch(catalog: Catalog, metric: Compared, stretches: Stretches) -> list[exp.Expr]:
    fold = _any if metric.kind == "reached" else _total
    found = []
    for place in range(stretches.number):
        low, high = (
            exp.Add(
                this=exp.column("since", "a"),
                expression=literal(timedelta(days=stretches.days * edge)),
            )
            for edge in (place, place + 1)
        )
        time = exp.column("event_time", "e")
        inside = exp.and_(
            exp.GT(this=time, expression=low) if place == 0 else exp.GTE(this=time, expression=low),
            exp.LT(this=time.copy(), expression=high),
        )
        found.append(exp.alias_(fold(_when(inside, _amount(catalog, metric.of))), f"s{place}"))
    return found


def _after() -> exp.Expr:
    return exp.GT(this=exp.column("event_time", "e"), expression=exp.column("since", "a"))


def _when(condition: exp.Expr, value: exp.Expr) -> exp.Expr:
    return exp.Case().when(condition.copy(), value.copy())


def _total(value: exp.Expr) -> exp.Expr:
    return exp.Sum(this=value)


def _any(value: exp.Expr) -> exp.Expr:
    return exp.Max(this=value)


def _amount(catalog: Catalog, number: Counted | None) -> exp.Expr:
    """What one event ``e`` adds; NULL for other events, and where there is no number."""
    if number is None:
        return _when(_is_named(exp.column("goal_event", "a")), exp.Literal.number(1))
    is_it = _is_named(exp.Literal.string(catalog.event_named(number.event) or number.event))
    if number.property is None:
        return _when(is_it, exp.Literal.number(1))
    return _when(exp.and_(is_it, _is_number(number)), _as_number(number))


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
    """Something is said of the event that is no number."""
    said = exp.Not(this=exp.Is(this=_property(number), expression=exp.null()))
    is_it = _is_named(exp.Literal.string(number.event))
    unfit = exp.Not(this=exp.Coalesce(this=_is_number(number), expressions=[exp.false()]))
    return exp.and_(is_it, said, unfit)
