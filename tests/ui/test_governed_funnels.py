"""Funnels and metrics are approved like rules: an edited funnels.yaml moves no number by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from control import requests
from core.errors import PilothouseError
from core.lifecycle import State
from tests.ui.governed_team import Team
from ui import file_changes


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    made.go_live()
    yield made
    made.workspace.close()


def steps(team: Team, *names: str) -> None:
    """Write other steps of the subscription into funnels.yaml."""
    funnel = team.read("funnels")["subscription"]
    team.edit("funnels", subscription=funnel | {"steps": [*names], "failures": {}})


def test_edited_steps_move_no_number_until_another_person_approves_them(team: Team) -> None:
    steps(team, "app_opened", "pricing_viewed")
    team.restart()
    assert len(team.workspace.catalog.funnels["subscription"].steps) == 5

    request = requests.get(team.workspace.store, team.propose("funnels"))

    effect = request.data_effect
    assert effect is not None
    (sample,) = effect.samples
    assert sample.subject == "conversion"
    assert sample.before != sample.after
    assert [one.policy for one in request.findings] == ["numbers_stay_comparable"]
    assert team.approve(request.id) is State.LIVE
    assert team.workspace.catalog.funnels["subscription"].steps == ("app_opened", "pricing_viewed")


def test_rolled_back_funnels_count_as_before(team: Team) -> None:
    steps(team, "app_opened", "pricing_viewed")
    team.approve(team.propose("funnels"))

    ada = team.workspace.person("ada@demo")
    file_changes.roll_back(team.workspace, "funnels", 1, person=ada)

    assert len(team.workspace.catalog.funnels["subscription"].steps) == 5


def test_a_metric_of_no_funnel_is_not_proposed(team: Team) -> None:
    (team.catalog / "metrics.yaml").write_text("{}\n")
    (team.catalog / "funnels.yaml").write_text("{}\n")
    request = requests.get(team.workspace.store, team.propose("funnels"))
    assert [one.policy for one in request.findings] == ["metrics_are_not_lost"]

    (team.catalog / "metrics.yaml").write_text(
        "won: {description: x, kind: funnel, funnel: nowhere}\n"
    )
    with pytest.raises(PilothouseError, match="nowhere"):
        team.propose("funnels")
