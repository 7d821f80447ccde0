"""People on the command line: in the demo by name, elsewhere with a token."""

from __future__ import annotations

from typing import Any

import pytest

from control import membership, people, tokens
from control.people import Person
from control.store import open_store
from control.tokens import TokenScope
from tests.ui.command_line import CommandLine
from ui.workspace_clock import wall_time


def test_an_admin_adds_grants_and_removes_and_all_of_it_is_on_record(cli: CommandLine) -> None:
    cli.json("people", "add", "eve@team.example", "--name", "Eve")
    cli.json("people", "grant", "eve@team.example", "marketer")
    cli.json("people", "grant", "eve@team.example", "personal-data")
    assert cli("people", "grant", "ada@demo", "marketer").status == 1
    assert cli("people", "add", "x@team.example", "--name", "X", "--as", "mara@demo").status == 1

    eve = next(one for one in cli.json("people", "list") if one["email"] == "eve@team.example")
    assert (eve["roles"], eve["sees_personal"]) == (["marketer"], True)
    cli.json("people", "remove", "eve@team.example")

    assert "left" in cli("people", "list").out
    trail = [one["what"] for one in cli.json("audit", "list")]
    assert trail == ["add person", "grant role", "grant sight", "remove person"]


def test_a_limit_names_a_column_of_users(cli: CommandLine) -> None:
    for wrong in ("county=DE", "email=x", "country="):
        done = cli("people", "limit", "ana@demo", "--only", wrong)
        assert done.status == 1, done
    assert cli("people", "limit", "ana@demo").status == 2


@pytest.fixture
def team(cli: CommandLine, plain_environment: Any) -> CommandLine:
    """A workspace with an identity provider of its own, in which nobody works yet."""
    plain_environment.setenv("PILOTHOUSE_IDENTITY", "proxy")
    plain_environment.setenv("PILOTHOUSE_CONTROL", f"sqlite:///{cli.workspace}/team.db")
    return cli


def test_the_first_admin_goes_on_with_a_token(team: CommandLine, plain_environment: Any) -> None:
    assert team("people", "grant", "ada@team.example", "admin").status == 1
    first = team.json("people", "add", "ada@team.example", "--name", "Ada")
    assert team("people", "add", "eve@team.example", "--name", "Eve").status == 1

    plain_environment.setenv("PILOTHOUSE_TOKEN", first["secret"])
    team.json("people", "add", "eve@team.example", "--name", "Eve")
    assert team("people", "grant", "eve@team.example", "analyst").status == 0
    assert team("people", "grant", "ada@team.example", "analyst").status == 1


def test_a_token_gives_no_command_once_its_owner_lost_the_role(
    team: CommandLine, plain_environment: Any
) -> None:
    team.json("rules", "list")
    store = open_store(f"sqlite:///{team.workspace}/team.db")
    ada, eve = (
        Person(email=f"{one}@team.example", name=one, roles=frozenset(people.DEMO_PEOPLE[3].roles))
        for one in ("ada", "eve")
    )
    people.add(store, [ada, eve])
    now = wall_time()
    may = frozenset({TokenScope.ADMINISTER})
    secret = tokens.create(store, "mine", may, who=eve.email, now=now, days=365)
    plain_environment.setenv("PILOTHOUSE_TOKEN", secret)
    assert team("people", "add", "x@team.example", "--name", "X").status == 0

    membership.remove(store, eve.email, by=ada, now=now)

    done = team("people", "add", "y@team.example", "--name", "Y")
    assert (done.status, "was revoked" in done.err) == (1, True)
    store.close()
