"""Decisions on demand: what a cycle would decide, under the same caps, for who has a token."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from control import audit, people, requests, tokens
from control.audit import entries
from control.tokens import TokenScope
from core.errors import PilothouseError
from core.lifecycle import State
from orchestrate.live.journal import pages
from orchestrate.live.shadow import Checked
from orchestrate.online import OnlineDecision, Wording, as_told, decide_now
from tests.tools.demo import DECISION, demo_file, open_demo
from ui.deciding import Asked, Decider, decide_routes
from ui.forgetting import forget
from ui.on_events import EventRound
from ui.shadowing import ShadowRound
from ui.status import status, text
from ui.workspace import Workspace

COLUMNS = "user_id, policy_key, policy_version, action_key, channel, outcome, reason_code, ghost"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo in which a decision policy is live; copy it."""
    folder = tmp_path_factory.mktemp("ruled")
    opened = open_demo(folder, Path(shutil.copy(demo_file(), folder / "own.duckdb")))
    mara, pavel = (people.get(opened.store, f"{name}@demo") for name in ("mara", "pavel"))
    opened.ask(DECISION, mara)
    (waiting,) = requests.list_all(opened.store, State.IN_REVIEW)
    opened.decide(waiting.id, pavel, "approve")
    opened.close()
    return folder


@pytest.fixture
def ruled(made: Path, tmp_path: Path) -> Iterator[Callable[[str], Workspace]]:
    """Opens workspaces of the test's own, by name, in which a decision policy is live."""
    with ExitStack() as opened:

        def open_one(name: str) -> Workspace:
            folder = shutil.copytree(made, tmp_path / name)
            return opened.enter_context(closing(open_demo(folder, folder / "own.duckdb")))

        yield open_one


@pytest.fixture
def workspace(ruled: Callable[[str], Workspace]) -> Workspace:
    return ruled("workspace")


@pytest.fixture
def api(workspace: Workspace) -> TestClient:
    client = TestClient(Starlette(routes=decide_routes(workspace)))
    secret = tokens.create(
        workspace.store,
        "app",
        frozenset({TokenScope.DECIDE}),
        who="ada@demo",
        now=workspace.now(),
    )
    client.headers["Authorization"] = f"Bearer {secret}"
    return client


def users_of(workspace: Workspace) -> list[str]:
    query = "SELECT user_id FROM dim_users WHERE merged_into IS NULL ORDER BY 1"
    return [user for (user,) in workspace.warehouse.fetch(query).rows]


def decisions(workspace: Workspace, where: str = "TRUE") -> list[tuple[Any, ...]]:
    query = f"SELECT {COLUMNS} FROM decisions WHERE {where} ORDER BY ALL"
    return workspace.warehouse.fetch(query).rows


def ask(decider: Decider, user: str) -> OnlineDecision:
    told, on_disk = decider.decide(Asked(user_id=user))
    on_disk.result(10)
    return told


def selected_user(workspace: Workspace) -> str:
    """Somebody whom a cycle would send something."""
    with_cycle = workspace.run_cycle(dry_run=True)
    assert with_cycle.selected
    told = decide_now(
        workspace.store,
        workspace.warehouse,
        workspace.catalog,
        users_of(workspace),
        as_of=workspace.as_of(),
        trace_id="look",
    )
    return next(user for user, one in told.items() if one.selected)


def test_everybody_asked_one_batch_after_the_other_gets_what_a_cycle_decides(
    ruled: Callable[[str], Workspace],
) -> None:
    batch, online = ruled("batch"), ruled("online")
    batch.run_cycle()
    cycle = "decided_at = (SELECT MAX(decided_at) FROM decisions)"
    expected = decisions(batch, cycle)
    users = users_of(online)

    for number in range(0, len(users), 700):
        decide_now(
            online.store,
            online.warehouse,
            online.catalog,
            users[number : number + 700],
            as_of=online.as_of(),
            trace_id=f"batch {number}",
        )

    assert expected
    assert decisions(online, cycle) == expected


def test_everybody_decided_on_alone_gets_what_a_cycle_decides(
    ruled: Callable[[str], Workspace],
) -> None:
    batch, online = ruled("batch"), ruled("online")
    batch.run_cycle()
    cycle = "decided_at = (SELECT MAX(decided_at) FROM decisions)"
    expected = decisions(batch, cycle)

    told = online.desk.decide_all(users_of(online), online.as_of, trace_id="t")
    online.desk.write_out()

    assert None not in told.values()
    assert expected
    assert decisions(online, cycle) == expected


def test_an_answer_is_written_as_its_type_would_be(workspace: Workspace) -> None:
    told = workspace.desk.decide_all(users_of(workspace), workspace.as_of, trace_id='a "b" \\ ü')
    kept = [one for one in told.values() if one is not None]
    wordings = {one.edition.number: Wording(one.edition) for one in kept}

    for one in kept:
        written = wordings[one.edition.number].json(one.entry)
        assert json.loads(written) == as_told(one).model_dump(mode="json")
    assert any(as_told(one).selected for one in kept)


def test_a_place_under_a_cap_that_was_taken_online_is_not_given_again_by_the_cycle(
    workspace: Workspace,
) -> None:
    user = selected_user(workspace)
    before = decisions(workspace, f"user_id = '{user}' AND outcome = 'selected'")

    workspace.run_cycle()

    assert decisions(workspace, f"user_id = '{user}' AND outcome = 'selected'") == before


def test_many_who_ask_for_one_user_at_once_get_one_message_sent(workspace: Workspace) -> None:
    decider, asked = Decider(workspace), 12
    told = decide_now(
        workspace.store,
        workspace.warehouse,
        workspace.catalog,
        users_of(workspace),
        as_of=workspace.as_of(),
        trace_id="look",
    )
    user = next(
        one
        for one, found in told.items()
        if not found.selected and {c.reason_code for c in found.considered} <= {"LOWER_PRIORITY"}
    )

    with ThreadPoolExecutor(asked) as pool:
        found = list(pool.map(lambda _: ask(decider, user), range(asked)))

    assert len(found) == asked
    workspace.desk.write_out()
    now = f"user_id = '{user}' AND decided_at >= TIMESTAMP '{workspace.as_of()}'"
    assert len(decisions(workspace, f"{now} AND outcome = 'selected'")) <= 1


def test_a_program_asks_for_a_user_and_is_told_what_was_selected_and_why_not_the_rest(
    api: TestClient, workspace: Workspace
) -> None:
    user = users_of(workspace)[3]

    answer = api.post("/v1/decide", json={"user_id": user})

    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["user_id"] == user
    assert set(found) == {"trace_id", "user_id", "decided_at", "selected", "considered"}
    workspace.desk.write_out()
    kept = decisions(workspace, f"user_id = '{user}' AND decided_at = '{found['decided_at']}'")
    assert len(kept) == len(found["considered"])


def test_an_event_that_comes_with_the_question_counts_for_the_answer(
    api: TestClient, workspace: Workspace
) -> None:
    user = users_of(workspace)[7]
    workout = {"workout_type": "yoga", "duration_seconds": 600}
    event = {"event": "workout_completed", "properties": workout, "anonymousId": "a-new-device"}

    first = api.post("/v1/decide", json={"user_id": user, "event": event | {"messageId": "m1"}})
    second = api.post(
        "/v1/decide", json={"anonymous_id": "a-new-device", "event": event | {"messageId": "m2"}}
    )

    assert [first.status_code, second.status_code] == [200, 200], second.text
    assert first.json()["user_id"] == second.json()["user_id"] == user
    query = "SELECT COUNT(*) FROM fct_events WHERE message_id IN ('m1', 'm2') AND user_id = $user"
    assert workspace.warehouse.fetch(query, {"user": user}).scalar() == 2


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "cannot be read"),
        (b"{}", 400, "user_id or anonymous_id"),
        (b'{"user_id": "a", "anonymous_id": "b"}', 400, "user_id or anonymous_id"),
        (b'{"user_id": ""}', 400, "at least 1 character"),
        (b'{"user_id": "u0000001", "chanels": []}', 400, "chanels"),
        (b'{"user_id": "u0000001", "channels": ["fax"]}', 400, "no channel 'fax'"),
        (b'{"user_id": "nobody"}', 404, "no such user"),
        (b'{"user_id": "u0000001", "event": {"event": "unheard_of"}}', 400, "not accepted"),
        (b"x" * 70_000, 400, "more than 65,536 bytes"),
    ],
)
def test_a_question_that_cannot_be_answered_is_told_what_was_wrong(
    api: TestClient, body: bytes, status: int, said: str
) -> None:
    answer = api.post("/v1/decide", content=body)

    assert answer.status_code == status, answer.text
    assert said in answer.text


def test_without_a_token_of_the_scope_nothing_is_decided(
    api: TestClient, workspace: Workspace
) -> None:
    before = decisions(workspace)
    for shown in ("", "Bearer pil_wrong", "Basic abc"):
        answer = api.post(
            "/v1/decide", json={"user_id": "u0000001"}, headers={"Authorization": shown}
        )
        assert answer.status_code == 401
    assert decisions(workspace) == before


def test_a_token_lets_nobody_in_once_it_was_revoked_or_its_owner_lost_the_role(
    api: TestClient, workspace: Workspace
) -> None:
    def status() -> int:
        return api.post("/v1/decide", json={"user_id": users_of(workspace)[0]}).status_code

    ada = people.get(workspace.store, "ada@demo")
    assert status() == 200
    people.add(workspace.store, [ada.model_copy(update={"roles": frozenset()})])
    assert status() == 401
    people.add(workspace.store, [ada])
    assert status() == 200

    tokens.revoke(workspace.store, "app", who="ada@demo", now=workspace.now())

    assert status() == 401
    assert audit.entries(workspace.store)[-1].what == "token_refused"


def test_users_of_whom_events_came_in_are_decided_on_and_nobody_else(
    workspace: Workspace,
) -> None:
    from control import sources

    workspace.intake.load()
    round_ = EventRound(workspace)
    assert round_.once() == 0
    user = users_of(workspace)[5]
    event = {"type": "track", "event": "app_opened", "userId": user, "messageId": "now"}
    workspace.intake.take_in(sources.list_all(workspace.store)[0], [[event]])

    assert round_.once() == 1

    assert round_.once() == 0
    workspace.desk.write_out()
    assert workspace.warehouse.fetch("SELECT user_id FROM record_users").rows == [(user,)]


def test_a_fault_while_deciding_reaches_whoever_asked_and_nobody_after(
    workspace: Workspace,
) -> None:
    decider = Decider(workspace)
    workspace.warehouse.execute("ALTER TABLE fct_consent RENAME TO away")
    with pytest.raises(Exception, match="fct_consent"):
        ask(decider, users_of(workspace)[0])
    workspace.warehouse.execute("ALTER TABLE away RENAME TO fct_consent")

    assert ask(decider, users_of(workspace)[0]).user_id == users_of(workspace)[0]
    with pytest.raises(PilothouseError, match="no such user"):
        ask(decider, "nobody")


def test_somebody_who_is_forgotten_is_gone_from_what_was_decided_at_this_moment(
    workspace: Workspace,
) -> None:
    decider, user = Decider(workspace), users_of(workspace)[4]
    ask(decider, user)

    receipt = forget(workspace, user, reason="asked to", who="ada@demo")

    assert receipt.found == ()
    left = [path for path in workspace.settings.workspace.rglob("*") if path.is_file()]
    assert not [path for path in left if "decisions" in path.parts and path.stat().st_size]
    with pytest.raises(PilothouseError, match="no such user"):
        ask(decider, user)


def test_what_a_killed_server_left_on_disk_is_written_when_its_workspace_is_opened(
    made: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(made, tmp_path / "killed")
    with closing(open_demo(folder, folder / "own.duckdb")) as killed:
        user = users_of(killed)[4]
        told = ask(Decider(killed), user)
        left = {page: page.read_bytes() for page in pages(folder / "decisions")}
    for page, content in left.items():
        page.write_bytes(content)
    now = f"user_id = '{user}' AND decided_at = '{told.decided_at}'"
    with closing(open_demo(folder, folder / "own.duckdb")) as opened:
        assert len(decisions(opened, now)) == len(told.considered)
        assert not pages(folder / "decisions")

        assert forget(opened, user, reason="asked to", who="ada@demo").found == ()


def test_a_decision_that_the_engine_would_not_have_made_is_counted_in_the_status(
    workspace: Workspace,
) -> None:
    decider, shadow = Decider(workspace), ShadowRound(workspace, seconds=0.0)
    assert shadow.once() is None
    user = next(one for one in reversed(users_of(workspace)) if ask(decider, one).selected)
    assert shadow.once() == Checked(1, ())
    with workspace.warehouse.cursor(told=False) as unnoticed:
        unnoticed.execute("DELETE FROM fct_consent; UPDATE dim_users SET email = NULL")

    ask(decider, user)
    checked = shadow.once()

    assert checked is not None
    (decision, *_) = {one.decision_id for one in checked.differences}
    assert decisions(workspace, f"decision_id = '{decision}'")
    document = status(workspace)
    assert document["parity"]["checked"] == 2
    assert document["parity"]["differing"] == len(checked.differences)
    assert "2 made once more by the engine" in text(document)
    assert entries(workspace.store)[-1].what == "decision_differs"
