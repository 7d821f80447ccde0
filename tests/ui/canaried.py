"""A workspace whose e-mail leaves to a fake of SendGrid, which signs what it tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from httpx import Response
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.testclient import TestClient

from control import versions
from control.canaries import Canary, everything
from control.people import add_demo_people
from control.store import open_store
from control.tables import outbox
from core.canary import CanaryAsk, CanaryLimits
from core.rules import DecisionPolicy, Holdout
from core.settings import Settings
from orchestrate import change_requests
from tests.deliver.destinations.fake import SECRET, Fake
from tests.deliver.destinations.fake_sendgrid import FakeSendGridText
from tests.deliver.receipts.senders import PUBLIC_KEY, Told, by_sendgrid
from tests.orchestrate.world import World, single
from tools.propose import dependencies
from ui import data_changes, route_effects
from ui.receiving import apply_receipts, receiving
from ui.workspace import Workspace

KEY = "next_best"
NOBODY_HELD_OUT = Holdout(share=0.0, salt="none")


class Canaried:
    """Users who each get one e-mail of a policy, and people who change it."""

    def __init__(self, workspace: Workspace, fake: Fake) -> None:
        self.workspace, self.fake = workspace, fake
        self.receiving = receiving(workspace)
        self.client = TestClient(Starlette(routes=self.receiving.routes()))

    def policy(self, name: str) -> DecisionPolicy:
        """Everybody who looked at prices gets one e-mail; ``name`` is all that differs."""
        made = single(self.workspace.catalog, name=name, holdout=NOBODY_HELD_OUT)
        (entry,) = made.entries
        action = entry.action.model_copy(update={"channels": ("email",)})
        entries = (entry.model_copy(update={"action": action}),)
        return made.model_copy(update={"entries": entries})

    def publish(
        self, name: str, share: float | None = None, limits: CanaryLimits | None = None
    ) -> None:
        """Proposed by Mara, approved by Pavel: for everybody, or for a share of the users first."""
        work = self.workspace
        policy = self.policy(name)
        live, data = versions.live(work.store), data_changes.fingerprints(work)
        request = change_requests.submit(
            work.store,
            artifact=policy,
            author="mara@demo",
            prompt="",
            dependencies=dependencies(policy, work.catalog, live, data),
            now=work.now(),
        )
        asked = CanaryAsk(share=share, limits=limits or CanaryLimits()) if share else None
        work.decide(request.id, work.person("pavel@demo"), "approve", canary=asked)

    def users(self, first: int, many: int) -> None:
        """New users who looked at prices a day ago, and agreed to e-mail."""
        given = {"first": first, "last": first + many, "now": self.workspace.as_of()}
        for statement in _USERS:
            self.workspace.warehouse.execute(statement, given)

    def pass_time(self, hours: int = 1) -> None:
        """The data, and with it the clock, goes on."""
        later = self.workspace.as_of() + timedelta(hours=hours)
        self.workspace.warehouse.execute(
            "UPDATE meta SET value = $later WHERE key = 'as_of'", {"later": later.isoformat()}
        )

    def send(self) -> None:
        """Decide for everybody and send what is due."""
        self.workspace.run_cycle()
        self.workspace.deliver()

    def intents(self, version: int, *states: str) -> list[str]:
        """The messages of a version, in any state or some."""
        query = sa.select(outbox.c.intent_id).where(outbox.c.policy_version == version)
        if states:
            query = query.where(outbox.c.state.in_(states))
        with self.workspace.store.read() as connection:
            return sorted(connection.execute(query).scalars())

    def taken(self, version: int) -> int:
        """How many messages of a version the provider has."""
        return sum(len(self.fake.ledger[one]) for one in self.intents(version))

    def signed(self, event: str, intents: Iterable[str], *, ago: int = 30) -> Told:
        """What the provider says of messages ``ago`` seconds after it happened."""
        wall = datetime.now(UTC).replace(tzinfo=None)
        seconds = int(wall.replace(tzinfo=UTC).timestamp()) - ago
        told = [{"event": event, "timestamp": seconds, "intent_id": one} for one in intents]
        return by_sendgrid(*told, at=wall)

    def post(self, told: Told) -> Response:
        return self.client.post("/v1/receipts/mail", content=told.body, headers=dict(told.headers))

    def tell(self, event: str, intents: Iterable[str], *, ago: int = 30) -> None:
        """It says so, signed, and what it says is applied."""
        assert self.post(self.signed(event, intents, ago=ago)).status_code == 200
        apply_receipts(self.workspace)

    def canary(self) -> Canary:
        """The newest one."""
        return everything(self.workspace.store, KEY)[0]


@contextmanager
def begun(folder: Path, users: int) -> Iterator[Canaried]:
    """A new workspace: version 1 is live and was sent to nobody yet; e-mail goes to the fake."""
    store = open_store(f"sqlite:///{folder}/control.db")
    add_demo_people(store)
    World(folder, store).warehouse.close()
    store.close()
    with opened(folder) as made:
        _route(made.workspace)
        made.users(0, users)
        made.publish("The old words")
        yield made


@contextmanager
def opened(folder: Path, ledger: Mapping[str, list[Any]] | None = None) -> Iterator[Canaried]:
    """A workspace that was made before, with what the provider took until then."""
    with FakeSendGridText() as fake:
        fake.ledger.update(ledger or {})
        table = fake.settings() | {"kind": "sendgrid", "api_key": "env:SENDGRID_KEY"}
        table |= {"receipt_public_key": PUBLIC_KEY}
        workspace = Workspace(
            Settings(
                workspace=folder,
                warehouse_url=f"duckdb:///{folder}/warehouse.duckdb",
                control_url=f"sqlite:///{folder}/control.db",
                planner="grammar",
                destinations={"mail": table},
                secrets={"SENDGRID_KEY": SecretStr(SECRET)},
            )
        )
        made = Canaried(workspace, fake)
        yield made
        made.receiving.close()
        workspace.close()


def _route(workspace: Workspace) -> None:
    change = route_effects.route(workspace, "email", "mail")
    ana = workspace.person("ana@demo")
    request = route_effects.propose_route(workspace, change, author=ana, reason="moving")
    workspace.decide(request.id, workspace.person("pavel@demo"), "approve")


_USERS = (
    "INSERT INTO dim_users (user_id, device_os, timezone, email)"
    " SELECT 'u' || i, 'ios', 'Europe/London', 'u' || i || '@example.com'"
    " FROM range($first, $last) t(i) WHERE $now IS NOT NULL",
    "INSERT INTO fct_consent (user_id, purpose, channel, status, effective_at, observed_at)"
    " SELECT 'u' || i, 'marketing', 'email', 'granted', $now - INTERVAL 30 DAY,"
    " $now - INTERVAL 30 DAY FROM range($first, $last) t(i)",
    "INSERT INTO fct_events (user_id, event_name, event_time)"
    " SELECT 'u' || i, 'pricing_viewed', $now - INTERVAL 1 DAY FROM range($first, $last) t(i)",
)
