"""``memory``: what is remembered of conversations, and answers marked as right."""

from __future__ import annotations

import click

from ui.cli.session import Listing, Output, Session, common, said_by

AS = said_by("mara@demo", "Who does it.")


@click.group(cls=Listing)
def memory() -> None:
    """What 'same as …' finds: rules that people approved, answers that they marked as right."""


@memory.command("list")
@common
def list_memory(session: Session) -> Output:
    """List what is verified under the definitions in force."""
    from ui import remembering

    with session.workspace() as workspace:
        found = remembering.verified(workspace)
    rows = [
        {"id": one.id, "key": one.key, "said": one.recalled.said, "at": one.at} for one in found
    ]
    text = "\n".join(f"{row['key']}  {row['said']}" for row in rows)
    return Output(text or "Nothing is remembered yet.", {"remembered": rows})


@memory.command("mark")
@click.argument("thread")
@AS
@common
def mark(session: Session, thread: str, email: str) -> Output:
    """Mark the last question of THREAD as read rightly: others may refer to it."""
    from ui import remembering

    with session.workspace() as workspace:
        kept = remembering.mark(workspace, thread, session.person(workspace, email))
    document = kept._asdict() | {"marked_at": kept.marked_at.isoformat()}
    return Output(f"Remembered: {kept.question.splitlines()[0]}", document)
