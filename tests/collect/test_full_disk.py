"""A disk that is full: senders are asked to come back, nothing is lost, and it goes on by itself.

A child process may write no file longer than a limit, which is as if the disk
ended there: the same calls fail, in Python and in DuckDB, in the middle of a write.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from collect.rawlog import RawLog
from tests.collect.conftest import client_of
from tests.collect.world import World, track

PROCESSES = multiprocessing.get_context("forkserver")
TEXT = "x1y2" * 100


def in_a_child(work: Callable[[Path], dict[str, Any]], folder: Path) -> dict[str, Any]:
    """What the work found, done in a process of its own."""
    process = PROCESSES.Process(target=_told, args=(work, folder))
    process.start()
    process.join()
    found: dict[str, Any] = json.loads((folder / "told").read_text())
    return found


def _told(work: Callable[[Path], dict[str, Any]], folder: Path) -> None:
    (folder / "told").write_text(json.dumps(work(folder)))


def disk_ends_at(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def disk_is_free() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def batch(number: int) -> dict[str, Any]:
    return {"batch": [track(messageId=f"{number}-{place}", text=TEXT) for place in range(10)]}


def fills_up_while_appending(folder: Path) -> dict[str, Any]:
    world = World(folder)
    answers = []
    for client in client_of(world):
        for number in range(30):
            {5: lambda: disk_ends_at(50_000), 20: disk_is_free}.get(number, bool)()
            answer = client.post("/v1/batch", json=batch(number))
            answers.append((answer.status_code, answer.headers.get("retry-after")))
    world.log.close()
    world.log = RawLog(folder / "log")
    loaded = world.load()
    return {"answers": answers, "stored": loaded.stored, "queued": world.log.queued_bytes}


def test_while_the_log_cannot_grow_senders_come_back_and_what_was_acknowledged_is_there(
    tmp_path: Path,
) -> None:
    found = in_a_child(fills_up_while_appending, tmp_path)

    good = [[200, None]]
    assert {tuple(answer) for answer in found["answers"]} == {(200, None), (503, "5")}
    assert found["answers"][:5] == good * 5
    assert found["answers"][15:20] == [[503, "5"]] * 5
    assert found["answers"][20:] == good * 10
    assert found["stored"] == 10 * found["answers"].count([200, None])
    assert found["queued"] == 0


def fills_up_while_loading(folder: Path, size: int) -> dict[str, Any]:
    world = World(folder)
    world.log.close()
    world.log = RawLog(folder / "log", segment_bytes=60_000)
    for number in range(60):
        world.send(*batch(number)["batch"])
    disk_ends_at(size)
    failures = []
    for _ in range(2):
        try:
            world.load()
        except (OSError, duckdb.Error) as error:
            failures.append(type(error).__name__)
    waiting = world.log.unloaded_bytes
    disk_is_free()
    world.load()
    balanced = world.rows("ingest_ledger", "SUM(stored)", "SUM(received)")
    return {"failures": failures, "waiting": waiting, "balanced": balanced}


def fills_up_at_once(folder: Path) -> dict[str, Any]:
    return fills_up_while_loading(folder, 1_000)


def fills_up_later(folder: Path) -> dict[str, Any]:
    return fills_up_while_loading(folder, 150_000)


@pytest.mark.parametrize("work", [fills_up_at_once, fills_up_later])
def test_while_the_warehouse_cannot_grow_events_wait_and_are_loaded_once_it_can(
    tmp_path: Path, work: Callable[[Path], dict[str, Any]]
) -> None:
    found = in_a_child(work, tmp_path)

    assert len(found["failures"]) == 2
    assert found["waiting"] > 0
    assert found["balanced"] == [[600, 600]]
