"""The collector alone: it takes events in and knows no warehouse; the server takes them over.

It needs a folder to write to and the list of sources, from the control store or
from a file. The server looks into ``spool`` in its workspace every few seconds.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collect.rawlog import RawLog
from collect.routes import Collector
from collect.spool import Spool, take_over
from control.sources import Source, add_demo_source, list_all
from control.store import open_store
from core.errors import Code, refuse
from core.settings import Settings
from ui import clock, telemetry
from ui.rounds import Rounds

log = structlog.get_logger(__name__)

FOLDER = "spool"
HAND_OVER_SECONDS = 2.0
_SOURCES: TypeAdapter[list[Source]] = TypeAdapter(list[Source])

ReadSources = Callable[[], list[Source]]


class LoneCollector:
    """Takes events in, hands them over every few seconds, and keeps its sources fresh."""

    def __init__(self, folder: Path, read: ReadSources, now: Callable[[], datetime]) -> None:
        """Refuses when the sources cannot be read, or when another one holds the folder."""
        self._read = read
        self._by_key = _by_key(read())
        self._spool = Spool(folder)
        self._collector = Collector(self._spool.log, self._source_of, now, told=_count)
        self._rounds = Rounds("hand-over", self._once, HAND_OVER_SECONDS)

    def app(self) -> Starlette:
        """The routes of the protocol, and the two that operators ask for."""

        async def health(_request: Request) -> Response:
            return JSONResponse({"status": "ok", "waiting_bytes": self._spool.log.unloaded_bytes})

        async def metrics(_request: Request) -> Response:
            return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

        @asynccontextmanager
        async def running(_app: Starlette) -> AsyncIterator[None]:
            self._rounds.open()
            try:
                yield
            finally:
                self._rounds.close()
                self._spool.close()

        own = [Route("/health", health), Route("/metrics", metrics)]
        return Starlette(routes=[*own, *self._collector.routes()], lifespan=running)

    def _source_of(self, write_key: str) -> Source | None:
        return self._by_key.get(write_key)

    def _once(self) -> None:
        """What was taken in stays on disk when it fails, and the sources known so far known."""
        self._spool.hand_over()
        self._by_key = _by_key(self._read())


class SpoolRound:
    """Takes over what a collector of its own left in a folder; loading does the rest."""

    def __init__(self, folder: Path, into: RawLog) -> None:
        self._folder = folder
        self._into = into
        self._torn: tuple[str, ...] = ()

    def once(self) -> None:
        """One round; a segment that could not be taken over is still there for the next one."""
        taken = take_over(self._folder, self._into)
        if taken.segments:
            log.info("taken_over", segments=taken.segments, bytes=taken.bytes)
        if taken.torn and taken.torn != self._torn:
            log.warning("segments_end_early", segments=taken.torn)
        self._torn = taken.torn


def sources_of_store(settings: Settings) -> ReadSources:
    """The sources as the control store lists them at each call."""
    store = open_store(settings.control_url)
    if settings.identity == "demo":
        add_demo_source(store)
    return lambda: list_all(store)


def sources_of_file(file: Path) -> ReadSources:
    """The sources of a file as ``collect sources --json`` prints it; refuses with INVALID_FILE."""

    def read() -> list[Source]:
        try:
            return _SOURCES.validate_python(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, ValidationError) as error:
            raise refuse(
                Code.INVALID_FILE,
                f"{file} is no list of sources: {str(error).splitlines()[0]}.",
                span=str(file),
                fix="Write it with 'pilothouse collect sources --json'.",
            ) from error

    return read


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """The time as the workspace tells it (naive UTC): the demo's, where the demo's clock ticks."""

    def now() -> datetime:
        wall = datetime.now(UTC).replace(tzinfo=None)
        if settings.identity != "demo":
            return wall
        return clock.read(settings.workspace, wall=wall) or wall

    return now


def _by_key(found: list[Source]) -> dict[str, Source]:
    return {source.write_key: source for source in found}


def _count(status: int, events: int) -> None:
    telemetry.REQUESTS.labels(str(status)).inc()
    telemetry.RECEIVED.inc(events if status == 200 else 0)
