"""The SDKs as published, against a live collector: what is stored is what was sent."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from collect.routes import Collector
from control.sources import DEMO_SOURCE
from tests.collect.world import World, balanced, codes
from tests.project.tree import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HERE = Path(__file__).parent / "sdk"
PYTHON_SDK = "rudder-sdk-python==2.1.9"
NODE_SDK = "@rudderstack/rudder-sdk-node@3.0.13"


@contextlib.contextmanager
def served(app: Starlette) -> Iterator[str]:
    """An app on a free port of this machine."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def address(world: World) -> Iterator[str]:
    by_key = {DEMO_SOURCE.write_key: DEMO_SOURCE}
    clock = lambda: datetime.now(UTC).replace(tzinfo=None)  # noqa: E731
    with served(Starlette(routes=Collector(world.log, by_key.get, clock).routes())) as url:
        yield url


def installed(*command: str) -> None:
    """Install an SDK, or skip with the reason: not every machine reaches a package index."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    if done.returncode:
        pytest.skip(f"the SDK cannot be installed: {done.stderr.strip().splitlines()[-1:]}")


@pytest.fixture(scope="module")
def python_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the SDK: it needs an older dateutil than ours, so it lives apart."""
    folder = tmp_path_factory.mktemp("python-sdk")
    uv = ["bash", str(ROOT / ".ci" / "uv")]
    installed(*uv, "venv", "--quiet", str(folder))
    python = folder / "bin" / "python"
    installed(*uv, "pip", "install", "--quiet", "--python", str(python), PYTHON_SDK)
    return python


@pytest.fixture(scope="module")
def node_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Node finds the SDK."""
    if not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("no npm: install Node.js to test its SDK")
    folder = tmp_path_factory.mktemp("node-sdk")
    installed("npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), NODE_SDK)
    shutil.copy(HERE / "send.mjs", folder)
    return folder


def sent(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_everything_the_python_sdk_sends_is_stored_as_it_was_sent(
    world: World, address: str, python_sdk: Path
) -> None:
    done = sent(str(python_sdk), str(HERE / "send.py"), address, DEMO_SOURCE.write_key)
    assert done.returncode == 0, done.stdout + done.stderr

    loaded = world.load()
    assert balanced(loaded)
    assert (loaded.received, loaded.stored, loaded.dead_letter) == (260, 259, 1)
    assert codes(world) == [("UNPLANNED_EVENT", "$.event")]
    _check_common(world)
    # This SDK tells traits only in the context.
    traits = by_type(world, "identify", "context -> '$.traits'")
    assert json.loads(traits) == {"plan": "free", "name": "Zoë \u0000 中文"}
    nested = "SELECT properties -> '$.nested' FROM fct_events WHERE event_name = 'checkout_started'"
    assert json.loads(world.warehouse.fetch(nested).scalar()) == {"a": [1, 2.5, None]}
    assert numbers(world) == list(range(250))


def test_everything_the_node_sdk_sends_is_stored_as_it_was_sent(
    world: World, address: str, node_sdk: Path
) -> None:
    done = sent("node", str(node_sdk / "send.mjs"), address, DEMO_SOURCE.write_key)
    assert done.returncode == 0, done.stdout + done.stderr

    loaded = world.load()
    assert balanced(loaded)
    assert (loaded.received, loaded.stored) == (59, 59)
    _check_common(world)
    assert json.loads(by_type(world, "identify", "traits")) == {"plan": "free", "name": "Zoë 中文"}
    assert numbers(world) == list(range(50))


def _check_common(world: World) -> None:
    """What both SDKs were told to send."""
    assert by_type(world, "alias", "previous_id || '>' || user_id") == "u0>u1"
    assert by_type(world, "group", "group_id || (traits ->> '$.size')") == "team-14"
    assert by_type(world, "page", "properties ->> '$.path'") == "/pricing"
    assert by_type(world, "screen", "user_id") == "u1"
    mine = "SELECT event_name, properties FROM fct_events WHERE user_id = 'u1' ORDER BY 1"
    found = {name: json.loads(kept) for name, kept in world.warehouse.fetch(mine).rows}
    assert found["workout_completed"] == {"workout_type": "yoga", "duration_seconds": 1800}
    assert found["checkout_started"]["plan"] == "annual"
    backdated = "SELECT event_time FROM fct_events WHERE event_name = 'pricing_viewed'"
    assert world.warehouse.fetch(backdated).scalar() == datetime(2026, 6, 1, 8, 30)
    devices = "SELECT anonymous_id FROM raw_events WHERE type = 'track' AND user_id IS NULL"
    assert world.warehouse.fetch(devices).rows == [("device-1",)]


def by_type(world: World, kind: str, expression: str) -> str:
    """A value of the one event of a type."""
    found = world.warehouse.fetch(f"SELECT {expression} FROM raw_events WHERE type = '{kind}'")
    assert len(found.rows) == 1
    return str(found.scalar())


def numbers(world: World) -> list[int]:
    """The numbers that the many small events carried, in order."""
    found = world.warehouse.fetch(
        "SELECT CAST(properties ->> '$.number' AS INTEGER) FROM fct_events "
        "WHERE user_id LIKE 'b%' ORDER BY 1"
    )
    return [number for (number,) in found.rows]


def test_the_python_sdk_sends_again_after_a_server_error_and_nothing_is_stored_twice(
    world: World, python_sdk: Path
) -> None:
    collector = Collector(
        world.log, {DEMO_SOURCE.write_key: DEMO_SOURCE}.get, lambda: datetime(2026, 6, 29)
    )
    (batch,) = (route for route in collector.routes() if route.path == "/v1/batch")
    answered: list[int] = []

    async def forgetful(request: Request) -> Response:
        """Keeps everything, but every other answer is lost on the way."""
        kept = await batch.endpoint(request)
        answered.append(kept.status_code)
        return kept if len(answered) % 2 == 0 else PlainTextResponse("gone", 503)

    with served(Starlette(routes=[Route("/v1/batch", forgetful, methods=["POST"])])) as url:
        done = sent(str(python_sdk), str(HERE / "send.py"), url, DEMO_SOURCE.write_key)

    assert done.returncode == 0, done.stdout + done.stderr
    loaded = world.load()
    assert balanced(loaded)
    assert loaded.stored == 259
    assert loaded.duplicate >= 100
