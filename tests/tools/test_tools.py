"""What the agent may call: a closed list that reads, counts and proposes, and does nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import BaseTool
from sqlglot import exp

from control import requests, versions
from core.conditions import EVERYONE, EventCount, InAudience, Related
from core.errors import Code
from core.rules import Action, DecisionPolicy, EligibilityRule, Entry
from tests.tools.demo import PROMPTS
from tools import TOOLS
from tools.audience import Simulated
from tools.context import Refused
from tools.propose import dependencies
from tools.sql import Allowed, Answered
from ui.workspace import Workspace
from warehouse.rows import Rows
from warehouse.sqlcheck import CheckedQuery, check

GOLDEN = Path(__file__).parent / "tools.txt"
EMAIL = Action(key="nudge", name="Nudge", channels=("email",))
TRAINED = EventCount(event="workout_completed", n=3)
RULE = EligibilityRule(key="nudge", name="Nudge", condition=TRAINED, action=EMAIL)


class Watching:
    """The warehouse, with a list of what it was asked."""

    def __init__(self, workspace: Workspace) -> None:
        self._real = workspace.warehouse
        self.asked: list[str] = []
        workspace.warehouse = self

    def fetch(self, sql: str, *args: Any, **kwargs: Any) -> Rows:
        """Note the query, then run it."""
        self.asked.append(sql)
        return self._real.fetch(sql, *args, **kwargs)

    def arrays(self, query: exp.Select, **kwargs: Any) -> Any:
        """Note the query as it is listed, then run it."""
        self.asked.append(query.sql("duckdb", pretty=True))
        return self._real.arrays(query, **kwargs)

    def cursor(self) -> Any:
        """No prompt may lead to a cursor of its own."""
        raise AssertionError("a cursor was taken around the check")

    execute = transaction = cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def tools_of(workspace: Workspace, email: str = "mara@demo") -> dict[str, BaseTool]:
    return workspace.asking.context(workspace.person(email), "run").tools


# The list.


def test_the_list_of_tools_is_what_is_built(workspace: Workspace) -> None:
    assert tuple(tools_of(workspace)) == TOOLS


def test_the_tools_read_as_they_were_reviewed(workspace: Workspace) -> None:
    described = "\n\n".join(
        f"{tool.name}({', '.join(tool.args)})\n{tool.description}"
        for tool in tools_of(workspace).values()
    )

    assert described + "\n" == GOLDEN.read_text()


def test_every_tool_is_explained_in_eight_lines_at_most(workspace: Workspace) -> None:
    for tool in tools_of(workspace).values():
        assert 1 <= len(tool.description.splitlines()) <= 8, tool.name


def test_no_tool_offers_to_approve_publish_or_send(workspace: Workspace) -> None:
    acting = re.compile(r"approve|publish|activate|deliver|send|go_live|rollback|kill", re.I)
    for tool in tools_of(workspace).values():
        first = tool.description.split(".")[0].replace("Send a draft to the approvers", "")
        assert not acting.search(tool.name)
        assert not acting.search(first.replace("without sending", "")), tool.name


# Every SQL was checked.


@pytest.mark.parametrize("name", PROMPTS)
def test_no_sql_runs_except_through_the_check(workspace: Workspace, name: str) -> None:
    watching = Watching(workspace)
    workspace.as_of()
    clock = set(watching.asked)

    # Sent for approval, a draft is measured by the engine, whose statements are files.
    result = workspace.ask(PROMPTS[name], workspace.person("mara@demo"), submit=False)

    ran = [sql for sql in watching.asked if sql not in clock]
    listed = [query.text for query in result.sql if query.id != "rule"]
    checked = [
        check(text, workspace.catalog, role="system", row_limit=5_000_000) for text in listed
    ]
    assert all(isinstance(one, CheckedQuery) for one in checked)
    # What everybody is told from has no limit on its rows, and runs as it is listed.
    assert ran == [
        text if text in ran else one.sql
        for text, one in zip(listed, checked, strict=True)
        if isinstance(one, CheckedQuery)
    ]
    assert len(ran) >= 2


def test_a_query_of_a_person_runs_in_the_sandbox_only(workspace: Workspace) -> None:
    workspace.published()
    watching = Watching(workspace)
    tools = tools_of(workspace)
    watching.asked.clear()

    answered = tools["run_sql"].invoke({"sql": "SELECT COUNT(*) AS users FROM dim_users"})

    assert isinstance(answered, Answered)
    assert answered.columns == ("users",)
    assert watching.asked == []


@pytest.mark.parametrize("name", ["check_sql", "run_sql"])
@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT email FROM dim_users", Code.SQL_FORBIDDEN_COLUMN),
        ("SELECT user_id FROM dim_users ORDER BY lower(email)", Code.SQL_FORBIDDEN_COLUMN),
        ("SELECT * FROM dim_user", Code.UNKNOWN_TABLE),
        ("SELECT contry FROM dim_users", Code.UNKNOWN_COLUMN),
        ("DROP TABLE dim_users", Code.SQL_NOT_A_QUERY),
        ("SELECT 1 AS one; SELECT 2 AS two", Code.SQL_NOT_ONE_STATEMENT),
    ],
)
def test_a_query_that_may_not_run_says_why_and_what_to_change(
    workspace: Workspace, name: str, sql: str, code: Code
) -> None:
    watching = Watching(workspace)
    tools = tools_of(workspace, "ana@demo")
    watching.asked.clear()

    result = tools[name].invoke({"sql": sql})

    assert isinstance(result, Refused)
    assert code in {refusal.code for refusal in result.refusals}
    assert all(refusal.fix for refusal in result.refusals)
    assert watching.asked == []


def test_a_checked_query_shows_what_it_reads(workspace: Workspace) -> None:
    allowed = tools_of(workspace)["check_sql"].invoke({"sql": "SELECT country FROM dim_users"})

    assert isinstance(allowed, Allowed)
    assert allowed.tables == ("dim_users",)
    assert allowed.columns == ("dim_users.country",)
    assert allowed.row_limit == 1_000


# Names.


def test_a_name_is_described_and_an_unknown_one_refused_with_the_nearest(
    workspace: Workspace,
) -> None:
    describe = tools_of(workspace)["describe"]

    assert describe.invoke({"name": "workout_completed"}).kind == "event"
    refused = describe.invoke({"name": "workout_complete"})
    assert isinstance(refused, Refused)
    assert "workout_completed" in (refused.refusals[0].fix or "")


def test_searching_finds_at_most_what_was_asked_for(workspace: Workspace) -> None:
    found = tools_of(workspace)["search_catalog"].invoke({"query": "pricing page", "limit": 3})

    assert len(found) == 3
    assert "pricing_viewed" in {term.name for term in found}


@pytest.mark.parametrize(
    ("name", "given", "nearest"),
    [
        (
            "preview_audience",
            {"rule": RULE.model_copy(update={"condition": EventCount(event="workout_done")})},
            "workout_completed",
        ),
        (
            "simulate",
            {
                "policy": DecisionPolicy(
                    key="p",
                    name="P",
                    population=InAudience(key="trial_user"),
                    entries=(Entry(tier=1, action=EMAIL, eligibility=TRAINED),),
                )
            },
            "trial_users",
        ),
        (
            "count_users",
            {"population": EVERYONE, "condition": Related(entity="tickets")},
            "ticket",
        ),
        (
            "diagnose",
            {"metric": "conversions_rate", "start": "2026-06-22", "end": "2026-06-29"},
            "conversion",
        ),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_ones(
    workspace: Workspace, name: str, given: dict[str, Any], nearest: str
) -> None:
    result = tools_of(workspace)[name].invoke(given)

    assert isinstance(result, Refused)
    assert nearest in (result.refusals[0].fix or "")


# Counting and proposing.


def test_a_preview_sends_and_stores_nothing(workspace: Workspace) -> None:
    seen = tools_of(workspace)["preview_audience"].invoke({"rule": RULE})

    assert isinstance(seen, Simulated)
    assert 0 < seen.preview.reachable_size <= seen.preview.audience_size
    assert requests.list_all(workspace.store) == []
    assert versions.live(workspace.store) == []


def test_a_proposal_waits_for_approval_and_names_its_author(workspace: Workspace) -> None:
    tools = tools_of(workspace)
    seen = tools["preview_audience"].invoke({"rule": RULE})

    proposed = tools["propose"].invoke(
        {"artifact": RULE.model_dump(mode="json"), "prompt": "Nudge them."}
    )

    assert (proposed.state, proposed.author) == ("in_review", "mara@demo")
    assert (proposed.preview.audience_size, proposed.findings) == (
        seen.preview.audience_size,
        seen.findings,
    )
    assert versions.live(workspace.store) == []


def test_an_explanation_of_nobody_is_refused(workspace: Workspace) -> None:
    result = tools_of(workspace)["explain"].invoke({"user_id": "nobody"})

    assert isinstance(result, Refused)
    assert result.refusals[0].code is Code.UNKNOWN_USER


# What an approval rests on.


def test_an_approval_rests_on_every_audience_that_the_rule_names(workspace: Workspace) -> None:
    rule = RULE.model_copy(update={"population": InAudience(key="trial_users")})

    found = dependencies(rule, workspace.catalog, [], {})

    assert set(found) == {"audience:trial_users", "contact_policy"}


def test_an_approval_is_void_when_a_rule_it_names_was_replaced(workspace: Workspace) -> None:
    mara, pavel, ada = (workspace.person(f"{name}@demo") for name in ("mara", "pavel", "ada"))

    def publish(words: str) -> str:
        asked = workspace.ask(
            f"Create eligibility rules for an upgrade nudge for users who {words}.", mara
        )
        assert asked.change_request
        assert asked.artifact
        if workspace.decide(asked.change_request.id, pavel, "approve").state == "in_review":
            # It reaches more than half of all users.
            workspace.decide(asked.change_request.id, ada, "approve")
        return versions.live(workspace.store)[0].key

    key = publish("completed 3 workouts")
    naming = RULE.model_copy(update={"key": "other", "condition": InAudience(key=key)})
    before = dependencies(naming, workspace.catalog, versions.live(workspace.store), {})
    publish("completed 5 workouts")
    after = dependencies(naming, workspace.catalog, versions.live(workspace.store), {})

    assert f"rule:{key}" in before
    assert before[f"rule:{key}"] != after[f"rule:{key}"]
