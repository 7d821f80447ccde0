"""Every page of the console drawn again by the real server, and many people at once.

    python -m benchmarks.bench_console [--users 40000] [--rules 0] [--sessions 20]

Each visitor is a WebSocket that speaks Streamlit's own protocol, signed in as Ada. Measured is CPU
time of the server's process, whatever else the machine does: the mean of several warm reruns a
page, less what the server uses when nobody asks. ``--rules`` so many rules are in force, each
asked for and approved as any other.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import (
    create_signed_value,
    generate_xsrf_token_string,
)
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from benchmarks.measured import Measured
from control.people import add_demo_people, get
from control.store import open_store
from core.conditions import EventCount
from core.rules import EligibilityRule
from orchestrate import approvals, change_requests, rulebook
from ui.identity import cookie_secret
from warehouse.catalog import load_catalog

PAGES = {
    "": "What should happen next for your users?",
    "approvals": "Approvals",
    "diagnoses": "Diagnoses",
    "decisions": "Decisions",
    "rules": "Rules",
    "staging": "Staging",
    "experiments": "Experiments",
    "outcomes": "Outcomes",
    "data_health": "Data health",
    "audit_log": "Audit log",
}
"""Address → the title of the page, by which a run is known to be of it."""
USERS, SESSIONS, RERUNS = 40_000, 20, 20
NOW = datetime(2026, 6, 29)
DRAWN_WITHIN_SECONDS = 120
LIMIT_MS, LIMIT_LARGE_MS, LIMIT_MB = 150.0, 400.0, 5.0
_COMMAND = (sys.executable, "-c", "from ui.cli import main; main()")
_TICK = os.sysconf("SC_CLK_TCK")


class Server(NamedTuple):
    """A console that runs: where, over which workspace, in which process."""

    origin: str
    workspace: Path
    pid: int
    ready_seconds: float

    @property
    def cpu(self) -> float:
        """Seconds that its process used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    @property
    def megabytes(self) -> float:
        """What it holds in memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Visitor:
    """Somebody who looks at pages."""

    def __init__(self, server: Server) -> None:
        token = generate_xsrf_token_string()
        who = {"origin": server.origin, "email": "ada@demo", "name": "Ada", "is_logged_in": True}
        secret = cookie_secret(server.workspace)
        signed = create_signed_value(secret, "_streamlit_user", json.dumps(who)).decode()
        self._socket: ClientConnection = connect(
            f"{server.origin.replace('http', 'ws')}/_stcore/stream",
            origin=Origin(server.origin),
            subprotocols=[Subprotocol("streamlit"), Subprotocol(token)],
            additional_headers={"Cookie": f"_streamlit_xsrf={token}; _streamlit_user={signed}"},
            max_size=None,
            proxy=None,
            legacy=True,
        )
        self.errors: list[str] = []
        # At the door everybody is led to where their work is.
        self.draw("rules")

    def draw(self, page: str) -> None:
        """One run of a page, until it has finished."""
        asked = BackMsg()
        asked.rerun_script.page_name = page
        asked.rerun_script.query_string = ""
        self._socket.send(asked.SerializeToString())
        is_it = False
        while True:
            told = ForwardMsg()
            told.ParseFromString(
                bytes(self._socket.recv(timeout=DRAWN_WITHIN_SECONDS, decode=False))
            )
            kind, drawn = told.WhichOneof("type"), told.delta.new_element
            if drawn.WhichOneof("type") == "exception":
                self.errors.append(f"{page}: {drawn.exception.message}")
            is_it = is_it or drawn.heading.body == PAGES[page]
            # A run that only leads to another page ends as well.
            if kind == "script_finished" and is_it:
                return

    def leave(self) -> None:
        """Close the tab."""
        self._socket.close()


def measure() -> list[Measured]:
    """Milliseconds of CPU a page, memory a session, errors, and seconds until it answers."""
    return console(USERS, 0, SESSIONS)


def console(users: int, rules: int, sessions: int) -> list[Measured]:
    """The same for so many users of the data, rules in force and people at once."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), users, rules) as server:
        size = f"{users:,} users, {rules:,} rules" if rules else f"{users:,} users"
        limit = LIMIT_LARGE_MS if rules else LIMIT_MS
        first = Visitor(server)
        found = [Measured(f"console answers, {size}", server.ready_seconds, "s", 20.0)]
        idle = _idle(server)
        for page in PAGES:
            spent = 1_000 * _rerun_seconds(server, first, page, idle)
            found.append(Measured(f"rerun of {page or 'ask'}, {size}", spent, "ms", limit))
        found += _crowd(server, sessions)
        if first.errors:
            raise RuntimeError(f"a page could not be drawn: {first.errors[0]}")
        first.leave()
    return found


def _idle(server: Server) -> float:
    """The share of a core that the server uses when nobody asks."""
    before, began = server.cpu, time.perf_counter()
    time.sleep(5)
    return (server.cpu - before) / (time.perf_counter() - began)


def _rerun_seconds(server: Server, visitor: Visitor, page: str, idle: float) -> float:
    visitor.draw(page)
    visitor.draw(page)
    before, began = server.cpu, time.perf_counter()
    for _ in range(RERUNS):
        visitor.draw(page)
    spent = server.cpu - before - idle * (time.perf_counter() - began)
    return max(0.0, spent / RERUNS)


def _crowd(server: Server, sessions: int) -> list[Measured]:
    """So many people who all look at every page at once."""
    before = server.megabytes
    visitors = [Visitor(server) for _ in range(sessions)]

    def look_around(visitor: Visitor) -> None:
        for page in PAGES:
            visitor.draw(page)

    began = time.perf_counter()
    with ThreadPoolExecutor(sessions) as pool:
        list(pool.map(look_around, visitors))
    seconds = time.perf_counter() - began
    grown = max(0.0, server.megabytes - before) / sessions
    errors = [error for visitor in visitors for error in visitor.errors]
    for visitor in visitors:
        visitor.leave()
    if errors:
        print(*sorted(set(errors)), sep="\n", file=sys.stderr)
    many = f"{sessions} people at once"
    return [
        Measured(f"errors of {many}", len(errors), "", 0.0),
        Measured(f"pages a second, {many}", sessions * len(PAGES) / seconds, "/s", None),
        Measured("memory of a further session", grown, "MB", LIMIT_MB),
    ]


@contextmanager
def serving(workspace: Path, users: int, rules: int) -> Iterator[Server]:
    """A server over a demo of this size, for as long as the context lasts."""
    command = [*_COMMAND, "--workspace", str(workspace)]
    subprocess.run([*command, "demo-data", "--users", str(users)], check=True, capture_output=True)
    _put_rules(workspace, rules)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    began = time.perf_counter()
    with (workspace / "bench.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "up", "--port", str(port)], stdout=log, stderr=log
        )  # fmt: skip
        origin = f"http://127.0.0.1:{port}"
        try:
            _wait(origin, process)
            yield Server(origin, workspace, process.pid, time.perf_counter() - began)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _put_rules(workspace: Path, rules: int) -> None:
    store, catalog = open_store(f"sqlite:///{workspace / 'control.db'}"), load_catalog()
    add_demo_people(store)
    action, approver = catalog.actions["upgrade_nudge"], get(store, "pavel@demo")
    for number in range(rules):
        rule = EligibilityRule(
            key=f"rule_{number}",
            name=f"Rule {number}",
            action=action.model_copy(update={"key": f"nudge_{number}"}),
            condition=EventCount(event="workout_completed", n=1 + number % 20),
        )
        asked = change_requests.submit(store, artifact=rule, author="mara@demo", prompt="", now=NOW)
        approvals.decide(store, asked.id, person=approver, verdict="approve", now=NOW)
        rulebook.publish(store, asked.id, now=NOW)
    store.close()


def _wait(origin: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            if httpx.get(f"{origin}/_stcore/health", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the server ended before it answered")


def main() -> None:
    """Print the table."""
    from benchmarks.__main__ import table

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=USERS)
    parser.add_argument("--rules", type=int, default=0)
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    chosen = parser.parse_args()
    print(table(console(chosen.users, chosen.rules, chosen.sessions)))


if __name__ == "__main__":
    main()
