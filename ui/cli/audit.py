"""``audit``: the append-only log of who did what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from control import audit as audit_log
from control import audit_export
from control.audit import Asked
from control.audit_check import check
from core.errors import Code, refuse
from ui.cli.files import writing
from ui.cli.session import MOMENT, Listing, Output, Session, common, said_by


@click.group(cls=Listing)
def audit() -> None:
    """The append-only log of who did what."""


@audit.command("list")
@click.option("--who", help="Only what this person or program did.")
@click.option("--what", help="Only acts of this kind, such as publish or view.")
@click.option("--subject", help="Only what was done to this.")
@click.option("--since", type=MOMENT, help="From this moment on (UTC).")
@click.option("--until", type=MOMENT, help="Before this moment (UTC).")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@common
def audit_list(
    session: Session,
    who: str | None,
    what: str | None,
    subject: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> Output:
    """List the newest entries, oldest first."""
    with session.workspace() as workspace:
        asked = Asked(who, what, subject, since, until, limit)
        found = audit_log.entries(workspace.store, asked)
    lines = [
        f"{entry.seq:>5}  {entry.at:%Y-%m-%d %H:%M}  {entry.who:<14} {entry.what} {entry.subject}"
        for entry in found
    ]
    return Output("\n".join(lines) or "Nothing yet.", [entry._asdict() for entry in found])


@audit.command("show")
@click.argument("seq", type=click.IntRange(1))
@common
def audit_show(session: Session, seq: int) -> Output:
    """Show one entry in full, with its hashes."""
    with session.workspace() as workspace:
        found = audit_log.get(workspace.store, seq)
    if found is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no entry {seq}.",
            span=str(seq),
            fix="'pilothouse audit list' shows the newest; old ones may have been folded.",
        )
    stored, read = found
    lines = [f"{name.replace('_', ' '):<12} {value}" for name, value in read._asdict().items()]
    document = read._asdict() | {"stored": {"subject": stored.subject, "note": stored.note}}
    return Output("\n".join(lines), document)


@audit.command("verify")
@common
def audit_verify(session: Session) -> Output:
    """Check every entry; say each place where one was changed, moved, removed or slipped in."""
    with session.workspace() as workspace:
        checked = check(workspace.store, workspace.anchors.anchors())
    document: dict[str, Any] = {"intact": not checked.breaks, "entries": checked.entries}
    if not checked.breaks:
        return Output(f"{checked.entries:,} entries, the chain holds.", document)
    found = checked.breaks
    document |= {
        "seq": found[0].seq,
        "why": found[0].why,
        "breaks": [one._asdict() | {"why": one.why} for one in found],
    }
    places = "one place" if len(found) == 1 else f"{len(found):,} places"
    lines = [f"The log does not hold at {places}:", *(f"  {one.why}" for one in found)]
    return Output("\n".join(lines), document, 1)


@audit.command("head")
@common
def audit_head(session: Session) -> Output:
    """Print number and hash of the last entry, to be kept where nobody here can change it."""
    with session.workspace() as workspace, workspace.store.read() as connection:
        seq, digest = audit_log.head(connection)
    return Output(f"{seq} {digest}", {"seq": seq, "hash": digest})


@audit.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--since", type=MOMENT, help="From this moment on (UTC).")
@common
def audit_export_command(session: Session, file: Path, since: datetime | None) -> Output:
    """Write entries to FILE, one JSON document a line; docs/audit.md says how to check them."""
    path = session.folder / file
    with session.workspace() as workspace, writing(path, fix="Choose another file."):
        inside = path.resolve().is_relative_to(workspace.settings.workspace.resolve())
        if inside:
            raise refuse(
                Code.INVALID_ARGUMENT,
                "An export does not belong into the workspace, which it is to outlive.",
                span=str(file),
                fix="Choose a file outside of it.",
            )
        count = _write(path, audit_export.lines(workspace.store, since=since))
    return Output(f"{count:,} entries are in {file}.", {"entries": count, "file": str(path)})


def _write(path: Path, lines: Iterable[str]) -> int:
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8") as opened:
        return sum(1 for line in lines if opened.write(f"{line}\n"))


@audit.command("fold")
@click.option("--before", type=MOMENT, help="Entries before this moment (UTC).")
@said_by("ada@demo", "Who folds it.")
@common
def audit_fold(session: Session, before: datetime | None, email: str) -> Output:
    """Move old entries into a file of the workspace; one entry vouches for the file.

    Without --before these are the ones older than audit_keep_days. Their texts are not in the
    file: export the log first to keep them.
    """
    from ui import folding

    with session.workspace() as workspace:
        person = session.admin(workspace, email, "fold the audit log")
        if before is None and workspace.settings.governance.audit_keep_days is None:
            raise click.UsageError("Give --before, or set audit_keep_days under [governance].")
        if before is None:
            folded = folding.once(workspace)
        else:
            folded = folding.before(workspace, before, who=person.email)
    if folded is None:
        return Output("No entry is that old.", {"folded": None})
    text = f"Entries {folded.first:,} to {folded.last:,} are in {folded.file}."
    return Output(text, {"folded": folded._asdict()})
