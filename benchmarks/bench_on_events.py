"""How soon a user is decided on of whom an event came in: from a client's request over the log,
the loader, facts and traits to a decision on disk."""

from __future__ import annotations

import asyncio
import base64
import multiprocessing
import random
import socket
import tempfile
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import uvicorn
from starlette.applications import Starlette

from benchmarks.bench_online import answered, with_rules, workspace_of
from benchmarks.measured import Measured
from control import sources
from ui import collecting, deciding, on_events
from ui.rounds import Rounds
from ui.workspace import Workspace

PER_SECOND, IN_A_REQUEST, SECONDS, CONNECTIONS = 500, 5, 15, 8
PATIENCE_SECONDS = 60.0
_EVENTS = {
    "app_opened": {},
    "pricing_viewed": {},
    "workout_completed": {"workout_type": "yoga", "duration_seconds": 600},
}


class Served(NamedTuple):
    """What a server process tells once it listens."""

    port: int
    write_key: str
    users: list[str]


class Told(NamedTuple):
    """What it tells at the end."""

    rounds: list[tuple[float, int]]
    """When a round of decisions was over, and up to which place in the log."""
    places: dict[str, int]
    """Message → its place in the log."""
    cpu: float


def measure() -> list[Measured]:
    """Events of random users, a few in a request, at a steady pace, with a hundred rules."""
    with tempfile.TemporaryDirectory() as folder:
        made = with_rules(Path(folder))
        made.close()
        return _measured(Path(folder))


def _measured(folder: Path) -> list[Measured]:
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=_serve, args=(folder, there), daemon=True)
    server.start()
    try:
        served: Served = here.recv()
        sent = asyncio.run(_send_all(served))
        here.send(len(sent))
        told: Told = here.recv()
    finally:
        server.join(PATIENCE_SECONDS)
    waited = sorted(_waited(sent, told))
    what = f"an event at {PER_SECOND}/s, from its request to the decision on its user"
    cpu = told.cpu / len(sent) * 1_000
    return [
        Measured(f"{what}, median", _at(waited, 0.5), "s", None, cpu),
        Measured(f"{what}, 95th percentile", _at(waited, 0.95), "s", 2),
        Measured(f"{what}, 99th percentile", _at(waited, 0.99), "s", 10),
    ]


def _at(waited: Sequence[float], share: float) -> float:
    return waited[int(len(waited) * share)]


def _waited(sent: dict[str, float], told: Told) -> list[float]:
    """Seconds from when each event was sent to the end of the first round that decided on it."""
    rounds = iter(told.rounds)
    ended, until = next(rounds)
    found = []
    for message, place in sorted(told.places.items(), key=lambda one: one[1]):
        while until < place:
            ended, until = next(rounds)
        found.append(ended - sent[message])
    assert len(found) == len(sent), "an event was lost"
    return found


def _serve(folder: Path, pipe: Connection) -> None:
    workspace = workspace_of(folder)
    workspace.intake.load()
    rounds: list[tuple[float, int]] = []
    by_event = on_events.EventRound(workspace)
    first = by_event.until

    def decide() -> None:
        if by_event.once():
            rounds.append((time.monotonic(), by_event.until))

    load = collecting.LoadRound(workspace.intake, lambda: None)
    background = (
        Rounds("decisions", workspace.desk.once, deciding.WRITE_SECONDS),
        Rounds("decide", decide, on_events.LOOK_SECONDS),
        Rounds("load", load.once, on_events.LOAD_SECONDS),
    )
    app = Starlette(routes=workspace.intake.routes())
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(CONNECTIONS)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],))
        for one in (*background, thread):
            one.open() if isinstance(one, Rounds) else one.start()
        pipe.send(_served(workspace, listening.getsockname()[1]))
        before = time.process_time()
        places = _all_decided(workspace, by_event, first, pipe)
        pipe.send(Told(rounds, places, time.process_time() - before))
        server.should_exit = True
        thread.join()
    for one in reversed(background):
        one.close()
    workspace.close()


def _served(workspace: Workspace, port: int) -> Served:
    (source, *_) = sources.list_all(workspace.store)
    rows = workspace.warehouse.fetch("SELECT user_id FROM dim_users WHERE merged_into IS NULL")
    return Served(port, source.write_key, [user for (user,) in rows.rows])


def _all_decided(
    workspace: Workspace, by_event: on_events.EventRound, first: int, pipe: Connection
) -> dict[str, int]:
    """Waits until everything that was sent is decided on; gives where it stands in the log."""
    sent: int = pipe.recv()
    query = "SELECT message_id, seq FROM raw_events WHERE seq > $first"
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        places = dict(workspace.warehouse.fetch(query, {"first": first}).rows)
        if len(places) == sent and by_event.until >= max(places.values()):
            return places
        time.sleep(0.2)
    raise TimeoutError(f"{len(places)} of {sent} events were loaded")


async def _send_all(served: Served) -> dict[str, float]:
    """Message → when it was sent, by the clock that every process of a machine shares."""
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", served.port))
    dice, began, sent, asked = random.Random(5), time.monotonic(), {}, []
    for number in range(PER_SECOND * SECONDS // IN_A_REQUEST):
        due = began + number * IN_A_REQUEST / PER_SECOND
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        events = [_event(f"{number}.{n}", served.users, dice) for n in range(IN_A_REQUEST)]
        sent |= dict.fromkeys((str(one["messageId"]) for one in events), due)
        asked.append(asyncio.create_task(_send(free, served.write_key, events)))
    await asyncio.gather(*asked)
    return sent


def _event(message: str, users: list[str], dice: random.Random) -> dict[str, object]:
    name = dice.choice([*_EVENTS])
    common = {"type": "track", "userId": dice.choice(users), "messageId": message}
    return common | {"event": name, "properties": _EVENTS[name]}


async def _send(
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]],
    write_key: str,
    events: list[dict[str, object]],
) -> None:
    reader, writer = await free.get()
    shown = base64.b64encode(f"{write_key}:".encode()).decode()
    await answered(reader, writer, "/v1/batch", f"Basic {shown}", {"batch": events})
    free.put_nowait((reader, writer))
