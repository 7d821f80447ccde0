"""SDKs as their makers published them, a live collector for them, and what went over the wire."""

from __future__ import annotations

import contextlib
import gzip
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collect.routes import LIMITS, Collector, Limits
from control.sources import DEMO_SOURCE, Source
from tests.collect.conftest import DISABLED
from tests.collect.world import World
from tests.project.tree import ROOT

SCRIPTS = Path(__file__).parent / "sdk"
PYTHON_SDK = "rudder-sdk-python==2.1.9"
NODE_SDK = "@rudderstack/rudder-sdk-node@3.0.13"
BROWSER_SDK = "@rudderstack/analytics-js@3.34.1"
KNOWN: dict[str, Source] = {source.write_key: source for source in (DEMO_SOURCE, DISABLED)}
_STORED = (
    "SELECT type, message_id, sent_name, user_id, anonymous_id, previous_id, group_id, "
    "sent_timestamp, original_timestamp, sent_at, properties, context, traits, rest "
    "FROM raw_events"
)


class Exchange(NamedTuple):
    """One request as it came over the wire, and the status it was answered with."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    status: int
    retry_after: str | None
    at: float
    """When it was answered, on a clock that never runs back (seconds)."""

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events in it, as the SDK wrote them."""
        packed = self.body.startswith(b"\x1f\x8b")
        document = json.loads(gzip.decompress(self.body) if packed else self.body)
        if "batch" not in document:
            return [document]
        return [{"sentAt": document.get("sentAt"), **event} for event in document["batch"]]


class Recorder:
    """Stands before an app and writes down every request and its answer; changes neither."""

    def __init__(self, app: ASGIApp, told: Callable[[int], None] = lambda _status: None) -> None:
        self._app = app
        self._told = told
        self.exchanges: list[Exchange] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        body = await _whole(receive)
        pending: list[Message] = [{"type": "http.request", "body": body}]
        status = 0

        async def again() -> Message:
            return pending.pop() if pending else {"type": "http.disconnect"}

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._keep(scope, body, message)
            await send(message)

        await self._app(scope, again, answer)
        self._told(status)

    def posted(self) -> list[Exchange]:
        """The requests that carried events, in order."""
        return [one for one in self.exchanges if one.method == "POST"]

    def sent(self) -> dict[str, dict[str, Any]]:
        """Message id → the event as it was sent, in the last request that carried it."""
        return {event["messageId"]: event for one in self.posted() for event in one.events}

    def _keep(self, scope: Scope, body: bytes, answer: Message) -> None:
        exchange = Exchange(
            scope["method"],
            scope["path"],
            scope["query_string"].decode(),
            _texts(scope["headers"]),
            body,
            answer["status"],
            _texts(answer["headers"]).get("retry-after"),
            time.monotonic(),
        )
        self.exchanges.append(exchange)


class Torn:
    """Stands before an app: of the first requests so many lose half of their body on the way."""

    def __init__(self, app: ASGIApp, count: int) -> None:
        self._app = app
        self._left = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        body = await _whole(receive)
        if scope["method"] == "POST" and self._left:
            self._left -= 1
            body = body[: len(body) // 2]
        pending: list[Message] = [{"type": "http.request", "body": body}]

        async def again() -> Message:
            return pending.pop() if pending else {"type": "http.disconnect"}

        await self._app(scope, again, send)


def _now() -> datetime:
    """The real clock, in naive UTC: these programs read it too."""
    return datetime.now(UTC).replace(tzinfo=None)


def recorded(
    world: World, limits: Limits = LIMITS, told: Callable[[int], None] = lambda _status: None
) -> Recorder:
    """The real collector over a world, with everything that reaches it written down."""
    collector = Collector(world.log, KNOWN.get, _now, limits=limits)
    return Recorder(Starlette(routes=collector.routes()), told)


@contextlib.contextmanager
def served(app: ASGIApp) -> Iterator[str]:
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


def stored(world: World) -> dict[str, dict[str, Any]]:
    """Message id → the event as the raw events hold it, written as an SDK writes it."""
    found = world.warehouse.fetch(_STORED).dicts()
    return {row["message_id"]: meant(_as_sent(row)) for row in found}


def meant(event: dict[str, Any]) -> dict[str, Any]:
    """An event without the keys that say nothing: null, an empty text, an empty object."""
    return {key: value for key, value in event.items() if value not in (None, "", {})}


def _as_sent(row: dict[str, Any]) -> dict[str, Any]:
    kept = {key: json.loads(row[key] or "{}") for key in ("properties", "context", "traits")}
    named = {"event": row["sent_name"]} if row["type"] == "track" else {}
    return json.loads(row["rest"] or "{}") | kept | named | {
        "type": row["type"],
        "messageId": row["message_id"],
        "userId": row["user_id"],
        "anonymousId": row["anonymous_id"],
        "previousId": row["previous_id"],
        "groupId": row["group_id"],
        "timestamp": row["sent_timestamp"],
        "originalTimestamp": row["original_timestamp"],
        "sentAt": row["sent_at"],
    }  # fmt: skip


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in headers}


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def python_with_sdk(folder: Path) -> Path:
    """A Python that has the SDK: it needs an older dateutil than ours, so it lives apart."""
    uv = ["bash", str(ROOT / ".ci" / "uv")]
    _install(*uv, "venv", "--quiet", str(folder))
    python = folder / "bin" / "python"
    _install(*uv, "pip", "install", "--quiet", "--python", str(python), PYTHON_SDK)
    return python


def node_package(folder: Path, package: str) -> Path:
    """A folder in which Node finds a package."""
    if not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("no npm: install Node.js to test its SDKs")
    _install("npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), package)
    return folder


def ran(*command: str) -> subprocess.CompletedProcess[str]:
    """One run of a script that sends."""
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def _install(*command: str) -> None:
    """Install, or skip with the reason: not every machine reaches a package index."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    if done.returncode:
        pytest.skip(f"the SDK cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
