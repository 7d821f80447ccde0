"""``measure lift`` and ``measure experiment``: what holdouts and experiments say, as text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from core.errors import Code, refuse
from measure.experiments.readout import Check, Comparison, ExperimentReadout, MetricRow
from measure.experiments.wording import amount, interval
from ui import reading_out
from ui.cli.session import MOMENT, Output, Session, common

PASSED = {"passed": "ok", "failed": "FAILED", "not_run": "not run"}


@click.command("lift")
@click.argument("policy", required=False)
@click.option("--global", "everywhere", is_flag=True, help="Of the global holdout instead.")
@click.option("--as-of", type=MOMENT, help="The moment of the read-out (UTC).")
@click.option("--horizon", type=click.IntRange(1), help="Days; 7 unless it is --global.")
@click.option("--since", type=MOMENT, help="--global only: since when it holds (UTC).")
@click.option("--goal", help="The event that counts; the goal of each message by default.")
@common
def lift_command(
    session: Session,
    policy: str | None,
    everywhere: bool,
    as_of: datetime | None,
    horizon: int | None,
    since: datetime | None,
    goal: str | None,
) -> Output:
    """Compare who was treated with who was held out under POLICY, or of everything."""
    if (policy is None) != everywhere:
        raise _one_of_both(policy)
    with session.workspace() as workspace:
        at = as_of or workspace.as_of()
        if policy is None:
            found = reading_out.read_global(workspace, at, horizon_days=horizon, since=since)
            return Output("\n".join(told(found)), found)
        days = horizon or reading_out.HORIZON_DAYS
        report = reading_out.read_out(workspace, policy, at, horizon_days=days, goal_event=goal)
    return Output("\n".join(told(report.readout)), report)


@click.command("experiment")
@click.argument("key")
@click.option("--as-of", type=MOMENT, help="The moment of the read-out (UTC).")
@common
def experiment_command(session: Session, key: str, as_of: datetime | None) -> Output:
    """Read out the experiment KEY, of the catalog's experiments.yaml or of a live policy."""
    with session.workspace() as workspace:
        found = workspace.read_experiment("experiment", key, as_of=as_of)
    return Output("\n".join(told(found)), found)


def _one_of_both(policy: str | None) -> Exception:
    said = "Neither a policy nor --global is named" if policy is None else "Both are named"
    return refuse(
        Code.INVALID_ARGUMENT,
        f"{said}: one of them is read out.",
        fix="Say 'measure lift POLICY' or 'measure lift --global'.",
    )


def told(found: ExperimentReadout) -> Iterator[str]:
    """The read-out for a person: verdict, arms, checks, metrics, guards."""
    yield from found.statements
    yield ""
    for arm in found.arms:
        control = ", control" if arm.control else ""
        planned = f"{arm.expected:,.0f} expected"
        yield f"  {arm.name:<16} {arm.users:>9,} users ({planned}{control})"
    yield from ("", *(_check(one) for one in found.checks))
    if found.withheld is None:
        yield ""
        for row in found.metrics:
            yield from _metric(row)
    if found.guards:
        yield from ("", "Guards", *(f"  {one.sentence}" for one in found.guards))


def _check(one: Check) -> str:
    return f"  {PASSED[one.outcome]:<8} {one.sentence}"


def _metric(row: MetricRow) -> Iterator[str]:
    mark = " *" if row.primary else ""
    for one in row.comparisons:
        yield f"  {row.name + mark:<28} {one.arm:<12} {_numbers(row, one)}"


def _numbers(row: MetricRow, one: Comparison) -> str:
    if one.effect is None:
        return str(one.withheld)
    told = f"{amount(one.effect.value, row)} [{interval(one.effect, row)}] {one.p_text}"
    if one.p_adjusted is not None:
        told += f", adjusted {one.p_adjusted:.3g}"
    if one.cuped and one.cuped.effect:
        told += f"; CUPED {amount(one.cuped.effect.value, row)} "
        told += f"[{interval(one.cuped.effect, row)}]"
    if one.bayes:
        told += f"; chance to win {one.bayes.chance_to_win:.1%}"
    return told
