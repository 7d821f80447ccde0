"""The Data health page: what needs somebody, what rests on what is late, and who starts there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import Visit, shown
from tests.ui.decided_console import Look
from ui.console import vitals
from ui.console.view.health import needs
from ui.health import Health, Source, health
from ui.workspace import Workspace

PAGE = "data_health.py"
WARM_CPU_SECONDS = 0.15
SILENCE = timedelta(days=3)


def _said(page: AppTest) -> str:
    tables = [str(cell) for table in page.table for row in table.value.values for cell in row]
    return "\n".join([shown(page), *tables]).replace("\\", "")


@pytest.fixture
def silent(decided_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[datetime]:
    """Three days later nothing more has come in."""
    later = decided_workspace.as_of() + SILENCE
    monkeypatch.setattr(decided_workspace.clock, "as_of", lambda: later)
    vitals._health.clear()
    yield later
    vitals._health.clear()


@pytest.fixture(scope="module")
def found(decided_workspace: Workspace) -> Health:
    return health(decided_workspace)


@pytest.mark.parametrize("email", ["mara@demo", "ana@demo", "pavel@demo", "ada@demo"])
def test_everybody_sees_how_the_data_is(look: Look, email: str) -> None:
    told = _said(look(PAGE, email))

    assert "How old the data is" in told
    assert "fct_events" in told
    assert "Events that were not accepted" in told


def test_rules_that_read_what_fell_silent_are_named(look: Look, silent: datetime) -> None:
    told = _said(look(PAGE, "ada@demo"))

    assert "Rules that rest on late data" in told
    assert "fct_events" in told.partition("Rules that rest")[2]
    assert "older than promised; 2 rules rest on it" in told


def test_the_radar_looks_when_it_is_asked_to(look: Look) -> None:
    page = look(PAGE, "ana@demo")
    assert "seems to be" not in _said(page)

    page.button(key="radar_look").click().run()

    assert not page.exception
    assert "No event seems to be sent under another name" in _said(page)


def test_books_that_do_not_add_up_need_somebody(found: Health) -> None:
    balanced = Source("app", 10, 7, 1, 1, 1)
    short, twice = balanced._replace(stored=5), balanced._replace(stored=8)

    def said(source: Source) -> str:
        return " ".join(one.what for one in needs(found._replace(sources=(source,))))

    assert "do not add up" not in said(balanced)
    assert "2 unaccounted for" in said(short)
    assert "1 counted twice" in said(twice)


def test_nothing_needs_anybody_where_all_is_as_promised(found: Health) -> None:
    quiet = found._replace(tables=(), traits=(), dead=(), sources=(), drift=None, paused=())
    quiet = quiet._replace(held=None, outbox={}, merging=found.merging._replace(open=()))

    assert [*needs(quiet)] == []


def test_whoever_looks_after_the_workspace_starts_here(visit: Visit) -> None:
    page = visit("ada@demo")

    assert page.title[0].value == "Data health"
    # The desk of this visit has no warehouse: that is said in words.
    assert "There is no warehouse here" in shown(page).replace("\\", "")


def test_a_warm_look_costs_little(look: Look) -> None:
    page = look(PAGE, "ana@demo")
    page.run()

    spent = []
    for _ in range(3):
        before = time.process_time()
        page.run()
        spent.append(time.process_time() - before)

    assert min(spent) < WARM_CPU_SECONDS
