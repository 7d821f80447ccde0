"""Canaries from the command line: approved for some, looked at, promoted and stopped."""

from __future__ import annotations

import pytest

from tests.ui.command_line import ELIGIBILITY, CommandLine

KEY = "upgrade_nudge"


@pytest.fixture
def proposed(cli: CommandLine) -> CommandLine:
    """A workspace in which CR-1 waits for approval."""
    cli.json("ask", ELIGIBILITY)
    return cli


def test_an_approver_lets_it_go_live_for_some_with_limits_of_their_own(
    proposed: CommandLine,
) -> None:
    approved = proposed(
        "approvals", "approve", "CR-1", "--canary", "10", "--canary-watch-hours", "1.5",
        "--canary-max-complaints", "0.1", "--canary-min-messages", "50",
    )  # fmt: skip
    (row,) = proposed.json("canary", "list")

    assert "CR-1 (upgrade_nudge) is live for 10 % of the users." in approved.out
    assert (row["key"], row["version"], row["baseline"], row["share"]) == (KEY, 1, None, 0.1)
    assert row["limits"]["watch_seconds"] == 5_400
    assert row["limits"]["max_complaint_rate"] == pytest.approx(0.001)
    assert (row["limits"]["min_messages"], row["limits"]["max_error_rate"]) == (50, 0.05)
    line = "Canary: upgrade_nudge v1 for 10 % of the users"
    assert line in proposed("status").out


def test_a_canary_is_read_out_shown_and_promoted_by_who_may(proposed: CommandLine) -> None:
    proposed("approvals", "approve", "CR-1", "--canary", "10")
    proposed("cycle", "run")
    proposed("deliver", "run")

    (looked,) = proposed.json("canary", "check")
    assert looked["verdict"]["kind"] == "wait"
    assert looked["readings"]["canary"]["sent"] > 0
    shown = proposed("canary", "show", KEY).out
    assert "Others    get nothing" in shown
    assert "messages were sent so far" in shown

    mine = proposed("canary", "promote", KEY, "--as", "mara@demo", "--comment", "good")
    assert mine.status == 1
    assert "NOT_ALLOWED" in mine.err
    done = proposed("canary", "promote", KEY, "--comment", "good")
    assert done.out.strip() == "upgrade_nudge v1 for 10 % of the users: live for everybody."
    assert proposed("canary", "list").out.strip() == "No canary runs."
    (over,) = proposed.json("canary", "list", "--all")
    assert (over["state"], over["ended_by"], over["why"]) == ("promoted", "pavel@demo", "good")


def test_stopping_a_canary_that_replaced_nothing_pauses_its_rule(proposed: CommandLine) -> None:
    proposed("approvals", "approve", "CR-1", "--canary", "10")

    stopped = proposed.json("canary", "stop", KEY, "--comment", "wrong link")

    assert (stopped["state"], stopped["why"]) == ("rolled_back", "wrong link")
    assert "paused" in proposed("rules", "list").out
    resumed = proposed("rules", "resume", KEY)
    assert resumed.status == 1
    assert "taken back" in resumed.err


def test_what_cannot_be_a_canary_s_limit_is_wrong_usage(proposed: CommandLine) -> None:
    some = ("--canary", "5")
    for *words, option, value in (
        ("--canary", "0"),
        ("--canary", "100"),
        ("--canary", "nan"),
        (*some, "--canary-max-errors", "101"),
        (*some, "--canary-min-messages", "0"),
        (*some, "--canary-confidence", "40"),
        (*some, "--canary-watch-hours", "-1"),
        (*some, "--canary-watch-hours", "inf"),
        (*some, "--canary-max-drop", "nan"),
    ):
        done = proposed("approvals", "approve", "CR-1", *words, option, value)
        assert (done.status, f"Error: {option} cannot be" in done.err) == (2, True), done
    without = proposed("approvals", "approve", "CR-1", "--canary-max-errors", "1")
    assert "A limit of a canary needs --canary." in without.err
    assert proposed.json("approvals", "show", "CR-1")["state"] == "in_review"


def test_keys_without_a_canary_are_refused(proposed: CommandLine) -> None:
    for words in (("show",), ("promote", "--comment", "x"), ("stop", "--comment", "x")):
        done = proposed("canary", words[0], "nothing", *words[1:])
        assert done.status == 1
        assert "UNKNOWN_KEY" in done.err
    assert proposed("canary", "check").out.strip() == "No canary runs."
    assert proposed("canary", "stop", KEY).status == 2
