"""One policy, any destination: who gets what when is the same, whoever sends it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from pydantic import SecretStr

from control import versions
from control.channel_routes import routes
from control.hashing import content_hash
from control.tables import outbox
from core.lifecycle import State
from deliver.delivery import deliver
from tests.deliver.destinations.fake import SECRET, Fake
from tests.deliver.destinations.fake_braze import TEMPLATES, FakeCampaign
from tests.deliver.destinations.fake_webhook import FakeReceiver, signing_secret
from tests.deliver.loopback import DROPPED_AFTER, SHOUTS, Call, Reply, answers
from tests.tools.demo import demo_file, settings_for
from ui import file_changes, route_effects
from ui.outward import outward
from ui.workspace import Workspace, open_workspace
from ui.workspace_clock import wall_time
from warehouse.catalog import BUILT_IN

NUDGE = "Create an eligibility rule that emails users who completed 3 workouts an upgrade nudge."
FAST = {"burst": 100_000, "per_second": 100_000}
pytestmark = pytest.mark.slow

HOURS = range(0, 30, 3)
"""When is sent after the cycle: quiet hours end in every zone."""


class Moving(FakeCampaign):
    """A Braze during whose first answer something happens."""

    then: Callable[[], None] | None = None

    def handle(self, call: Call) -> Reply:
        if self.then:
            happens, self.then = self.then, None
            happens()
        return super().handle(call)


class Went(NamedTuple):
    """One message that left."""

    user_id: str
    action_key: str
    channel: str
    not_before: datetime


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a rule in force, in which nothing was decided yet."""
    folder = tmp_path_factory.mktemp("portable") / "workspace"
    folder.mkdir()
    shutil.copy(demo_file(), folder / "warehouse.duckdb")
    opened = Workspace(settings_for(folder, folder / "warehouse.duckdb"))
    asked = opened.ask(NUDGE, opened.person("mara@demo"))
    assert asked.change_request, asked
    assert approved(opened, asked.change_request.id)
    opened.close()
    return folder


class Office:
    """Copies of the prepared workspace, opened with two fakes as destinations."""

    def __init__(self, prepared: Path, folder: Path, braze: Moving, receiver: Fake) -> None:
        self.prepared, self.folder = prepared, folder
        self.braze, self.receiver = braze, receiver
        self.opened: list[Workspace] = []

    def open(self, name: str, **more: Any) -> Workspace:
        folder = self.folder / name
        if not folder.exists():
            shutil.copytree(self.prepared, folder)
        settings = settings_for(folder, folder / "warehouse.duckdb")
        found = {"destinations": self.tables(), "secrets": SECRETS} | more
        workspace = open_workspace(settings.model_copy(update=found))
        self.opened.append(workspace)
        return workspace

    def tables(self) -> dict[str, dict[str, Any]]:
        campaign = {"upgrade_nudge": TEMPLATES["weekly"]}
        return {
            "braze": {
                "kind": "braze",
                "url": self.braze.url,
                "api_key": "env:BRAZE_KEY",
                "templates": campaign,
            },
            "hook": {
                "kind": "webhook",
                "url": f"{self.receiver.url}/hooks/pilothouse?team=growth",
                "secrets": ["env:HOOK_SECRET"],
                "allow_private": True,
                "receiver_remembers_hours": 48,
                "rates": {"requests": FAST},
            },
        }


SECRETS = {
    "BRAZE_KEY": SecretStr(SECRET),
    "HOOK_SECRET": SecretStr(signing_secret(SECRET)),
}


@pytest.fixture
def office(prepared: Path, tmp_path: Path) -> Iterator[Office]:
    with Moving() as braze, FakeReceiver() as receiver:
        assert isinstance(braze, Moving)
        made = Office(prepared, tmp_path, braze, receiver)
        yield made
        for workspace in made.opened:
            workspace.close()


def approved(workspace: Workspace, request: str) -> bool:
    return workspace.decide(request, workspace.person("pavel@demo"), "approve").state is State.LIVE


def move(workspace: Workspace, channel: str, name: str) -> None:
    """One change request."""
    change = route_effects.route(workspace, channel, name)
    author = workspace.person("ana@demo")
    request = route_effects.propose_route(workspace, change, author=author, reason="moving")
    assert approved(workspace, request.id)


def send(workspace: Workspace, *fakes: Fake) -> None:
    """A day of sending."""
    for hours in HOURS:
        for fake in fakes:
            fake.now = wall_time()
        workspace.deliver(now=workspace.as_of() + timedelta(hours=hours))


def went(workspace: Workspace, fake: Fake) -> set[Went]:
    """What a fake was given, each once, in our words."""
    assert all(len(kept) == 1 for kept in fake.ledger.values())
    with workspace.store.read() as connection:
        rows = connection.execute(outbox.select()).all()
    there = [row for row in rows if row.intent_id in fake.ledger]
    assert len(there) == len(fake.ledger)
    return {Went(row.user_id, row.action_key, row.channel, row.not_before) for row in there}


def states(workspace: Workspace, channel: str = "email") -> Mapping[str, str]:
    """Intent → its state."""
    with workspace.store.read() as connection:
        rows = connection.execute(outbox.select().where(outbox.c.channel == channel))
        return {row.intent_id: row.state for row in rows}


def rulebook(workspace: Workspace) -> str:
    """One hash of every rule in force."""
    return content_hash(
        {one.key: f"{one.version} {one.content_hash}" for one in versions.live(workspace.store)}
    )


def decisions(workspace: Workspace) -> list[tuple[Any, ...]]:
    """Who was decided on, how, and who was held out."""
    rows = workspace.warehouse.fetch(
        "SELECT user_id, policy_key, policy_version, action_key, channel, outcome, reason_code, "
        "ghost FROM decisions WHERE policy_key = 'upgrade_nudge' ORDER BY ALL"
    ).rows
    return [tuple(row) for row in rows]


def test_the_same_policy_sends_the_same_through_either_destination(office: Office) -> None:
    through_braze, through_hook = office.open("one"), office.open("other")
    move(through_braze, "email", "braze")
    move(through_hook, "email", "hook")

    for workspace in (through_braze, through_hook):
        workspace.run_cycle()
        send(workspace, office.braze, office.receiver)

    sent = went(through_braze, office.braze)
    assert len(sent) > 100
    assert {one.channel for one in sent} == {"email"}
    assert went(through_hook, office.receiver) == sent
    assert decisions(through_hook) == decisions(through_braze)


def test_moving_a_channel_edits_no_rule_and_reassigns_no_holdout(office: Office) -> None:
    moved, stayed = office.open("moved"), office.open("stayed")
    for workspace in (moved, stayed):
        move(workspace, "email", "braze")
    before = rulebook(moved)

    move(moved, "email", "hook")

    assert routes(moved.store) == {"email": "hook"}
    assert rulebook(moved) == before == rulebook(stayed)
    moved.run_cycle()
    stayed.run_cycle()
    assert decisions(moved) == decisions(stayed)
    assert any(row[-1] for row in decisions(moved))


def test_what_waits_goes_by_the_new_route_and_what_left_stays_where_it_went(
    office: Office,
) -> None:
    workspace = office.open("moved")
    move(workspace, "email", "braze")
    workspace.run_cycle()
    noon = workspace.as_of() + timedelta(hours=12)
    # Two requests are taken; then Braze asks to be left alone.
    office.braze.faults.extend([SHOUTS, SHOUTS, *[answers(429, x_ratelimit_reset="3600")] * 20])
    workspace.deliver(now=noon)
    office.braze.faults.clear()
    first = went(workspace, office.braze)
    assert 0 < len(first) < len(states(workspace))

    move(workspace, "email", "hook")
    send(workspace, office.receiver)

    assert went(workspace, office.braze) == first
    assert not first & went(workspace, office.receiver)
    assert not {*office.braze.ledger} & {*office.receiver.ledger}
    assert set(states(workspace).values()) == {"accepted"}


def test_a_route_that_moves_in_the_middle_of_a_run_holds_for_the_next_request(
    office: Office,
) -> None:
    tables = office.tables()
    tables["braze"]["rates"] = {"messages": {"burst": 1, "per_second": 1_000}}
    workspace = office.open("moved", destinations=tables)
    move(workspace, "email", "braze")
    workspace.run_cycle()
    office.braze.then = lambda: move(workspace, "email", "hook")

    office.receiver.now = wall_time()
    moments = (workspace.as_of() + timedelta(hours=12, seconds=i) for i in count())
    deliver(
        workspace.store,
        workspace.warehouse,
        workspace.catalog,
        outward(workspace.settings, workspace.store, workspace.mailbox_folder),
        clock=lambda: next(moments),
    )
    assert office.receiver.ledger
    send(workspace, office.receiver)

    (call,) = office.braze.calls
    assert len(office.braze.ledger) == len(call.json()["recipients"])
    assert not {*office.braze.ledger} & {*office.receiver.ledger}
    assert set(states(workspace).values()) == {"accepted"}


def test_an_uncertain_message_is_not_sent_through_the_new_destination(office: Office) -> None:
    workspace = office.open("moved")
    move(workspace, "email", "braze")
    workspace.run_cycle()
    office.braze.faults.append(DROPPED_AFTER)
    workspace.deliver(now=workspace.as_of() + timedelta(hours=12))
    open_ones = {one for one, state in states(workspace).items() if state == "ambiguous"}
    assert open_ones

    move(workspace, "email", "hook")
    send(workspace, office.receiver)

    assert not open_ones & {*office.receiver.ledger}
    assert not {*office.braze.ledger} & {*office.receiver.ledger}


def test_adding_a_channel_edits_no_rule_and_changes_no_decision(office: Office) -> None:
    without = office.open("without")
    catalog = with_channel(office.folder / "workout_app", "whatsapp")
    workspace = office.open("with", catalog=catalog)
    if "whatsapp" not in workspace.catalog.channels:
        ana, pavel = workspace.person("ana@demo"), workspace.person("pavel@demo")
        request = file_changes.propose(workspace, "channels", author=ana, reason="a new channel")
        workspace.decide(request.id, pavel, "approve")
    before = rulebook(workspace)

    move(workspace, "whatsapp", "hook")

    assert rulebook(workspace) == before
    for one in (workspace, without):
        one.run_cycle()
    assert decisions(workspace) == decisions(without)


def with_channel(folder: Path, name: str) -> Path:
    """The built-in catalog with one more channel."""
    shutil.copytree(BUILT_IN / "workout_app", folder)
    file = folder / "channels.yaml"
    document = yaml.safe_load(file.read_text())
    document[name] = document["push"] | {"description": "A chat message."}
    file.write_text(yaml.safe_dump(document))
    return folder
