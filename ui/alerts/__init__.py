"""Alerts of a workspace: read off its stores, one small function a source, nothing kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb
from sqlalchemy.exc import SQLAlchemyError

from core.alerts import Alert, AlertKind, alert, in_order
from core.errors import PilothouseError
from ui.alerts import changes, data, decisions, safety, sending
from ui.alerts.source import Source

if TYPE_CHECKING:
    from ui.workspace import Workspace

SOURCES: tuple[Source, ...] = (
    *changes.SOURCES,
    *safety.SOURCES,
    *decisions.SOURCES,
    *sending.SOURCES,
    *data.SOURCES,
)


def open_alerts(workspace: Workspace) -> list[Alert]:
    """Everything that needs a person by now, what is urgent first.

    A source that cannot be read is an alert itself and hides no other.
    """
    return in_order(found for source in SOURCES for found in _read(workspace, source))


def _read(workspace: Workspace, source: Source) -> Iterator[Alert]:
    try:
        yield from source(workspace, workspace.now())
    except (PilothouseError, duckdb.Error, SQLAlchemyError) as error:
        name = source.__name__.replace("_", " ")
        yield alert(
            AlertKind.LOOK_FAILED,
            name,
            f"Nobody can tell of {name}: {str(error).splitlines()[0]}",
            "pilothouse doctor",
        )
