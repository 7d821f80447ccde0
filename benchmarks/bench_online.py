"""What deciding for one user costs: in process, and over HTTP from another process."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb
import uvicorn
from starlette.applications import Starlette

from benchmarks.bench_evaluate import _any_leaf, _rules
from benchmarks.measured import Measured
from control import people, tokens
from control.store import Store
from control.tokens import TokenScope
from core.conditions import EVERYONE
from core.moments import SECOND, micros
from core.rules import Action, EligibilityRule, Holdout
from core.settings import Settings
from orchestrate import approvals, change_requests, rulebook
from orchestrate.cycle import plan_tick
from orchestrate.live.book import Book
from orchestrate.live.scalar import decide
from orchestrate.stages import create_tables
from ui.deciding import WRITE_SECONDS, decide_routes
from ui.pauses import short_pauses
from ui.rounds import Rounds
from ui.workspace import Workspace
from warehouse.demo.generate import generate

USERS, DAYS, RULES = 2_000, 56, 100
DECISIONS, READINGS, TOGETHER = 20_000, 20, (1, 500)
PER_SECOND, SECONDS, CONNECTIONS = 500, 8, 32
_EVENTS = ("app_opened", "workout_completed", "workout_saved", "pricing_viewed", "plan_compared")


def measure() -> list[Measured]:
    """A hundred rules with consent, caps, quiet hours and holdouts, for one user after another."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = with_rules(Path(folder))
        in_process = _in_process(workspace)
        workspace.close()
        return [*in_process, *_over_http(Path(folder))]


def with_rules(folder: Path) -> Workspace:
    """A demo in a folder, opened, with a hundred live rules."""
    with duckdb.connect(str(folder / "own.duckdb"), config={"threads": 2}) as connection:
        generate(connection, users=USERS, days=DAYS, seed=7, scenario="ios_checkout")
    workspace = workspace_of(folder)
    _publish(workspace.store, workspace)
    return workspace


def workspace_of(folder: Path) -> Workspace:
    """The workspace over the demo of a folder."""
    settings = Settings(
        workspace=folder,
        warehouse_url=f"duckdb:///{folder / 'own.duckdb'}",
        control_url=f"sqlite:///{folder}/control.db",
        planner="grammar",
    )
    return Workspace(settings)


def _publish(store: Store, workspace: Workspace) -> None:
    """A hundred live rules, each with a message and a holdout of its own."""
    channels, now = (("push", "email"), ("email",), ("in_app", "push")), workspace.now()
    pavel = people.get(store, "pavel@demo")
    for number, condition in enumerate(_rules(RULES, _any_leaf).values()):
        key = f"rule_{number}"
        rule = EligibilityRule(
            key=key,
            name=key,
            population=EVERYONE,
            condition=condition,
            action=Action(key=f"send_{number}", name=key, channels=channels[number % 3]),
            holdout=Holdout(share=0.1, salt=key),
        )
        request = change_requests.submit(
            store, artifact=rule, author="mara@demo", prompt="", now=now
        )
        approvals.decide(store, request.id, person=pavel, verdict="approve", now=now)
        rulebook.publish(store, request.id, now=now)


def _in_process(workspace: Workspace) -> list[Measured]:
    as_of = workspace.as_of()
    book = Book(plan_tick(workspace.store, workspace.catalog, as_of=as_of))
    with workspace.warehouse.cursor() as cursor:
        create_tables(cursor)
        users = [user for (user,) in cursor.execute("SELECT user_id FROM dim_users").fetchall()]
        known = [*book.reader.read(cursor, users, as_of).values()]
        reading = [*_reading(book, cursor, users, as_of)]
    for person in known:
        book.settle(person)
    dice, wall, cpu, alone, now = random.Random(1), [], [], [], micros(as_of)
    for number in range(DECISIONS):
        person, event = known[number % len(known)], dice.choice(_EVENTS)
        now += SECOND // 50
        began, before = time.perf_counter_ns(), time.thread_time_ns()
        book.asking.record(person.state, event, now, {})
        decide(book, person, now + 1)
        cpu.append(time.thread_time_ns() - before)
        wall.append(time.perf_counter_ns() - began)
        before = time.thread_time_ns()
        book.asking.decide(person.state, now + 1)
        alone.append(time.thread_time_ns() - before)
    yardstick = "which of the rules hold, alone"
    what = f"event, state and decision on {RULES} rules for one user"
    median, ratio = _at(cpu, 0.5), _at(cpu, 0.5) / _at(alone, 0.5)
    return [
        Measured(f"{what}, median", _at(wall, 0.5), "us", 50, median, ratio, yardstick),
        # Of CPU time: by the clock, this would measure who else is busy.
        Measured(f"{what}, 99th percentile", _at(cpu, 0.99), "CPU-us", 1_000),
        *reading,
    ]


def _reading(
    book: Book, cursor: duckdb.DuckDBPyConnection, users: list[str], as_of: datetime
) -> Iterator[Measured]:
    """What it costs to read users who are not at hand, all of them together."""
    dice = random.Random(2)
    for many in TOGETHER:
        spent = []
        for _ in range(READINGS):
            asked = dice.sample(users, many)
            before = time.process_time()
            book.reader.read(cursor, asked, as_of)
            spent.append((time.process_time() - before) * 1_000)
        median = statistics.median(spent)
        what = f"reading users who are not at hand, {many:,} together, median"
        yield Measured(what, median, "CPU-ms", None, median)


def _at(nanoseconds: Sequence[int], share: float) -> float:
    """Microseconds below which a share of them lies."""
    return sorted(nanoseconds)[int(len(nanoseconds) * share)] / 1_000


def _over_http(folder: Path) -> list[Measured]:
    """A server in a process of its own answers, every decision on disk first."""
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=_serve, args=(folder, there), daemon=True)
    server.start()
    port, secret, users = here.recv()
    try:
        took, cpu = asyncio.run(_ask_all(here, port, secret, users))
        here.send("end")
    finally:
        server.join(30)
    what = f"POST /v1/decide at {PER_SECOND}/s, {RULES} rules"
    return [
        Measured(f"{what}, median", _at(took, 0.5) / 1_000, "ms", None, cpu / len(took) * 1_000),
        Measured(f"{what}, 99th percentile", _at(took, 0.99) / 1_000, "ms", 10),
    ]


def _serve(folder: Path, pipe: Connection) -> None:
    workspace = workspace_of(folder)
    may = frozenset({TokenScope.DECIDE})
    secret = tokens.create(workspace.store, "bench", may, who="ada@demo", now=workspace.now())
    rows = workspace.warehouse.fetch("SELECT user_id FROM dim_users WHERE merged_into IS NULL")
    app = Starlette(routes=decide_routes(workspace))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(CONNECTIONS)
        rounds = short_pauses(), Rounds("decisions", workspace.desk.once, WRITE_SECONDS)
        for one in rounds:
            one.open()
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        pipe.send((listening.getsockname()[1], secret, [user for (user,) in rows.rows]))
        while pipe.recv() != "end":
            pipe.send(time.process_time())
        server.should_exit = True
        thread.join()
    for one in reversed(rounds):
        one.close()
    workspace.close()


def _cpu_of(server: Connection) -> float:
    server.send("cpu")
    spent: float = server.recv()
    return spent


async def _ask_all(
    server: Connection, port: int, secret: str, users: list[str]
) -> tuple[list[int], float]:
    """Nanoseconds from when each request was due to its answer, and the server's CPU-seconds;
    everybody was asked about once before."""
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    await asyncio.gather(*(_ask(free, secret, user) for user in users))
    before, began = _cpu_of(server), time.perf_counter()
    dice, asked = random.Random(5), []
    for number in range(PER_SECOND * SECONDS):
        due = began + number / PER_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        asked.append(asyncio.create_task(_timed(due, free, secret, dice.choice(users))))
    took = await asyncio.gather(*asked)
    return took, _cpu_of(server) - before


async def _timed(
    due: float,
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]],
    secret: str,
    user: str,
) -> int:
    await _ask(free, secret, user)
    return int((time.perf_counter() - due) * 1e9)


async def _ask(
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]], secret: str, user: str
) -> None:
    reader, writer = await free.get()
    await answered(reader, writer, "/v1/decide", f"Bearer {secret}", {"user_id": user})
    free.put_nowait((reader, writer))


async def answered(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    path: str,
    authorization: str,
    document: dict[str, object],
) -> None:
    """Post a document over a connection that stays open, and read the answer, which must be 200."""
    body = json.dumps(document).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        f"Authorization: {authorization}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    said = await reader.readuntil(b"\r\n\r\n")
    if not said.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(said.decode())
    length = int(said.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
