"""Scores and clocks on the command line: training, the leakage audit, late facts, freshness."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.ui.command_line import CommandLine, give
from tests.warehouse.clocks.late_facts import ARRIVE

THEN = datetime(2026, 6, 15)
LOOKED = "Create eligibility rules for users who viewed pricing at least once"
LEAKY = """-- name: looks_ahead
-- grain: user_id
-- type: number
-- owner: data
-- freshness: 86400
-- meaning: How often prices were looked at.
SELECT user_id, COUNT(*) AS looks_ahead FROM fct_events
WHERE event_name = 'pricing_viewed' GROUP BY user_id
"""


def warehouse(cli: CommandLine) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(cli.workspace / "warehouse.duckdb"))


def looked_late(cli: CommandLine) -> str:
    """Somebody whose only look at prices before then arrived after it."""
    with warehouse(cli) as connection:
        ((user,),) = connection.execute(
            """
            SELECT min(user_id) FROM dim_users
            WHERE merged_into IS NULL AND signup_at < $then AND user_id NOT IN (
                SELECT user_id FROM fct_events WHERE event_name = 'pricing_viewed'
            )
            """,
            {"then": THEN},
        ).fetchall()
        day = timedelta(days=1)
        given = {"happened": THEN - day, "user": user, "event": "pricing_viewed"}
        connection.execute(ARRIVE, given | {"arrived": THEN + day, "times": 1})
    assert isinstance(user, str)
    return user


class TestTheAudit:
    def test_a_model_that_reads_the_future_is_named(self, cli: CommandLine, tmp_path: Path) -> None:
        file = tmp_path / "looks_ahead.sql"
        file.write_text(LEAKY)
        leaks = cli.json("model", "leakage", str(file), status=1)
        assert [leak["kind"] for leak in leaks] == ["UNBOUNDED", "FUTURE"]
        assert leaks[0]["message"] == "looks_ahead reads fct_events without event_time < $as_of."
        assert leaks[1]["rows"] > 0

    def test_a_shipped_model_passes(self, cli: CommandLine, tmp_path: Path) -> None:
        cli("model", "export", str(tmp_path / "models"))
        done = cli("model", "leakage", str(next((tmp_path / "models").rglob("churn_risk.sql"))))
        assert done.status == 0
        assert done.out == "churn_risk.sql knows nothing that was not known then.\n"

    def test_a_feature_known_after_its_label_is_counted(
        self, cli: CommandLine, tmp_path: Path
    ) -> None:
        file = tmp_path / "features.csv"
        file.write_text(
            "user_id,at,known_at,visits\nu1,2026-06-01,2026-05-31,3\nu2,2026-06-01,2026-06-02,4\n"
        )
        (leak,) = cli.json("model", "leakage", str(file), status=1)
        assert (leak["kind"], leak["rows"]) == ("KNOWN_LATER", 1)

    @pytest.mark.parametrize(
        ("name", "text", "words"),
        [
            ("features.csv", "user_id,visits\nu1,3\n", "lacks at, known_at"),
            ("features.txt", "user_id", "neither a model nor a table"),
            ("nothing.parquet", "no parquet", "cannot be read"),
        ],
    )
    def test_what_cannot_be_audited_is_refused(
        self, cli: CommandLine, tmp_path: Path, name: str, text: str, words: str
    ) -> None:
        (tmp_path / name).write_text(text)
        done = cli("model", "leakage", str(tmp_path / name))
        assert done.status == 1
        assert words in done.err


class TestThePast:
    def test_late_facts_change_no_audience_of_the_past_and_are_reported(
        self, cli: CommandLine
    ) -> None:
        request = cli.json("ask", LOOKED, "--as", "mara@demo")["change_request"]["id"]
        then = ("--as-of", THEN.isoformat(), "--ids")
        before = cli.json("rules", "audience", request, *then)
        user = looked_late(cli)

        after = cli.json("rules", "audience", request, *then)
        later = cli.json("rules", "audience", request, "--as-of", "2026-06-20", "--ids")
        report = cli.json("model", "late", "--at", THEN.isoformat())

        assert after["user_ids"] == before["user_ids"]
        assert user not in after["user_ids"]
        assert user in later["user_ids"]
        assert {one["table"]: one["rows"] for one in report["late"]}["fct_events"] >= 1
        assert "upgrade_intent" in {one["trait"] for one in report["traits"]}

    def test_the_past_counts_only_who_had_signed_up(self, cli: CommandLine) -> None:
        request = cli.json("ask", LOOKED, "--as", "mara@demo")["change_request"]["id"]
        found = cli.json("rules", "audience", request, "--as-of", THEN.isoformat())
        with warehouse(cli) as connection:
            ((signed_up,),) = connection.execute(
                "SELECT count(*) FROM dim_users WHERE merged_into IS NULL AND signup_at < $then",
                {"then": THEN},
            ).fetchall()
        assert found["population_size"] == signed_up

    def test_an_answer_about_the_past_counts_as_the_audience_does(self, cli: CommandLine) -> None:
        asked = cli.json("ask", LOOKED, "--as", "mara@demo", "--as-of", THEN.isoformat())
        request = asked["change_request"]["id"]
        found = cli.json("rules", "audience", request, "--as-of", THEN.isoformat())
        assert asked["preview"]["audience_size"] == found["audience_size"]


class TestFreshness:
    def test_a_trait_is_stale_when_its_source_is(self, cli: CommandLine) -> None:
        fresh = cli.json("model", "freshness")
        later = cli.json("model", "freshness", "--at", "2026-07-02")
        assert {one["stale"] for one in fresh} == {False}
        assert {one["stale"] for one in later} == {True}
        assert {"upgrade_propensity", "churn_risk"} <= {one["trait"] for one in later}


class TestTraining:
    def test_too_little_data_is_said_in_one_sentence(self, cli: CommandLine) -> None:
        done = cli("model", "train", "upgrade_propensity")
        assert done.status == 1
        assert "upgrade_propensity cannot be trained: it needs 100 days of events." in done.err

    def test_an_unknown_score_is_refused(self, cli: CommandLine) -> None:
        assert "There is no score 'luck'" in cli("model", "train", "luck").err

    def test_nothing_was_trained_yet(self, cli: CommandLine) -> None:
        assert cli.json("model", "scores") == []

    @pytest.mark.slow
    def test_a_trained_score_is_proposed_approved_and_live(
        self, tmp_path: Path, plain_environment: object
    ) -> None:
        cli = CommandLine(tmp_path / "workspace")
        data = ("--users", "2500", "--days", "115", "--seed", "8", "--scenario", "none")
        assert give("demo-data", *data, "--workspace", str(cli.workspace)).status == 0
        models = tmp_path / "models"
        cli("model", "export", str(models))
        file = next(models.rglob("upgrade_propensity.sql"))

        trained: dict[str, Any] = cli.json(
            "model", "train", "upgrade_propensity", "--out", str(file)
        )
        assert file.read_text() == trained["sql"]
        assert cli.json("model", "leakage", str(file)) == []
        assert cli.json("model", "scores")[0]["stage"] == "draft"
        proposed = cli.json("model", "apply", "--dir", str(models), "--as", "ana@demo")
        request = proposed["change_request"]["id"]
        assert cli.json("model", "scores")[0]["stage"] == "draft"
        assert cli("approvals", "approve", request, "--as", "pavel@demo").status == 0

        (row,) = cli.json("model", "scores")
        assert row["stage"] == "live"
        assert row["artifact_sha256"] == trained["registered"]["artifact_sha256"]
