"""Outcomes of a workspace: figures, attribution, and what went live looked back at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from control import audit, requests
from control.evaluation_tables import evaluations
from tests.tools.demo import DECISION, demo_file, open_demo
from tests.ui.command_line import CommandLine, give
from ui import evaluating
from ui.workspace import Workspace

KINDS = {
    *("revenue_per_user", "conversion", "acquisition_cost", "lifetime_value", "time_to_value"),
    *("guardrail_pass_share", "proposal_pass_share", "trait_versioning_share"),
    *("decision_latency", "data_freshness", "model_drift"),
}


@pytest.fixture(scope="module")
def command(demo_workspace: Path) -> CommandLine:
    """The demo as it is: these commands only read."""
    return CommandLine(demo_workspace)


@pytest.fixture(scope="module")
def document(command: CommandLine) -> Any:
    """All that is told of the demo."""
    return command.json("measure", "kpis", "--weeks", "4")


def test_every_figure_has_a_number_with_its_sql_or_the_reason_why_there_is_none(
    document: Any,
) -> None:
    figures = {one["key"]: one for one in document["figures"]}
    assert {one["kind"] for one in figures.values()} == KINDS
    for one in figures.values():
        assert one["meaning"]
        assert (one["value"] is None) == (one["statement"] is not None), one["key"]
        assert one["value"] is None or one["sql"], one["key"]
        assert len(one["trend"]) in (0, 4)
    assert {one["policy"] for one in document["campaigns"]} == {"come_back", "starter_journey"}
    assert figures["trait_versioning_share"]["value"] == 1


def test_a_number_can_be_made_again_from_its_sql(command: CommandLine, document: Any) -> None:
    (found,) = [one for one in document["figures"] if one["key"] == "revenue_per_user"]
    last = command.rows(found["sql"][0]["text"])[-1]

    assert found["value"] == pytest.approx(last[2] / last[1])


def test_attribution_names_the_policies_and_refuses_an_unknown_one(command: CommandLine) -> None:
    done = command("measure", "attribution", "starter_journey", "--model", "last")
    refused = command.json("measure", "attribution", "starter_jurney", status=1)

    assert "starter_journey by push" in done.out
    assert "come_back" not in done.out
    (refusal,) = refused["refusals"]
    assert refusal["code"] == "UNKNOWN_KEY"
    assert "starter_journey" in refusal["fix"]


def test_a_policy_and_all_together_are_a_wrong_usage() -> None:
    done = give("measure", "attribution", "x", "--all")

    assert done.status == 2
    assert "not both" in done.err


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("outcomes")
    opened = open_demo(folder / "ws", Path(shutil.copy(demo_file(), folder / "own.duckdb")))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def live(workspace: Workspace) -> str:
    """A change request whose policy is live and has decided."""
    asked = workspace.ask(DECISION, workspace.person("mara@demo"), submit=True)
    assert asked.change_request
    workspace.decide(asked.change_request.id, workspace.person("pavel@demo"), "approve")
    workspace.run_cycle()
    return asked.change_request.id


def test_nothing_is_looked_back_at_before_its_time(workspace: Workspace, live: str) -> None:
    assert evaluating.file_due(workspace, workspace.now() + timedelta(days=6)) == {}
    assert requests.get(workspace.store, live).evaluations == ()


def test_what_went_live_is_looked_back_at_once_after_7_and_28_days(
    workspace: Workspace, live: str
) -> None:
    later = workspace.now() + timedelta(days=7, hours=1)

    first = evaluating.file_due(workspace, later)
    again = evaluating.file_due(workspace, later)
    last = evaluating.file_due(workspace, later + timedelta(days=21))

    assert [*first] == [f"{live} after 7 days"]
    assert again == {}
    assert [*last] == [f"{live} after 28 days"]
    found = requests.get(workspace.store, live).evaluations
    assert [one.days for one in found] == [7, 28]
    people = next(one for one in found[0].numbers if one.what == "people")
    effect = requests.get(workspace.store, live).preview
    assert effect is not None
    assert effect.effect is not None
    assert people.measured == effect.effect.against.after
    written = audit.entries(workspace.store, audit.Asked(what="evaluate"))
    assert [one.subject for one in written] == [live, live]


def test_what_was_filed_is_not_rewritten(workspace: Workspace, live: str) -> None:
    evaluating.file_due(workspace, workspace.now() + timedelta(days=8))

    with pytest.raises(sa.exc.DatabaseError, match="filed once"), workspace.store.write() as db:
        db.execute(evaluations.update().values(days=1))
