"""``notify``: what people were told by letters and webhooks, and whether that works."""

from __future__ import annotations

from datetime import datetime

import click

from control import letters
from control.letters import Written
from ui.cli.session import Listing, Output, Session, common, said_by
from ui.notifying import telling


@click.group(cls=Listing)
def notify() -> None:
    """Letters and webhooks that tell people what needs them; docs/notifications.md."""


@notify.command("test")
@said_by("ada@demo", "Who asks, and gets the letter.")
@common
def test(session: Session, email: str) -> Output:
    """Send one letter to yourself in every way that is set up; exit 1 when one does not arrive."""
    with session.workspace() as workspace:
        done = telling.test(workspace, session.person(workspace, email))
    lines = [
        f"{'taken' if one.state == 'sent' else 'NOT  '}  {one.way:<16} "
        + (f"for {one.recipient}" if one.state == "sent" else one.why)
        for one in done
    ]
    failed = any(one.state != "sent" for one in done)
    return Output("\n".join(lines), [_document(one) for one in done], int(failed))


@notify.command("list")
@click.option("--limit", type=click.IntRange(1, 1_000), default=50, show_default=True)
@common
def list_letters(session: Session, limit: int) -> Output:
    """The newest letters: what was sent to whom, by which way, and what came of it."""
    with session.workspace() as workspace:
        found = letters.latest(workspace.store, limit)
    text = "\n".join(_line(one) for one in found) or "Nobody was told anything so far."
    return Output(text, [_document(one) for one in found])


def _line(one: Written) -> str:
    why = f"\n{'':19}{one.why}" if one.why else ""
    next_one = f", again at {_at(one.next_at)}" if one.state == "waiting" else ""
    tried = f" ({one.attempts} tries{next_one})" if one.why or one.attempts > 1 else ""
    said = one.state.replace("_", " ")
    return (
        f"{_at(one.created_at)}  {said:<9} {one.way} to {one.recipient}: {one.subject}{tried}{why}"
    )


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def _document(one: Written) -> dict[str, object]:
    return {name: value for name, value in one._asdict().items() if name != "content"}
