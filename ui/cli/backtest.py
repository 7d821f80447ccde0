"""``backtest``: what a rule would have done over days that are past, with what was known then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from orchestrate.rehearsal.backtest import Backtest, ExpectedLift
from ui import backtesting
from ui.cli.session import MOMENT, Output, Session, common
from ui.cli.target import target_of


@click.command()
@click.argument("target")
@click.option("--from", "since", type=MOMENT, required=True, help="The first day (UTC).")
@click.option("--to", "until", type=MOMENT, required=True, help="The last day (UTC).")
@common
def backtest(session: Session, target: str, since: datetime, until: datetime) -> Output:
    """Replay a rule once a day over days that are past, with what was known on each.

    TARGET is a rule key, a change request id or an artifact as YAML or JSON file.
    """
    with session.workspace() as workspace:
        artifact, version = target_of(workspace, target, session.folder)
        found = backtesting.replay_days(workspace, artifact, version, since=since, until=until)
    return Output("\n".join(_text(found)), found)


def _text(found: Backtest) -> Iterator[str]:
    version = "proposed" if found.version is None else f"v{found.version}"
    yield f"{found.key} {version} from {found.since} to {found.until}, once a day:"
    yield (
        f"  {found.reached:,} of {found.users:,} users reached with {found.messages:,} messages, "
        f"{found.held_out:,} held out, {found.cap_breaches_avoided:,} stopped by caps."
    )
    yield ""
    yield f"  {'day':<20} {'eligible':>9} {'messages':>9} {'held out':>9} {'capped':>9}"
    for day in found.days:
        yield (
            f"  {day.day:<20} {day.eligible:>9,} {day.messages:>9,} {day.held_out:>9,} "
            f"{day.capped:>9,}"
        )
    yield ""
    yield "Expected lift:"
    for one in found.expected:
        yield f"  {one.action}: {_lift(one)}"
        yield f"    {one.basis}"
    yield ""
    yield from (f"  {note}" for note in found.notes)


def _lift(one: ExpectedLift) -> str:
    if one.expected is None or one.low is None or one.high is None:
        return f"no number for its {one.users:,} users."
    return (
        f"{one.expected:+,.0f} of {one.users:,} users reach its goal because of it "
        f"(95 % interval {one.low:+,.0f} to {one.high:+,.0f})."
    )
