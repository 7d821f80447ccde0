"""What each of the four people sees and may do on each page."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import ui.console
from control import people
from control.people import Person
from core.lifecycle import Role, State
from tests.ui.conftest import Visit, ask, existing, proposed, shown
from ui.console.desk import Desk

PEOPLE = ("mara@demo", "ana@demo", "pavel@demo", "ada@demo")
ENTRY_TO_PAGES = "../pages"
WITH_HISTORY = {"decisions.py", "experiments.py", "outcomes.py"}
"""Opened for each of the four where there is one."""
PAGES = {file.name for file in (Path(ui.console.__file__).parent / "pages").glob("[a-z]*.py")}


def buttons(page: AppTest) -> set[str]:
    return {button.label for button in page.button}


def approvals(visit: Visit, email: str, request_id: str) -> AppTest:
    page = visit(email)
    page.query_params["request"] = request_id
    page.switch_page(f"{ENTRY_TO_PAGES}/approvals.py").run()
    assert not page.exception
    return page


# Signing in


def test_a_visitor_sees_nothing_but_the_way_in(visit: Visit) -> None:
    page = visit(None)

    assert buttons(page) == {"Sign in"}
    assert "Nothing goes live without an approver" in shown(page)


def test_somebody_without_a_role_is_told_whom_to_ask(visit: Visit) -> None:
    page = visit("eve@elsewhere")

    assert "Ask an admin" in shown(page)
    assert buttons(page) == {"Sign out"}


def test_a_role_taken_away_counts_at_the_next_click(visit: Visit, office: Desk) -> None:
    page = visit("mara@demo")

    people.add(office.workspace.store, [Person(email="mara@demo", name="Mara", roles=frozenset())])

    assert "You have no role here yet" in shown(page.run())


@pytest.mark.parametrize("email", PEOPLE)
@pytest.mark.parametrize("file", sorted(PAGES - WITH_HISTORY))
def test_every_page_opens_for_every_role(visit: Visit, office: Desk, email: str, file: str) -> None:
    proposed(office)

    page = visit(email).switch_page(f"{ENTRY_TO_PAGES}/{file}").run()

    assert not page.exception
    assert page.title


def test_whoever_approves_starts_at_the_inbox_and_a_marketer_at_ask(visit: Visit) -> None:
    assert visit("pavel@demo").title[0].value == "Approvals"
    assert visit("mara@demo").title[0].value.startswith("What should happen next")


# Asking


def test_the_empty_page_offers_the_three_kinds_of_question(visit: Visit) -> None:
    page = visit("mara@demo")

    headings = [header.value for header in page.header]
    assert headings == ["Set priorities", "Build an audience", "Find out why"]


def test_a_prompt_becomes_a_run_that_the_address_names(visit: Visit, office: Desk) -> None:
    page = visit("mara@demo")

    page.chat_input(key="prompt").set_value("eligibility for an upgrade nudge").run()

    assert not page.exception
    assert "Upgrade nudge, version 1" in shown(page)
    assert existing(office.run(page.query_params["run"])).person == "mara@demo"


def test_an_example_asks_its_prompt(visit: Visit) -> None:
    page = visit("mara@demo")

    page.button(key="try_1").click().run()

    assert "Trial priorities, version 1" in shown(page)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("eligibility", "Who is in"),
        ("priority", "Second workout help"),
        ("why", "Likely causes, ranked"),
        ("workout shared", "Did you mean workout"),
        ("hello", "Which workouts count"),
    ],
)
def test_every_kind_of_answer_has_a_card(
    visit: Visit, office: Desk, prompt: str, expected: str
) -> None:
    page = visit("mara@demo", run=ask(office, prompt))

    assert not page.exception
    assert expected in shown(page).replace("\\", "")


def test_an_answer_says_which_planner_drafted_it(visit: Visit, office: Desk) -> None:
    page = visit("mara@demo", run=ask(office, "eligibility"))

    assert "No model was called" in shown(page)


def test_a_follow_up_stays_in_the_thread(visit: Visit, office: Desk) -> None:
    page = visit("mara@demo", run=ask(office, "eligibility"))

    page.chat_input(key="prompt").set_value("why").run()

    run = existing(office.run(page.query_params["run"]))
    assert len(office.thread(run.thread_id)) == 2
    assert "Upgrade nudge, version 1" in shown(page)


def test_somebody_elses_conversation_is_not_shown(visit: Visit, office: Desk) -> None:
    page = visit("ana@demo", run=ask(office, "eligibility"))

    assert "of yours here" in shown(page)
    assert "Send for approval" not in buttons(page)


def test_a_draft_offers_what_to_say_next_and_asks_it_at_one_click(
    visit: Visit, office: Desk
) -> None:
    run = existing(office.run(ask(office, "eligibility")))
    page = visit("mara@demo", run=run.id)

    page.button(key=f"next_1_{run.id}").click().run()

    assert [turn.prompt for turn in office.thread(run.thread_id)][1:] == ["Why so few?"]


def test_a_run_nobody_knows_is_named(visit: Visit) -> None:
    assert "There is no run" in shown(visit("mara@demo", run="nonsense"))


def test_hostile_text_is_shown_and_never_obeyed(visit: Visit, office: Desk) -> None:
    hostile = "<script>alert(1)</script> :red-badge[Live] ![x](https://evil/x) [a](javascript:1)"

    page = visit("mara@demo", run=ask(office, hostile))

    prompt = page.chat_message[0].markdown[0]
    assert prompt.allow_html is False
    assert "\\<script\\>" in prompt.value
    assert ":red-badge[" not in prompt.value
    assert "](" not in prompt.value


def test_a_long_prompt_with_emoji_and_right_to_left_text_is_answered(visit: Visit) -> None:
    page = visit("mara@demo")

    page.chat_input(key="prompt").set_value(("שלום 🏋️ " * 400)[:2_000]).run()

    assert not page.exception


# Sending for approval


def test_a_marketer_sends_a_draft_for_approval(visit: Visit, office: Desk) -> None:
    run_id = ask(office, "eligibility")
    page = visit("mara@demo", run=run_id)

    page.button(key=f"send_{run_id}").click().run()

    assert [request.author for request in office.waiting()] == ["mara@demo"]
    assert "Open CR-1" in buttons(page)
    assert "Send for approval" not in buttons(page)


def test_an_approver_without_another_role_cannot_send(visit: Visit, office: Desk) -> None:
    page = visit("pavel@demo", run=ask(office, "eligibility", "pavel@demo"))

    assert "Send for approval" not in buttons(page)
    assert "Only a marketer, an analyst or an admin" in shown(page)


# Deciding


@pytest.mark.parametrize("email", ["mara@demo", "ana@demo"])
def test_without_the_approver_role_there_is_nothing_to_press(
    visit: Visit, office: Desk, email: str
) -> None:
    page = approvals(visit, email, proposed(office))

    assert not {"Approve and go live", "Request changes", "Reject"} & buttons(page)
    assert "only an approver may" in shown(page).replace("\\", "")


def test_the_author_sees_why_somebody_else_decides(visit: Visit, office: Desk) -> None:
    page = approvals(visit, "ada@demo", proposed(office, "ada@demo"))

    assert "You proposed this, so somebody else decides" in shown(page).replace("\\", "")
    assert "Approve and go live" not in buttons(page)


def test_another_person_approves(visit: Visit, office: Desk) -> None:
    request_id = proposed(office)
    page = approvals(visit, "pavel@demo", request_id)

    page.button(key="approve").click().run()

    decided = existing(office.request(request_id))
    assert decided.state is State.APPROVED
    assert existing(decided.review).by == "pavel@demo"


def test_the_second_approver_is_told_who_was_first(visit: Visit, office: Desk) -> None:
    request_id = proposed(office)
    second = approvals(visit, "ada@demo", request_id)
    first = approvals(visit, "pavel@demo", request_id)

    first.button(key="approve").click().run()
    second.button(key="approve").click().run()

    assert "Already decided" in shown(second)
    assert "Pavel approved it" in shown(second)


@pytest.mark.parametrize(
    ("key", "state"), [("reject", State.REJECTED), ("request_changes", State.CHANGES_REQUESTED)]
)
def test_a_refusal_needs_a_comment_and_keeps_it(
    visit: Visit, office: Desk, key: str, state: State
) -> None:
    request_id = proposed(office)
    page = approvals(visit, "pavel@demo", request_id)

    page.button(key=key).click().run()
    assert existing(office.request(request_id)).state is State.IN_REVIEW
    assert "needs a comment" in shown(page).replace("\\", "")

    page.text_area(key=f"comment_{request_id}").set_value("Too many people.")
    page.button(key=key).click().run()
    assert existing(office.request(request_id)).state is state
    assert "Too many people" in shown(page)


def test_a_role_lost_while_the_card_is_open_decides_nothing(visit: Visit, office: Desk) -> None:
    request_id = proposed(office)
    page = approvals(visit, "pavel@demo", request_id)

    marketer = Person(email="pavel@demo", name="Pavel", roles=frozenset({Role.MARKETER}))
    people.add(office.workspace.store, [marketer])
    page.button(key="approve").click().run()

    assert existing(office.request(request_id)).state is State.IN_REVIEW


@pytest.mark.parametrize("shape", ["Plain language", "Rule", "SQL"])
def test_the_change_reads_in_words_as_a_rule_and_as_sql(
    visit: Visit, office: Desk, shape: str
) -> None:
    request_id = proposed(office)
    page = approvals(visit, "pavel@demo", request_id)

    page.segmented_control(key=f"diff_{request_id}").set_value(shape).run()

    assert not page.exception
    assert len(page.table) == (1 if shape == "Plain language" else 0)
    if shape == "SQL":
        assert "SELECT" in page.code[0].value


def test_the_inbox_lists_what_waits_oldest_first(visit: Visit, office: Desk) -> None:
    proposed(office)
    proposed(office, "ana@demo", "priority")

    page = visit("pavel@demo")

    names = [one.label for one in page.button if (one.key or "").startswith("request_")]
    assert names == ["**Upgrade nudge**", "**Trial priorities**"]


def test_an_empty_inbox_says_what_to_do(visit: Visit) -> None:
    assert "Nothing waits for a decision" in shown(visit("pavel@demo"))


def test_a_change_request_nobody_knows_is_named(visit: Visit) -> None:
    assert "There is no change request" in shown(approvals(visit, "pavel@demo", "CR-99"))
