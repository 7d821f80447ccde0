"""Whoever is limited to some users sees and takes out no others, by whichever way."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from control import membership, people
from control.people import Person
from control.sights import sight_of
from core.errors import Code, PilothouseError
from core.masking import MASKED, Sight
from deliver.exports.vendors import GOOGLE
from ui import exporting, offline
from ui.cli.main import answer
from ui.cli.session import Session
from ui.environment import load_settings
from ui.row_limits import FEW, require_within, within
from ui.workspace import Workspace, open_workspace

GERMAN = Sight(limits={"country": ("DE",)})


@pytest.fixture(scope="module")
def workspace(
    demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("limits") / "workspace"
    shutil.copytree(demo_workspace, folder)
    opened = open_workspace(load_settings({"workspace": str(folder)}))
    yield opened
    opened.close()


@pytest.fixture
def pavel(workspace: Workspace) -> Iterator[Person]:
    """An approver who sees users of Germany only."""
    ada, now = people.get(workspace.store, "ada@demo"), workspace.now()
    membership.limit(workspace.store, "pavel@demo", {"country": ["DE"]}, by=ada, now=now)
    yield people.get(workspace.store, "pavel@demo")
    membership.limit(workspace.store, "pavel@demo", {}, by=ada, now=now)


def users(workspace: Workspace, where: str) -> list[str]:
    found = workspace.warehouse.fetch(f"SELECT user_id FROM dim_users WHERE {where} ORDER BY 1")
    return [user for (user,) in found.rows]


def test_of_few_and_of_many_users_exactly_those_within_are_seen(workspace: Workspace) -> None:
    everybody, german = users(workspace, "TRUE"), set(users(workspace, "country = 'DE'"))
    assert len(everybody) > FEW

    for asked in (everybody, everybody[:FEW], [], ["nobody"], ["' OR 1=1 --"]):
        assert within(workspace, GERMAN, asked) == german & set(asked)
        assert within(workspace, MASKED, asked) == set(asked)


def test_somebody_outside_and_somebody_unknown_are_refused_alike(workspace: Workspace) -> None:
    french = users(workspace, "country = 'FR'")[0]

    said = set()
    for user in (french, "nobody", None):
        with pytest.raises(PilothouseError) as refused:
            require_within(workspace, GERMAN, user)
        said.add(str(refused.value))
    assert len(said) == 1
    require_within(workspace, GERMAN, users(workspace, "country = 'DE'")[0])


def test_whoever_is_limited_takes_nothing_out(
    workspace: Workspace, pavel: Person, tmp_path: Path
) -> None:
    ways: list[Callable[[], object]] = [
        lambda: exporting.export(workspace, "r", GOOGLE, tmp_path / "out", person=pavel),
        lambda: offline.take(workspace, "l", date(2026, 1, 1), tmp_path / "f", person=pavel),
    ]
    for way in ways:
        with pytest.raises(PilothouseError, match="see only users of country DE") as refused:
            way()
        assert refused.value.refusal.code is Code.NOT_ALLOWED
    assert not list(tmp_path.iterdir())


def test_a_prompt_tells_its_asker_of_no_user_whom_they_may_not_see(
    workspace: Workspace, pavel: Person
) -> None:
    tools = workspace.asking.context(pavel, "run").tools
    french, german = (users(workspace, f"country = '{one}'")[0] for one in ("FR", "DE"))

    assert tools["explain"].invoke({"user_id": french}).refusals[0].code is Code.NOT_ALLOWED
    assert tools["explain"].invoke({"user_id": german})["user_id"] == german
    asked = tools["run_sql"].invoke({"sql": "SELECT user_id FROM dim_users"})
    assert asked.refusals[0].code is Code.NOT_ALLOWED


def test_a_prompt_reads_no_personal_column_whoever_asks(workspace: Workspace) -> None:
    ada = people.get(workspace.store, "ada@demo")
    assert sight_of(workspace.store, ada).clear
    tools = workspace.asking.context(ada, "run").tools

    asked = tools["run_sql"].invoke({"sql": "SELECT email FROM dim_users"})

    assert asked.refusals[0].code is Code.SQL_FORBIDDEN_COLUMN


def test_a_command_inside_the_server_is_refused_once_the_role_is_gone(workspace: Workspace) -> None:
    stop = ("deliver", "pause", "mailbox", "--reason", "x", "--as", "pavel@demo")
    served = answer([*stop], Session(served=workspace))
    assert served.status == 0
    pavel = people.get(workspace.store, "pavel@demo")
    people.add(workspace.store, [pavel.model_copy(update={"roles": frozenset()})])

    for words in (("deliver", "resume", "mailbox", "--as", "pavel@demo"), stop):
        refused = answer([*words], Session(served=workspace))
        assert (refused.status, "NOT_ALLOWED" in refused.error) == (1, True)
    people.add(workspace.store, [pavel])
