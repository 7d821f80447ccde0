"""Receipts of providers over HTTP, and their way to what the warehouse knows of messages.

A request is answered with 200 once everything that it says is on disk. Saying it again changes
nothing, so that is a 200 too: providers try again for days, and every other answer makes them.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from control.forgetting import Tombstones
from control.receipts import Fact
from control.stamps import Stamp
from control.store import Store
from core.errors import Code, Refusal
from deliver.receipts.applying import Done, apply
from deliver.receipts.calls import Call, Read, Unreadable
from deliver.receipts.receivers import Receiver, batch_of, receiver_of
from deliver.receipts.writing import Writer
from deliver.registry import checked
from ui import entering, telemetry

if TYPE_CHECKING:
    from ui.workspace import Workspace

log = structlog.get_logger(__name__)

PATH = "/v1/receipts/{destination}"
BODY_BYTES = 2 * 2**20
QUICK_BYTES = 64 * 1024
RETRY_SECONDS = 5
APPLY_SECONDS = 1.0
LOOK_AT_ALL_SECONDS = 60.0
LATELY = timedelta(hours=1)
APPLYING = threading.Lock()
"""Held while receipts are applied: whoever removes somebody waits for it."""
_SAME_CLOCK = timedelta(minutes=1)
_SHOWN = 20
"""So many items that could not be read are told of in an answer."""


class Refused(Exception):
    """A request that is answered with a status and why."""

    def __init__(self, status: int, message: str, fix: str, code: Code) -> None:
        super().__init__(message)
        self.status = status
        self.refusal = Refusal(code=code, message=message, fix=fix)


class Receiving:
    """Takes receipts in; one per server."""

    def __init__(
        self,
        store: Store,
        receivers: Mapping[str, Receiver],
        now: Callable[[], datetime],
        *,
        tombstones: Callable[[], Tombstones] = lambda: Tombstones("", frozenset()),
        wall: Callable[[], datetime] = lambda: datetime.now(UTC).replace(tzinfo=None),
    ) -> None:
        """``now`` is the workspace's clock and ``wall`` the providers' (both naive UTC): what a
        provider tells of is kept in the time of the workspace."""
        self._receivers = receivers
        self._now, self._wall = now, wall
        self._tombstones = tombstones
        self._writer = Writer(store, now)

    def routes(self) -> list[Route]:
        """``POST /v1/receipts/NAME`` for the provider of the destination NAME."""
        return [Route(PATH, self._answer, methods=["POST"])]

    def close(self) -> None:
        """Write what waits, then stop."""
        self._writer.close()

    async def _answer(self, request: Request) -> Response:
        name = request.path_params["destination"]
        try:
            response = await self._kept(name, request)
        except Refused as refused:
            response = _refused(refused)
        known = name if name in self._receivers else "unknown"
        telemetry.RECEIPT_REQUESTS.labels(known, str(response.status_code)).inc()
        return response

    async def _kept(self, name: str, request: Request) -> Response:
        receiver = self._receivers.get(name)
        if receiver is None:
            raise _not_here(name)
        if self._writer.is_full:
            raise _busy()
        call = Call(str(request.url), dict(request.headers), await _body(request), self._wall())
        # A large body is read in a thread: the console shares the event loop.
        large = len(call.body) > QUICK_BYTES
        asked = (name, receiver, call)
        read = await run_in_threadpool(_read, *asked) if large else _read(*asked)
        if read.malformed:
            log.warning("receipts_malformed", destination=name, items=len(read.malformed))
        facts = tuple(one for one in read.facts if self._is_known(one))
        ignored = read.ignored + len(read.facts) - len(facts)
        ours = read._replace(facts=facts, ignored=ignored)
        shift = self._now() - call.now
        shift = shift if abs(shift) > _SAME_CLOCK else timedelta(0)
        try:
            future = self._writer.keep(batch_of(name, ours, shift=shift))
            kept = await asyncio.wrap_future(future)
        except (SQLAlchemyError, ValueError, OSError) as error:
            log.exception("receipts_not_kept", destination=name)
            raise _not_kept() from error
        told = kept._asdict() | {"ignored": ignored, "malformed": read.malformed[:_SHOWN]}
        return JSONResponse(told)

    def _is_known(self, fact: Fact) -> bool:
        """Not of somebody who was forgotten: nothing about them is kept any more."""
        named = [one for one in (fact.user_id, fact.address) if one]
        return not self._tombstones().holds(named)


class ApplyRound:
    """Applies receipts whenever something happened that they may have waited for.

    What has waited for long is looked at now and then only: an account may tell of many messages
    that are none of ours.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stamp = Stamp(workspace.store)
        self._seen: object = None
        self._looked = float("-inf")

    def once(self) -> None:
        """One look, unless nothing was written since the last one."""
        seen, at = self._stamp.value(), time.monotonic()
        everything = at - self._looked >= LOOK_AT_ALL_SECONDS
        if seen == self._seen and not everything:
            return
        apply_receipts(self._workspace, lately=not everything)
        self._seen = seen
        self._looked = at if everything else self._looked


def receiving(workspace: Workspace) -> Receiving:
    """What takes receipts in for the destinations of a workspace that have what proves them."""
    found = {name: receiver_of(one) for name, one in checked(workspace.settings).usable.items()}
    return Receiving(
        workspace.store,
        {name: one for name, one in found.items() if one is not None},
        # The workspace's own clock looks into the warehouse.
        workspace.intake.now,
        tombstones=lambda: workspace.intake.log.tombstones,
    )


def apply_receipts(workspace: Workspace, *, lately: bool = False) -> Done:
    """Apply what waits, or of that what came ``lately``: to messages, intents and consent."""
    now = workspace.now()
    # Nobody is forgotten meanwhile: what is read here would come back otherwise.
    with APPLYING:
        done = apply(
            workspace.store,
            workspace.warehouse,
            workspace.catalog,
            now=now,
            since=now - LATELY if lately else None,
        )
    if done.applied:
        entering.receipts_applied(workspace.store, done.applied, done.withdrawn, now=now)
        log.info("receipts_applied", **done._asdict())
    telemetry.RECEIPTS_APPLIED.inc(done.applied)
    if not lately:
        telemetry.RECEIPTS_WAITING.set(done.waiting)
    return done


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > BODY_BYTES:
                raise _too_large()
    except ClientDisconnect as error:
        raise _unreadable("The request ended in the middle.") from error
    return bytes(body)


def _read(name: str, receiver: Receiver, call: Call) -> Read:
    if why := receiver.why_not_genuine(call):
        raise _forged(name, why)
    try:
        return receiver.read(call)
    except Unreadable as error:
        raise _unreadable(str(error)) from error


def _not_here(name: str) -> Refused:
    return Refused(
        404,
        f"No destination '{name}' takes receipts here.",
        f"Give [destinations.{name}] in pilothouse.toml what its receipts are proved by.",
        Code.UNKNOWN_KEY,
    )


def _forged(name: str, why: str) -> Refused:
    log.warning("receipts_forged", destination=name, why=why)
    fix = "Compare the secret at the provider with the one in pilothouse.toml."
    return Refused(401, why, fix, Code.NOT_ALLOWED)


def _unreadable(why: str) -> Refused:
    fix = "Send what the provider's documentation describes; docs/receipts.md has each shape."
    return Refused(400, f"The request cannot be read: {why}", fix, Code.INVALID_ARGUMENT)


def _too_large() -> Refused:
    message = f"The request has more than {BODY_BYTES:,} bytes."
    return Refused(413, message, "Send fewer items at once.", Code.INVALID_ARGUMENT)


def _busy() -> Refused:
    message = "More receipts came in than can be written at once."
    return Refused(429, message, "Send the same again a little later.", Code.WAREHOUSE_LIMIT)


def _not_kept() -> Refused:
    message = "The receipts could not be written down."
    return Refused(503, message, "Send the same again a little later.", Code.WAREHOUSE_LIMIT)


def _refused(refused: Refused) -> JSONResponse:
    document = {"refusals": [refused.refusal.model_dump(mode="json")]}
    wait = {"Retry-After": str(RETRY_SECONDS)} if refused.status in (429, 503) else {}
    return JSONResponse(document, refused.status, headers=wait)
