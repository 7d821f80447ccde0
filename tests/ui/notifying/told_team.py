"""A team that is told: a real control store, people, a clock that a test moves, and a board."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from pydantic import SecretStr
from ulid import ULID

from control import letters, people
from control.letters import Written
from control.people import Person
from control.store import Store, open_store
from core.alerts import Alert
from core.lifecycle import Role, Verdict
from core.notifications import NotificationSettings
from core.settings import Settings
from orchestrate import approvals, change_requests
from tests.deliver.loopback import Call, Loopback, Reply
from tests.deliver.mail_server import PASSWORD, USER, MailServer
from tests.orchestrate.world import single
from ui.notifying.telling import NotifyRound
from warehouse.catalog import Catalog, load_catalog

NOW = datetime(2026, 6, 29, 9)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ORIGIN = "https://pilothouse.team.example"
TEAM = (
    Person(email="mara@team.example", name="Mara", roles=frozenset({Role.MARKETER})),
    Person(email="ana@team.example", name="Ana", roles=frozenset({Role.ANALYST})),
    Person(email="pavel@team.example", name="Pavel", roles=frozenset({Role.APPROVER})),
    Person(email="ada@team.example", name="Ada", roles=frozenset({Role.ADMIN, Role.APPROVER})),
)


class Board:
    """A board on which a test hangs alerts."""

    def __init__(self) -> None:
        self.open: tuple[Alert, ...] = ()
        self.looked = True


class Hook(Loopback):
    """Takes notifications."""

    def handle(self, call: Call) -> Reply:
        return Reply(200, {"ok": True})


class ToldTeam:
    """What notifications need of a workspace, and what a test does with it."""

    def __init__(self, folder: Path, **asked: Any) -> None:
        shutil.copy(_made(), folder / "control.db")
        self.store: Store = open_store(f"sqlite:///{folder}/control.db")
        self.board = Board()
        self.clock = NOW
        self.settings = Settings(
            workspace=folder,
            warehouse_url=f"duckdb:///{folder}/w.duckdb",
            control_url=f"sqlite:///{folder}/control.db",
            notifications=NotificationSettings.model_validate({"origin": ORIGIN} | asked),
            secrets={"MAIL_PASSWORD": SecretStr(PASSWORD), "HOOK": SecretStr(SECRET)},
        )
        self.named = 0

    def now(self) -> datetime:
        return self.clock

    def round(self, **later: float) -> None:
        """Time goes on, and a server, started anew each time, looks and sends once."""
        self.clock += timedelta(**later)
        NotifyRound(self).once()

    def sent(self) -> list[Written]:
        """The letters, the oldest first."""
        return letters.latest(self.store)[::-1]

    def propose(self, author: str = "mara@team.example", name: str = "") -> str:
        """A policy that waits for a verdict; gives the id of its change request."""
        self.named += 1
        policy = single(_catalog(), name=name or f"Nudge {self.named}")
        policy = policy.model_copy(update={"key": f"nudge_{self.named}"})
        request = change_requests.submit(
            self.store, artifact=policy, author=author, prompt=f"Prompt {ULID()}", now=self.now()
        )
        return request.id

    def decide(self, request: str, email: str, verdict: Verdict = "reject") -> None:
        """A verdict, with a comment that is nobody else's business."""
        approvals.decide(
            self.store,
            request,
            person=people.get(self.store, email),
            verdict=verdict,
            comment="Between us: no.",
            now=self.now(),
        )


@cache
def _made() -> Path:
    """A control store in which the team works, and nothing has happened."""
    file = Path(mkdtemp(prefix="told-")) / "control.db"
    store = open_store(f"sqlite:///{file}")
    people.add(store, TEAM)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return file


@cache
def _catalog() -> Catalog:
    return load_catalog()


def by_mail(server: MailServer, **more: Any) -> dict[str, Any]:
    """The settings of letters through a server."""
    return {
        "host": "127.0.0.1",
        "port": server.port,
        "tls": server.tls,
        "username": USER,
        "password": "env:MAIL_PASSWORD",
        "sender": "Pilothouse <pilothouse@team.example>",
        "ca_file": str(server.ca_file),
        "timeout_seconds": 1,
    } | more


def by_hook(hook: Hook, **more: Any) -> dict[str, Any]:
    """The settings of a webhook."""
    return {"url": f"{hook.url}/in", "secrets": ["env:HOOK"], "timeout_seconds": 1} | more
