"""``reprocess``: every table again from the raw log, under the plan in force or another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from collect.reprocess import Reprocessed, by_event
from ui import modelling
from ui.cli.collect import DEED
from ui.cli.session import MOMENT, Output, Session, common, said_by
from ui.plan_effects import after, before
from ui.tracking_plan import plan_at


@click.command()
@click.option("--from", "since", type=MOMENT, help="Only what was received from then on (UTC).")
@click.option(
    "--plan", "number", type=click.IntRange(1), help="Another plan than the one in force."
)
@click.option("--dry-run", is_flag=True, help="Show what would be different; change nothing.")
@said_by("ada@demo", "Who rebuilds.")
@common
def reprocess(
    session: Session, since: datetime | None, number: int | None, dry_run: bool, email: str
) -> Output:
    """Rebuild every table from the raw log, all at once, and show what is different."""
    with session.workspace() as workspace:
        session.admin(workspace, email, DEED)
        plan = workspace.intake.plan if number is None else plan_at(workspace.store, number)
        if dry_run:
            found = workspace.intake.preview(plan, since)
        else:
            found = workspace.intake.reprocess(plan, since)
            modelling.follow(workspace)
    return Output(_said(found, dry_run), _document(found, since, dry_run))


def _said(found: Reprocessed, dry_run: bool) -> str:
    done = "would be loaded" if dry_run else "were loaded"
    lines = [f"{found.loaded.received:,} events {done} under version {found.plan_version}."]
    lines += [
        f"{one.events:>10,}  {one.change.replace('_', ' '):<14}  {one.sent_name}: "
        f"{before(one)} → {after(one)}"
        for one in found.changed
    ]
    lines += [
        f"{one.name}: stored {one.stored_before:,} → {one.stored_after:,}, "
        f"dead letters {one.dead_before:,} → {one.dead_after:,}"
        for one in by_event(found)
        if one.stored_before != one.stored_after or one.dead_before != one.dead_after
    ]
    return "\n".join(lines if found.changed else [*lines, "Nothing is different."])


def _document(found: Reprocessed, since: datetime | None, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "plan_version": found.plan_version,
        "from": since.isoformat() if since else None,
        "loaded": found.loaded._asdict(),
        "changes": [one._asdict() for one in found.changed],
        "events": [one._asdict() for one in by_event(found)],
        "tables": [one._asdict() for one in found.tables],
    }
