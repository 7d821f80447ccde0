"""``import``: rows into a canonical table, and files of the rulebook into change requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from core.errors import Code, refuse
from ui.cli.rulebook import import_rulebook
from ui.cli.session import Listing, Output, Session, common
from ui.workspace import Workspace
from warehouse.connect.checking import Reading
from warehouse.connect.importing import Imported, Request
from warehouse.connect.source import Source


class _TablesUnlessNamed(Listing):
    """``import TABLE …`` is ``import table TABLE …``: whatever names no command is a table."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in where it was left out."""
        named = {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if not args or args[0] in named else ["table", *args])


@click.group("import", cls=_TablesUnlessNamed)
def import_() -> None:
    """Bring rows into a canonical table, or propose what files of the rulebook say.

    import TABLE FILE... and import table TABLE FILE... are the same.
    """


import_.add_command(import_rulebook)


@import_.command("table")
@click.argument("table")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--from", "url", metavar="URL", help="Read postgresql://user@host/database instead.")
@click.option("--table", "their_table", metavar="NAME", help="Its table, as schema.table.")
@click.option("--since", metavar="COLUMN", help="Only rows that are new by this column of theirs.")
@click.option("--map", "maps", multiple=True, metavar="THEIRS=OURS", help="Which column is which.")
@click.option(
    "--date-format",
    "formats",
    multiple=True,
    metavar="FORMAT",
    help="How dates are written when not year first, such as %d/%m/%Y.",
)
@click.option("--decimal", type=click.Choice([".", ","]), help="The sign before decimals.")
@click.option("--encoding", help="How a CSV file is encoded, when not UTF-8.")
@click.option("--separator", help="What parts the values of a CSV file.")
@click.option("--rejected", type=click.Path(path_type=Path), help="Where rejected rows go.")
@click.option("--dry-run", is_flag=True, help="Check everything and change nothing.")
@common
def table_command(session: Session, table: str, maps: tuple[str, ...], **given: Any) -> Output:
    """Bring rows of CSV, Parquet or NDJSON files, or of a PostgreSQL table, into TABLE."""
    request = Request(
        table,
        columns=dict(pair(one) for one in maps),
        reading=Reading(given["formats"], given["decimal"]),
        dry_run=given["dry_run"],
    )
    with session.workspace() as workspace, ExitStack() as stack:
        from ui.importing import bring_in

        rejected = session.folder / given["rejected"] if given["rejected"] else None
        sources = _sources(session, workspace, table, given, stack)
        done = [bring_in(workspace, source, request, rejected) for source in sources]
    text = "\n".join(_said(one) for one in done)
    nothing = all(one.counts.rejected == one.counts.rows > 0 for one in done)
    return Output(text, [_document(one) for one in done], status=int(nothing))


def pair(text: str) -> tuple[str, str]:
    """THEIRS=OURS in its two parts; refuses what is no such pair."""
    theirs, equals, ours = text.rpartition("=")
    if not (theirs and equals and ours):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"'{text}' does not map a column to another.",
            span=text,
            fix="Write --map THEIRS=OURS, for example --map 'Customer No=user_id'.",
        )
    return theirs.strip(), ours.strip()


def _sources(
    session: Session, workspace: Workspace, table: str, given: dict[str, Any], stack: ExitStack
) -> Iterator[Source]:
    """The sources, each opened when the one before it is in."""
    from ui.importing import file_source, postgres_source

    _refuse_mixed(given["files"], given["url"], given["their_table"])
    if given["url"]:
        yield postgres_source(workspace, table, given["url"], given["their_table"], given["since"])
    for file in given["files"]:
        yield stack.enter_context(
            file_source(
                session.folder / file, encoding=given["encoding"], separator=given["separator"]
            )
        )


def _refuse_mixed(files: Sequence[Path], url: str | None, their_table: str | None) -> None:
    if bool(files) == bool(url):
        raise refuse(
            Code.INVALID_ARGUMENT,
            "An import reads either files or a database.",
            fix="Name files, or a database with --from URL --table schema.table.",
        )
    if bool(url) != bool(their_table):
        raise refuse(
            Code.INVALID_ARGUMENT,
            "A database is read one table at a time.",
            fix="Give --from URL and --table schema.table together.",
        )


def _document(done: Imported) -> dict[str, Any]:
    return done._asdict() | {"counts": done.counts._asdict()}


def _said(done: Imported) -> str:
    counts = done.counts
    verb = "would be " if done.dry_run else ""
    lines = [
        f"{done.source}: {counts.rows:,} rows = {counts.inserted:,} {verb}inserted + "
        f"{counts.updated:,} {verb}updated + {counts.unchanged:,} unchanged + "
        f"{counts.repeated:,} repeated + {counts.rejected:,} rejected",
        "  columns  " + ", ".join(f"{ours} ← {theirs}" for ours, theirs in done.columns.items()),
    ]
    if done.ignored:
        lines.append(f"  ignored  {', '.join(done.ignored)}: no column of {done.table}")
    lines += [f"  note     {note}" for note in done.notes]
    if done.rejected_file:
        lines.append(f"  rejected {done.rejected_file}")
    return "\n".join(lines)
