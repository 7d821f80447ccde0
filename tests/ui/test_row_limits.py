"""Whoever is limited to a country sees nobody else's runs, messages and letters."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.ui.command_line import CommandLine
from tests.ui.test_cli_journeys import live, trip

AS_ANA = ("--as", "ana@demo")
COUNTRY = "SELECT user_id, country FROM dim_users WHERE merged_into IS NULL ORDER BY user_id"

REJECTED = """
INSERT INTO outbox (
    intent_id, user_id, decision_id, cycle_id, trace_id, policy_key, policy_version, action_key,
    channel, decided_at, not_before, expires_at, state, reason, attempts, updated_at
) SELECT ?, ?, '', '', '', 'trip', 1, 'trip_push', 'push', t, t, t, 'rejected', 'HTTP_400', 1, t
FROM (SELECT '2026-06-28 00:00:00.000000' AS t)
"""


@pytest.fixture
def limited(cli: CommandLine, tmp_path: Path) -> CommandLine:
    """A journey whose messages were decided and rejected, and an analyst who sees Germany."""
    live(cli, trip(tmp_path, steps=[STEP, {"kind": "exit", "key": "done"}]))
    cli.json("journeys", "run")
    users = [user for user, _ in cli.rows(COUNTRY)]
    with sqlite3.connect(cli.workspace / "control.db") as control:
        control.executemany(REJECTED, [(user, user) for user in users])
    cli.json("people", "limit", "ana@demo", "--country", "DE")
    return cli


STEP: dict[str, Any] = {
    "kind": "message",
    "key": "push",
    "next": "done",
    "action": {"key": "trip_push", "name": "Trip push", "channels": ["push"]},
}


def test_every_list_of_single_users_is_cut_to_those_whom_somebody_sees(
    limited: CommandLine,
) -> None:
    country: dict[str, str] = dict(limited.rows(COUNTRY))
    theirs = {user for user, of in country.items() if of == "DE"}

    for words in (
        ("journeys", "runs", "trip", "--limit", "10000"),
        ("deliver", "list", "--limit", "100000"),
    ):
        everybody = {one["user_id"] for one in limited.json(*words)}
        shown = {one["user_id"] for one in limited.json(*words, *AS_ANA)}
        assert shown == everybody & theirs, words
        assert 0 < len(shown) < len(everybody), words
    outside = next(user for user in country if user not in theirs)
    assert limited.json("journeys", "runs", "trip", "--user", outside, *AS_ANA) == []
    _previewed(limited, theirs, outside)


def _previewed(limited: CommandLine, theirs: set[str], outside: str) -> None:
    preview = ("templates", "preview", "favourite_workout")
    # Whether that user can be told anything is another question.
    assert json.loads(limited(*preview, "--json", *AS_ANA).out)["user_id"] in theirs
    told = [limited(*preview, "--user", who, *AS_ANA) for who in (outside, "nobody")]
    # Not even whether there is such a user.
    assert told[0].err == told[1].err
    assert "NOT_ALLOWED" in told[0].err
