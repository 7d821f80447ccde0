"""Question: the rows of hand-written SQL, and the same order where one is asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from agent.planners.port import CountQuestion, Plan
from core.conditions import And
from core.questions import MetricQuestion
from evals.bench import Bench
from evals.cases import Case
from evals.graders.grader import Graded, Grader, uncalled_for, without_answer
from warehouse.questions import columns_of, compile_question, question_refusals
from warehouse.sqlcheck import CheckedQuery, check

Row = tuple[Any, ...]
_COMPARED = ("time", "group", "number", "share", "before")
SHOWN = 3
"""So many rows of a difference are shown."""


class QuestionCase(Case):
    """A question and its answer."""

    rows: str = ""
    """Hand-written SQL that gives the groups, then the number, then that of the period before."""
    ordered: bool = False
    """Whether the order of the rows counts."""

    @property
    def queries(self) -> tuple[str, ...]:
        """Its rows."""
        return (self.rows,) if self.rows else ()

    @property
    def expected(self) -> str:
        """The SQL by hand."""
        return self.rows or super().expected


def grade(case: QuestionCase, plan: Plan, bench: Bench) -> Graded:
    """The same rows, numbers within a billionth."""
    if plan.draft is None:
        return without_answer(case, plan)
    if case.expect != "understood":
        return uncalled_for(plan)
    got = _answered(plan, bench)
    if got is None:
        return uncalled_for(plan)
    if isinstance(got, str):
        return Graded("failed", got)
    wanted = bench.rows(case.rows)
    if not case.ordered:
        got, wanted = sorted(got, key=_key), sorted(wanted, key=_key)
    same = len(got) == len(wanted) and all(map(_same_row, got, wanted))
    if same:
        return Graded("exact", f"{len(got)} rows")
    return Graded("silently_wrong", f"{got[:SHOWN]} instead of {wanted[:SHOWN]}")


def _answered(plan: Plan, bench: Bench) -> list[Row] | str | None:
    """The rows of a draft; why it cannot be run; None where it is no question."""
    draft = plan.draft
    if isinstance(draft, CountQuestion):
        return [(len(bench.audience(And(of=(draft.population, draft.condition)))),)]
    if not isinstance(draft, MetricQuestion):
        return None
    if refusals := question_refusals(draft, bench.catalog):
        return str(refusals[0])
    sql = compile_question(draft, bench.catalog, as_of=bench.as_of)
    checked = check(sql, bench.catalog, role="analyst")
    if not isinstance(checked, CheckedQuery):
        return str(checked[0])
    kept = [k for k, one in enumerate(columns_of(draft)) if one.kind in _COMPARED]
    return [tuple(row[k] for k in kept) for row in bench.rows(checked.sql)]


def _same_row(one: Row, other: Row) -> bool:
    return len(one) == len(other) and all(map(_same, one, other))


def _same(one: Any, other: Any) -> bool:
    if _is_number(one) and _is_number(other):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(_plain(one) == _plain(other))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """A day is a day, as a date or as its midnight."""
    if isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else value


def _key(row: Sequence[Any]) -> tuple[str, ...]:
    return tuple(
        f"{float(value):020.6f}" if _is_number(value) else str(_plain(value)) for value in row
    )


GRADER = Grader(QuestionCase, grade)
