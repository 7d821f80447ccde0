"""Every command that shows people's data, as everybody who may give it: no address in the clear."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from core.conditions import Attribute
from tests.ui.answers import RULE
from tests.ui.command_line import CommandLine, Done

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
BAD = {"type": "track", "event": "x", "properties": {"email": "zoe@example.com", "phone": "015112"}}
NAMED = {"type": "track", "event": "app_opened", "messageId": "m1", "userId": "u0000001"}
READERS = ("mara@demo", "ana@demo", "pavel@demo")


class Open(CommandLine):
    """A workspace with a user's address, their letters and events nobody could take in."""

    user: str
    address: str


@pytest.fixture(scope="module")
def doors(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Open:
    folder = tmp_path_factory.mktemp("doors") / "workspace"
    shutil.copytree(demo_workspace, folder)
    opened = Open(folder)
    query = "SELECT user_id, email FROM dim_users WHERE email IS NOT NULL ORDER BY 1 LIMIT 1"
    ((opened.user, opened.address),) = opened.rows(query)
    traits = {"context": {"traits": {"email": opened.address}}}
    events = folder.parent / "events.ndjson"
    named = NAMED | {"userId": opened.user} | traits
    events.write_text("\n".join(json.dumps(one) for one in (BAD, named)))
    opened.json("collect", "import", str(events))
    return opened


DOORS: dict[str, tuple[str, ...]] = {
    "explain": ("explain", "USER"),
    "identity show": ("identity", "show", "USER"),
    "identity show an address": ("identity", "show", "email:ADDRESS"),
    "identity why": ("identity", "why", "USER", "email:ADDRESS"),
    "identity conflicts": ("identity", "conflicts", "--all"),
    "identity rules": ("identity", "rules"),
    "dead letters": ("collect", "dead-letters", "list"),
    "sql": ("sql", "run", "SELECT user_id, email FROM dim_users LIMIT 5"),
    "sql that only asks": ("sql", "run", "SELECT 1 AS n FROM dim_users WHERE email = 'ADDRESS'"),
    "messages": ("deliver", "list"),
}
"""What is asked at each door where single users are shown."""
SHOWS = frozenset({"identity show", "dead letters", "sql"})
"""Where an admin reads an address in the clear."""


def asked(doors: Open, door: str, *more: str) -> Done:
    words = (
        word.replace("USER", doors.user).replace("ADDRESS", doors.address) for word in DOORS[door]
    )
    return doors(*words, *more)


def looks(doors: Open) -> list[tuple[str, str]]:
    trail = doors.json("audit", "list")
    return [(one["who"], one["subject"]) for one in trail if one["what"] == "view personal data"]


@pytest.mark.parametrize(("place", "door"), [*enumerate(DOORS)])
def test_no_role_but_admin_reads_an_address_at_any_door(doors: Open, place: int, door: str) -> None:
    before = looks(doors)
    # Everybody at each door in turn: what they see depends on their sight alone.
    reader = READERS[place % len(READERS)]

    form = ("--json",) if place % 2 else ()
    done = asked(doors, door, "--as", reader, *form)
    assert not ADDRESS.findall(done.out), done
    assert "015112" not in done.out
    assert looks(doors) == before


@pytest.mark.parametrize("door", ["explain", "dead letters", "sql"])
def test_whoever_does_not_say_who_they_are_reads_no_address(doors: Open, door: str) -> None:
    assert not ADDRESS.findall(asked(doors, door, "--json").out)


@pytest.mark.parametrize("door", sorted(SHOWS))
def test_an_admin_reads_it_and_each_look_is_on_record_once(doors: Open, door: str) -> None:
    before = len(looks(doors))

    done = asked(doors, door, "--as", "ada@demo")

    assert ADDRESS.findall(done.out) or door == "dead letters", done
    entry = {"sql": "sql run", "dead letters": "collect dead-letters list"}.get(door, door)
    assert looks(doors)[before:] == [("ada@demo", entry)]


# Whoever is limited to some users


def test_whoever_is_limited_to_a_country_sees_nobody_else_at_any_door(doors: Open) -> None:
    query = "SELECT country FROM dim_users WHERE user_id = $user".replace(
        "$user", f"'{doors.user}'"
    )
    ((country,),) = doors.rows(query)
    other = "FR" if country == "DE" else "DE"
    assert doors("people", "limit", "ana@demo", "--country", other).status == 0
    try:
        for door in ("explain", "identity show", "identity why"):
            done = asked(doors, door, "--as", "ana@demo")
            assert (done.status, "NOT_ALLOWED" in done.err) == (1, True), done
            assert done.out == ""
        for door in ("sql", "dead letters"):
            assert "NOT_ALLOWED" in asked(doors, door, "--as", "ana@demo").err
        _only_theirs(doors, other)
        doors("people", "limit", "ana@demo", "--country", f"{country},{other}")
        assert asked(doors, "explain", "--as", "ana@demo").status == 0
    finally:
        doors("people", "limit", "ana@demo", "--none")


def _only_theirs(doors: Open, country: str) -> None:
    rule = doors.workspace.parent / "rule.json"
    of_ios = RULE.model_copy(update={"condition": Attribute(column="device_os", value="ios")})
    rule.write_text(of_ios.model_dump_json())
    seen = doors.json("rules", "audience", str(rule), "--ids", "--as", "ana@demo")
    everybody = doors.json("rules", "audience", str(rule), "--ids")
    theirs = {
        row[0] for row in doors.rows(f"SELECT user_id FROM dim_users WHERE country = '{country}'")
    }
    assert set(seen["user_ids"]) == set(everybody["user_ids"]) & theirs
    assert seen["audience_size"] == everybody["audience_size"] > len(seen["user_ids"]) > 0
