"""Decisions on demand: who asks at once is decided on together, in one pass over the facts."""

from __future__ import annotations

import threading
from collections import defaultdict
from concurrent.futures import Future
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from control import sources, tokens
from control.tokens import TokenScope
from core.errors import Code, PilothouseError, refuse
from orchestrate.online import OnlineDecision, decide_now, require_channels
from ui.ids import new_id

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

PATH = "/v1/decide"
LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 30.0
BODY_BYTES = 64 * 1024
STATUS = {Code.UNKNOWN_USER: 404, Code.NOT_ALLOWED: 403}


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


class Waiting(NamedTuple):
    """Somebody who waits for a decision."""

    user: str
    channels: frozenset[str] | None
    answer: Future[OnlineDecision]


class Decider:
    """Decides for whoever asks. While one pass runs the next users gather."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._waiting: list[Waiting] = []
        self._guard = threading.Lock()
        self._turn = threading.Lock()

    def decide(self, user: str, channels: frozenset[str] | None = None) -> OnlineDecision:
        """The decision for a user; refuses with UNKNOWN_USER who is none of the warehouse's."""
        require_channels(channels, self._workspace.catalog)
        answer: Future[OnlineDecision] = Future()
        with self._guard:
            self._waiting.append(Waiting(user, channels, answer))
        with self._turn:
            if not answer.done():
                self._pass()
        return answer.result(PATIENCE_SECONDS)

    def _pass(self) -> None:
        """Decide for everybody who waits, once for each choice of channels."""
        with self._guard:
            taken, self._waiting = self._waiting, []
        groups: dict[frozenset[str] | None, list[Waiting]] = defaultdict(list)
        for one in taken:
            groups[one.channels].append(one)
        for channels, group in groups.items():
            try:
                told = self._decided({one.user for one in group}, channels)
            except Exception as error:  # noqa: BLE001 - whoever waits is told, and goes on with it
                for one in group:
                    one.answer.set_exception(error)
                continue
            for one in group:
                _tell(one, told.get(one.user))

    def _decided(
        self, users: set[str], channels: frozenset[str] | None
    ) -> dict[str, OnlineDecision]:
        workspace = self._workspace
        return decide_now(
            workspace.store,
            workspace.warehouse,
            workspace.catalog,
            users,
            as_of=moment(workspace),
            trace_id=new_id(),
            channels=channels,
        )


class EventRound:
    """Decides at once for the users of whom events came in; one per server."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._since = self._latest()

    def once(self) -> int:
        """One look at what was loaded since the last one; gives how many users were decided on."""
        workspace, latest = self._workspace, self._latest()
        if latest == self._since:
            return 0
        users = workspace.warehouse.fetch(
            """
            WITH sent AS (
                SELECT user_id, anonymous_id FROM raw_events WHERE seq > $since AND seq <= $latest
            ),
            ids AS (
                SELECT 'user_id' AS kind, user_id AS value FROM sent
                UNION
                SELECT 'anonymous_id', anonymous_id FROM sent
            )
            SELECT user_id FROM sent WHERE user_id IS NOT NULL
            UNION
            SELECT m.user_id FROM identity_map m JOIN ids i ON i.kind = m.kind AND i.value = m.value
            """,
            {"since": self._since, "latest": latest},
        ).rows
        told = decide_now(
            workspace.store,
            workspace.warehouse,
            workspace.catalog,
            [user for (user,) in users],
            as_of=moment(workspace),
            trace_id=new_id(),
        )
        self._since = latest
        return len(told)

    def _latest(self) -> int:
        query = "SELECT COALESCE(MAX(seq), -1) FROM raw_events"
        return int(self._workspace.warehouse.fetch(query).scalar())


def moment(workspace: Workspace) -> datetime:
    """The moment of an online decision (naive UTC): now, which events that came in are before."""
    return max(workspace.intake.now(), workspace.as_of())


def decide_routes(workspace: Workspace) -> list[Route]:
    """``POST /v1/decide`` for programs with a token of the scope ``decide``."""
    decider, _ = Decider(workspace), workspace.intake  # which makes the tables of identity

    async def decide(request: Request) -> Response:
        try:
            _require_token(workspace, request.headers.get("authorization", ""))
            asked = _read(await request.body())
            found = await run_in_threadpool(_answer, workspace, decider, asked)
        except PilothouseError as error:
            return _refused(error)
        return JSONResponse(found.model_dump(mode="json"))

    return [Route(PATH, decide, methods=["POST"])]


def _answer(workspace: Workspace, decider: Decider, asked: Asked) -> OnlineDecision:
    if asked.event is not None:
        _take_in(workspace, asked, asked.event)
    channels = None if asked.channels is None else frozenset(asked.channels)
    return decider.decide(_user(workspace, asked), channels)


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


def _user(workspace: Workspace, asked: Asked) -> str:
    """The canonical user of an id; an id that identity does not know stands for itself."""
    kind, value = (
        ("user_id", asked.user_id) if asked.user_id else ("anonymous_id", asked.anonymous_id)
    )
    found = workspace.warehouse.fetch(
        "SELECT user_id FROM identity_map WHERE kind = $kind AND value = $value "
        "ORDER BY valid_from DESC NULLS LAST LIMIT 1",
        {"kind": kind, "value": value},
    ).rows
    return str(found[0][0]) if found else str(value)


def _tell(one: Waiting, decision: OnlineDecision | None) -> None:
    if decision is not None:
        one.answer.set_result(decision)
        return
    unknown = refuse(
        Code.UNKNOWN_USER,
        "The warehouse has no such user.",
        span=one.user,
        fix="Send an event of this user first, or ask by an id that is known.",
    )
    one.answer.set_exception(unknown)


def _require_token(workspace: Workspace, shown: str) -> None:
    kind, _, secret = shown.partition(" ")
    if kind.lower() != "bearer" or not tokens.allowed(
        workspace.store, secret.strip(), TokenScope.DECIDE
    ):
        raise refuse(
            Code.NOT_ALLOWED,
            "The token is missing, revoked, or has not the scope 'decide'.",
            span="Authorization",
            fix="Send 'Authorization: Bearer …'; 'pilothouse tokens create' makes one.",
        )


def _read(body: bytes) -> Asked:
    try:
        if len(body) > BODY_BYTES:
            raise ValueError(f"the body has more than {BODY_BYTES:,} bytes")
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
    except ValueError as error:
        raise refuse(
            Code.INVALID_ARGUMENT, f"The request cannot be read: {error}.", span="body", fix=None
        ) from error


def _refused(error: PilothouseError) -> JSONResponse:
    status = STATUS.get(error.refusal.code, 400)
    if error.refusal.span == "Authorization":
        status = 401
    return JSONResponse({"refusals": [error.refusal.model_dump(mode="json")]}, status)
