"""The doctor names what is not fine, who holds it, and what to do."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from control.audit import Act, append
from control.store import open_store
from tests.deliver.loopback import Call, Loopback, Reply, answers
from tests.ui.command_line import give
from ui.cli import remote
from ui.workspace_clock import wall_time

HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"


@pytest.fixture
def folder(tmp_path: Path, plain_environment: object) -> Path:
    """A workspace with a warehouse of one user."""
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("CREATE TABLE dim_users AS SELECT 'u1' AS user_id")
    (tmp_path / "pilothouse.toml").write_text("port = 18597\n")
    return tmp_path


def checks(folder: Path) -> dict[str, Any]:
    done = give("doctor", "--workspace", str(folder), "--json")
    return {one["name"]: one for one in done.document["checks"]}


@contextmanager
def held(file: Path) -> Iterator[int]:
    """Another process has the file; gives its id."""
    command = [sys.executable, "-c", HOLD, str(file)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.communicate(b"\n")


def test_all_is_fine_in_a_workspace_that_is(folder: Path) -> None:
    found = checks(folder)

    assert [one for one in found.values() if not one["fine"]] == []
    assert {"python", "pilothouse", "duckdb", "streamlit", "folder", "clock", "warehouse"} <= {
        *found
    }
    assert found["port"]["detail"] == "127.0.0.1:18597 is free"


def test_who_holds_the_warehouse_is_named_and_the_own_server_may(folder: Path) -> None:
    with held(folder / "warehouse.duckdb") as pid:
        others = checks(folder)["warehouse"]
        announced = {"url": "http://127.0.0.1:18597", "token": "t", "pid": pid}
        (folder / remote.FILE).write_text(json.dumps(announced))
        own = checks(folder)

    assert not others["fine"]
    assert f"is in use by process {pid}" in others["detail"]
    assert own["warehouse"]["fine"]
    assert f"the server of this workspace, process {pid}" in own["warehouse"]["detail"]
    assert own["port"]["detail"].endswith(f"process {pid}")


def test_a_port_that_somebody_has_is_told_with_the_next_free_one(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 18597))
        other.listen()
        found = checks(folder)["port"]

    assert not found["fine"]
    assert found["fix"].startswith("Use --port ")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody writes to")
def test_a_folder_that_cannot_be_written_to_is_told(folder: Path) -> None:
    found = checks(Path("/proc/workspace"))

    assert not found["folder"]["fine"]
    assert "/proc cannot be written to" in found["folder"]["detail"]
    assert found["clock"]["fine"]


def test_a_clock_behind_what_is_written_already_is_told_outside_of_the_demo(folder: Path) -> None:
    store = open_store(f"sqlite:///{folder}/control.db")
    with store.write() as connection:
        append(connection, Act(wall_time() + timedelta(hours=3), "ada@x.example", "ask", "x"))
    store.close()
    assert checks(folder)["clock"]["fine"]
    (folder / "pilothouse.toml").write_text('identity = "proxy"\nport = 18597\n')

    found = checks(folder)["clock"]

    assert not found["fine"]
    assert "but the audit log has" in found["detail"]


class Endpoint(Loopback):
    """A model server that lets one key in."""

    def handle(self, call: Call) -> Reply:
        good = call.headers.get("authorization") == "Bearer right"
        return Reply(200, {"data": []}) if good else Reply(401, {"error": "no"})


def test_a_model_endpoint_is_asked_with_the_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Endpoint() as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{endpoint.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "wrong")
        refused = checks(folder)["model"]
        monkeypatch.setenv("OPENAI_API_KEY", "right")
        taken = checks(folder)["model"]
        endpoint.faults.append(answers(503))
        broken = checks(folder)["model"]
    gone = checks(folder)["model"]

    assert "does not let us in (401)" in refused["detail"]
    assert "wrong" not in json.dumps(refused)
    assert taken["fine"]
    assert "answers with 503" in broken["detail"]
    assert "does not answer" in gone["detail"]


def test_ways_of_telling_people_are_looked_at(folder: Path) -> None:
    (folder / "pilothouse.toml").write_text(
        'port = 18597\n[notifications.webhooks.chat]\nurl = "https://chat.example.com/in"\n'
        'secrets = ["env:NOWHERE_SET"]\n'
    )

    found = checks(folder)["notify"]

    assert not found["fine"]
    assert "NOWHERE_SET, which is not set" in found["detail"]
