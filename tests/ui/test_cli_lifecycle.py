"""What becomes of a change request besides a verdict, on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ui.command_line import CommandLine

RULE: dict[str, Any] = {
    "kind": "eligibility_rule",
    "key": "engaged",
    "name": "Engaged",
    "condition": {"kind": "event_count", "event": "workout_completed", "n": 3},
}


class Proposing:
    """Rules of files, sent for approval by the command line."""

    def __init__(self, cli: CommandLine, folder: Path) -> None:
        self.cli = cli
        self._path = folder / "engaged.json"

    def __call__(self, n: int = 3, **changed: Any) -> str:
        """A change request for the rule with another count, or changed elsewhere."""
        condition = RULE["condition"] | {"n": n}
        self._path.write_text(json.dumps(RULE | {"condition": condition} | changed))
        document = self.cli.json("import", "rulebook", str(self._path))
        (opened,) = (one["change_request"]["id"] for one in document)
        return str(opened)


@pytest.fixture
def proposing(cli: CommandLine, tmp_path: Path) -> Proposing:
    return Proposing(cli, tmp_path)


def test_a_change_that_was_overtaken_is_told_and_drafted_anew(
    cli: CommandLine, proposing: Proposing
) -> None:
    cli.json("approvals", "approve", proposing())
    overtaken = proposing(5)
    cli.json("approvals", "approve", proposing(name="Very engaged"))

    listed = {one["id"]: one["suspended"] for one in cli.json("approvals", "list")}
    card = cli("approvals", "show", overtaken).out
    refused = cli("approvals", "approve", overtaken)

    assert listed[overtaken]["code"] == "conflict"
    assert "Suspended  It was drafted against version 1 of 'engaged', and version 2" in card
    assert refused.status == 1
    assert f"pilothouse approvals rebase {overtaken}" in refused.err
    new = cli.json("approvals", "rebase", overtaken, "--as", "ana@demo")
    assert new["content"]["name"] == "Very engaged"
    assert new["content"]["condition"]["n"] == 5
    assert new["effect"]["audience_size"] > 0
    assert cli.json("approvals", "show", overtaken)["state"] == "withdrawn"
    assert cli.json("approvals", "approve", new["id"])["state"] == "live"


def test_a_request_is_held_back_let_go_and_taken_back(
    cli: CommandLine, proposing: Proposing
) -> None:
    request = proposing()

    assert cli("approvals", "suspend", request, "--reason", "After the sale.").status == 0
    refused = cli("approvals", "approve", request)
    assert (refused.status, "After the sale." in refused.err) == (1, True)
    assert cli("approvals", "lift", request).status == 0
    assert cli.json("approvals", "withdraw", request)["state"] == "withdrawn"
    assert cli("approvals", "withdraw", request).status == 1


def test_what_is_approved_for_a_window_goes_live_in_the_round_of_that_time(
    cli: CommandLine, proposing: Proposing
) -> None:
    due, later = proposing(), proposing(key="later")

    now = cli.json("approvals", "approve", due, "--at", "2020-01-01")
    then = cli.json("approvals", "approve", later, "--at", "2999-01-01", "--until", "2999-01-02")

    assert [now["state"], then["state"]] == ["scheduled", "scheduled"]
    assert then["window"] == {"at": "2999-01-01T00:00:00", "until": "2999-01-02T00:00:00"}
    done = cli.json("approvals", "round")
    assert (done["published"], done["expired"]) == ([due], [])
    assert cli("approvals", "round").out.strip() == "Nothing is due."
    assert cli.json("approvals", "show", due)["state"] == "live"
    assert "Goes live  2999-01-01 00:00 until 2999-01-02 00:00 UTC" in (
        cli("approvals", "show", later).out
    )
    assert cli("approvals", "approve", later, "--until", "2999-01-01").status == 2
    assert cli.json("approvals", "withdraw", later)["state"] == "withdrawn"


def test_what_is_live_is_listed_with_until_when_it_is_certified(
    cli: CommandLine, proposing: Proposing
) -> None:
    cli.json("approvals", "approve", proposing())

    (held,) = cli.json("rules", "certify")
    (certified,) = cli.json("rules", "certify", "engaged", "--as", "ada@demo")

    assert (held["standing"], held["by"]) == ("certified", "pavel@demo")
    assert certified["by"] == "ada@demo"
    assert certified["due"] >= held["due"]
    assert cli("rules", "certify", "engaged", "--as", "mara@demo").status == 1


def test_a_draft_is_kept_sent_and_approved_by_others(cli: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "engaged.json"
    file.write_text(json.dumps(RULE))

    told = cli("rules", "draft", str(file), "--reason", "For the spring.")
    (kept,) = cli.json("approvals", "list", "--state", "draft")
    early = cli("approvals", "approve", kept["id"])
    sent = cli("approvals", "submit", kept["id"])
    again = cli("approvals", "submit", kept["id"])

    assert told.status == 0
    assert f"pilothouse approvals submit {kept['id']}" in told.out
    assert kept["prompt"] == "For the spring."
    assert kept["effect"]["effect"] is not None
    assert early.status == 1
    assert "draft of mara@demo" in early.err
    assert sent.out.strip() == f"{kept['id']} (engaged) waits for approval."
    assert again.status == 1
    assert cli.json("approvals", "approve", kept["id"])["state"] == "live"
