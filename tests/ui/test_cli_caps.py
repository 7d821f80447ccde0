"""Caps that are lowered while messages wait: what ``deliver`` and ``explain`` say of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import warehouse
from tests.ui.command_line import CommandLine

NUDGE = "Create an eligibility rule that emails users who completed 3 workouts an upgrade nudge."
BUILT_IN = Path(warehouse.__file__).parent / "catalogs" / "workout_app"


def _lower_the_cap(cli: CommandLine) -> None:
    catalog = cli.workspace / "catalog"
    shutil.copytree(BUILT_IN, catalog)
    limits = catalog / "defaults.yaml"
    words = limits.read_text(encoding="utf-8")
    assert "n: 3," in words
    limits.write_text(words.replace("n: 3,", "n: 0,"), encoding="utf-8")
    settings = cli.workspace / "pilothouse.toml"
    settings.write_text(f'catalog = "{catalog}"\n', encoding="utf-8")
    proposed = cli.json("catalog", "propose", "contact-policy", "--reason", "too many")
    cli.json("approvals", "approve", proposed["change_request"]["id"])


def test_messages_that_a_lowered_cap_stopped_are_listed_and_explained(cli: CommandLine) -> None:
    cli.json("approvals", "approve", cli.json("ask", NUDGE)["change_request"]["id"])
    cli.json("cycle", "run", "--as-of", "2026-06-28T15:00")
    _lower_the_cap(cli)

    sent = cli.json("deliver", "run")

    many = sent["stopped"]
    assert many > 5
    assert (sent["delivered"], sent["by_reason"]) == (0, {"CAP_REACHED": many})
    assert cli.json("deliver", "status")["cancelled"] == many
    stopped = cli.json("deliver", "list", "--reason", "CAP_REACHED", "--limit", "5")
    assert [one["state"] for one in stopped] == ["cancelled"] * 5
    assert (
        "The user has had enough messages already."
        in cli("deliver", "list", "--reason", "CAP_REACHED").out
    )
    assert cli.json("deliver", "list", "--reason", "MIN_GAP") == []
    user = stopped[0]["user_id"]
    (told,) = cli.json("explain", user)["messages"]
    assert (told["state"], told["reason_code"]) == ("cancelled", "CAP_REACHED")
    assert "cancelled, CAP_REACHED: The user has had enough" in cli("explain", user).out
    _one_country_for_ana(cli, user)


def _one_country_for_ana(cli: CommandLine, user: str) -> None:
    """Of what was decided and stopped she lists and replays nobody else's."""
    country = dict(cli.rows("SELECT user_id, country FROM dim_users"))
    decided = cli.rows(
        "SELECT decision_id, user_id FROM decisions WHERE decided_at = "
        "(SELECT MAX(decided_at) FROM decisions)"
    )
    theirs = country[user]
    cli.json("people", "limit", "ana@demo", "--country", theirs)
    ana = ("--as", "ana@demo")

    listed = cli.json("deliver", "list", "--reason", "CAP_REACHED", "--limit", "100000", *ana)

    assert {country[one["user_id"]] for one in listed} == {theirs}
    other = next(decision for decision, user in decided if country[user] != theirs)
    refused = cli("replay", other, *ana)
    assert (refused.status, refused.out, "NOT_ALLOWED" in refused.err) == (1, "", True)
    own = next(decision for decision, user in decided if country[user] == theirs)
    assert country[cli.json("replay", own, *ana)["user_id"]] == theirs
