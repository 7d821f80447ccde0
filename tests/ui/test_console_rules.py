"""The Rules page: found among thousands, one of them from reach to lineage, and who may do what."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from control import audit, emergencies, kill_switches, people, versions
from control.people import Person
from control.store import Store
from control.tables import versions as table
from core.conditions import And, EventCount
from core.lifecycle import Role
from core.rules import EligibilityRule
from orchestrate import change_requests, rulebook
from tests.ui import answers
from tests.ui.conftest import Visit, existing, shown
from tests.ui.decided_console import Look
from tests.ui.demo_desk import NOW
from ui.console.desk import Desk
from ui.console.view.lineage import picture
from ui.lineage import Lineage
from ui.workspace import Workspace
from warehouse.lineage import Edge, Found, Node

KEY = "upgrade_nudge"
HOSTILE = "<script>alert(1)</script> :red-badge[Live] ![x](https://evil/x) **[a](javascript:1)"
CPU_SECONDS = 0.4


def at(visit: Visit, email: str, **query: str) -> AppTest:
    page = visit(email)
    for name, value in query.items():
        page.query_params[name] = value
    page.switch_page("../pages/rules.py").run()
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    tables = [str(cell) for one in page.table for row in one.value.values for cell in row]
    return "\n".join([shown(page), *tables]).replace("\\", "")


def keys(page: AppTest) -> set[str | None]:
    return {button.key for button in page.button}


def needing(workouts: int, name: str = "Upgrade nudge") -> EligibilityRule:
    condition = And(of=(EventCount(event="workout_completed", n=workouts),))
    return answers.RULE.model_copy(update={"condition": condition, "name": name})


def published(office: Desk, *rules: EligibilityRule) -> None:
    """Each proposed by Mara, approved by Pavel and live."""
    store, pavel = office.workspace.store, existing(office.person("pavel@demo"))
    for rule in rules:
        request = change_requests.submit(
            store, artifact=rule, author="mara@demo", prompt="It.", now=NOW
        )
        office.decide(request, pavel, "approve", "")
        rulebook.publish(store, request.id, now=NOW)


def press(page: AppTest, button: str, reason: str = "", box: str = f"why_{KEY}") -> AppTest:
    page.text_area(key=box).set_value(reason)
    page.button(key=button).click().run()
    assert not page.exception
    return page


# Who may do what


@pytest.mark.parametrize(
    ("email", "may"),
    [
        ("mara@demo", {"stop", "propose_back"}),
        ("ana@demo", {"propose_back"}),
        ("pavel@demo", {"stop", "pause", "roll_back_now"}),
        ("ada@demo", {"stop", "pause", "roll_back_now", "propose_back"}),
    ],
)
def test_each_role_is_offered_what_the_engine_lets_it_do(
    visit: Visit, office: Desk, email: str, may: set[str]
) -> None:
    published(office, needing(3), needing(5))

    page = at(visit, email, rule=KEY)

    deeds = ("stop", "pause", "resume", "propose_back", "roll_back_now")
    assert {deed for deed in deeds if f"{deed}_{KEY}" in keys(page)} == may
    library = at(visit, email)
    assert ("stop_everything" in keys(library)) == ("stop" in may)


def test_nothing_is_done_without_a_reason_and_the_reason_is_kept(
    visit: Visit, office: Desk
) -> None:
    published(office, needing(3))
    store = office.workspace.store
    page = at(visit, "pavel@demo", rule=KEY)

    press(page, f"pause_{KEY}")
    assert "Nothing was done: say why first." in said(page)
    assert existing(versions.current(store, KEY)).state == "live"

    press(page, f"pause_{KEY}", "The offer ended.")
    assert existing(versions.current(store, KEY)).state == "paused"
    assert "is **paused**" in said(page)
    press(page, f"resume_{KEY}", "It goes on.")
    assert existing(versions.current(store, KEY)).state == "live"
    done = audit.entries(store, audit.Asked(who="pavel@demo"))
    notes = {one.what: one.note for one in done}
    assert (notes["pause"], notes["resume"]) == ("The offer ended.", "It goes on.")


def test_a_role_lost_while_the_page_is_open_changes_nothing(visit: Visit, office: Desk) -> None:
    published(office, needing(3))
    store = office.workspace.store
    page = at(visit, "pavel@demo", rule=KEY)
    analyst = Person(email="pavel@demo", name="Pavel", roles=frozenset({Role.ANALYST}))
    people.add(store, [analyst])

    press(page, f"pause_{KEY}", "I want to.")

    assert existing(versions.current(store, KEY)).state == "live"
    assert "Next:" in said(page)


def test_a_marketer_stops_a_rule_and_an_approver_lets_it_go(visit: Visit, office: Desk) -> None:
    published(office, needing(3))
    store = office.workspace.store

    stopped = press(at(visit, "mara@demo", rule=KEY), f"stop_{KEY}", "Wrong link.")
    assert kill_switches.active(store).keys("policy") == {KEY}
    assert "The rule upgrade nudge is stopped** by Mara" in said(stopped)
    assert f"let_go_policy_{KEY}" not in keys(stopped)
    assert "Stopped" in " ".join(str(one.value) for one in at(visit, "ana@demo").markdown)

    press(at(visit, "pavel@demo", rule=KEY), f"let_go_policy_{KEY}", "Mended.")
    assert not kill_switches.active(store).switches


def test_everything_is_stopped_from_the_library_and_every_rule_says_so(
    visit: Visit, office: Desk
) -> None:
    published(office, needing(3))

    press(at(visit, "mara@demo"), "stop_everything", "Leak.", "why_everything")

    assert kill_switches.active(office.workspace.store).keys("global")
    assert "Everything is stopped** by Mara, just now: Leak." in said(
        at(visit, "pavel@demo", rule=KEY)
    )


def test_going_back_at_once_waits_for_somebody_elses_review(visit: Visit, office: Desk) -> None:
    published(office, needing(3), needing(5))
    store = office.workspace.store
    mine = press(at(visit, "pavel@demo", rule=KEY), f"roll_back_now_{KEY}", "Too few people.")

    live = existing(versions.current(store, KEY))
    assert (live.version, live.artifact) == (3, needing(3))
    (alone,) = emergencies.unreviewed(store)
    assert f"{alone.id} waits for somebody else's review." in said(mine)
    assert f"review_{alone.id}" not in keys(mine)

    press(at(visit, "ada@demo", rule=KEY), f"review_{alone.id}", "It was right.")
    assert not emergencies.unreviewed(store)


# What it says and said


def test_any_two_versions_are_compared_in_words_as_a_rule_and_as_sql(
    visit: Visit, office: Desk
) -> None:
    published(office, needing(3), needing(5), needing(7))
    page = at(visit, "ana@demo", rule=KEY)

    page.selectbox(key=f"compare_from_{KEY}").set_value(1)
    page.selectbox(key=f"compare_to_{KEY}").set_value(2).run()
    assert "From version 1 to 2" in said(page)
    assert "**workout completed at least 5 times**" in said(page)
    for shape, expected in (("Rule", "- condition.of"), ("SQL", "-- Upgrade nudge")):
        page.segmented_control(key=f"compare_as_{KEY}").set_value(shape).run()
        code = page.code[0].value
        assert expected in code
        assert {line[0] for line in code.splitlines() if line} >= {"+", "-"}


def test_a_change_on_its_way_is_told_on_the_page_of_its_rule(visit: Visit, office: Desk) -> None:
    published(office, needing(3))
    store = office.workspace.store
    request = change_requests.submit(
        store, artifact=needing(9), author="ana@demo", prompt="More.", now=NOW
    )

    page = at(visit, "mara@demo", rule=KEY)
    assert f"{request.id}, by Ana" in said(page)
    page.button(key=f"waiting_{request.id}").click().run()

    assert page.query_params["request"] == request.id


def test_a_name_is_shown_letter_by_letter_and_never_obeyed(visit: Visit, office: Desk) -> None:
    published(office, needing(3, HOSTILE), needing(5, HOSTILE))

    for page in (at(visit, "ada@demo"), at(visit, "ada@demo", rule=KEY)):
        texts = [one.value for one in (*page.markdown, *page.title)]
        texts += [one.label for one in page.button]
        named = [text for text in texts if "script" in str(text)]
        assert named
        assert all("](" not in text and ":red-badge[" not in text for text in named)
        assert not any(one.allow_html for one in page.markdown)


def test_names_in_a_picture_cannot_become_a_part_of_it() -> None:
    hostile = Node("column", 't."x"] --> n9["<b>y</b>')
    rule = Node("rule", KEY)

    drawn = picture(Lineage(rule, (), (), (Edge(hostile, rule, "reads"),)))
    assert drawn.alt == f"Lineage of the rule {KEY}: it reads nothing"
    found = Lineage(rule, (Found(hostile, 1),), (), (Edge(hostile, rule, "reads"),))

    diagram = picture(found).diagram
    assert diagram.count("-->") == 1
    assert "<b>" not in diagram


# Among many


def _many(store: Store, count: int) -> None:
    """So many more versions, as years of work would leave them: written past the engine."""
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER kept_or_approved")
        row = connection.execute(sa.select(table)).mappings().one()
        rows = [
            {**row, "key": f"rule_{number:05}", "change_request_id": None,
             "state": "paused" if number % 10 == 0 else "live",
             "content": {**row["content"], "key": f"rule_{number:05}", "name": f"Rule {number:05}"}}
            for number in range(count)
        ]  # fmt: skip
        connection.execute(table.insert(), rows)


def test_ten_thousand_rules_are_found_a_page_at_a_time_and_quickly(
    visit: Visit, office: Desk
) -> None:
    published(office, needing(3))
    _many(office.workspace.store, 10_000)
    page = at(visit, "mara@demo")

    begun = time.process_time()
    page.run()
    assert time.process_time() - begun < CPU_SECONDS

    assert len({key for key in keys(page) if str(key).startswith("rule_")}) == 25
    page.text_input(key="rules_words").set_value("rule 0123").run()
    assert "10 of 10,001 rules" in said(page)
    page.selectbox(key="rules_standing").set_value("paused").run()
    assert "1 of 10,001 rules" in said(page)
    assert "rule_rule_01230" in keys(page)
    page.text_input(key="rules_words").set_value("100%_").run()
    assert "No rule is as you asked" in said(page)


# On real data


def test_reach_lineage_and_shared_people_come_from_the_data(
    look: Look, decided_workspace: Workspace
) -> None:
    page = look("rules.py", "mara@demo", rule=KEY)

    count = "SELECT COUNT(DISTINCT user_id) FROM decisions WHERE policy_key = $key"
    told = decided_workspace.warehouse.fetch(count, {"key": KEY}).scalar()
    assert f"**{told} people** were eligible" in said(page).replace(",", "")
    assert "column fct_events.event_name" in said(page)
    assert "goes through channel email and channel push" in said(page)

    page.button(key=f"shared_{KEY}").click().run()
    assert not page.exception
    matrix = next(one.value for one in page.table if "Message" in one.value)
    own = matrix["Message"].tolist().index("1\\. upgrade nudge")
    assert int(matrix["1"].tolist()[own].strip("*").replace(",", "")) == told
    begun = time.process_time()
    page.run()
    assert time.process_time() - begun < CPU_SECONDS / 2
