"""What a source of alerts is: a function that reads a workspace and says what needs somebody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from core.alerts import Alert

if TYPE_CHECKING:
    from ui.workspace import Workspace


class Source(Protocol):
    """Reads one thing; ``now`` is the workspace's (naive UTC)."""

    __name__: str

    def __call__(self, workspace: Workspace, now: datetime, /) -> Iterator[Alert]:
        """What needs somebody."""
        ...
