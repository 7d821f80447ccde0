"""The example's shop as a workspace, and beside it the same file asked by hand."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import duckdb

from core.settings import Settings
from examples.shop.build import build
from ui.workspace import Workspace, open_workspace

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "examples" / "shop" / "catalog"
NOW = "TIMESTAMP '2026-09-13 21:54:19'"


class Shop:
    """The shop's file, and a workspace over it."""

    def __init__(self, folder: Path, catalog: Path = CATALOG) -> None:
        self.file = folder / "shop.duckdb"
        build(self.file)
        self.before = self.fingerprint()
        workspace = folder / "ws"
        workspace.mkdir()
        self.settings = Settings(
            workspace=workspace,
            warehouse_url=f"duckdb:///{workspace / 'warehouse.duckdb'}",
            control_url=f"sqlite:///{workspace / 'control.db'}",
            source_url=f"duckdb:///{self.file}",
            catalog=catalog,
            planner="grammar",
        )
        self.workspace: Workspace = open_workspace(self.settings)

    def ask(self, prompt: str, *, submit: bool = False) -> Any:
        """One prompt of the demo's marketer."""
        return self.workspace.ask(prompt, self.workspace.person("mara@demo"), submit=submit)

    def by_hand(self, sql: str) -> list[tuple[Any, ...]]:
        """What the shop's own tables say, by SQL that a person wrote over them."""
        with duckdb.connect(str(self.file), read_only=True) as shop:
            return shop.execute(sql.replace(":now", NOW)).fetchall()

    def fingerprint(self) -> str:
        """Of every byte of the team's file."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()

    def close(self) -> None:
        """Let go of both files."""
        self.workspace.close()
