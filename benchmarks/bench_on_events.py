"""How soon a user is decided on of whom an event came in, and their message leaves.

From a client's request over the log, the loader, facts and traits to a decision on disk; and on
over the outbox to the moment that the message was handed over, into the local mailbox.
"""

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
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
import uvicorn
from starlette.applications import Starlette

from benchmarks.bench_online import answered, with_rules, workspace_of
from benchmarks.measured import Measured
from control import sources
from control.delivery_tables import dispatches
from control.tables import outbox
from ui import clock, collecting, deciding, on_events
from ui.pauses import short_pauses
from ui.rounds import Rounds
from ui.worker import SECONDS_BETWEEN_SENDS
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
    """When a round of decisions was on disk, and up to which place in the log."""
    places: dict[str, int]
    """Message → its place in the log."""
    left: dict[str, float]
    """User → when the first message for them was handed over."""
    cpu: float


def measure() -> list[Measured]:
    """Events of random users, a few in a request, at a steady pace, with a hundred rules."""
    with tempfile.TemporaryDirectory() as folder:
        made = with_rules(Path(folder))
        noon = made.as_of() + timedelta(hours=12)
        clock.start(Path(folder), at=noon, wall=datetime.now(UTC).replace(tzinfo=None))
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
    left = sorted(_left(sent, told))
    what = f"an event at {PER_SECOND}/s, from its request to the decision on its user"
    sends = f"until their message left ({len(left):,} did)"
    cpu = told.cpu / len(sent) * 1_000
    return [
        Measured(f"{what}, median", _at(waited, 0.5), "s", None, cpu),
        Measured(f"{what}, 95th percentile", _at(waited, 0.95), "s", 2),
        Measured(f"{what}, 99th percentile", _at(waited, 0.99), "s", 10),
        Measured(f"{sends}, 95th percentile", _at(left, 0.95), "s", 5),
        Measured(f"{sends}, 99th percentile", _at(left, 0.99), "s", 30),
    ]


def _at(waited: Sequence[float], share: float) -> float:
    return waited[int(len(waited) * share)]


def _waited(sent: dict[str, float], told: Told) -> list[float]:
    """Seconds from when each event was sent until the round that decided on it was on disk."""
    rounds = iter(told.rounds)
    ended, until = next(rounds)
    found = []
    for message, place in sorted(told.places.items(), key=lambda one: one[1]):
        while until < place:
            ended, until = next(rounds)
        found.append(ended - sent[message])
    assert len(found) == len(sent), "an event was lost"
    return found


def _left(sent: dict[str, float], told: Told) -> list[float]:
    """Seconds from the one event of a user to their message; users of several tell nothing."""
    by_user: dict[str, list[float]] = {}
    for message, moment in sent.items():
        by_user.setdefault(message.partition(" ")[2], []).append(moment)
    return [
        told.left[user] - moments[0]
        for user, moments in by_user.items()
        if len(moments) == 1 and user in told.left
    ]


def _serve(folder: Path, pipe: Connection) -> None:
    workspace = workspace_of(folder)
    workspace.intake.load()
    rounds: list[tuple[float, int]] = []
    by_event = on_events.EventRound(workspace)
    first = by_event.until

    def decide() -> None:
        if by_event.decide():
            rounds.append((time.monotonic(), by_event.until))
            workspace.desk.write_out()

    load = collecting.LoadRound(workspace.intake, lambda: None)
    background = (
        short_pauses(),
        Rounds("decisions", workspace.desk.once, deciding.WRITE_SECONDS),
        Rounds("decide", decide, on_events.LOOK_SECONDS),
        Rounds("load", load.once, on_events.LOAD_SECONDS),
        Rounds("send", lambda: _send_due(workspace), SECONDS_BETWEEN_SENDS),
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
        began = workspace.now()
        offset = time.monotonic() - began.timestamp()
        places = _all_decided(workspace, by_event, first, pipe)
        cpu = time.process_time() - before
        time.sleep(2 * (deciding.WRITE_SECONDS + SECONDS_BETWEEN_SENDS))
        pipe.send(Told(rounds, places, _handed_over(workspace, began, offset), cpu))
        server.should_exit = True
        thread.join()
    for one in reversed(background):
        one.close()
    workspace.close()


def _send_due(workspace: Workspace) -> None:
    if workspace.has_to_send():
        workspace.deliver()


def _handed_over(workspace: Workspace, since: datetime, offset: float) -> dict[str, float]:
    query = (
        sa.select(outbox.c.user_id, sa.func.min(dispatches.c.first_at))
        .join(dispatches, dispatches.c.intent_id == outbox.c.intent_id)
        .where(outbox.c.decided_at >= since)
        .group_by(outbox.c.user_id)
    )
    with workspace.store.read() as connection:
        rows = connection.execute(query).all()
    return {user: moment.timestamp() + offset for user, moment in rows}


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
        users = [dice.choice(served.users) for _ in range(IN_A_REQUEST)]
        events = [_event(f"{number}.{n} {user}", user, dice) for n, user in enumerate(users)]
        sent |= dict.fromkeys((str(one["messageId"]) for one in events), due)
        asked.append(asyncio.create_task(_send(free, served.write_key, events)))
    await asyncio.gather(*asked)
    return sent


def _event(message: str, user: str, dice: random.Random) -> dict[str, object]:
    name = dice.choice([*_EVENTS])
    common = {"type": "track", "userId": user, "messageId": message}
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
