"""The command line as a client: while a server owns the warehouse, commands run inside it."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.errors import Code, PilothouseError, refuse
from ui.environment import load_settings
from ui.workspace import Workspace

FILE = "server.json"
PATH = "/v1/command"
TIMEOUT_SECONDS = 300.0


class Answered(NamedTuple):
    """What the server printed for a command."""

    text: str
    status: int


def announce(workspace: Path, url: str) -> str:
    """Tell clients of this machine where the server is; gives the token they must show."""
    token = secrets.token_urlsafe(32)
    file = workspace / FILE
    file.touch(mode=0o600)
    file.write_text(json.dumps({"url": url, "token": token, "pid": os.getpid()}))
    return token


def withdraw(workspace: Path) -> None:
    """The server is going away."""
    (workspace / FILE).unlink(missing_ok=True)


def in_server(arguments: list[str], local: frozenset[str]) -> Answered | None:
    """Run a command in the server of its workspace; None when there is none, or none is needed."""
    words = [word for word in arguments if not word.startswith("-")]
    asks_for_help = {"--help", "-h"} & set(arguments)
    if asks_for_help or not words or local & set(words[:3]):
        return None
    found = _running(load_settings({"workspace": _workspace_flag(arguments)}).workspace)
    if found is None:
        return None
    return _post(found, arguments)


def _workspace_flag(arguments: list[str]) -> str | None:
    for position, word in enumerate(arguments):
        if word == "--workspace" and position + 1 < len(arguments):
            return arguments[position + 1]
        if word.startswith("--workspace="):
            return word.partition("=")[2]
    return None


def _running(workspace: Path) -> dict[str, Any] | None:
    """What the server announced, if its process is alive."""
    try:
        announced: dict[str, Any] = json.loads((workspace / FILE).read_text())
        os.kill(announced["pid"], 0)
    except (FileNotFoundError, ProcessLookupError, json.JSONDecodeError, KeyError):
        return None
    except PermissionError:
        return announced
    return None if announced["pid"] == os.getpid() else announced


def _post(server: dict[str, Any], arguments: list[str]) -> Answered:
    try:
        response = httpx.post(
            server["url"] + PATH,
            json={"argv": arguments},
            headers={"Authorization": f"Bearer {server['token']}"},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise refuse(
            Code.WAREHOUSE_LOCKED,
            f"The server at {server['url']} (process {server['pid']}) owns this workspace "
            f"but does not answer: {error}.",
            fix="Stop it, then try again.",
        ) from error
    answer = response.json()
    return Answered(answer["text"], answer["status"])


def command_route(workspace: Workspace, token: str) -> Route:
    """The server's side: run a command on its open workspace for who shows the token."""

    async def run_command(request: Request) -> Response:
        shown = request.headers.get("authorization", "")
        if not secrets.compare_digest(shown, f"Bearer {token}"):
            return JSONResponse({"text": "The token is not valid.", "status": 1}, 401)
        body = await request.json()
        answered = await run_in_threadpool(_run, workspace, [str(word) for word in body["argv"]])
        return JSONResponse(answered._asdict())

    return Route(PATH, run_command, methods=["POST"])


def _run(workspace: Workspace, arguments: list[str]) -> Answered:
    import click

    from ui.cli.main import run
    from ui.cli.session import Session, render

    session = Session(served=workspace)
    try:
        output = run(arguments, session)
    except click.ClickException as error:
        return Answered(f"Error: {error.format_message()}", error.exit_code)
    except PilothouseError as error:
        if "--json" in arguments:
            refusals = [error.refusal.model_dump(mode="json")]
            return Answered(json.dumps({"refusals": refusals}, ensure_ascii=False, indent=2), 1)
        return Answered(f"{error.refusal.code}: {error}", 1)
    return Answered(render(output, session), output.status)
