"""Decisions on demand, over HTTP, by the desk of a workspace."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from control import sources, tokens
from control.stamps import Stamp
from control.tokens import TokenScope
from core.errors import Code, PilothouseError, refuse
from orchestrate.live.desk import Kept
from orchestrate.live.refusals import unknown
from orchestrate.live.whom import Ids
from orchestrate.online import OnlineDecision, Wording, as_told, decide_now, require_channels
from ui.ids import new_id

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

PATH = "/v1/decide"
WRITE_SECONDS = 2.0
"""How long a decision that was told waits at most until it is written to the warehouse."""
BODY_BYTES = 64 * 1024
REMEMBERED_SECONDS = 5.0
"""How long a token that works is not asked for again: one that ends does so this much later."""
EDITIONS = 32
"""Sets of rules of which the wording is remembered."""
STATUS = {Code.UNKNOWN_USER: 404, Code.NOT_ALLOWED: 401, Code.WAREHOUSE_LOCKED: 503}


class Asked(BaseModel):
    """The body of ``POST /v1/decide``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: str | None = Field(default=None, min_length=1, max_length=1_000)
    anonymous_id: str | None = Field(default=None, min_length=1, max_length=1_000)
    event: dict[str, Any] | None = None
    """An event of the user, as an SDK would send it: taken in before the decision."""
    channels: tuple[str, ...] | None = None
    """The channels that may be used; none named is all."""

    @model_validator(mode="after")
    def _names_somebody(self) -> Asked:
        if (self.user_id is None) == (self.anonymous_id is None):
            raise ValueError("give either user_id or anonymous_id")
        return self

    @property
    def by(self) -> tuple[str, str]:
        """The kind of the id, and the id."""
        if self.user_id is not None:
            return "user_id", self.user_id
        assert self.anonymous_id is not None, "checked above"
        return "anonymous_id", self.anonymous_id


Answer = tuple[bytes, Future[int]]
"""A decision as JSON, and when it is on disk."""


class Decider:
    """Decides for whoever asks, with the desk of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, _ = workspace, workspace.intake  # which makes the tables of identity
        self._ids = Ids(workspace.warehouse)
        self._moments = Moments(workspace)
        self._wordings: dict[str, Wording] = {}

    def decide(self, asked: Asked) -> tuple[OnlineDecision, Future[int]]:
        """The decision for a user, and when it is on disk; refuses with UNKNOWN_USER who is none of
        the warehouse's."""
        found = self._decided(asked)
        return (as_told(found), found.on_disk) if isinstance(found, Kept) else (found, _done())

    def answer(self, asked: Asked) -> Answer:
        """The same as JSON."""
        found = self._decided(asked)
        if isinstance(found, Kept):
            return self._json(found), found.on_disk
        return found.model_dump_json().encode(), _done()

    def answer_at_once(self, asked: Asked) -> Answer | None:
        """The same, if everything it takes is at hand; None: it is not."""
        user = self._ids.known(*asked.by)
        if user is None or asked.channels is not None or asked.event is not None:
            return None
        kept = self._workspace.desk.decide_at_once(user, self._moments, trace_id=new_id())
        return None if kept is None else (self._json(kept), kept.on_disk)

    def _decided(self, asked: Asked) -> Kept | OnlineDecision:
        workspace = self._workspace
        channels = None if asked.channels is None else frozenset(asked.channels)
        require_channels(channels, workspace.catalog)
        user, trace_id = self._ids.user(*asked.by), new_id()
        kept = workspace.desk.decide(user, self._moments, trace_id=trace_id, channels=channels)
        return kept or self._looking_back(user, channels, trace_id)

    def _json(self, kept: Kept) -> bytes:
        number = kept.edition.number
        wording = self._wordings.get(number)
        if wording is None:
            if len(self._wordings) > EDITIONS:
                self._wordings.clear()
            wording = self._wordings[number] = Wording(kept.edition)
        return wording.json(kept.entry)

    def _looking_back(
        self, user: str, channels: frozenset[str] | None, trace_id: str
    ) -> OnlineDecision:
        workspace = self._workspace
        found = decide_now(
            workspace.store,
            workspace.warehouse,
            workspace.catalog,
            [user],
            as_of=self._moments(),
            trace_id=trace_id,
            channels=channels,
        )
        if user not in found:
            raise unknown(user)
        return found[user]


class Moments:
    """The moment of an online decision (naive UTC): now, which events that came in are before."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen = -1
        self._end = datetime.min

    def __call__(self) -> datetime:
        seen = self._workspace.warehouse.changes
        if seen != self._seen:
            self._end, self._seen = self._workspace.as_of(), seen
        return max(self._workspace.intake.now(), self._end)


def _done() -> Future[int]:
    done: Future[int] = Future()
    done.set_result(0)
    return done


def decide_routes(workspace: Workspace) -> list[Route]:
    """``POST /v1/decide`` for programs with a token of the scope ``decide``."""
    decider = Decider(workspace)

    allowed = Allowed(workspace)

    async def decide(request: Request) -> Response:
        try:
            allowed.require(request.headers.get("authorization", ""))
            asked = _read(await _body(request))
            told = decider.answer_at_once(asked)
            if told is None:
                told = await run_in_threadpool(_answer, workspace, decider, asked)
            found, on_disk = told
            # However long the disk takes: a decision that is told to have failed must not be made.
            await asyncio.wrap_future(on_disk)
        except PilothouseError as error:
            return _refused(error)
        except OSError as error:
            return _refused(_not_kept(error))
        return Response(found, media_type="application/json")

    return [Route(PATH, decide, methods=["POST"])]


def _answer(workspace: Workspace, decider: Decider, asked: Asked) -> Answer:
    if asked.event is not None:
        _take_in(workspace, asked, asked.event)
    return decider.answer(asked)


def _take_in(workspace: Workspace, asked: Asked, event: dict[str, Any]) -> None:
    named = {"userId": asked.user_id} if asked.user_id else {"anonymousId": asked.anonymous_id}
    source = next((one for one in sources.list_all(workspace.store) if one.enabled), None)
    if source is None:
        raise refuse(
            Code.INVALID_ARGUMENT,
            "No source is enabled that the event could come from.",
            span="event",
            fix="Add one with 'pilothouse collect add-source NAME'.",
        )
    loaded = workspace.intake.take_in(source, [[{"type": "track"} | event | named]])
    if not loaded.stored and not loaded.duplicate:
        raise refuse(
            Code.INVALID_ARGUMENT,
            "The event was not accepted, and nothing was decided.",
            span="event",
            fix="'pilothouse collect dead-letters list' says why.",
        )


class Allowed:
    """Which secrets may ask, remembered for a moment, or until the control store is written to."""

    def __init__(self, workspace: Workspace) -> None:
        self._store = workspace.store
        self._now = workspace.now
        self._stamp = Stamp(workspace.store)
        self._seen: object = None
        self._known: dict[str, float] = {}

    def require(self, shown: str) -> None:
        """Refuse with NOT_ALLOWED what is no token that works and has the scope."""
        kind, _, secret = shown.partition(" ")
        stamp, secret = self._stamp.value(), secret.strip()
        if stamp != self._seen:
            self._known, self._seen = {}, stamp
        if kind.lower() != "bearer" or not self._may(secret):
            raise refuse(
                Code.NOT_ALLOWED,
                "The token is missing, revoked, has ended, or has not the scope 'decide'.",
                span="Authorization",
                fix="Send 'Authorization: Bearer …'; 'pilothouse tokens create' makes one.",
            )

    def _may(self, secret: str) -> bool:
        if time.monotonic() < self._known.get(secret, 0.0):
            return True
        if not tokens.allowed(self._store, secret, TokenScope.DECIDE, now=self._now()):
            return False
        self._known[secret] = time.monotonic() + REMEMBERED_SECONDS
        return True


async def _body(request: Request) -> bytes:
    """The body, read no further than one may be long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"The request cannot be read: the body has more than {BODY_BYTES:,} bytes.",
                span="body",
                fix="Ask about one user, with one event.",
            )
    return body


def _read(body: bytes) -> Asked:
    try:
        return Asked.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The request cannot be read: {first['msg']}.",
            span=where,
            fix='Send {"user_id": "…"}, and event or channels where you want them.',
        ) from error


def _not_kept(error: OSError) -> PilothouseError:
    return refuse(
        Code.WAREHOUSE_LOCKED,
        f"The decision could not be kept on disk, and is not made: {error}.",
        fix="See that the disk of the workspace has room, then ask again.",
    )


def _refused(error: PilothouseError) -> JSONResponse:
    status = STATUS.get(error.refusal.code, 400)
    return JSONResponse({"refusals": [error.refusal.model_dump(mode="json")]}, status)
