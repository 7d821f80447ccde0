"""The collector's HTTP routes: the wire format of the RudderStack and Segment SDKs.

SDKs take exactly 200 for success, drop on other 4xx and retry on 429 and 5xx; so a
200 is given only once everything is on disk, and what cannot be mended by
sending again is never answered with something that asks for it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from collect.body import BODY_BYTES, BadRequest, Read, pixel_event, read_events
from collect.rawlog import RawLog
from collect.spec import TYPES, Envelope, Line, lines
from control.sources import Source

UNLOADED_BYTES = 512 * 2**20
IN_MEMORY_BYTES = 64 * 2**20
RETRY_SECONDS = 5
# A body larger than this is read in a thread: the console shares the event loop.
_QUICK_BYTES = 64 * 1024
_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, AnonymousId, Content-Type, Content-Encoding",
    "Access-Control-Max-Age": "900",
}
_SENTENCES = {
    "MISSING_USER": "request neither has anonymousId nor userId",
    "EVENT_TOO_LARGE": "request size exceeds max limit",
}

Told = Callable[[int, int], None]
"""Told the status and the number of events of every request that was answered."""


class Limits(NamedTuple):
    """When senders are asked to come back later (bytes)."""

    unloaded: int = UNLOADED_BYTES
    in_memory: int = IN_MEMORY_BYTES


LIMITS = Limits()


class Collector:
    """Answers SDKs: every event of an accepted request is in the log before the answer."""

    def __init__(
        self,
        log: RawLog,
        source_of: Callable[[str], Source | None],
        now: Callable[[], datetime],
        *,
        told: Told = lambda _status, _events: None,
        limits: Limits = LIMITS,
    ) -> None:
        self._log = log
        self._source_of = source_of
        self._now = now
        self._told = told
        self._limits = limits
        self._reading = 0

    def routes(self) -> list[Route]:
        """The routes of the protocol; ``/health`` is the app's own."""
        kinds = [*TYPES, "batch"]
        return [
            *(self._route(f"/v1/{kind}", kind, _key_in_header) for kind in kinds),
            self._route("/beacon/v1/batch", "batch", _key_in_query),
            *(Route(f"/pixel/v1/{kind}", self._pixel(kind)) for kind in ("track", "page")),
            *(Route(path, self._source_config, methods=["GET", "OPTIONS"])
              for path in ("/sourceConfig", "/sourceConfig/")),
        ]  # fmt: skip

    def _route(self, path: str, kind: str, key_of: Callable[[Request], str]) -> Route:
        async def collect(request: Request) -> Response:
            if request.method == "OPTIONS":
                return _preflight(request)
            count = 0
            try:
                if request.method != "POST":
                    raise BadRequest(400, "invalid http request method")
                source = self._source(key_of(request))
                read = await self._read(request, kind)
                count = len(read.events)
                made = await self._keep(read, source, request)
                if kind != "batch" and made[0].problem:
                    raise _refused(made[0])
                response: Response = PlainTextResponse("OK", headers=_CORS)
            except BadRequest as error:
                response = _answer(error)
            self._told(response.status_code, count)
            return response

        return Route(path, collect, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

    def _pixel(self, kind: str) -> Callable[[Request], object]:
        async def collect(request: Request) -> Response:
            status = 200
            try:
                source = self._source(_key_in_query(request))
                self._have_room()
                event = pixel_event(request.url.query, kind)
                await self._keep(Read([event], None), source, request)
            except BadRequest as error:
                status = error.status
            self._told(status, 1)
            # An image that does not load shows on the page: the sender is never bothered.
            return Response(_GIF, media_type="image/gif", headers={"Cache-Control": "no-store"})

        return collect

    async def _source_config(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return _preflight(request)
        try:
            key = request.query_params.get("writeKey") or _key_in_header(request)
            source = self._source(key)
        except BadRequest as error:
            return _answer(error)
        return JSONResponse(_config(source), headers=_CORS)

    def _source(self, write_key: str) -> Source:
        source = self._source_of(write_key)
        if source is None:
            raise BadRequest(401, "invalid write key")
        if not source.enabled:
            raise BadRequest(404, "source is disabled")
        return source

    def _have_room(self) -> None:
        in_memory = self._reading + self._log.queued_bytes
        if self._log.unloaded_bytes > self._limits.unloaded or in_memory > self._limits.in_memory:
            raise BadRequest(429, "max requests limit reached")

    async def _read(self, request: Request, kind: str) -> Read:
        self._have_room()
        data = bytearray()
        try:
            async for chunk in request.stream():
                data += chunk
                self._reading += len(chunk)
                if len(data) > BODY_BYTES:
                    raise BadRequest(413, "request size exceeds max limit")
            if len(data) < _QUICK_BYTES:
                return read_events(bytes(data), kind)
            return await run_in_threadpool(read_events, bytes(data), kind)
        except ClientDisconnect as error:
            raise BadRequest(400, "request body is nil") from error
        finally:
            self._reading -= len(data)

    async def _keep(self, read: Read, source: Source, request: Request) -> list[Line]:
        """The lines of a request, once they are on disk."""
        address = request.client.host if request.client else None
        envelope = Envelope(source.id, self._now(), read.sent_at, address)
        try:
            made = await run_in_threadpool(lines, read.events, envelope)
            await asyncio.wrap_future(self._log.append([line.data for line in made]))
        except RecursionError as error:
            raise BadRequest(400, "invalid json: nested too deeply") from error
        except OSError as error:
            raise BadRequest(503, "the event log cannot be written") from error
        return made


def _refused(line: Line) -> BadRequest:
    assert line.problem is not None, "only a refused event is answered so"
    default = f"event is not a valid rudder event: {line.problem.message}"
    sentence = _SENTENCES.get(line.problem.code, default)
    return BadRequest(413 if line.problem.code == "EVENT_TOO_LARGE" else 400, sentence)


def _preflight(request: Request) -> Response:
    """Leave to send for a page of another origin: each version of an SDK adds its own headers."""
    asked = request.headers.get("access-control-request-headers")
    allowed = {"Access-Control-Allow-Headers": asked} if asked else {}
    return PlainTextResponse("", 204, headers=_CORS | allowed)


def _answer(error: BadRequest) -> Response:
    wait = {"Retry-After": str(RETRY_SECONDS)} if error.status in (429, 503) else {}
    return PlainTextResponse(error.message, error.status, headers=_CORS | wait)


def _key_in_header(request: Request) -> str:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        key = base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        key = ""
    if scheme.lower() != "basic" or not key:
        raise BadRequest(401, "failed to read writekey from header")
    return key


def _key_in_query(request: Request) -> str:
    key = request.query_params.get("writeKey", "")
    if not key:
        raise BadRequest(401, "failed to read writekey from query params")
    return key


def _config(source: Source) -> dict[str, object]:
    """What the browser SDK waits for before it sends anything."""
    off = {"enabled": False}
    return {
        "source": {
            "id": source.id,
            "name": source.name,
            "writeKey": source.write_key,
            "enabled": source.enabled,
            "config": {"statsCollection": {"errors": off, "metrics": off}},
            "connections": [],
            "destinations": [],
        }
    }
