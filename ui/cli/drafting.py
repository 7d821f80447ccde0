"""``rules draft`` and ``approvals submit``: a change kept by its author, and sent for review."""

from __future__ import annotations

from pathlib import Path

import click

from core.artifacts import Preview
from ui.cli.effect_words import finding_lines
from ui.cli.session import Output, Session, common, said_by
from ui.drafting import draft, send

AUTHOR = "mara@demo"


@click.command("draft")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--reason", default="", help="Why, for the approver.")
@said_by(AUTHOR, "Whose draft it is.")
@common
def draft_command(session: Session, file: Path, reason: str, email: str) -> Output:
    """Keep a rule, policy or journey of FILE as a draft: checked, simulated, and for nobody yet.

    A draft of the same key takes the place of the one before. 'approvals submit' sends it.
    """
    with session.workspace() as workspace:
        kept = draft(
            workspace,
            session.folder / file,
            author=session.person(workspace, email),
            reason=reason or f"From the file {file.name}.",
        )
    lines = [f"{kept.id} is a draft of '{kept.target_key}'."]
    if isinstance(kept.effect, Preview):
        size = kept.effect
        lines.append(f"It reaches {size.audience_size:,} of {size.population_size:,} users.")
    lines += finding_lines(kept.findings)
    blocked = any(one.severity == "block" for one in kept.findings)
    lines.append(
        "What is blocked cannot be sent: mend the file, and draft it again."
        if blocked
        else f"Send it for review: 'pilothouse approvals submit {kept.id}'."
    )
    return Output("\n".join(lines), kept)


@click.command("submit")
@click.argument("request_id")
@said_by(AUTHOR, "Who sends it: whoever drafted it.")
@common
def submit_command(session: Session, request_id: str, email: str) -> Output:
    """Send a draft for review, with what it would do by now."""
    with session.workspace() as workspace:
        person = session.person(workspace, email)
        request = send(workspace, request_id, person=person)
    text = f"{request.id} ({request.target_key}) waits for approval."
    return Output(text, request)
