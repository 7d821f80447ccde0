"""A team's own tables as views: the mapping of a foreign warehouse, as files that people edit.

``views/<name>.sql`` of a catalog folder holds one SELECT each, over ``source``,
the team's warehouse, which is attached read-only, and over other views. The
files bring keys, times and names into the shape that rules read; nothing is
copied and nothing of the team's is written.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Protocol

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from core.errors import Code, PilothouseError, refuse
from warehouse.sqlcheck.allowed import FUNCTIONS, SQLGLOT_NODES

SOURCE = "source"
"""The name under which the team's warehouse is attached."""
FOLDER = "views"
DIALECT = "duckdb"
OWN_TABLES = frozenset(
    """
    decisions decision_records earlier_decision_records record_cycles record_candidates
    record_chunks record_users record_bits record_early slots cycles cycle_turn intents
    fct_messages raw_events dead_letters ingest_ledger identity_nodes identity_edges
    identity_rules identity_map identity_conflicts meta meta_models traits trait_history
    action_classes assignments candidates chunk_arrays chunk_rows bit_rows chunk_users
    consent_withdrawn consents_asked consents_of_users draws exposures former_ids granted_rows
    journey_offers laid leased lots merges_of_users offers_asked outcome outcomes past pausing
    reasons released roster_rows stand_ins told ways zone_places zones_of_users
    """.split()
)
"""Tables that Pilothouse writes, for good or while it decides: no view may have such a name."""
_MORE_NODES = frozenset({"JSONObject", "JSONKeyValue", "ToTimestamp"})
_MORE_FUNCTIONS = frozenset({"json_object", "to_json", "json_merge_patch", "md5_number", "hash"})


class Executing(Protocol):
    """What creating views needs of an engine."""

    def execute(self, sql: str, params: dict[str, Any] | None = None) -> None:
        """Run one statement for its effect."""
        ...


def load_views(folder: Path) -> dict[str, exp.Query]:
    """Name → query of every view of a catalog folder, each after those that it reads.

    Refuses a file that is not one SELECT of listed parts over the source and other views.
    """
    files = sorted((folder / FOLDER).glob("*.sql"))
    views = {file.stem: _query(file) for file in files}
    reads = {name: _reads(name, query, views) for name, query in views.items()}
    try:
        order = list(TopologicalSorter(reads).static_order())
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise _wrong(f"The views read each other in a circle: {circle}.", circle) from error
    return {name: views[name] for name in order}


def create_views(engine: Executing, views: dict[str, exp.Query]) -> None:
    """Make the views in the workspace's own warehouse; refuses one that the engine cannot read."""
    for name, query in views.items():
        view = exp.Create(this=exp.table_(name), kind="VIEW", expression=query, replace=True)
        try:
            engine.execute(view.sql(DIALECT))
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            raise _wrong(f"The view {name} cannot be made: {said}", f"{name}.sql") from error


def _query(file: Path) -> exp.Query:
    if file.stem.lower() in OWN_TABLES:
        raise _wrong(f"'{file.stem}' is a table that Pilothouse writes itself.", file.name)
    try:
        statements = sqlglot.parse(file.read_text(encoding="utf-8"), dialect=DIALECT)
    except (SqlglotError, UnicodeDecodeError) as error:
        said = str(error).splitlines()[0]
        raise _wrong(f"The view {file.name} cannot be read: {said}", file.name) from error
    queries = [one for one in statements if one is not None]
    if len(queries) != 1 or not isinstance(queries[0], exp.Query):
        raise _wrong(f"The view {file.name} is not one SELECT.", file.name)
    for node in queries[0].walk():
        _require_listed(node, file.name)
    return queries[0]


def _require_listed(node: exp.Expr, file: str) -> None:
    """A file is configuration, not a program: it reads tables and computes with their columns."""
    listed = type(node).__name__ in SQLGLOT_NODES | _MORE_NODES
    if isinstance(node, exp.Anonymous):
        listed = node.name.lower() in FUNCTIONS | _MORE_FUNCTIONS
    if not listed:
        said = node.sql(DIALECT)[:80]
        raise _wrong(f"The view {file} uses '{said}', which views may not.", said)


def _reads(name: str, query: exp.Query, views: dict[str, exp.Query]) -> set[str]:
    """The other views that a view reads; everything else must lie in the source."""
    inner = {cte.alias for cte in query.find_all(exp.CTE)}
    found = set()
    for table in query.find_all(exp.Table):
        parts = [part.name for part in table.parts]
        if parts[0] == SOURCE and len(parts) > 1:
            continue
        if len(parts) == 1 and parts[0] in inner:
            continue
        if len(parts) > 1 or parts[0] not in views:
            where = ".".join(parts)
            raise _wrong(f"The view {name}.sql reads {where}, which is not there.", where)
        found.add(parts[0])
    return found


def _wrong(message: str, span: str) -> PilothouseError:
    fix = f"Correct the file in the folder '{FOLDER}' of the catalog; tables are {SOURCE}.<name>."
    return refuse(Code.SETTINGS_INVALID, message, span=span, fix=fix)
