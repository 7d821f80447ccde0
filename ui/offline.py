"""Offline lists of a workspace: what is on them, a day of one as a file, and what came back."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import structlog

from control import audit, holds
from control.people import Person, require_now
from control.receipts import keep
from control.sights import sight_of
from core.errors import Code, refuse
from core.lifecycle import Role
from deliver.destinations.offline_list import FOLDER, OfflineList, list_files, references
from deliver.list_results import read_results
from deliver.receipts.calls import Read
from deliver.receipts.receivers import batch_of
from deliver.registry import checked, named
from ui.importing import rejected_file
from ui.receiving import apply_receipts
from ui.row_limits import require_unlimited
from warehouse.connect.checking import Reading
from warehouse.connect.importing import keep_rejected
from warehouse.connect.source import Source

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

TAKERS = frozenset({Role.APPROVER, Role.ADMIN})
"""Who may take addresses out of the workspace."""


def listed(workspace: Workspace) -> list[dict[str, Any]]:
    """Every day of every list: its files and how many messages are on them, the newest first."""
    return [
        {"list": name, "day": day, "files": len(files), "messages": _messages(files)}
        for name, one in lists(workspace).items()
        for day, files in _days(workspace, one).items()
    ]


def take(
    workspace: Workspace, name: str, day: date, out: Path, *, person: Person
) -> dict[str, Any]:
    """Write a day of a list as one file, in the order of the references; gives what is in it.

    Refuses with NOT_ALLOWED, UNKNOWN_KEY where there is no such list or day, and
    INVALID_ARGUMENT where the file is there or the columns changed during the day.
    """
    with workspace.store.read() as connection:
        require_now(connection, person, TAKERS, "take a list")
        holds.require_none(connection, "is taken")
    require_unlimited(sight_of(workspace.store, person), "take a list")
    files = _days(workspace, named(lists(workspace), name)).get(day.isoformat())
    if files is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no list '{name}' of {day}.",
            span=str(day),
            fix="See the days with 'pilothouse offline list'.",
        )
    head, rows = _together(files)
    act = audit.Act(workspace.now(), person.email, "take list", name, note=f"{len(rows)} of {day}")
    with _new_file(out) as opened:
        # On record before an address is in it: nothing is taken without its entry.
        with workspace.store.write() as connection:
            audit.append(connection, act)
        csv.writer(opened).writerows([head, *rows])
    return {"list": name, "day": day.isoformat(), "messages": len(rows), "file": str(out)}


def bring_in(
    workspace: Workspace,
    source: Source,
    columns: Mapping[str, str],
    reading: Reading,
    rejected: Path | None,
) -> dict[str, Any]:
    """Import what became of messages; the same file again changes nothing."""
    now = workspace.now()
    with workspace.warehouse.cursor(told=False) as cursor:
        found = read_results(
            cursor,
            workspace.store,
            source,
            columns,
            reading,
            lists=[*lists(workspace)],
            now=now,
        )
    batches = [batch_of(name, Read(facts)) for name, facts in found.facts.items()]
    kept = keep(workspace.store, batches, now=now)
    done = apply_receipts(workspace)
    file = rejected or rejected_file(workspace, "offline", source.name)
    counts = Counter(fact.kind for facts in found.facts.values() for fact in facts)
    log.info("results_imported", rows=found.rows, withdrawn=done.withdrawn)
    return {
        "source": source.name,
        "rows": found.rows,
        "new": sum(one.new for one in kept),
        "known": sum(one.duplicate for one in kept),
        "nothing": found.ignored,
        "repeated": found.repeated,
        "rejected": len({one.row for one in found.rejected}),
        "by_result": dict(sorted(counts.items())),
        "rejected_file": keep_rejected(file, found.rejected),
    }


def lists(workspace: Workspace) -> dict[str, OfflineList]:
    """The destinations that are offline lists, by name."""
    usable = checked(workspace.settings).usable
    return {name: one for name, one in usable.items() if isinstance(one, OfflineList)}


def _days(workspace: Workspace, one: OfflineList) -> dict[str, list[Path]]:
    days: dict[str, list[Path]] = {}
    for file in list_files(workspace.settings.workspace / FOLDER / one.folder):
        days.setdefault(file.parent.name, []).append(file)
    return days


def _messages(files: list[Path]) -> int:
    return sum(1 for file in files for _ in references(file))


def _together(files: list[Path]) -> tuple[list[str], list[list[str]]]:
    found = [list(_rows(file)) for file in files]
    heads = {tuple(rows[0]) for rows in found}
    if len(heads) > 1:
        raise refuse(
            Code.INVALID_ARGUMENT,
            "The columns of the list changed during the day.",
            span=str(files[0].parent),
            fix="Take its files one by one.",
        )
    return found[0][0], sorted(row for rows in found for row in rows[1:])


def _rows(file: Path) -> Iterator[list[str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        yield from csv.reader(opened)


@contextmanager
def _new_file(out: Path) -> Iterator[TextIO]:
    """A file that is not there yet, to write into; refuses with INVALID_ARGUMENT."""
    try:
        with out.open("x", encoding="utf-8", newline="") as opened:
            yield opened
    except OSError as error:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{out} cannot be written: {error.strerror}.",
            span=str(out),
            fix="Name a file that does not exist, in a folder that does.",
        ) from error
