"""Engagement tools are told once what differs of consenting users; what they have is checked."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from control import delivery, holds, versions
from core.assignment import share_end
from core.errors import PilothouseError
from core.settings import Settings, SyncSettings
from orchestrate.kill_switch import kill, unkill
from tests.deliver.loopback import DROPPED_AFTER, Call, Loopback, Reply, answers
from tests.tools.demo import demo_file, open_demo
from ui import syncing
from ui.forgetting import forget
from ui.workspace import Workspace

pytestmark = pytest.mark.slow

FANS = "Create an eligibility rule for users who completed 3 workouts."
BUYERS = "Create an eligibility rule for users who viewed pricing."
SYNC = {
    "destination": "crm",
    "traits": ["activation_state", "momentum_score"],
    "columns": ["country"],
    "purpose": "marketing",
    "channel": "email",
}


class Profiles(Loopback):
    """A Braze that keeps what it is told of users."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, dict[str, Any]] = {}

    def handle(self, call: Call) -> Reply:
        assert call.path == "/users/track"
        assert call.headers["authorization"] == "Bearer secret"
        for one in call.json()["attributes"]:
            self.kept.setdefault(one["external_id"], {}).update(one)
        return Reply(201, {"message": "success"})


@pytest.fixture
def tool() -> Iterator[Profiles]:
    with Profiles() as made:
        assert isinstance(made, Profiles)
        yield made


@pytest.fixture
def workspace(tmp_path: Path, tool: Profiles) -> Iterator[Workspace]:
    opened = open_demo(tmp_path / "workspace", shutil.copy(demo_file(), tmp_path / "w.duckdb"))
    configure(opened, tool, **SYNC)
    yield opened
    opened.close()


def configure(workspace: Workspace, tool: Loopback, **sync: Any) -> None:
    crm = {"kind": "braze", "url": tool.url, "api_key": "env:KEY"}
    update = {
        "destinations": {"crm": crm},
        "secrets": {"KEY": SecretStr("secret")},
        "syncs": {"crm": SyncSettings.model_validate(sync)},
    }
    settings: Settings = workspace.settings.model_copy(update=update)
    workspace.settings = settings


def consenting(workspace: Workspace) -> set[str]:
    rows = workspace.warehouse.fetch(
        "SELECT u.user_id FROM dim_users u JOIN ("
        "  SELECT user_id, arg_max(status, effective_at) AS status FROM fct_consent "
        "  WHERE purpose = 'marketing' AND channel = 'email' AND effective_at <= $now "
        "  GROUP BY user_id) c ON c.user_id = u.user_id "
        "WHERE c.status = 'granted' AND u.merged_into IS NULL",
        {"now": workspace.as_of()},
    ).rows
    return {user for (user,) in rows}


def publish(workspace: Workspace, prompt: str) -> str:
    asked = workspace.ask(prompt, workspace.person("mara@demo"))
    assert asked.change_request, asked
    assert asked.artifact, asked
    request = asked.change_request.id
    assert workspace.decide(request, workspace.person("pavel@demo"), "approve").state == "live"
    return asked.artifact.key


def test_a_tool_is_told_of_everybody_who_consented_and_of_nobody_else(
    workspace: Workspace, tool: Profiles
) -> None:
    (report,) = syncing.run(workspace)

    wanted = consenting(workspace)
    assert report.told == len(wanted) > 100
    assert set(tool.kept) == wanted
    some = min(wanted)
    ((state, country),) = workspace.warehouse.fetch(
        "SELECT t.activation_state, u.country FROM traits t JOIN dim_users u USING (user_id) "
        "WHERE user_id = $user",
        {"user": some},
    ).rows
    assert tool.kept[some]["activation_state"] == state
    assert tool.kept[some].get("country") == country
    assert "email" not in tool.kept[some]


def test_running_again_tells_nothing(workspace: Workspace, tool: Profiles) -> None:
    syncing.run(workspace)
    calls = len(tool.calls)

    (again,) = syncing.run(workspace)

    assert (again.counts, again.requests, len(tool.calls)) == ((0, 0, 0), 0, calls)


def test_only_what_changed_is_told(workspace: Workspace, tool: Profiles) -> None:
    syncing.run(workspace)
    some = min(tool.kept)
    workspace.warehouse.execute(
        "UPDATE dim_users SET country = 'XX' WHERE user_id = $user", {"user": some}
    )

    (report,) = syncing.run(workspace)

    assert report.counts == (0, 1, 0)
    (told,) = tool.calls[-1].json()["attributes"]
    assert (told["external_id"], told["country"]) == (some, "XX")
    assert "activation_state" not in told


def test_whoever_withdraws_is_taken_out(workspace: Workspace, tool: Profiles) -> None:
    syncing.run(workspace)
    some = min(tool.kept)
    withdraw(workspace, some)

    (report,) = syncing.run(workspace)

    assert report.counts == (0, 0, 1)
    assert tool.kept[some]["activation_state"] is None
    assert syncing.run(workspace)[0].counts == (0, 0, 0)


def test_whoever_withdraws_after_a_change_that_was_not_taken_is_taken_out_whole(
    workspace: Workspace, tool: Profiles
) -> None:
    syncing.run(workspace)
    some = min(tool.kept)
    workspace.warehouse.execute(
        "UPDATE dim_users SET country = 'XX' WHERE user_id = $user", {"user": some}
    )
    tool.faults.append(answers(400, {"message": "no"}))
    assert syncing.run(workspace)[0].rejected == 1
    withdraw(workspace, some)

    (report,) = syncing.run(workspace)

    assert report.counts == (0, 0, 1)
    assert (tool.kept[some]["activation_state"], tool.kept[some]["country"]) == (None, None)


def withdraw(workspace: Workspace, user: str) -> None:
    workspace.warehouse.execute(
        "INSERT INTO fct_consent (user_id, purpose, channel, status, effective_at, observed_at) "
        "VALUES ($user, 'marketing', 'email', 'withdrawn', $at, $at)",
        {"user": user, "at": workspace.as_of()},
    )


def test_a_run_that_was_cut_off_goes_on_where_it_was(workspace: Workspace, tool: Profiles) -> None:
    tool.faults.extend([answers(429, x_ratelimit_retry_after="3600")] * 40)
    (first,) = syncing.run(workspace)
    tool.faults.clear()
    assert first.left
    assert first.why
    with workspace.store.write() as connection:
        connection.exec_driver_sql("DELETE FROM token_buckets")
    before = set(tool.kept)

    (second,) = syncing.run(workspace)

    assert second.told == first.left
    assert set(tool.kept) == consenting(workspace)
    assert not before & {one for call in tool.calls[-2:] for one in ids(call)}


def ids(call: Call) -> list[str]:
    return [one["external_id"] for one in call.json()["attributes"]]


def test_what_got_no_answer_is_told_again_by_the_next_run(
    workspace: Workspace, tool: Profiles
) -> None:
    tool.faults.append(DROPPED_AFTER)

    (first,) = syncing.run(workspace)
    (second,) = syncing.run(workspace)

    assert first.left > 0
    assert second.told == first.left
    assert set(tool.kept) == consenting(workspace)


def test_wrong_credentials_pause_the_destination(workspace: Workspace, tool: Profiles) -> None:
    tool.faults.extend([answers(401, {"message": "Invalid API key"})] * 40)

    (report,) = syncing.run(workspace)

    assert report.told == 0
    assert "crm" in delivery.paused(workspace.store)
    tool.faults.clear()
    calls = len(tool.calls)
    (again,) = syncing.run(workspace)
    assert len(tool.calls) == calls
    assert "paused" in (again.why or "")


def test_nothing_is_told_while_everything_is_stopped(workspace: Workspace, tool: Profiles) -> None:
    store, now = workspace.store, workspace.now()
    mara, ada = workspace.person("mara@demo"), workspace.person("ada@demo")
    kill(store, "global", person=mara, reason="Wrong list.", now=now)

    (stopped,) = syncing.run(workspace)
    unkill(store, "global", person=ada, now=now)
    (told,) = syncing.run(workspace)

    assert (stopped.told, stopped.requests) == (0, 0)
    assert stopped.why == "Everything is stopped by mara@demo: Wrong list."
    assert (stopped.left, told.left) == (told.told, 0)


def test_nothing_is_told_while_a_restored_control_store_is_held(
    workspace: Workspace, tool: Profiles
) -> None:
    with workspace.store.write() as connection:
        holds.hold(connection, "it was restored from a backup.", workspace.now(), 1)

    with pytest.raises(PilothouseError, match="Nothing is told to any tool: it was restored"):
        syncing.run(workspace)

    assert tool.kept == {}
    with workspace.store.write() as connection:
        holds.lift(connection)
    syncing.run(workspace)
    assert tool.kept


def test_what_the_tool_does_not_take_is_not_told_again_until_it_changes(
    workspace: Workspace, tool: Profiles
) -> None:
    tool.faults.extend([answers(400, {"message": "no"})] * 40)

    (first,) = syncing.run(workspace)
    tool.faults.clear()
    (second,) = syncing.run(workspace)

    assert first.rejected > 0
    assert second.requests == 0


def test_personal_columns_leave_only_when_they_are_declared(
    workspace: Workspace, tool: Profiles
) -> None:
    configure(workspace, tool, **SYNC | {"columns": ["email"]})
    with pytest.raises(PilothouseError, match="would tell email, which is personal"):
        syncing.run(workspace)
    assert not tool.calls

    configure(workspace, tool, **SYNC | {"columns": ["email"], "classes": ["personal"]})
    assert syncing.run(workspace)[0].told


def test_a_destination_of_something_else_that_is_set_up_wrongly_stops_no_sync(
    workspace: Workspace, tool: Profiles
) -> None:
    tables = {**workspace.settings.destinations, "texts": {"kind": "twilio"}}
    workspace.settings = workspace.settings.model_copy(update={"destinations": tables})

    assert syncing.run(workspace)[0].told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"traits": ["momentum_scor"]}, "momentum_scor"),
        ({"audiences": ["nobody"]}, "nobody"),
        ({"destination": "crn"}, "There is no destination 'crn'"),
        ({"destination": "mailbox"}, "cannot be told of users"),
        ({"channel": "emial"}, "emial"),
        ({"traits": [], "columns": []}, "tells nothing"),
    ],
)
def test_what_is_wrong_with_a_sync_is_said_by_name(
    workspace: Workspace, tool: Profiles, change: dict[str, Any], said: str
) -> None:
    configure(workspace, tool, **SYNC | change)

    assert any(said in str(one) for one in syncing.wrong(workspace))
    with pytest.raises(PilothouseError):
        syncing.run(workspace)
    assert not tool.calls


def test_a_sync_that_is_wrong_is_refused_and_the_others_are_told(
    workspace: Workspace, tool: Profiles
) -> None:
    bad = SyncSettings.model_validate(SYNC | {"traits": ["momentum_scor"]})
    syncs = {"bad": bad, **workspace.settings.syncs}
    workspace.settings = workspace.settings.model_copy(update={"syncs": syncs})

    with pytest.raises(PilothouseError, match="momentum_scor"):
        syncing.run(workspace)

    assert set(tool.kept) == consenting(workspace)
    assert syncing.run(workspace, "crm")[0].requests == 0


def test_memberships_follow_the_audience(workspace: Workspace, tool: Profiles) -> None:
    key = publish(workspace, FANS)
    configure(workspace, tool, **SYNC | {"traits": [], "columns": [], "audiences": [key]})

    (report,) = syncing.run(workspace)

    assert 0 < report.told < len(consenting(workspace))
    assert all(one["pilothouse_audiences"] == [key] for one in tool.kept.values())
    kept_back = {user for user, _ in held_out(workspace, key)}
    assert kept_back
    assert not kept_back & set(tool.kept)
    some = min(tool.kept)
    workspace.warehouse.execute("DELETE FROM fct_events WHERE user_id = $user", {"user": some})
    (later,) = syncing.run(workspace)
    assert later.counts == (0, 0, 1)
    assert tool.kept[some]["pilothouse_audiences"] == []


def held_out(workspace: Workspace, key: str) -> list[tuple[Any, ...]]:
    """Who is in the holdout of a rule, by what the bucket of a user is."""
    rule = versions.live(workspace.store)[0].artifact
    assert rule.key == key
    assert rule.holdout is not None
    return workspace.warehouse.fetch(
        "SELECT user_id, 1 FROM dim_users WHERE left(md5($salt || ':' || user_id), 8) < $high",
        {"salt": rule.holdout.salt, "high": share_end(rule.holdout.share)},
    ).rows


def test_a_tools_export_is_held_against_what_it_was_told(
    workspace: Workspace, tool: Profiles, tmp_path: Path
) -> None:
    syncing.run(workspace)
    missing, changed, *_ = sorted(tool.kept)
    file = export(tool, tmp_path, without=missing, changed=changed)

    found = reconcile(workspace, file)

    assert {(one.kind, one.name): one.users for one in found} == {
        ("missing", None): 1,
        ("extra", None): 1,
        ("different", "activation_state"): 1,
    }
    assert reconcile(workspace, export(tool, tmp_path)) == []


def test_whoever_drifted_is_told_again_when_asked_for(
    workspace: Workspace, tool: Profiles, tmp_path: Path
) -> None:
    syncing.run(workspace)
    missing, changed, *_ = sorted(tool.kept)
    file = export(tool, tmp_path, without=missing, changed=changed)

    reconcile(workspace, file, repair=True)
    (report,) = syncing.run(workspace)

    assert report.counts == (2, 0, 0)
    assert set(ids(tool.calls[-1])) == {missing, changed}


def test_whoever_drifted_and_withdraws_before_the_next_run_is_taken_out(
    workspace: Workspace, tool: Profiles, tmp_path: Path
) -> None:
    syncing.run(workspace)
    missing, changed, *_ = sorted(tool.kept)
    file = export(tool, tmp_path, without=missing, changed=changed)
    reconcile(workspace, file, repair=True)
    withdraw(workspace, changed)

    (report,) = syncing.run(workspace)

    assert report.counts == (1, 0, 1)
    assert tool.kept[changed]["activation_state"] is None
    assert syncing.run(workspace)[0].counts == (0, 0, 0)


def test_an_export_without_the_id_column_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("name,country\nada,NO\n")

    with pytest.raises(PilothouseError, match="has no column 'external_id'"):
        reconcile(workspace, file)
    with pytest.raises(PilothouseError, match="cannot be read as CSV"):
        reconcile(workspace, tmp_path / "nothing.csv")


def reconcile(workspace: Workspace, file: Path, *, repair: bool = False) -> list[Any]:
    return syncing.reconcile(
        workspace,
        "crm",
        file,
        id_column="external_id",
        audiences_column="pilothouse_audiences",
        repair=repair,
    )


def export(
    tool: Profiles, folder: Path, *, without: str | None = None, changed: str | None = None
) -> Path:
    """The tool's users as a CSV file, with somebody that nobody told it of when it drifted."""
    columns = ["external_id", "activation_state", "momentum_score", "country"]
    rows = [{name: one.get(name) for name in columns} for one in tool.kept.values()]
    rows = [row for row in rows if row["external_id"] != without]
    rows = [
        row | {"activation_state": "odd"} if row["external_id"] == changed else row for row in rows
    ]
    if without:
        rows.append({"external_id": "a stranger"})
    file = folder / "export.csv"
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        writer.writerows(rows)
    return file


def test_of_a_forgotten_person_nothing_is_left_of_what_was_told(
    workspace: Workspace, tool: Profiles
) -> None:
    syncing.run(workspace)
    some = min(tool.kept)

    receipt = forget(workspace, some, reason="asked for it", who="ada@demo")
    calls = len(tool.calls)
    syncing.run(workspace)

    assert receipt.found == ()
    assert receipt.removed["warehouse"]["synced_profiles"] == 1
    assert not any(some in ids(call) for call in tool.calls[calls:])


def test_audiences_that_are_nearly_the_same_are_named(workspace: Workspace) -> None:
    one, other = publish(workspace, FANS), publish(workspace, BUYERS)

    (pair,) = syncing.duplicates(workspace, 0.01)

    assert {pair.one, pair.other} == {one, other}
    either = pair.users_of_one + pair.users_of_other - pair.in_both
    assert pair.share == pytest.approx(pair.in_both / either)
    assert 0.01 <= pair.share < 1
    assert syncing.duplicates(workspace, 1.0) == []
