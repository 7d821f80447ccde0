"""``rules certify``: an approver says that what is live still holds."""

from __future__ import annotations

import click

from control import certifications, versions
from control.certifications import Certified
from orchestrate.rulebook.certifying import certify
from ui.cli.session import Output, Session, common, said_by
from ui.putting_back import require_decidable


@click.command("certify")
@click.argument("key", required=False)
@said_by("pavel@demo", "Who certifies it: an approver who did not propose it.")
@common
def certify_command(session: Session, key: str | None, email: str) -> Output:
    """Say that a rule, policy or journey still holds; without KEY, list until when each is held.

    What nobody certifies in time is paused, and resumes by being certified.
    """
    with session.workspace() as workspace:
        if key is not None:
            person = session.person(workspace, email)
            if found := versions.current(workspace.store, key):
                require_decidable(workspace, found)
            certify(workspace.store, key, person=person, now=workspace.now())
        wanted = workspace.settings.governance
        held = certifications.everything(
            workspace.store,
            days=wanted.certify_days or None,
            warn_days=wanted.certify_warn_days,
            now=workspace.now(),
        )
    shown = [one for one in held if key in (None, one.key)]
    lines = [_line(one) for one in shown]
    return Output("\n".join(lines) or "No rules yet.", [one._asdict() for one in shown])


def _line(one: Certified) -> str:
    until = f"until {one.due:%Y-%m-%d}" if one.due else "for good"
    return f"{one.key:<28} v{one.version:<4} {one.state:<8} {one.standing:<10} {until}, by {one.by}"
