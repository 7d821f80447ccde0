"""``pilothouse destinations``: what is configured, what is wrong with it, and where channels go."""

from __future__ import annotations

from tests.ui.command_line import CommandLine

SECOND = '[destinations.crm]\nkind = "mailbox"\n'
WRONG = '[destinations.crm]\nkind = "brase"\n'


def configured(cli: CommandLine, text: str) -> None:
    """These lines in the settings file."""
    (cli.workspace / "pilothouse.toml").write_text(text)


def test_without_any_table_every_channel_goes_to_the_local_mailbox(cli: CommandLine) -> None:
    found = cli.json("destinations", "list")

    assert [one["name"] for one in found["destinations"]] == ["mailbox"]
    assert {one["destination"] for one in found["channels"]} == {"mailbox"}
    assert "email" in found["destinations"][0]["channels"]


def test_what_is_wrong_with_a_destination_is_said_with_its_key(cli: CommandLine) -> None:
    configured(cli, WRONG)

    done = cli("destinations", "check")

    assert done.status == 1
    assert "of the unknown kind 'brase'" in done.out
    assert "NOT usable" in cli("destinations", "list").out


def test_the_doctor_says_which_destinations_are_set_up(cli: CommandLine) -> None:
    configured(cli, WRONG)

    checks = cli.json("doctor", status=1)["checks"]

    found = [one for one in checks if one["name"] == "destinations"]
    assert [one["fine"] for one in found] == [True, False]
    assert "brase" in found[1]["detail"]


def test_a_channel_is_routed_by_a_change_request_and_taken_back(cli: CommandLine) -> None:
    configured(cli, SECOND)
    tried = cli.json("destinations", "route", "email", "crm", "--dry-run")
    assert tried["change_request"] is None

    request = cli.json("destinations", "route", "email", "crm")["change_request"]["id"]
    card = cli("approvals", "show", request).out
    assert "email goes to crm instead of mailbox" in card
    assert cli.json("approvals", "approve", request)["state"] == "live"

    routed = {
        one["channel"]: one["destination"] for one in cli.json("destinations", "list")["channels"]
    }
    assert routed["email"] == "crm"
    assert [one["version"] for one in cli.json("destinations", "history")] == [2, 1]
    assert cli.json("destinations", "rollback", "1") == {"version": 3, "from": 1}


def test_an_unknown_destination_is_refused_with_the_nearest_one(cli: CommandLine) -> None:
    configured(cli, SECOND)

    found = cli.json("destinations", "route", "email", "crn", status=1)["refusals"][0]

    assert found["code"] == "BLOCKED_BY_POLICY"
    assert "Did you mean crm?" in found["message"]


def test_a_dry_run_says_what_would_block_it(cli: CommandLine) -> None:
    done = cli("destinations", "route", "email", "crm", "--dry-run")

    assert done.status == 0
    assert "block: There is no destination 'crm'." in done.out


def test_a_destination_that_something_goes_to_stays_when_its_table_is_deleted(
    cli: CommandLine,
) -> None:
    configured(cli, SECOND)
    cli.json(
        "approvals",
        "approve",
        cli.json("destinations", "route", "email", "crm")["change_request"]["id"],
    )
    configured(cli, "")

    (crm,) = [
        one for one in cli.json("destinations", "list")["destinations"] if one["name"] == "crm"
    ]
    assert crm["channels"] == ["email"]
    assert "destinations     v1     pilothouse.toml differs" in cli("catalog", "status").out
    refused = cli("catalog", "propose", "destinations", "--as", "ada@demo")
    assert "There is no destination 'crm'" in refused.err
