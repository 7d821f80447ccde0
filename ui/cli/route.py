"""The server's side of the command line: it runs a client's command on its open workspace."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ui.cli.main import answer
from ui.cli.remote import PATH, Answer
from ui.cli.session import Session
from ui.workspace import Workspace

log = structlog.get_logger(__name__)


def command_route(workspace: Workspace, token: str) -> Route:
    """Runs a command for who shows the token."""

    async def run_command(request: Request) -> Response:
        shown = request.headers.get("authorization", "")
        if not secrets.compare_digest(shown.encode(), f"Bearer {token}".encode()):
            return JSONResponse(Answer("", "The token is not valid.", 1)._asdict(), 401)
        answered = await run_in_threadpool(_run, workspace, await request.json())
        return JSONResponse(answered._asdict())

    return Route(PATH, run_command, methods=["POST"])


def _run(workspace: Workspace, given: dict[str, Any]) -> Answer:
    session = Session(
        served=workspace,
        folder=Path(given["folder"]),
        stdin=given["stdin"],
        token=given.get("token"),
    )
    return answer([str(word) for word in given["argv"]], session)
