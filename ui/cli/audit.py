"""``audit``: the append-only log of who did what."""

from __future__ import annotations

import click

from control import audit as audit_log
from ui.cli.session import Listing, Output, Session, common


@click.group(cls=Listing)
def audit() -> None:
    """The append-only log of who did what."""


@audit.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@common
def audit_list(session: Session, limit: int) -> Output:
    """List the newest entries."""
    with session.workspace() as workspace:
        found = audit_log.entries(workspace.store, limit=limit)
    lines = [
        f"{entry.seq:>5}  {entry.at:%Y-%m-%d %H:%M}  {entry.who:<14} {entry.what} {entry.subject}"
        for entry in found
    ]
    return Output("\n".join(lines) or "Nothing yet.", [entry._asdict() for entry in found])


@audit.command("verify")
@common
def audit_verify(session: Session) -> Output:
    """Check that no entry was changed, removed or slipped in."""
    with session.workspace() as workspace:
        broken = audit_log.verify(workspace.store)
        count = len(audit_log.entries(workspace.store))
    if broken:
        document = {"intact": False, "seq": broken.seq, "why": broken.why}
        return Output(f"The log is broken at entry {broken.seq}: {broken.why}", document, 1)
    return Output(f"{count} entries, the chain holds.", {"intact": True, "entries": count})
