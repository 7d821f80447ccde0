"""A collector with its own log and warehouse, and a client that speaks as an SDK does."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from collect.routes import Collector, Limits
from control.sources import DEMO_SOURCE, Source
from tests.collect.world import World

NOW = datetime(2026, 6, 29, 12, 0, 0)
DISABLED = Source(id="old", name="Old app", write_key="old-key", enabled=False)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def sdk(world: World) -> Iterator[TestClient]:
    """A client with the demo's write key."""
    yield from client_of(world)


def client_of(world: World, limits: Limits | None = None) -> Iterator[TestClient]:
    by_key = {source.write_key: source for source in (DEMO_SOURCE, DISABLED)}
    collector = Collector(world.log, by_key.get, lambda: NOW, limits=limits or Limits())
    shown = base64.b64encode(f"{DEMO_SOURCE.write_key}:".encode()).decode()
    app = Starlette(routes=collector.routes())
    with TestClient(app, headers={"Authorization": f"Basic {shown}"}) as client:
        yield client
