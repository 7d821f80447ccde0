"""``alerts``: what needs a person, who acts, and where it says what to do."""

from __future__ import annotations

import click

from core.alerts import Alert
from ui.alerts import open_alerts
from ui.cli.session import Output, Session, common


@click.command()
@click.option("--check", is_flag=True, help="Exit 1 when something needs somebody now.")
@click.option("--urgent", is_flag=True, help="Only what needs somebody now.")
@common
def alerts(session: Session, check: bool, urgent: bool) -> Output:
    """List what needs a person: what is so, who acts, the first command and the runbook."""
    with session.workspace() as workspace:
        found = open_alerts(workspace)
    status = int(check and any(one.urgent for one in found))
    shown = [one for one in found if one.urgent or not urgent]
    text = "\n".join(line for one in shown for line in _lines(one))
    return Output(text or "Nothing needs anybody.", shown, status)


def _lines(one: Alert) -> list[str]:
    since = f" (since {one.since:%Y-%m-%d %H:%M})" if one.since else ""
    return [
        f"{'NOW  ' if one.urgent else 'today'}  {one.title}: {one.sentence}{since}",
        f"       {one.who}: '{one.fix}'; {one.runbook}",
    ]
