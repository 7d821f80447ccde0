"""Identity on the command line: who is who and why, merges, un-merges, conflicts, the audit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ui.command_line import CommandLine

FACTS = "SELECT message_id, user_id FROM fct_events WHERE message_id IN ('a', 'b') ORDER BY 1"


def event(message_id: str, user: str | None, device: str, **more: Any) -> str:
    ids = {"messageId": message_id, "userId": user, "anonymousId": device}
    return json.dumps({"type": "track", "event": "app_opened"} | ids | more)


def sent(cli: CommandLine, folder: Path, *events: str) -> None:
    file = folder / "events.ndjson"
    file.write_text("\n".join(events) + "\n")
    assert cli.json("collect", "import", str(file))["stored"] == len(events)


@pytest.fixture
def two(cli: CommandLine, tmp_path: Path) -> CommandLine:
    """Two people who gave the same address, each on a device of their own."""
    address = {"context": {"traits": {"email": "family@example.com"}}}
    sent(cli, tmp_path, event("a", "one", "d1", **address), event("b", "two", "d2", **address))
    return cli


def test_a_person_is_shown_with_every_identifier_and_its_reason(two: CommandLine) -> None:
    shown = two.json("identity", "show", "d1")

    assert shown["user_id"] == "one"
    assert [(each["kind"], each["value"], each["reason"]) for each in shown["identifiers"]] == [
        ("user_id", "one", "itself"),
        ("anonymous_id", "d1", "single_owner_device"),
    ]


def test_a_merge_is_followed_by_the_facts_and_an_unmerge_takes_it_back(two: CommandLine) -> None:
    before = two.rows(FACTS)
    merged = two.json("identity", "merge", "one", "two", "--reason", "same person on the phone")
    assert (merged["same"], merged["user_ids"]) == (True, ["one"])
    assert two.rows(FACTS) == [("a", "one"), ("b", "one")]
    assert two.rows("SELECT merged_into FROM dim_users WHERE user_id = 'two'") == [("one",)]
    chain = two.json("identity", "why", "d1", "d2")["chain"]
    assert [link["kind"] for link in chain] == ["signed_in", "merge_rule", "signed_in"]

    parted = two.json("identity", "unmerge", "one", "two", "--reason", "they are siblings")

    assert (parted["same"], parted["added"], parted["withdrawn"]) == (
        False,
        None,
        [merged["added"]],
    )
    assert two.rows(FACTS) == before
    trail = [(each["what"], each["who"], each["note"]) for each in two.json("audit", "list")]
    assert trail[-2:] == [
        ("identity_merge", "ana@demo", "same person on the phone"),
        ("identity_merge_withdrawn", "ana@demo", "they are siblings"),
    ]
    assert two("audit", "verify").status == 0


def test_a_shared_address_waits_for_a_person_and_is_settled_by_one(two: CommandLine) -> None:
    (conflict,) = two.json("identity", "conflicts")
    assert (conflict["kind"], conflict["a"], conflict["b"]) == (
        "shared_email",
        "user_id:one",
        "user_id:two",
    )
    assert conflict["evidence"]["email"] == "f•••@e•••"

    two.json("identity", "resolve", conflict["conflict_id"], "--apart", "--reason", "a family")

    assert two.json("identity", "conflicts") == []
    (settled,) = two.json("identity", "conflicts", "--all", "--as", "ada@demo")
    assert (settled["state"], settled["evidence"]["email"]) == ("settled", "family@example.com")
    (rule,) = two.json("identity", "rules")
    assert (rule["action"], rule["author"]) == ("block", "ana@demo")
    two.json("identity", "withdraw", rule["rule_id"], "--reason", "not sure")
    assert len(two.json("identity", "conflicts")) == 1


def test_what_is_impossible_is_refused_with_a_way_out(two: CommandLine) -> None:
    ways = (
        ("UNKNOWN_USER", ["show", "nobody"]),
        ("UNKNOWN_KEY", ["resolve", "c0", "--same", "--reason", "x"]),
        ("UNKNOWN_KEY", ["withdraw", "r0", "--reason", "x"]),
        ("INVALID_ARGUMENT", ["unmerge", "one", "two", "--reason", "x"]),
        ("NOT_ALLOWED", ["merge", "one", "two", "--reason", "x", "--as", "mara@demo"]),
    )
    for code, words in ways:
        (refusal,) = two.json("identity", *words, status=1)["refusals"]
        assert (refusal["code"], bool(refusal["fix"])) == (code, True)
    assert two("identity", "merge", "one", "two").status == 2
    assert two("identity", "resolve", "c0", "--reason", "x").status == 2


def test_ids_that_stand_for_nobody_are_listed(cli: CommandLine, tmp_path: Path) -> None:
    sent(cli, tmp_path, event("a", "null", "d1"), event("b", "null", "d2"))

    assert cli.json("identity", "ignored") == [{"kind": "id", "value": "null", "events": 2}]
    assert "nobody yet" in cli("identity", "show", "d1").out
