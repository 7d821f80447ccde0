"""Messages that destinations of a workspace have and are asked to take back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from deliver import taking_back
from deliver.registry import checked
from deliver.taking_back import Around
from deliver.wire import Provider
from ui.workspace_clock import wall_time

if TYPE_CHECKING:
    from ui.workspace import Workspace


def able(workspace: Workspace) -> list[str]:
    """The destinations that take messages back."""
    return taking_back.able(_providers(workspace))


def take_back(
    workspace: Workspace,
    *,
    now: datetime | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Ask for everything that is to be asked for; what is held back from leaving holds nothing."""
    around = Around(
        workspace.store,
        workspace.warehouse,
        _providers(workspace),
        clock=workspace.now if now is None else lambda: now,
        wall=wall_time,
        stopping=stopping,
    )
    taking_back.take_back(around)


def has_work(workspace: Workspace) -> bool:
    """Whether ``take_back`` would find anything to do."""
    return taking_back.has_work(workspace.store, _providers(workspace), now=workspace.now())


def _providers(workspace: Workspace) -> Mapping[str, Provider]:
    usable = checked(workspace.settings).usable
    return {name: one for name, one in usable.items() if isinstance(one, Provider)}
