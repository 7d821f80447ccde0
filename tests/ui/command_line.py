"""The command line as a test uses it: in this process, with its output caught."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from ui.cli import main

ELIGIBILITY = (
    "Create eligibility rules for an upgrade nudge that only targets users who completed "
    "3 workouts, viewed pricing, and have no open support tickets."
)
DECISION = (
    "Define a priority order for trial users: (1) help users complete a second workout, "
    "(2) handle support issues, (3) upgrade messaging. Write the suppressions and stop conditions."
)
DEBUG = (
    "Why did conversion drop on iOS this week? Compare funnel steps and message exposure for "
    "iOS vs Android and summarize likely causes."
)


class Done(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


class CommandLine:
    """Gives commands to a workspace."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace

    def __call__(self, *words: str, piped: str = "") -> Done:
        """One command of this workspace."""
        return give(*words, "--workspace", str(self.workspace), piped=piped)

    def json(self, *words: str, status: int = 0) -> Any:
        """The document of one command, which must end with this status."""
        done = self(*words, "--json")
        assert done.status == status, done
        return done.document

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the warehouse itself says, asked beside the product."""
        with duckdb.connect(str(self.workspace / "warehouse.duckdb"), read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()

    def contents(self) -> tuple[str, str]:
        """Fingerprints of everything decided and of the warehouse file."""
        with contextlib.closing(sqlite3.connect(self.workspace / "control.db")) as control:
            decided = "\n".join(control.iterdump())
        warehouse = (self.workspace / "warehouse.duckdb").read_bytes()
        return _fingerprint(decided.encode()), _fingerprint(warehouse)


def give(*words: str, piped: str = "") -> Done:
    """One command, as typed; a fault of ours would raise."""
    out, err, before = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.StringIO(piped)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main([*words])
    except SystemExit as ended:
        return Done(int(ended.code or 0), out.getvalue(), err.getvalue())
    finally:
        sys.stdin = before
    raise AssertionError("a command always says how it ended")


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
