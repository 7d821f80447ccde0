"""After the install nothing leaves the machine: the whole story with the way out walled up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.project.tree import ROOT

WALL = '''
"""Imported first by every Python that starts here: only this machine may be spoken to."""
import os, socket

LOCAL = ("127.", "::1", "localhost", "0.0.0.0")


def guarded(name, original, address_at):
    def call(*given, **named):
        address = given[address_at] if len(given) > address_at else named.get("host")
        host = address[0] if isinstance(address, tuple) else address
        if isinstance(host, (str, bytes)) and host:
            text = host.decode() if isinstance(host, bytes) else host
            if not text.startswith(("/", "\\0", *LOCAL)):
                with open(os.environ["WALL_LOG"], "a") as log:
                    log.write(f"{name} {text}\\n")
                raise OSError(f"{name} to {text}: nothing may leave this machine")
        return original(*given, **named)
    return call


class Guarded(socket.socket):
    connect = guarded("connect", socket.socket.connect, 1)
    connect_ex = guarded("connect_ex", socket.socket.connect_ex, 1)

    def sendto(self, data, *rest):
        return guarded("sendto", super().sendto, 1)(data, *rest[::-1])


socket.socket = Guarded
socket.getaddrinfo = guarded("getaddrinfo", socket.getaddrinfo, 0)
socket.gethostbyname = guarded("gethostbyname", socket.gethostbyname, 0)
'''


@pytest.fixture
def walled(tmp_path: Path) -> dict[str, str]:
    """An environment in which every Python process writes down who tries to leave."""
    (tmp_path / "wall").mkdir()
    (tmp_path / "wall" / "sitecustomize.py").write_text(WALL)
    log = tmp_path / "left.log"
    log.touch()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    python_path = os.pathsep.join([str(tmp_path / "wall"), str(ROOT)])
    return {**kept, "PYTHONPATH": python_path, "WALL_LOG": str(log)}


def test_the_wall_holds(walled: dict[str, str]) -> None:
    for attempt in (
        "socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "socket.getaddrinfo('example.com', 443)",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
    ):
        done = subprocess.run(
            [sys.executable, "-c", f"import socket; {attempt}"],
            env=walled,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "nothing may leave this machine" in done.stderr
    assert len(Path(walled["WALL_LOG"]).read_text().splitlines()) == 3


@pytest.fixture
def story(walled: dict[str, str], tmp_path: Path) -> dict[str, Any]:
    """The whole demo, played behind the wall."""
    words = ["demo", "--json", "--users", "2000", "--workspace", str(tmp_path / "workspace")]
    done = subprocess.run(
        [sys.executable, "-c", "from ui.cli import main; main()", *words],
        env=walled,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    document: dict[str, Any] = json.loads(done.stdout)
    return document | {"told": done.stderr}


@pytest.mark.slow
def test_the_demo_plays_the_whole_loop_and_nothing_leaves_the_machine(
    story: dict[str, Any], walled: dict[str, str], tmp_path: Path
) -> None:
    assert Path(walled["WALL_LOG"]).read_text() == ""

    assert story["refused"]["status"] == "needs_clarification"
    assert story["bypass"]["refusals"][0]["code"] == "BYPASS_REQUESTED"
    for kind in ("eligibility", "decision"):
        assert story[kind]["status"] == "awaiting_approval"
    assert story["debug"]["intent"] == "debug"
    assert story["cycle"]["selected"] > 0
    assert story["cycle"]["held_out"] > 0
    assert story["delivery"]["delivered"] > 0
    assert story["lift"]["verdict"]
    mails = list((tmp_path / "workspace" / "demo" / "mailbox").rglob("*.eml"))
    assert len(mails) == story["delivery"]["delivered"] + story["canaries"]["delivered"]
    ended = [one["state"] for one in story["canaries"]["ended"]]
    assert sorted(ended) == ["promoted", "rolled_back"]
    assert "mara@demo approves" in story["told"]
    assert "refused" in story["told"]
