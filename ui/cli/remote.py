"""The command line as a client: while a server owns the warehouse, commands run inside it."""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import Code, refuse
from ui.cli.session import TOKEN
from ui.environment import load_settings

FILE = "server.json"
PATH = "/v1/command"
TIMEOUT_SECONDS = 300.0


class Answer(NamedTuple):
    """What a command leaves behind: for stdout, for stderr, and the exit status."""

    text: str
    error: str
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


def in_server(arguments: list[str], local: frozenset[str]) -> Answer | None:
    """Run a command in the server of its workspace; None when there is none, or none is needed."""
    words, workspace = _looked_through(arguments)
    # A command of a group is named by both words.
    named = {words[0], " ".join(words[:2])} if words else set()
    if {"--help", "-h", "--version"} & set(arguments) or not words or named & local:
        return None
    found = running(load_settings({"workspace": workspace}).workspace)
    return None if found is None else _post(found, arguments)


def _looked_through(arguments: list[str]) -> tuple[list[str], str | None]:
    """What is no option, and the workspace that somebody typed, wherever they stand."""
    words: list[str] = []
    workspace = None
    given = iter(arguments)
    for word in given:
        if word == "--workspace":
            workspace = next(given, None)
        elif word.startswith("--workspace="):
            workspace = word.partition("=")[2]
        elif not word.startswith("-"):
            words.append(word)
    return words, workspace


def is_running(workspace: Path) -> bool:
    """Whether a server has the workspace."""
    return running(workspace) is not None


def running(workspace: Path) -> dict[str, Any] | None:
    """What the server of a workspace announced, if it is alive and not this process itself."""
    try:
        announced: dict[str, Any] = json.loads((workspace / FILE).read_text())
        os.kill(announced["pid"], 0)
    except (FileNotFoundError, ProcessLookupError, json.JSONDecodeError, KeyError):
        return None
    except PermissionError:
        return announced
    return None if announced["pid"] == os.getpid() else announced


def _post(server: dict[str, Any], arguments: list[str]) -> Answer | None:
    import httpx

    given = sys.stdin.read() if "-" in arguments else ""
    try:
        response = httpx.post(
            server["url"] + PATH,
            json={
                "argv": arguments,
                "folder": str(Path.cwd()),
                "stdin": given,
                "token": os.environ.get(TOKEN),
            },
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
            fix="Wait until it has started, or stop it; then try again.",
        ) from error
    return Answer(**response.json())
