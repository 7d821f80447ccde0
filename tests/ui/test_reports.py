"""``report``: one rule and one decision, from source columns to what came of them."""

from __future__ import annotations

import html
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.ui.command_line import DECISION, CommandLine
from ui.reports.page import as_html, as_text
from ui.reports.sections import Section, Table

KEY = "trial_users_priority"


@pytest.fixture(scope="module")
def told(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A workspace in which a policy was approved, decided and sent; tests only read it."""
    folder = tmp_path_factory.mktemp("told") / "workspace"
    shutil.copytree(demo_workspace, folder)
    cli = CommandLine(folder)
    request = cli.json("ask", DECISION)["change_request"]["id"]
    cli.json("approvals", "approve", request)
    assert cli("cycle", "run").status == 0
    assert cli("deliver", "run").status == 0
    return cli


@pytest.fixture(scope="module")
def rule(told: CommandLine) -> dict[str, Any]:
    found: dict[str, Any] = told.json("report", "rule", KEY)
    return found


def _decision(cli: CommandLine, where: str) -> str:
    ((found,), *_) = cli.rows(
        f"SELECT decision_id FROM decisions AS d WHERE policy_version = 1 AND {where} "
        f"AND policy_key = '{KEY}' ORDER BY decision_id LIMIT 1"
    )
    return str(found)


@pytest.mark.slow
class TestARule:
    def test_is_traced_back_to_source_columns_through_audiences(self, rule: dict[str, Any]) -> None:
        feeds = {(one["kind"], one["name"]): one["feeds"] for one in rule["reads"]}

        assert KEY in feeds[("audience", "trial_users")]
        assert "trial_users" in feeds[("column", "fct_subscriptions.status")]
        assert "workout_completed" in feeds[("column", "fct_events.event_name")]

    def test_names_who_proposed_and_who_approved_exactly_its_content(
        self, rule: dict[str, Any]
    ) -> None:
        approval = rule["approval"]

        assert (approval["author"], approval["verdict"]["by"]) == ("mara@demo", "pavel@demo")
        assert approval["binds"] == rule["content_hash"]
        assert approval["prompt"] == DECISION
        done = [(one["who"], one["what"]) for one in rule["deeds"]]
        for deed in (("mara@demo", "propose"), ("pavel@demo", "approve")):
            assert deed in done

    def test_counts_what_it_decided_and_sent_as_the_warehouse_has_it(
        self, told: CommandLine, rule: dict[str, Any]
    ) -> None:
        ours = f"policy_key = '{KEY}' AND policy_version = 1"
        decided = told.rows(f"SELECT COUNT(*) FROM decisions WHERE {ours}")
        sent = told.rows(
            f"SELECT COUNT(*) FROM fct_messages SEMI JOIN "
            f"(FROM decisions WHERE {ours}) USING (decision_id)"
        )

        assert [(sum(one["decisions"] for one in rule["decided"]),)] == decided
        assert [(sum(one["sent"] for one in rule["messages"]),)] == sent
        assert sent > [(0,)]
        assert rule["no_lift"]

    def test_that_never_was_is_refused_with_what_to_do(self, told: CommandLine) -> None:
        done = told("report", "rule", "no_such_rule")

        assert done.status == 1
        assert "no_such_rule" in done.err

    def test_is_a_page_that_needs_nothing_from_elsewhere(
        self, told: CommandLine, tmp_path: Path
    ) -> None:
        assert told("report", "rule", KEY, "--html", str(tmp_path / "rule.html")).status == 0

        page = (tmp_path / "rule.html").read_text()
        assert not re.search(r"<script|src=|href=|url\(", page)
        assert html.escape(DECISION) in page
        assert told("report", "rule", KEY, "--html", str(tmp_path / "no" / "x.html")).status == 1


@pytest.mark.slow
class TestADecision:
    def test_that_was_sent_is_told_from_its_values_to_the_letter(self, told: CommandLine) -> None:
        sent = "EXISTS (FROM fct_messages AS m WHERE m.decision_id = d.decision_id)"

        found = told.json("report", "decision", _decision(told, sent))

        assert found["replays"] is True
        assert found["decision"]["outcome"] == "selected"
        assert found["stages"][0]["policy"] == KEY
        assert found["why"]["winner"] == found["decision"]["action_key"]
        assert found["rule"]["approval"]["verdict"]["by"] == "pavel@demo"
        (posted,) = found["posted"]
        assert posted["intent_id"] == found["decision"]["message_id"]
        assert posted["state"] in ("accepted", "delivered")

    def test_that_lost_names_what_won_and_what_would_have_changed_it(
        self, told: CommandLine
    ) -> None:
        found = told.json("report", "decision", _decision(told, "outcome = 'lost'"))

        action = found["decision"]["action_key"]
        (own,) = [one for one in found["why"]["candidates"] if one["action"] == action]
        assert own["reason_code"] == found["decision"]["reason_code"] == "LOWER_PRIORITY"
        assert own["flip"]["would_become"] == "SELECTED"
        assert found["posted"] == []

    def test_of_a_past_whose_rule_is_not_kept_says_so_and_still_tells_of_the_message(
        self, told: CommandLine
    ) -> None:
        ((past,), *_) = told.rows(
            "SELECT decision_id FROM decisions SEMI JOIN fct_messages USING (decision_id) "
            f"WHERE policy_key <> '{KEY}' AND outcome = 'selected' ORDER BY 1 LIMIT 1"
        )

        found = told.json("report", "decision", past)

        assert (found["rule"], found["replays"], found["why"]) == (None, None, None)
        assert found["no_rule"]
        assert found["no_record"]
        assert found["no_why"]
        assert found["decision"]["sent_at"]
        assert told("report", "decision", past).status == 0

    def test_that_never_was_is_refused(self, told: CommandLine) -> None:
        done = told("report", "decision", "nothing")

        assert (done.status, "nothing" in done.err) == (1, True)


class _Read(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_what_somebody_wrote_into_a_prompt_or_a_value_stays_text_on_the_page() -> None:
    hostile = '<script>alert("x")</script><img src=x onerror=y>'
    section = Section(hostile, ((hostile, hostile),), Table((hostile,), ((hostile,),)), hostile)

    read = _Read()
    read.feed(as_html(hostile, hostile, [section]))

    assert not {"script", "img"} & {*read.tags}
    assert read.words.count(hostile) == 9


def test_a_report_for_a_terminal_lines_its_columns_up() -> None:
    table = Table(("what", "n"), (("events", "10"), ("ids", "2")))

    told = as_text("T", "About", [Section("Counts", (("One", "a\nb"),), table, "Done.")])

    assert told == (
        "T\nAbout\n\nCounts\n  One: a\n    b\n  what    n\n  events  10\n  ids     2\n  Done."
    )
