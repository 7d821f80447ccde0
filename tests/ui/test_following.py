"""What happens after a load in a running server: facts become traits, and readers see them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from control import sources
from tests.tools.demo import open_demo
from ui import modelling
from ui.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_demo(tmp_path / "workspace")
    yield opened
    opened.close()


def test_events_of_the_last_loads_reach_the_traits_and_the_published_copy(
    workspace: Workspace,
) -> None:
    (user,) = workspace.warehouse.fetch(
        "SELECT user_id FROM traits WHERE preferred_workout_type = 'cardio' ORDER BY 1 LIMIT 1"
    ).rows[0]
    source = sources.list_all(workspace.store)[0]
    workspace.intake.take_in(source, [[_stretched(workspace, user, n) for n in range(400)]])

    before = workspace.published()

    modelling.follow(workspace)

    query = "SELECT preferred_workout_type FROM traits WHERE user_id = $user"
    assert workspace.warehouse.fetch(query, {"user": user}).scalar() == "yoga"
    assert workspace.published().path != before.path


def _stretched(workspace: Workspace, user: str, number: int) -> dict[str, object]:
    at = workspace.as_of() - timedelta(hours=1, seconds=number)
    return {
        "type": "track",
        "event": "workout_completed",
        "userId": user,
        "messageId": f"yoga-{number}",
        "timestamp": f"{at.isoformat()}Z",
        "context": {"import": True},
        "properties": {"workout_type": "yoga", "duration_seconds": 60},
    }
