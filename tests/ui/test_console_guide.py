"""The guided path knows by itself how far people came, and stays away once it is put away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import Visit, ask, existing, proposed
from tests.ui.demo_desk import NOW, DemoWorkspace
from ui.console import tour
from ui.console.desk import Desk
from ui.console.view.guide import HEADING, steps, summary


def path(page: AppTest) -> list[str]:
    """What the path says of each step; empty where it is not shown."""
    found = [one for one in page.main.expander if one.label.startswith(HEADING)]
    return [str(step.value) for one in found for step in one.markdown]


def heading(page: AppTest) -> str:
    return next(one.label for one in page.main.expander if one.label.startswith(HEADING))


def test_a_newcomer_sees_six_steps_and_where_to_begin(visit: Visit) -> None:
    page = visit("mara@demo")

    assert heading(page) == f"{HEADING}: 0 of 6 done. Next: ask the example"
    assert len(path(page)) == 6
    assert "Press “Try this”" in path(page)[0]


def known(office: Desk) -> list[str]:
    """The titles of the steps that were done, as the store has it."""
    path = steps(tour.Tour(office, existing(office.person("ana@demo"))).way(), "Pavel")
    return [one.title for one in path if one.done]


def test_what_was_asked_read_and_sent_is_known_without_telling(office: Desk) -> None:
    run, mara = ask(office, "eligibility"), existing(office.person("mara@demo"))
    assert known(office) == ["Ask the example"]

    tour.Tour(office, mara).seen("ask", {"run": run})
    assert known(office) == ["Ask the example", "Read who is in"]

    office.send_for_approval(run, mara)
    assert known(office)[-1] == "Send it for approval"


def test_what_nobody_drafted_and_what_others_asked_counts_as_nothing_read(office: Desk) -> None:
    unclear, other = ask(office, "Hm?"), ask(office, "eligibility", "ana@demo")
    mara = tour.Tour(office, existing(office.person("mara@demo")))

    for run in (unclear, other, "no-such-run"):
        mara.seen("ask", {"run": run})

    assert known(office) == ["Ask the example"]


def test_the_next_step_has_a_button_that_leads_there(office: Desk, visit: Visit) -> None:
    request = proposed(office)
    visit("mara@demo", run=office.recent("mara@demo")[0].run_id)
    page = visit("pavel@demo")
    assert "Next: decide as somebody else" in heading(page)
    assert "an approver (Ada or Pavel)" in path(page)[3]

    (go,) = [one for one in page.main.button if one.label == "Open the request"]
    go.click().run()

    assert page.query_params["request"] == request


def test_a_verdict_of_somebody_else_and_a_diagnosis_end_it(office: Desk) -> None:
    mara, ana = (
        tour.Tour(office, existing(office.person(email))) for email in ("mara@demo", "ana@demo")
    )
    request = existing(office.request(proposed(office)))
    mara.seen("", {"run": existing(request.thread_id)})
    office.decide(request, existing(office.person("pavel@demo")), "reject", "No.")
    ask(office, "Why did conversion drop?")
    ana.seen("decisions", {"user": "u1"})

    path = steps(tour.Tour(office, existing(office.person("ana@demo"))).way(), "Pavel")

    assert summary(path) == f"{HEADING}: all 6 steps done"


def test_whoever_puts_it_away_sees_it_no_more_until_they_want_it_again(
    office: Desk, visit: Visit
) -> None:
    page = visit("mara@demo")
    (away,) = [one for one in page.main.button if one.label == "Put the tour away"]
    away.click().run()

    assert path(page) == []
    assert path(visit("mara@demo")) == []
    assert path(visit("ana@demo"))
    tour.Tour(office, existing(office.person("mara@demo"))).bring_back()
    assert path(visit("mara@demo"))


def test_a_workspace_that_is_no_demo_shows_it_until_its_first_rule_is_a_day_old(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = office.workspace
    assert isinstance(work, DemoWorkspace)
    work.settings = work.settings.model_copy(update={"identity": "oidc"})
    mine = tour.Tour(office, existing(office.person("mara@demo")))
    assert mine.is_for_here()

    shown = []
    for age in (timedelta(hours=1), timedelta(days=2)):
        monkeypatch.setattr(tour.guide, "first_rule_at", lambda _store, age=age: NOW - age)
        tour.st.cache_data.clear()
        shown.append(tour.Tour(office, existing(office.person("mara@demo"))).is_for_here())

    assert shown == [True, False]
