"""What notifications need of a workspace: who works there, what is open, and what time it is."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from control.store import Store
from core.alerts import Alert
from core.settings import Settings


class Looked(Protocol):
    """Where the open alerts hang."""

    @property
    def open(self) -> tuple[Alert, ...]: ...
    @property
    def looked(self) -> bool: ...


class Team(Protocol):
    """A workspace, as far as people are told what happens in it."""

    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...
    @property
    def board(self) -> Looked: ...
    def now(self) -> datetime: ...
