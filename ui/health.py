"""How the data of a workspace is: its age, what came in and what did not, how it moved, who rests
on what is late. Read in one go for a person; nothing is kept and nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlglot import exp

from collect.load import shown
from control import delivery, sources, versions
from control.delivery import Pause
from core.errors import PilothouseError
from core.lifecycle import IntentState
from core.masking import masked_text
from ui import slo
from ui.lineage import read_by_rules
from ui.modelling import live_models
from warehouse.clocks.freshness import Freshness, TableAge, freshness, table_ages
from warehouse.identity.conflicts import Conflict, conflicts
from warehouse.models import build
from warehouse.models.drift import Compared, drift

if TYPE_CHECKING:
    from ui.workspace import Workspace

MOST_REASONS = 50
NEED_SOMEBODY = (IntentState.AMBIGUOUS, IntentState.REJECTED)


class Source(NamedTuple):
    """What became of all that one source sent."""

    name: str
    received: int
    stored: int
    duplicate: int
    dead_letter: int
    suppressed: int

    @property
    def unaccounted(self) -> int:
        """Events that became nothing that is known; below 0: counted twice."""
        known = self.stored + self.duplicate + self.dead_letter + self.suppressed
        return self.received - known


class Dead(NamedTuple):
    """Why events were not accepted; ``message`` is that of the newest, without addresses."""

    code: str
    path: str
    events: int
    sources: int
    first_at: datetime
    last_at: datetime
    message: str


class Merging(NamedTuple):
    """How many of the users are known to be somebody else, and what waits for a ruling."""

    users: int
    merged: int
    open: tuple[Conflict, ...]


class Resting(NamedTuple):
    """A rule in force that reads something which is late."""

    key: str
    name: str
    state: str
    late: tuple[str, ...]
    """Names of tables and traits."""


class Health(NamedTuple):
    """Everything, as it was at ``at`` (naive UTC)."""

    at: datetime
    held: str | None
    """Why nothing is sent, as a sentence."""
    tables: tuple[TableAge, ...]
    traits: tuple[Freshness, ...]
    resting: tuple[Resting, ...]
    sources: tuple[Source, ...]
    dead: tuple[Dead, ...]
    drift: Compared | None
    """None: there are no two builds to compare."""
    merging: Merging
    outbox: dict[str, int]
    """Messages by state."""
    paused: tuple[Pause, ...]

    @property
    def late(self) -> tuple[str, ...]:
        """Tables, then traits, that are older than promised."""
        tables = [one.table for one in self.tables if one.late]
        return (*tables, *(one.trait for one in self.traits if one.stale))

    @property
    def need_somebody(self) -> int:
        """Messages that were rejected, or of which nobody can tell whether they arrived."""
        return sum(self.outbox.get(state, 0) for state in NEED_SOMEBODY)


def health(workspace: Workspace) -> Health:
    """How the data is now. Opens the collector of the workspace, whose tables it reads."""
    _ = workspace.intake
    now = workspace.as_of()
    models = live_models(workspace.store, workspace.settings)
    with workspace.warehouse.cursor() as cursor:
        tables = table_ages(cursor, workspace.catalog, now)
        managed = build.managed(cursor)
        traits = freshness(cursor, models, now) if managed else ()
        moved = drift(cursor) if managed else None
        waiting = tuple(conflicts(cursor))
    late = {one.table for one in tables if one.late} | {one.trait for one in traits if one.stale}
    paused = delivery.paused(workspace.store)
    return Health(
        at=workspace.now(),
        held=slo.held(workspace, workspace.now()),
        tables=tables,
        traits=traits,
        resting=tuple(_resting(workspace, late)),
        sources=tuple(_sources(workspace)),
        dead=tuple(_dead(workspace)),
        drift=moved,
        merging=_merging(workspace, waiting),
        outbox=workspace.outbox_counts(),
        paused=tuple(paused[name] for name in sorted(paused)),
    )


def _resting(workspace: Workspace, late: Iterable[str]) -> Iterator[Resting]:
    wanted = {*late}
    if not wanted:
        return
    try:
        read = read_by_rules(workspace)
    except PilothouseError:
        # A rule that reads what the catalog has no more is said where rules are checked.
        return
    for version in versions.all_current(workspace.store):
        nodes = read[version.key]
        tables = {one.name.partition(".")[0] for one in nodes if one.kind == "column"}
        if any(one.kind == "event" for one in nodes):
            tables.add(workspace.catalog.layout.events.table)
        traits = {one.name for one in nodes if one.kind == "trait"}
        if found := (tables | traits) & wanted:
            name = version.artifact.name
            yield Resting(version.key, name, version.state, tuple(sorted(found)))


def _sources(workspace: Workspace) -> Iterator[Source]:
    names = {one.id: one.name for one in sources.list_all(workspace.store)}
    for row in shown(workspace.warehouse, "ledger_by_source"):
        counts = [int(row[name] or 0) for name in Source._fields[1:]]
        yield Source(names.get(row["source_id"], row["source_id"]), *counts)


def _dead(workspace: Workspace) -> Iterator[Dead]:
    asked: dict[str, Any] = {"limit": MOST_REASONS}
    for row in shown(workspace.warehouse, "dead_letters_by_reason", asked):
        said = row | {"path": row["path"] or "", "message": masked_text(row["message"] or "")}
        yield Dead(**said)


def _merging(workspace: Workspace, waiting: tuple[Conflict, ...]) -> Merging:
    layout = workspace.catalog.layout.users
    canonical: exp.Expr = exp.maybe_parse(layout.canonical, dialect="duckdb")
    counted = exp.func("COUNT_IF", exp.not_(exp.paren(canonical)))
    query = exp.select(exp.func("COUNT", exp.Star()), counted).from_(layout.table)
    ((users, merged),) = workspace.warehouse.fetch(query.sql("duckdb")).rows
    return Merging(int(users), int(merged), waiting)
