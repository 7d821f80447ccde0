"""Small generated demos, made once a test run, and workspaces over them."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import duckdb

from core.settings import Settings
from ui.workspace import Workspace
from warehouse.demo.generate import generate

DECISION = (
    "Define a priority order for trial users: (1) help users complete a second workout, "
    "(2) handle support issues, (3) upgrade messaging. Write the suppressions and stop conditions."
)
ELIGIBILITY = (
    "Create eligibility rules for an upgrade nudge that only targets users who completed 3 "
    "workouts, viewed pricing, and have no open support tickets."
)
DEBUG = (
    "Why did conversion drop on iOS this week? Compare funnel steps and message exposure for iOS "
    "vs Android and summarize likely causes."
)
PROMPTS = {"eligibility": ELIGIBILITY, "decision": DECISION, "debug": DEBUG}


@cache
def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="demo-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def demo_file(scenario: str = "ios_checkout", seed: int = 7) -> Path:
    """A warehouse of 2,000 users and 56 days; tests that write to it copy it first."""
    return _made(scenario, seed)


@cache
def _made(scenario: str, seed: int) -> Path:
    path = _folder() / f"{scenario}-{seed}.duckdb"
    with duckdb.connect(str(path), config={"threads": 2}) as connection:
        generate(connection, users=2_000, days=56, seed=seed, scenario=scenario)
    return path


def settings_for(folder: Path, warehouse: Path) -> Settings:
    """A demo workspace without a model."""
    return Settings(
        workspace=folder,
        warehouse_url=f"duckdb:///{warehouse}",
        control_url=f"sqlite:///{folder}/control.db",
        planner="grammar",
    )


def open_demo(folder: Path, warehouse: Path | None = None) -> Workspace:
    """A fresh workspace over a demo; close it when done."""
    return Workspace(settings_for(folder, warehouse or demo_file()))
