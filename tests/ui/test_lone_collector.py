"""The collector alone: a process without a warehouse, and a server that takes over from it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.project.tree import ROOT
from tests.ui.command_line import CommandLine, give
from tests.ui.test_cli_server import free_port, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
KEY = ("demo-write-key", "")
PATIENCE_SECONDS = 60.0


@contextlib.contextmanager
def collecting(*words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``pilothouse collect serve`` on a free port, until it answers."""
    port = free_port()
    given = ["collect", "serve", "--port", str(port), *words]
    with subprocess.Popen(
        [sys.executable, "-c", "from ui.cli import main; main()", *given],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _until(lambda: _answers(url))
            yield url, process
        finally:
            process.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _until(reached: object, seconds: float = PATIENCE_SECONDS) -> None:
    assert callable(reached)
    give_up = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < give_up, "it took too long"
        time.sleep(0.1)


def _send(url: str, *ids: str, key: tuple[str, str] = KEY) -> int:
    events = [
        {"type": "track", "event": "app_opened", "userId": "u1", "messageId": one} for one in ids
    ]
    sent = httpx.post(f"{url}/v1/batch", json={"batch": events}, auth=key, trust_env=False)
    return sent.status_code


def test_it_needs_no_warehouse_and_loses_nothing_when_it_is_killed(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    with collecting("--workspace", str(workspace)) as (url, process):
        assert _send(url, "a", "b") == 200
        assert _send(url, "c", key=("wrong", "")) == 401
        process.send_signal(signal.SIGKILL)

    assert not (workspace / "warehouse.duckdb").exists()
    written = b"".join(path.read_bytes() for path in (workspace / "spool").glob("*.ndjson"))
    assert [json.loads(line)["message_id"] for line in written.splitlines()] == ["a", "b"]


def test_the_server_takes_over_and_loads_what_it_took_in(cli: CommandLine) -> None:
    with running(cli), collecting("--workspace", str(cli.workspace)) as (url, process):
        assert _send(url, "from afar") == 200
        _until(lambda: not _waiting(url))
        assert _send(url, "one more") == 200
        # It writes and hands over what it has, then ends by the signal it was given.
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == -signal.SIGTERM
        _until(lambda: _received(cli) == 2)
        (told,) = cli.json("collect", "ledger")

    assert told["stored"] == 2


def _received(cli: CommandLine) -> int:
    return sum(row["received"] for row in cli.json("collect", "ledger"))


def _waiting(url: str) -> int:
    waiting: int = httpx.get(f"{url}/health", trust_env=False).json()["waiting_bytes"]
    return waiting


def test_sources_come_from_a_file_where_the_control_store_is_out_of_reach(
    cli: CommandLine, tmp_path: Path
) -> None:
    file, spool = tmp_path / "sources.json", tmp_path / "elsewhere"
    file.write_text(cli("collect", "sources", "--json").out)
    words = ["--workspace", str(tmp_path / "none"), "--sources", str(file), "--folder", str(spool)]

    with collecting(*words) as (url, _process):
        assert _send(url, "a") == 200

    assert not (tmp_path / "none" / "control.db").exists()
    assert [*spool.glob("*.ndjson")]


def test_a_file_that_lists_no_sources_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sources.json"
    file.write_text("{}")

    done = give("collect", "serve", "--workspace", str(tmp_path), "--sources", str(file))

    assert done.status == 1
    assert "is no list of sources" in done.err
    assert os.listdir(tmp_path)
