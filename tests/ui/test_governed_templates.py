"""Templates are approved like rules: an edited templates.yaml changes no letter by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from control import requests
from core.errors import Code, PilothouseError
from core.lifecycle import State
from tests.ui.governed_team import AFTERNOON, Team
from ui import file_changes
from ui.rebasing import rebase

SAYS = {"name": "Upgrade", "channels": ["push", "email"], "subject": "Ready?", "body": "Old words."}


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team(tmp_path)
    made.edit("templates", upgrade=SAYS)
    nudge = made.read("actions")["upgrade_nudge"]
    del nudge["template"]
    made.edit("actions", upgrade_nudge=nudge | {"template_key": "upgrade"})
    made.restart()
    made.go_live()
    yield made
    made.workspace.close()


def words(team: Team, **fields: Any) -> None:
    """Write other words into templates.yaml."""
    team.edit("templates", upgrade=SAYS | fields)


def test_an_edited_template_changes_no_letter_and_revokes_none(team: Team) -> None:
    team.decide()
    words(team, body="New words.")
    team.restart()

    letters = team.send()

    assert letters
    assert "APPROVAL_REVOKED" not in team.workspace.deliver(now=AFTERNOON).by_reason
    assert all("Old words." in letter for letter in letters)


def test_approved_words_are_said_by_messages_that_wait(team: Team) -> None:
    team.decide()
    words(team, body="New words.")

    assert team.approve(team.propose("templates")) is State.LIVE

    letters = team.send()
    assert letters
    assert all("New words." in letter for letter in letters)


def test_words_taken_back_are_said_again_after_a_restart_too(team: Team) -> None:
    words(team, body="New words.")
    team.approve(team.propose("templates"))
    ada = team.workspace.person("ada@demo")

    file_changes.roll_back(team.workspace, "templates", 1, person=ada)
    team.restart()
    team.decide()

    assert all("Old words." in letter for letter in team.send())


def test_the_approver_sees_who_says_it_and_what_somebody_would_read(team: Team) -> None:
    words(team, body="New words.")

    request = requests.get(team.workspace.store, team.propose("templates"))

    effect = request.data_effect
    assert effect is not None
    assert [(one.kind, one.reads) for one in effect.downstream] == [("rule", ("upgrade",))]
    (sample,) = effect.samples
    assert (sample.subject, sample.what) == ("upgrade", "body")
    assert (sample.before, sample.after) == ("Old words.", "New words.")
    (line,) = [one for one in request.rule_diff if one.change != "same"]
    assert line.path == "upgrade"
    assert "-body: Old words.\n+body: New words." in (line.patch or "")
    assert {one.policy for one in request.findings} == {"senders_are_told"}


def test_a_template_that_a_live_rule_sends_is_not_taken_away(team: Team) -> None:
    left = {key: one for key, one in team.read("templates").items() if key != "upgrade"}
    (team.catalog / "templates.yaml").write_text("{}\n")
    team.edit("templates", **left)

    with pytest.raises(PilothouseError, match="which the catalog does not have") as refused:
        team.propose("templates")

    assert refused.value.refusal.code is Code.BLOCKED_BY_POLICY


def test_personal_data_that_was_not_there_needs_judgement(team: Team) -> None:
    mail = {"column": "email", "personal": True}
    words(team, body="Old words, $mail.", variables={"mail": mail})

    request = requests.get(team.workspace.store, team.propose("templates"))

    found = {one.policy: one.severity for one in request.findings}
    assert found["personal_data_is_not_slipped_in"] == "warn"
    effect = request.data_effect
    assert effect is not None
    assert effect.samples[0].after == "Old words, [mail]."


def test_the_author_of_words_does_not_approve_them(team: Team) -> None:
    words(team, body="New words.")
    own = team.propose("templates", "ada@demo")

    with pytest.raises(PilothouseError) as refused:
        team.workspace.decide(own, team.workspace.person("ada@demo"), "approve")

    assert refused.value.refusal.code is Code.SELF_APPROVAL


def test_words_that_were_overtaken_are_drafted_anew_beside_those_that_are_live(team: Team) -> None:
    ana = team.workspace.person("ana@demo")
    words(team, body="New words.")
    overtaken = team.propose("templates")
    team.edit("templates", upgrade=SAYS, welcome=SAYS | {"name": "Welcome"})
    team.approve(team.propose("templates"))

    anew = rebase(team.workspace, overtaken, person=ana)

    content = anew.content["content"]
    assert content["upgrade"]["body"] == "New words."
    assert content["welcome"]["name"] == "Welcome"
    assert [one.name for one in anew.data_effect.changed] == ["upgrade"]
    assert requests.get(team.workspace.store, overtaken).state is State.WITHDRAWN
    assert team.approve(anew.id) is State.LIVE


def test_words_that_both_changed_are_shown_and_not_guessed(team: Team) -> None:
    words(team, body="New words.")
    overtaken = team.propose("templates")
    words(team, body="Other words.")
    team.approve(team.propose("templates"))

    with pytest.raises(PilothouseError) as refused:
        rebase(team.workspace, overtaken, person=team.workspace.person("ana@demo"))

    assert refused.value.refusal.code is Code.STALE_CHANGE_REQUEST
    assert 'content.upgrade.body: "Other words." is live' in refused.value.refusal.message
