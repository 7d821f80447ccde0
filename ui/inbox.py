"""The inbox over HTTP: an app or a page fetches what waits for its user, and tells what they did.

Pages of any origin may ask: whose inbox it is says a token, and no cookie goes along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from control import inbox as kept
from control.inbox import Addressed, InboxMessage
from control.store import Store
from core.errors import Code, Refusal
from core.settings import Settings
from deliver.destinations.inbox import Inbox
from deliver.inbox import acknowledge, shown
from deliver.registry import checked
from deliver.user_tokens import NotGood, user_of
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

if TYPE_CHECKING:
    from ui.workspace import Workspace

PATH = "/v1/inbox"
BODY_BYTES = 4 * 1024
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "900",
    "Cache-Control": "no-store",
}


class Acknowledged(BaseModel):
    """The body of ``POST /v1/inbox/ID/ack``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["seen", "clicked", "dismissed"]


class Refused(Exception):
    """A request that is answered with a status and why."""

    def __init__(self, status: int, message: str, fix: str, code: Code = Code.NOT_ALLOWED) -> None:
        super().__init__(message)
        self.status = status
        self.refusal = Refusal(code=code, message=message, fix=fix)


class InboxApi:
    """Answers for the users of one workspace."""

    def __init__(
        self,
        store: Store,
        warehouse: DuckDBWarehouse,
        catalog: Callable[[], Catalog],
        secrets: tuple[str, ...],
        now: Callable[[], datetime],
        *,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC).replace(tzinfo=None),
    ) -> None:
        """``now`` is the workspace's clock, ``wall`` the one that tokens end by (naive UTC)."""
        self._store, self._warehouse, self._catalog = store, warehouse, catalog
        self._secrets = secrets
        self._now, self._wall = now, wall

    def routes(self) -> list[Route]:
        """``GET /v1/inbox`` and ``POST /v1/inbox/ID/ack``."""
        return [
            Route(PATH, self._answering(self._list), methods=["GET", "OPTIONS"]),
            Route(f"{PATH}/{{id}}/ack", self._answering(self._ack), methods=["POST", "OPTIONS"]),
        ]

    def _answering(self, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def answering(request: Request) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers=_CORS)
            try:
                document = await answer(request)
            except Refused as refused:
                told = {"refusals": [refused.refusal.model_dump(mode="json")]}
                return JSONResponse(told, refused.status, headers=_CORS)
            return JSONResponse(document, headers=_CORS)

        return answering

    async def _list(self, request: Request) -> dict[str, Any]:
        user_id = self._user(request)
        found = await run_in_threadpool(
            shown, self._store, self._warehouse, self._catalog(), user_id, now=self._now()
        )
        return {"messages": [_told(one) for one in found]}

    async def _ack(self, request: Request) -> dict[str, Any]:
        user_id, asked = self._user(request), _read(await _body(request))
        message = await run_in_threadpool(self._theirs, user_id, request.path_params["id"])
        new = await run_in_threadpool(
            acknowledge, self._store, message, asked.kind, now=self._now()
        )
        return {"id": message.intent_id, "kind": asked.kind, "new": new}

    def _theirs(self, user_id: str, intent_id: str) -> InboxMessage:
        message = kept.held(self._store, [intent_id]).get(intent_id)
        if message is None:
            fix = "Fetch the inbox again."
            raise Refused(404, "There is no such message.", fix, Code.UNKNOWN_KEY)
        if message.user_id != user_id:
            raise Refused(403, "The message is another user's.", "Use the token of its user.")
        return message

    def _user(self, request: Request) -> str:
        if not self._secrets:
            fix = 'Add a destination of the kind "inbox" to pilothouse.toml.'
            raise Refused(404, "This workspace has no inbox.", fix, Code.UNKNOWN_KEY)
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        fix = "Send 'Authorization: Bearer …' with a fresh token of the user."
        if kind.lower() != "bearer" or not token.strip():
            raise Refused(401, "The request has no token.", fix)
        try:
            return user_of(token.strip(), self._secrets, now=self._wall())
        except NotGood as error:
            raise Refused(401, str(error), fix) from error


def inbox_routes(workspace: Workspace) -> list[Route]:
    """The routes of a workspace's inbox."""
    api = InboxApi(
        workspace.store,
        workspace.warehouse,
        lambda: workspace.catalog,
        token_secrets(workspace.settings),
        # The workspace's own clock looks into the warehouse.
        workspace.intake.now,
    )
    return api.routes()


def token_secrets(settings: Settings) -> tuple[str, ...]:
    """What tokens may be signed with; nothing where there is no inbox."""
    inboxes = [one for one in checked(settings).usable.values() if isinstance(one, Inbox)]
    return tuple(one.get_secret_value() for inbox in inboxes for one in inbox.token_secrets)


def _told(one: Addressed) -> Mapping[str, Any]:
    message = one.message
    moments = {
        "arrived_at": message.arrived_at,
        "expires_at": one.intent["expires_at"],
        "seen_at": message.seen_at,
        "clicked_at": message.clicked_at,
    }
    return {
        "id": message.intent_id,
        "subject": message.subject,
        "body": message.body,
        "html": message.html,
        "template": message.template,
        "variables": dict(message.variables),
        "action_key": one.intent["action_key"],
        **{name: f"{at.isoformat()}Z" if at else None for name, at in moments.items()},
    }


async def _body(request: Request) -> bytes:
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > BODY_BYTES:
                fix = 'Send {"kind": "seen"}, "clicked" or "dismissed".'
                raise Refused(413, "The body is too long.", fix, Code.INVALID_ARGUMENT)
    except ClientDisconnect as error:
        raise Refused(400, "The request ended in the middle.", "", Code.INVALID_ARGUMENT) from error
    return body


def _read(body: bytes) -> Acknowledged:
    try:
        return Acknowledged.model_validate_json(body)
    except ValidationError as error:
        fix = 'Send {"kind": "seen"}, "clicked" or "dismissed".'
        said = error.errors()[0]["msg"]
        message = f"The request cannot be read: {said}."
        raise Refused(400, message, fix, Code.INVALID_ARGUMENT) from error
