"""How long a warm process takes for each of the three prompts, beside a plain scan of events."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from benchmarks.measured import Measured, median_seconds
from core.settings import Settings
from ui.cli.data import make_demo_data
from ui.demo_story import DEBUG, DECISION, ELIGIBILITY
from ui.workspace import Workspace, open_workspace
from warehouse.demo.generate import AS_OF

LIMIT_SECONDS = 3.0
REPEATS = 3
PROMPTS = {"eligibility": ELIGIBILITY, "decision": DECISION, "debug": DEBUG}
SCAN = """
SELECT event_name, COUNT(*), COUNT(DISTINCT user_id), MAX(event_time)
FROM fct_events
GROUP BY event_name
"""


def measure() -> list[Measured]:
    """Seconds for each prompt over the default demo, as a multiple of one scan."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = open_workspace(_demo(Path(folder)))
        try:
            return _measure(workspace)
        finally:
            workspace.close()


def _measure(workspace: Workspace) -> list[Measured]:
    scan = median_seconds(lambda: workspace.warehouse.fetch(SCAN), REPEATS)
    measured = []
    for name, prompt in PROMPTS.items():
        spent = median_seconds(partial(_ask, workspace, prompt), REPEATS)
        measured.append(
            Measured(
                f"{name} prompt, warm",
                spent.wall,
                "s",
                LIMIT_SECONDS,
                cpu=spent.cpu,
                ratio=spent.cpu / scan.cpu,
                yardstick="a plain scan of fct_events",
            )
        )
    return measured


def _ask(workspace: Workspace, prompt: str) -> None:
    result = workspace.ask(prompt, workspace.person("mara@demo"), submit=False)
    if result.status == "refused":
        raise RuntimeError(f"not answered: {result.answer}")


def _demo(folder: Path) -> Settings:
    settings = Settings(
        workspace=folder,
        warehouse_url=f"duckdb:///{folder / 'warehouse.duckdb'}",
        control_url=f"sqlite:///{folder / 'control.db'}",
    )
    make_demo_data(settings, users=20_000, days=120, seed=7, as_of=AS_OF, scenario="ios_checkout")
    return settings
