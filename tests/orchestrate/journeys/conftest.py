"""The stage on which journeys play."""

from __future__ import annotations

import pytest

from tests.orchestrate.journeys.stage import Stage
from tests.orchestrate.world import World


@pytest.fixture
def stage(world: World) -> Stage:
    """A world whose clock the test moves."""
    return Stage(world)
