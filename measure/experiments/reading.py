"""One read-out: checks, then every number, from one query of sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from core.errors import Code, refuse
from measure.experiments import guards, quantiles, series
from measure.experiments.assigned import PlannedArm
from measure.experiments.cells import Cells, Mask
from measure.experiments.checks import Checked, check, contaminated
from measure.experiments.effects import Looking, Side, adjusted, compare
from measure.experiments.guards import Sides
from measure.experiments.measured import GOAL, Compared, Measuring, Subject
from measure.experiments.noting import Noting
from measure.experiments.readout import (
    ActionRow,
    ArmRow,
    Comparison,
    ExperimentReadout,
    GuardRow,
    MetricRow,
    NoveltyPoint,
    SeriesPoint,
)
from measure.experiments.sides import side
from measure.experiments.sums import cells, of_units, tables
from measure.experiments.wording import verdict
from measure.methods.arms import Arm
from measure.methods.multiplicity import benjamini_hochberg
from measure.methods.sequences import PLANNED
from measure.queries import AS_RECORDED, Runner, text
from warehouse.catalog import Catalog


def read(runner: Runner, catalog: Catalog, subject: Subject) -> ExperimentReadout:
    """Everything there is to say of a subject. Refuses with UNKNOWN_KEY where nobody takes part."""
    noting = Noting(runner)
    found, asked = _cells(noting, catalog, subject)
    if found.empty:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"'{subject.key}' has {subject.nobody}.",
            span=subject.key,
            fix="Wait until the horizon is over, or name a shorter one or a goal event.",
        )
    checked = check(found, subject.assigned, subject.tolerated, subject.checks)
    return _Reading(noting, catalog, subject, found, asked, checked).readout()


def _cells(runner: Runner, catalog: Catalog, subject: Subject) -> tuple[Cells, Measuring]:
    asked = Measuring(
        subject.metrics, timedelta(days=subject.pre_days), series.stretches(subject.horizon_days)
    )
    sql = text(cells(asked), catalog, AS_RECORDED, **tables(catalog, subject.assigned, asked))
    fetched = runner.fetch(sql, purpose=f"sums of every metric by arm of {subject.key}")
    return Cells.of(fetched.columns, fetched.rows, fetched.id), asked


class _Reading(NamedTuple):
    """A read-out being made."""

    runner: Noting
    catalog: Catalog
    subject: Subject
    cells: Cells
    asked: Measuring
    checked: Checked

    def readout(self) -> ExperimentReadout:
        subject, found, checked = self.subject, self.cells, self.checked
        rows = self._metrics()
        told = self._novelty() if checked.withheld is None else []
        about = series.novelty_sentence(told)
        look = self._look()
        return ExperimentReadout(
            kind=subject.kind,
            key=subject.key,
            name=subject.name,
            as_of=subject.as_of,
            since=found.since,
            until=subject.ends_at,
            horizon_days=subject.horizon_days,
            planned_units=look.planned_units,
            planned_date_reached=look.is_planned_date,
            control=self._control.key,
            goal_event=found.goal(found.overall),
            contaminated=contaminated(found, subject.assigned),
            arms=self._arms(found.overall),
            triggered_users=found.units(found.overall),
            total_users=found.total,
            trigger_rate=look.trigger_rate,
            checks=checked.checks,
            split=checked.split,
            withheld=checked.withheld,
            metrics=rows,
            guards=tuple(self._guards()) if len(subject.assigned.arms) > 1 else (),
            series=tuple(self._series()) if checked.withheld is None else (),
            novelty=tuple(told),
            novelty_sentence=about,
            actions=tuple(self._actions()),
            statements=tuple(self._statements(rows, about)),
            queries=tuple(self.runner.ran),
        )

    @property
    def _control(self) -> PlannedArm:
        arms = self.subject.assigned.arms
        return next((one for one in arms if one.control), arms[0])

    @property
    def _treated(self) -> list[PlannedArm]:
        return [one for one in self.subject.assigned.arms if one is not self._control]

    def _look(self) -> Looking:
        total, units = self.cells.total, self.cells.units(self.cells.overall)
        rate = min(1.0, units / total) if total else None
        planned = self.subject.planned_units or PLANNED
        return Looking(planned, self.subject.planned_date_reached, rate, total)

    def _sides(self, part: Mask) -> Iterator[Sides]:
        kept = part & self.cells.clean
        control = kept & self.cells.where(arm=self._control.key)
        for arm in self._treated:
            yield Sides(arm, kept & self.cells.where(arm=arm.key), control)

    def _arms(self, part: Mask) -> tuple[ArmRow, ...]:
        arms, found = self.subject.assigned.arms, self.cells
        kept = part & found.clean
        whole, shares = found.units(kept), sum(one.share for one in arms)
        rows = []
        for arm in arms:
            mine = kept & found.where(arm=arm.key)
            planned = arm.share / shares if shares else 0.0
            row = ArmRow(
                key=arm.key,
                name=arm.name,
                control=arm is self._control,
                planned_share=planned,
                users=found.units(mine),
                expected=whole * planned,
                applied=int(found.number("reached", mine)),
                reached_goal=self._reached_goal(mine),
            )
            rows.append(row)
        return tuple(rows)

    def _reached_goal(self, part: Mask) -> int | None:
        places = [n for n, one in enumerate(self.subject.metrics) if one.key == GOAL]
        return int(self.cells.number(f"y{places[0]}", part)) if places else None

    def _metrics(self) -> tuple[MetricRow, ...]:
        """Every metric in every arm, p-values adjusted over all of them."""
        flat: list[tuple[Compared, Comparison]] = []
        for place, metric in enumerate(self.subject.metrics):
            if not metric.guard:
                flat += [(metric, one) for one in self._compared(metric, place, self.cells.overall)]
        rows = adjusted([one for _, one in flat], benjamini_hochberg)
        by_metric: dict[str, list[Comparison]] = {}
        for (metric, _), row in zip(flat, rows, strict=True):
            by_metric.setdefault(metric.key, []).append(row)
        first = next(iter(by_metric), None)
        return tuple(
            MetricRow(
                key=metric.key,
                name=metric.name,
                kind=metric.kind,
                better="up" if metric.better == "up" else "down",
                primary=metric.key == first,
                comparisons=tuple(by_metric[metric.key]),
                sql=self.cells.sql,
            )
            for metric in self.subject.metrics
            if metric.key in by_metric
        )

    def _compared(self, metric: Compared, place: int, part: Mask) -> list[Comparison]:
        if self.checked.withheld is not None:
            return [self._withheld(sides, self.checked.withheld) for sides in self._sides(part)]
        look, arms = self._look(), self._quantiles(metric, place)
        return [
            compare(
                metric,
                sides.arm.key,
                side(self.cells, place, sides.treated, arms.get(sides.arm.key)),
                side(self.cells, place, sides.control, arms.get(self._control.key)),
                look,
            )
            for sides in self._sides(part)
        ]

    def _withheld(self, sides: Sides, why: str) -> Comparison:
        return Comparison(
            arm=sides.arm.key,
            users=self.cells.units(sides.treated),
            control_users=self.cells.units(sides.control),
            mean=None,
            control_mean=None,
            withheld=why,
        )

    def _quantiles(self, metric: Compared, place: int) -> dict[str, Arm]:
        if metric.kind != "quantile":
            return {}
        inner = of_units(self.catalog, self.subject.assigned, self.asked)
        return quantiles.arms(self.runner, self.catalog, metric, place, inner)

    def _guards(self) -> Iterator[GuardRow]:
        if self.checked.withheld is not None:
            return
        look, found = self._look(), self.cells
        for sides in self._sides(found.overall):
            for place, metric in enumerate(self.subject.metrics):
                if metric.guard and metric.kind != "quantile":
                    both = (self._side(place, sides.treated), self._side(place, sides.control))
                    yield guards.of_metric(metric, sides.arm, both, look, found.sql)
            yield from guards.of_opt_outs(found, sides, look)
            if self.subject.assigned.reached_by == "message":
                yield guards.bounces(found, sides, self.subject.limits)

    def _side(self, place: int, part: Mask) -> Side:
        return side(self.cells, place, part)

    def _series(self) -> Iterator[SeriesPoint]:
        look, days = self._look(), self.subject.horizon_days or 0
        for sides in self._sides(self.cells.overall):
            for place, metric in enumerate(self.subject.metrics):
                if not metric.guard and metric.kind != "quantile":
                    yield from series.cumulative(self.cells, metric, place, sides, look, days)

    def _novelty(self) -> list[NoveltyPoint]:
        if self.asked.stretches is None or not self.subject.metrics:
            return []
        look, over = self._look(), self.asked.stretches
        return [
            point
            for sides in self._sides(self.cells.overall)
            for point in series.novelty(self.cells, over, sides, look)
        ]

    def _actions(self) -> Iterator[ActionRow]:
        """Each message of a policy on its own goal."""
        goal = next((m for m in self.subject.metrics if m.key == GOAL), None)
        if self.subject.kind != "holdout" or goal is None:
            return
        place = self.subject.metrics.index(goal)
        for action in self.cells.values("scope"):
            part = self.cells.where(scope=action)
            (row,) = self._compared(goal, place, part)
            yield ActionRow(
                action=action,
                goal_event=self.cells.goal(part),
                arms=self._arms(part),
                withheld=self.checked.withheld,
                comparison=row,
            )

    def _statements(self, rows: Sequence[MetricRow], about: str | None) -> Iterator[str]:
        subject, checked = self.subject, self.checked
        days = subject.horizon_days
        within = f"within {days} days" if days else "up to now"
        if checked.withheld is not None:
            yield f"No number: {checked.withheld}"
        elif rows:
            several = len(self._treated) > 1
            for one in rows[0].comparisons:
                yield verdict(rows[0], one, within=within, of_arm=one.arm if several else None)
        else:
            yield "No number: no metric of the catalog applies."
        failed = [one.sentence for one in checked.checks if one.outcome == "failed"]
        yield from (one for one in failed if one != checked.withheld)
        if about:
            yield about
        yield from self._undeclared()

    def _undeclared(self) -> Iterator[str]:
        declared = {one.key for one in self.subject.assigned.arms}
        for arm in self.cells.values("arm"):
            if arm not in declared:
                users = self.cells.units(self.cells.overall & self.cells.where(arm=arm))
                named = f"'{arm}', which is not declared" if arm else "no arm"
                yield f"{users:,} users are recorded in {named}: they are left out."
