"""``replay``: decide once more from the record of a cycle alone."""

from __future__ import annotations

import click

from core.errors import Code, refuse
from orchestrate.replay import Line, Replay
from orchestrate.replay import replay as replayed
from ui import staging
from ui.cli.session import Output, Session, common, looked_at_by
from ui.row_limits import require_within


@click.command()
@click.argument("decision_id")
@click.option("--staging", "staged", is_flag=True, help="A decision of staging.")
@looked_at_by
@common
def replay(session: Session, decision_id: str, staged: bool, email: str | None) -> Output:
    """Decide DECISION_ID once more from its record alone: every stage must come out the same."""
    with session.workspace() as workspace:
        if staged:
            told = staging.replayed(workspace, decision_id)
        else:
            told = replayed(workspace.warehouse, decision_id)
        require_within(workspace, session.sight(workspace, email), told.user_id)
    if not told.is_equal:
        then, again = _first_difference(told)
        raise refuse(
            Code.AUDIT_FAILED,
            f"The record decides otherwise: {_said(again)} instead of {_said(then)}.",
            span=decision_id,
            fix="The record was changed, or decisions are made in another way since: compare both.",
        )
    lines = [f"{told.user_id} at {told.decided_at:%Y-%m-%d %H:%M}: the same, byte for byte."]
    lines += [f"  {one.policy:<24} {one.action:<24} {one.reason_code}" for one in told.replayed]
    return Output("\n".join(lines), told)


def _first_difference(told: Replay) -> tuple[Line | None, Line | None]:
    for then, again in zip(told.recorded, told.replayed, strict=False):
        if then != again:
            return then, again
    longer = told.recorded[len(told.replayed) :] or (None,)
    more = told.replayed[len(told.recorded) :] or (None,)
    return longer[0], more[0]


def _said(line: Line | None) -> str:
    return "nothing" if line is None else f"{line.policy} {line.action} {line.reason_code}"
