"""``sql``: check or run a query of one's own."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import click

from core.errors import Refusal
from core.masking import SHOWN_CLASSES
from core.settings import Settings
from ui.cli.session import Listing, Output, Session, common
from ui.row_limits import require_unlimited
from warehouse.catalog import load_catalog
from warehouse.published import Published, latest
from warehouse.rows import Rows
from warehouse.sandbox import run_sandboxed
from warehouse.sqlcheck import CheckedQuery, Role, check

if TYPE_CHECKING:
    from ui.workspace import Workspace


@click.group(cls=Listing)
def sql() -> None:
    """Check or run SQL over the catalog's tables."""


@sql.command("check")
@click.argument("text")
@click.option("--as", "email", help="Whose rights apply; an analyst's by default.")
@click.option("--limit", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--dialect", type=click.Choice(["duckdb"]), default="duckdb", show_default=True)
@common
def check_command(
    session: Session, text: str, email: str | None, limit: int, dialect: str
) -> Output:
    """Check one query without running it; - reads standard input."""
    result = _check(session, text, email, limit)
    return Output(_verdict(result), _document(result), 0 if _is_allowed(result) else 1)


@sql.command("run")
@click.argument("text")
@click.option("--as", "email", help="Whose rights apply; an analyst's by default.")
@click.option("--limit", type=click.IntRange(1), default=1_000, show_default=True)
@click.option("--dialect", type=click.Choice(["duckdb"]), default="duckdb", show_default=True)
@common
def run_command(session: Session, text: str, email: str | None, limit: int, dialect: str) -> Output:
    """Check one query and run it read-only over the published copy; - reads standard input."""
    result = _check(session, text, email, limit)
    if not isinstance(result, CheckedQuery):
        return Output(_verdict(result), _document(result), 1)
    if read := _personal(result, session):
        session.record(f"reads {', '.join(read)}")
    rows = _run_over_copy(session, result)
    return Output(_csv(rows), _document(result) | {"columns": rows.columns, "rows": rows.rows})


def _run_over_copy(session: Session, checked: CheckedQuery) -> Rows:
    """Rows from the published copy; the workspace is opened only when there is none to read."""
    settings = session.settings()
    copy = latest(settings.workspace / "published")
    if copy is not None and not (settings.source_url and _is_behind(settings, copy)):
        return run_sandboxed(checked, copy, settings.limits)
    with session.workspace() as workspace:
        return workspace.run_sandboxed(checked)


def _is_behind(settings: Settings, copy: Published) -> bool:
    # What reads a team's own file takes a while to import: only such a workspace waits for it.
    from ui.own_warehouse import is_newer

    return is_newer(settings, copy.path)


def _check(
    session: Session, text: str, email: str | None, limit: int
) -> CheckedQuery | tuple[Refusal, ...]:
    query = _read(session, text)
    if email is None:
        catalog = load_catalog(session.settings().catalog)
        return check(query, catalog, role="analyst", row_limit=limit)
    with session.workspace() as workspace:
        role = _role(session, workspace, email)
        return check(query, workspace.catalog, role=role, row_limit=limit)


def _role(session: Session, workspace: Workspace, email: str) -> Role:
    sight = session.sight(workspace, email)
    require_unlimited(sight, "write queries of your own")
    return "admin" if sight.clear else "analyst"


def _personal(checked: CheckedQuery, session: Session) -> list[str]:
    """The columns of a query that are not for everybody to see."""
    tables = load_catalog(session.settings().catalog).tables
    classes = {
        f"{table}.{name}".lower(): column.data_class
        for table, one in tables.items()
        for name, column in one.columns.items()
    }
    return [name for name in checked.columns if classes.get(name, "public") not in SHOWN_CLASSES]


def _read(session: Session, text: str) -> str:
    return session.piped() if text == "-" else text


def _is_allowed(result: CheckedQuery | tuple[Refusal, ...]) -> bool:
    return isinstance(result, CheckedQuery)


def _document(result: CheckedQuery | tuple[Refusal, ...]) -> dict[str, object]:
    if isinstance(result, CheckedQuery):
        return {
            "allowed": True,
            "refusals": [],
            "tables": result.tables,
            "columns": result.columns,
            "row_limit": result.row_limit,
            "sql": result.sql,
        }
    return {
        "allowed": False,
        "refusals": result,
        "tables": [],
        "columns": [],
        "row_limit": None,
        "sql": None,
    }


def _verdict(result: CheckedQuery | tuple[Refusal, ...]) -> str:
    if isinstance(result, CheckedQuery):
        return f"Allowed. It reads {', '.join(result.columns) or 'no columns'}.\n\n{result.sql}"
    return "Refused.\n" + "\n".join(f"- {refusal.code}: {refusal}" for refusal in result)


# What a spreadsheet would run; a number may begin with its sign.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d\s().-]*$)")


def _cell(value: object) -> object:
    """A cell that a spreadsheet shows as it is: a text that begins like a formula gets a mark."""
    is_formula = isinstance(value, str) and _FORMULA.match(value)
    return f"'{value}" if is_formula else value


def _csv(rows: Rows) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(map(_cell, rows.columns))
    writer.writerows(map(_cell, row) for row in rows.rows)
    return buffer.getvalue().rstrip("\n")
