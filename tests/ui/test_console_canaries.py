"""Canaries in the console: approved for some first, read out, promoted or rolled back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from control import canaries, people, versions
from control.canaries import Canary
from control.people import Person
from core.canary import CanaryAsk, CanaryLimits
from core.errors import PilothouseError
from core.journeys import Journey
from core.lifecycle import Role, State
from core.rules import EligibilityRule
from measure.canary import Readings, Side, verdict
from orchestrate import change_requests, rulebook
from tests.ui import answers
from tests.ui.conftest import Visit, existing, proposed, shown
from tests.ui.demo_desk import NOW
from tests.ui.test_console_journeys import TRIP
from ui.canaries import RUNBOOK
from ui.console.cards.parts import PER_PAGE
from ui.console.desk import Desk
from ui.console.view.canary import LIVE, RUNBOOK_STEPS
from ui.console.view.canary_ask import asked

KEY = "upgrade_nudge"
TENTH = CanaryAsk(share=0.1, limits=CanaryLimits(min_messages=50))


def at(visit: Visit, email: str, file: str, **query: str) -> AppTest:
    page = visit(email)
    for name, value in query.items():
        page.query_params[name] = value
    page.switch_page(f"../pages/{file}.py").run()
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    """What a page says, without the marks that keep somebody's text from working."""
    return shown(page).replace("\\", "")


def keys(page: AppTest) -> set[str | None]:
    return {button.key for button in page.button}


def badges(page: AppTest) -> str:
    return " ".join(str(one.value) for one in page.get("markdown"))


def chosen(visit: Visit, request_id: str, email: str = "pavel@demo") -> AppTest:
    """The card, with a canary chosen."""
    page = at(visit, email, "approvals", request=request_id)
    page.segmented_control(key=f"live_for_{request_id}").set_value("Some users first").run()
    assert not page.exception
    return page


def published(office: Desk, author: str = "mara@demo", ask: CanaryAsk | None = None) -> str:
    """The request of an upgrade nudge that went live: for everybody, or as a canary."""
    request = proposed(office, author)
    pavel = existing(office.person("pavel@demo"))
    office.decide(existing(office.request(request)), pavel, "approve", "", ask)
    rulebook.publish(office.workspace.store, request, now=NOW)
    return request


def started(office: Desk, author: str = "mara@demo") -> Canary:
    """A canary of the upgrade nudge that runs."""
    published(office, author, TENTH)
    return canaries.running(office.workspace.store)[KEY]


def read_out(office: Desk, canary: Canary, **counted: Any) -> None:
    """What a server would have read out of it."""
    before = Side(version=1, handed_over=90, sent=90) if canary.baseline else None
    readings = Readings(canary=Side(version=canary.version, **counted), baseline=before)
    found = verdict(readings, canary.limits, NOW - canary.started_at)
    document = {
        "verdict": found.model_dump(mode="json"),
        "readings": readings.model_dump(mode="json"),
    }
    canaries.keep_readout(office.workspace.store, canary.id, document, NOW)


# Approving


def test_an_approver_lets_it_go_live_for_some_users_first(visit: Visit, office: Desk) -> None:
    request = proposed(office)
    page = chosen(visit, request)

    page.number_input(key=f"canary_share_{request}").set_value(10.0)
    page.number_input(key=f"canary_max_complaint_rate_{request}").set_value(0.2)
    page.number_input(key=f"canary_watch_seconds_{request}").set_value(48.0).run()
    assert "About **279 people** of 2,790" in said(page)
    assert "after 200 messages and 48 hours" in said(page)
    assert "complaints pass 0.2 %" in said(page)
    assert "Approve for 10 % first" in shown(page)
    page.button(key="approve").click().run()

    assert existing(office.request(request)).state is State.APPROVED
    limits = CanaryLimits(max_complaint_rate=0.002, watch_seconds=172_800)
    stored = existing(canaries.asked(office.workspace.store, request))
    assert stored == CanaryAsk(share=0.1, limits=limits)
    assert "a canary for 10 % of users" in said(page)
    assert "approved it as a canary for 10 % of users" in said(page)


def test_for_everybody_is_what_is_meant_unless_a_canary_is_chosen(
    visit: Visit, office: Desk
) -> None:
    request = proposed(office)
    page = at(visit, "pavel@demo", "approvals", request=request)

    assert not page.number_input
    page.button(key="approve").click().run()

    assert canaries.asked(office.workspace.store, request) is None
    assert "canary" not in said(page)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("share", 0.0, "The share of users must be more than 0 % and less than 100 %."),
        ("share", 100.0, "The share of users must be more than 0 % and less than 100 %."),
        ("share", -3.0, "The share of users must be more than 0 % and less than 100 %."),
        ("max_complaint_rate", 101.0, "Complaints must lie between 0 and 100 %."),
        ("max_unsubscribe_rate", -1.0, "Unsubscribes must lie between 0 and 100 %."),
        ("max_error_rate", 1e9, "Errors must lie between 0 and 100 %."),
        ("min_messages", 0.0, "At least 1 message has to be sent first."),
        ("watch_seconds", -1.0, "It cannot be watched for less than 0 hours."),
    ],
)
def test_a_value_that_cannot_be_is_said_plainly_and_approves_nothing(
    visit: Visit, office: Desk, field: str, value: float, sentence: str
) -> None:
    request = proposed(office)
    page = chosen(visit, request)

    # The button is pressed in the same moment, while it still can be.
    page.number_input(key=f"canary_{field}_{request}").set_value(value)
    page.button(key="approve").click().run()

    assert sentence in said(page)
    assert page.button(key="approve").disabled
    assert existing(office.request(request)).state is State.IN_REVIEW


@pytest.mark.parametrize("wrong", [None, float("nan"), float("inf")])
def test_an_empty_box_is_no_limit_and_no_share(wrong: float | None) -> None:
    with pytest.raises(PilothouseError, match="Complaints must lie"):
        asked(5.0, {"max_complaint_rate": wrong})
    with pytest.raises(PilothouseError, match="share of users"):
        asked(wrong, {})


def test_wrong_boxes_do_not_keep_anybody_from_rejecting(visit: Visit, office: Desk) -> None:
    request = proposed(office)
    page = chosen(visit, request)
    page.number_input(key=f"canary_share_{request}").set_value(0.0).run()

    page.text_area(key=f"comment_{request}").set_value("No.")
    page.button(key="reject").click().run()

    assert existing(office.request(request)).state is State.REJECTED


@pytest.mark.parametrize("email", ["mara@demo", "ana@demo"])
def test_without_the_approver_role_no_canary_can_be_chosen(
    visit: Visit, office: Desk, email: str
) -> None:
    page = at(visit, email, "approvals", request=proposed(office))

    assert [one.key for one in page.segmented_control] == ["diff_CR-1"]


@pytest.mark.parametrize("artifact", [TRIP, answers.RULE.model_copy(update={"action": None})])
def test_what_sends_nothing_by_itself_cannot_be_a_canary(
    visit: Visit, office: Desk, artifact: Journey | EligibilityRule
) -> None:
    store = office.workspace.store
    request = change_requests.submit(
        store, artifact=artifact, author="mara@demo", prompt="It.", now=NOW
    )

    page = at(visit, "pavel@demo", "approvals", request=request.id)

    assert "approve" in keys(page)
    assert "Some users first" not in {
        option for one in page.segmented_control for option in one.options
    }


def test_the_card_says_how_the_canary_does_and_leads_to_it(visit: Visit, office: Desk) -> None:
    canary = started(office)
    page = at(visit, "mara@demo", "approvals", request=existing(canary.change_request_id))

    assert "It went live as **a canary for 10 % of users**" in said(page)
    page.button(key="open_canary").click().run()

    assert page.title[0].value == "Upgrade nudge"
    assert "Version 1 is a canary for 10 % of users" in said(page)


def test_a_second_canary_is_compared_with_the_version_that_everybody_has(
    visit: Visit, office: Desk
) -> None:
    published(office)

    page = chosen(visit, proposed(office))

    assert "The others keep version 1." in said(page)
    assert "Fewer goals, %" in {one.label for one in page.number_input}


# The Rules page


def test_rules_are_listed_with_how_they_stand(visit: Visit, office: Desk) -> None:
    started(office)

    page = at(visit, "mara@demo", "rules")

    assert page.title[0].value == "Rules"
    assert "Canary 10 %" in badges(page)
    page.button(key=f"rule_{KEY}").click().run()
    assert page.query_params["rule"] == KEY
    assert "Version 1 is a canary" in said(page)


def test_a_rule_without_a_canary_is_live(visit: Visit, office: Desk) -> None:
    published(office)

    page = at(visit, "mara@demo", "rules", rule=KEY)

    assert LIVE.label in badges(page)
    assert "canary" not in said(page).lower()


def test_an_empty_workspace_says_how_a_rule_comes_to_be(visit: Visit) -> None:
    assert "No rule is live yet" in said(at(visit, "mara@demo", "rules"))


def test_a_rule_nobody_knows_is_named(visit: Visit) -> None:
    assert "There is no rule nonsense here" in said(
        at(visit, "mara@demo", "rules", rule="nonsense")
    )


def test_what_was_read_out_stands_beside_its_limits(visit: Visit, office: Desk) -> None:
    read_out(office, started(office), handed_over=41, sent=40, errors=1)

    page = at(visit, "mara@demo", "rules", rule=KEY)

    table = page.table[0].value
    assert [one.split(" :")[0] for one in table["What"]] == [
        "Messages sent",
        "Complaints",
        "Unsubscribes",
        "Errors",
    ]
    assert list(table["Canary, v1"]) == [
        "**40**",
        "**0 of 40 (0 %)**",
        "**0 of 40 (0 %)**",
        "**1 of 41 (2.44 %)**",
    ]
    assert list(table["Limit"])[:2] == ["≥ 50", "≤ 0.3 %"]
    assert ":green-badge[:material/check: Within]" in list(table["What"])[3]
    assert "40 of 50 messages were sent so far." in said(page)
    assert "All others get **nothing of it**" in said(page)


def test_a_canary_stands_beside_the_version_that_the_others_have(
    visit: Visit, office: Desk
) -> None:
    published(office)
    canary = started(office)
    read_out(office, canary, handed_over=60, sent=60, errors=5, users=50, converted=0)

    page = at(visit, "mara@demo", "rules", rule=KEY)

    table = page.table[0].value
    assert list(table)[:3] == ["What", "Canary, v2", "Others, v1"]
    rows = {row["What"].split()[0]: row for row in table.to_dict("records")}
    assert rows["Errors"]["Others, v1"] == "0 of 90 (0 %)"
    assert "Above so far" in rows["Errors"]["What"]
    assert "Unknown" in rows["Conversions"]["What"]
    assert "All others get **version 1**" in said(page)


@pytest.mark.parametrize("email", ["mara@demo", "ana@demo"])
def test_whoever_does_not_approve_sees_a_canary_and_ends_none(
    visit: Visit, office: Desk, email: str
) -> None:
    started(office)

    page = at(visit, email, "rules", rule=KEY)

    assert not {f"promote_{KEY}@1", f"roll_back_{KEY}@1"} & keys(page)
    assert "Only an approver or an admin may promote it or roll it back." in said(page)


@pytest.mark.parametrize(
    ("key", "state", "badge"),
    [("promote", "promoted", "Promoted"), ("roll_back", "rolled_back", "Rolled back")],
)
def test_an_approver_ends_a_canary_and_says_why(
    visit: Visit, office: Desk, key: str, state: str, badge: str
) -> None:
    canary = started(office)
    page = at(visit, "pavel@demo", "rules", rule=KEY)

    page.button(key=f"{key}_{canary.id}").click().run()
    assert "Say why in the comment" in said(page)
    assert canaries.running(office.workspace.store)

    page.text_area(key=f"why_{canary.id}").set_value("The link is wrong.")
    page.button(key=f"{key}_{canary.id}").click().run()

    (ended,) = canaries.everything(office.workspace.store)
    assert (ended.state, ended.ended_by, ended.why) == (state, "pavel@demo", "The link is wrong.")
    assert "The link is wrong." in said(page)
    assert f"{badge} by Pavel" in said(page)
    assert badge in badges(page)


def test_a_long_list_of_rules_is_drawn_a_page_at_a_time(visit: Visit, office: Desk) -> None:
    store, pavel = office.workspace.store, existing(office.person("pavel@demo"))
    for number in range(PER_PAGE + 2):
        named = {"key": f"rule_{number:02}", "name": f"Rule {number:02}"}
        rule = answers.RULE.model_copy(update=named)
        request = change_requests.submit(
            store, artifact=rule, author="mara@demo", prompt="", now=NOW
        )
        office.decide(request, pavel, "approve", "")
        rulebook.publish(store, request.id, now=NOW)

    page = at(visit, "mara@demo", "rules")

    listed = {f"rule_rule_{number:02}" for number in range(PER_PAGE + 2)}
    assert listed - keys(page) == {"rule_rule_25", "rule_rule_26"}
    page.session_state["rules_page_"] = 2
    page.run()
    assert listed & keys(page) == {"rule_rule_25", "rule_rule_26"}


def test_the_author_of_a_change_may_take_it_back_and_not_promote_it(
    visit: Visit, office: Desk
) -> None:
    started(office, author="ada@demo")

    page = at(visit, "ada@demo", "rules", rule=KEY)

    assert f"promote_{KEY}@1" not in keys(page)
    assert f"roll_back_{KEY}@1" in keys(page)
    assert "You asked for this change, so somebody else promotes it" in said(page)


def test_a_role_lost_while_a_canary_is_looked_at_ends_nothing(visit: Visit, office: Desk) -> None:
    canary = started(office)
    page = at(visit, "pavel@demo", "rules", rule=KEY)
    marketer = Person(email="pavel@demo", name="Pavel", roles=frozenset({Role.MARKETER}))
    people.add(office.workspace.store, [marketer])

    page.text_area(key=f"why_{canary.id}").set_value("I want to.")
    page.button(key=f"promote_{canary.id}").click().run()

    assert canaries.running(office.workspace.store)


def test_what_pilothouse_took_back_says_why_and_what_to_do_next(visit: Visit, office: Desk) -> None:
    canary = started(office)
    read_out(office, canary, handed_over=60, sent=60, complaints=9)
    why = "9 of 60 messages were complained about."
    store = office.workspace.store
    rulebook.canary.roll_back(store, KEY, by=None, why=f"{why} See {RUNBOOK}.", now=NOW)

    page = at(visit, "mara@demo", "rules", rule=KEY)

    assert f"**Why:** {why}" in said(page)
    assert "Rolled back by Pilothouse, by its limits" in said(page)
    assert "the wrong people, or words that they did not expect (complaints)" in said(page)
    assert all(step in said(page) for step in RUNBOOK_STEPS)
    assert "Paused" in badges(page)
    assert existing(versions.current(store, KEY)).state == "paused"


def test_what_to_do_next_is_what_the_runbook_says() -> None:
    runbook = " ".join((Path(__file__).parents[2] / RUNBOOK).read_text().split())

    assert all(step in runbook for step in RUNBOOK_STEPS)
