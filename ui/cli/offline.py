"""``offline``: lists for letters and calls, and what became of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ui.cli.importing import pair
from ui.cli.session import Listing, Output, Session, common, said_by


@click.group(cls=Listing)
def offline() -> None:
    """Lists for letters and calls, and what became of them."""


@offline.command("list")
@common
def list_command(session: Session) -> Output:
    """Every day of every list, the newest first."""
    from ui.offline import listed

    with session.workspace() as workspace:
        found = listed(workspace)
    lines = [
        f"{one['list']:<20} {one['day']}  {one['messages']:>7,} messages in {one['files']:,} files"
        for one in found
    ]
    return Output("\n".join(lines) or "Nothing is on any list.", found)


@offline.command("take")
@click.argument("name", metavar="LIST")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Which day (UTC).")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The file to write.")
@said_by("pavel@demo", "Who takes it, in the demo: an approver or an admin.")
@common
def take_command(session: Session, name: str, day: datetime, out: Path, email: str) -> Output:
    """Write a day of LIST as one CSV file, to hand to a printer or a call centre."""
    from ui.offline import take

    with session.workspace() as workspace:
        person = session.person(workspace, email)
        found = take(workspace, name, day.date(), session.folder / out, person=person)
    return Output(f"{found['messages']:,} messages of {name} in {out}", found)


@offline.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@click.option("--map", "maps", multiple=True, metavar="THEIRS=OURS", help="Which column is which.")
@click.option(
    "--date-format",
    "formats",
    multiple=True,
    metavar="FORMAT",
    help="How dates are written when not year first, such as %d/%m/%Y.",
)
@click.option("--encoding", help="How a CSV file is encoded, when not UTF-8.")
@click.option("--separator", help="What parts the values of a CSV file.")
@click.option("--rejected", type=click.Path(path_type=Path), help="Where rejected rows go.")
@common
def import_command(
    session: Session,
    files: tuple[Path, ...],
    maps: tuple[str, ...],
    formats: tuple[str, ...],
    encoding: str | None,
    separator: str | None,
    rejected: Path | None,
) -> Output:
    """Import what became of messages: CSV, Parquet or NDJSON with reference, result and at."""
    from ui.importing import file_source
    from ui.offline import bring_in
    from warehouse.connect.checking import Reading

    columns, reading = dict(pair(one) for one in maps), Reading(formats)
    out = session.folder / rejected if rejected else None
    done: list[dict[str, Any]] = []
    with session.workspace() as workspace:
        for file in files:
            path = session.folder / file
            with file_source(path, encoding=encoding, separator=separator) as source:
                done.append(bring_in(workspace, source, columns, reading, out))
    nothing = all(one["rejected"] == one["rows"] > 0 for one in done)
    return Output("\n".join(_said(one) for one in done), done, status=int(nothing))


def _said(one: dict[str, Any]) -> str:
    text = (
        f"{one['source']}: {one['rows']:,} rows = {one['new']:,} new + {one['known']:,} known "
        f"+ {one['nothing']:,} nothing happened + {one['repeated']:,} repeated "
        f"+ {one['rejected']:,} rejected"
    )
    results = ", ".join(f"{count:,} {kind}" for kind, count in one["by_result"].items())
    lines = [text, *([f"  {results}"] if results else [])]
    return "\n".join([*lines, *([f"  rejected {one['rejected_file']}"] if one["rejected"] else [])])
