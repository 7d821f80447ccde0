"""The Audit log page: whose deeds somebody reads, what is found, and whether the log holds."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from control import audit
from control.audit import Act, Asked
from control.store import Store
from control.tables import audit as rows_of_audit
from tests.ui.conftest import existing, shown
from tests.ui.decided_console import Look, looking
from tests.ui.demo_desk import demo_desk
from ui.console.desk import Desk
from ui.console.logbook import PER_PAGE, Logbook
from ui.workspace import Workspace

PAGE = "audit_log.py"
MANY = 3 * PER_PAGE + 1
BAD = "=HYPERLINK(1) <b>x</b> :red[y] [z](http://a.example) \u202eabc 🦊 bob.r@mail.example.com"


@pytest.fixture(scope="module")
def desk_of_many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A long log, with a text in it that nobody would want to be drawn as it is."""
    made = demo_desk(tmp_path_factory.mktemp("many"))
    with made.workspace.store.write() as connection:
        for number in range(MANY):
            who = "mara@demo" if number % 2 else "pavel@demo"
            audit.append(connection, Act(made.now(), who, "propose", f"CR-{number}", note="why"))
        audit.append(connection, Act(made.now(), "mara@demo", "ask", BAD, note=BAD))
    yield made
    made.workspace.store.close()


@pytest.fixture
def read(desk_of_many: Desk, tmp_path: Path) -> Look:
    return looking(desk_of_many.workspace, tmp_path)


@contextmanager
def unguarded(store: Store) -> Iterator[sa.Connection]:
    """As whoever owns the database file: the guards of the log are away meanwhile."""
    with store.engine.begin() as connection:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"
        guards = connection.exec_driver_sql(query).all()
        for name, _ in guards:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in guards:
            connection.exec_driver_sql(sql)


def _said(page: AppTest) -> str:
    tables = [str(cell) for table in page.table for row in table.value.values for cell in row]
    return "\n".join([shown(page), *tables]).replace("\\", "")


def test_everybody_but_a_marketer_reads_everything(read: Look) -> None:
    for email in ("ana@demo", "pavel@demo", "ada@demo"):
        assert f"{MANY + 1} entries" in _said(read(PAGE, email))
    mine = _said(read(PAGE, "mara@demo"))
    assert f"{MANY // 2 + 1} entries" in mine
    assert "Pavel" not in mine


def test_a_page_has_a_part_of_a_long_log_and_the_address_narrows_it(read: Look) -> None:
    page = read(PAGE, "ada@demo")
    assert len(page.table[0].value) == PER_PAGE

    page.text_input(key="audit_about").set_value("CR-150").run()

    assert page.query_params["about"] == "CR-150"
    assert "1 entry" in _said(page)
    assert "1 entry" in _said(read(PAGE, "ada@demo", about="CR-150", who="pavel@demo"))
    assert "No entry fits." in _said(read(PAGE, "ada@demo", about="CR-150", what="publish"))


@pytest.mark.parametrize(
    "query",
    [
        {"from": "soon"},
        {"who": BAD},
        {"about": "%_\\' OR 1=1"},
        {"entry": "-1"},
        {"entry": "9" * 40},
    ],
)
def test_an_address_that_makes_no_sense_is_answered_in_words(
    read: Look, query: dict[str, str]
) -> None:
    assert _said(read(PAGE, "ada@demo", **query))


def test_texts_of_others_are_shown_letter_by_letter_and_without_addresses(read: Look) -> None:
    page = read(PAGE, "ada@demo", what="ask")

    cell = str(page.table[0].value.values[0][2])
    assert r"\<b\>x" in cell
    assert r"\[z\]\(" in cell
    assert "mail.example" not in cell.replace("\\", "")


def test_one_entry_is_shown_in_full_and_not_that_of_somebody_else_to_a_marketer(
    read: Look,
) -> None:
    assert "Hash of the entry before" in _said(read(PAGE, "ada@demo", entry="1"))
    assert "There is no entry 1 here" in _said(read(PAGE, "mara@demo", entry="1"))


def test_downloads_hold_what_is_listed_and_no_formula(desk_of_many: Desk) -> None:
    book = Logbook(desk_of_many, existing(desk_of_many.person("mara@demo")))

    table = [*csv.reader(io.StringIO(book.as_csv(Asked(what="ask")).decode()))]
    lines = book.as_lines(Asked()).decode().splitlines()

    assert len(table) == 2
    assert table[1][4].startswith("'=HYPERLINK")
    assert "mail.example" not in " ".join(table[1])
    assert {json.loads(line)["who"] for line in lines} == {"mara@demo"}


def test_checking_the_log_says_that_it_holds_and_where_it_does_not(
    look: Look, decided_workspace: Workspace
) -> None:
    page = look(PAGE, "ana@demo")
    told = _said(page.button(key="verify").click().run())
    assert "**The chain holds.**" in told
    first = audit.entries(decided_workspace.store)[0]
    store = decided_workspace.store

    with unguarded(store) as connection:
        change = rows_of_audit.update().where(rows_of_audit.c.seq == first.seq)
        connection.execute(change.values(who="nobody@demo"))
    told = _said(page.button(key="verify").click().run())
    with unguarded(store) as connection:
        connection.execute(change.values(who=first.who))

    assert "The log does not hold at one place" in told
    assert f"Entry {first.seq} was changed" in told
