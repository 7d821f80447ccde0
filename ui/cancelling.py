"""Messages that destinations of a workspace have and are asked to take back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from deliver import taking_back
from deliver.taking_back import Around
from ui.outward import outward

if TYPE_CHECKING:
    from ui.workspace import Workspace


def able(workspace: Workspace) -> list[str]:
    """The destinations that take messages back."""
    return taking_back.able(_around(workspace).destinations)


def take_back(
    workspace: Workspace,
    *,
    now: datetime | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Ask for everything that is to be asked for; what is held back from leaving holds nothing."""
    clock = workspace.now if now is None else lambda: now
    taking_back.take_back(_around(workspace)._replace(clock=clock, stopping=stopping))


def has_work(workspace: Workspace) -> bool:
    """Whether ``take_back`` would find anything to do."""
    around = _around(workspace)
    return taking_back.has_work(workspace.store, around.destinations, now=workspace.now())


def _around(workspace: Workspace) -> Around:
    where = outward(workspace.settings, workspace.store, workspace.mailbox_folder)
    return Around(
        workspace.store,
        workspace.warehouse,
        where.destinations,
        workspace.now,
        where.wall,
        where.seconds,
    )
