"""A server owns its workspace: the command line becomes its client, and it stops cleanly."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.project.tree import ROOT
from tests.ui.command_line import ELIGIBILITY, CommandLine

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 60.0


class Server(NamedTuple):
    """A running server and the command line of its workspace."""

    process: subprocess.Popen[str]
    url: str
    cli: CommandLine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(cli: CommandLine) -> Iterator[Server]:
    """``pilothouse up`` on a free port, until it answers."""
    port = free_port()
    words = ["up", "--port", str(port), "--workspace", str(cli.workspace)]
    with subprocess.Popen(
        [sys.executable, "-c", "from ui.cli import main; main()", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        server = Server(process, f"http://127.0.0.1:{port}", cli)
        try:
            wait_until_it_answers(server)
            yield server
        finally:
            process.kill()


def wait_until_it_answers(server: Server) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        assert server.process.poll() is None, server.process.communicate()[0]
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{server.url}/health", timeout=5).status_code == 200:
                return
        time.sleep(0.2)
    raise AssertionError("the server did not answer in time")


def test_a_server_answers_its_clients_and_stops_cleanly(cli: CommandLine, tmp_path: Path) -> None:
    with running(cli) as server:
        health = httpx.get(f"{server.url}/health").json()
        assert health["status"] == "ok"
        assert health["as_of"] == "2026-06-29T00:00:00"

        request = cli.json("ask", ELIGIBILITY)["change_request"]["id"]
        assert cli.json("approvals", "approve", request)["state"] == "live"
        assert (
            cli("sql", "run", "-", piped="SELECT COUNT(*) AS n FROM dim_users").out == "n\n2000\n"
        )
        assert cli.json("cycle", "run", "--dry-run")["selected"] > 0

        refused = cli("approvals", "approve", request)
        assert (refused.status, refused.out) == (1, "")
        assert refused.err.startswith("ALREADY_DECIDED")
        wrong = cli("approvals", "nonsense")
        assert (wrong.status, wrong.out) == (2, "")

        draft = tmp_path / "draft.json"
        draft.write_text(cli("ask", ELIGIBILITY, "--json").out)
        by_file = cli.json("rules", "audience", os.path.relpath(draft))
        assert by_file["audience_size"] == cli.json("rules", "audience", request)["audience_size"]

        metrics = httpx.get(f"{server.url}/metrics").text
        assert 'pilothouse_asks_total{intent="eligibility"' in metrics
        assert "pilothouse_verdicts_total" in metrics
        stranger = httpx.post(f"{server.url}/v1/command", json={"argv": ["rules", "list"]})
        assert stranger.status_code == 401
        assert stat_mode(cli.workspace / "server.json") == 0o600

        server.process.send_signal(signal.SIGINT)
        told, _ = server.process.communicate(timeout=30)

    assert server.process.returncode in (0, 130)
    assert "Traceback" not in told
    assert f"Open   {server.url}" in told
    assert not (cli.workspace / "server.json").exists()
    assert [one["key"] for one in cli.json("rules", "list")] == ["upgrade_nudge"]


def test_after_a_kill_the_command_line_works_alone_again(cli: CommandLine) -> None:
    with running(cli) as server:
        request = cli.json("ask", ELIGIBILITY)["change_request"]["id"]
        server.process.kill()
        server.process.wait(10)

    assert (cli.workspace / "server.json").exists()
    assert cli.json("approvals", "approve", request)["state"] == "live"
    assert cli.json("audit", "verify")["intact"] is True


def stat_mode(path: Path) -> int:
    """Who may read a file."""
    return path.stat().st_mode & 0o777
