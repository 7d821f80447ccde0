"""The letter of the week: what it says is what the pages say, and it goes out once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from control import letters, versions
from control.people import Person
from core.errors import PilothouseError
from core.notifications import NotificationSettings
from orchestrate import change_requests
from orchestrate.rulebook import pause
from tests.deliver.mail_server import PASSWORD, MailServer
from tests.orchestrate.world import single
from tests.tools.demo import demo_file, settings_for
from tests.ui.notifying.told_team import ORIGIN, by_mail
from tools.propose import dependencies
from ui import clock, data_changes
from ui.cli.main import answer
from ui.cli.session import Session
from ui.digest import mailing
from ui.digest.letter import page_of
from ui.digest.reading import Weekly, message_items
from ui.digest.shapes import Digest, Span
from ui.digest.weeks import is_due, last_week, named, this_week
from ui.letter_page import as_html, as_text
from ui.notifying import telling
from ui.outcomes import figures_of
from ui.workspace import Workspace, open_workspace
from ui.workspace_clock import wall_time

BERLIN = "Europe/Berlin"


def test_a_week_is_monday_to_sunday_where_the_team_is_also_when_clocks_change() -> None:
    after = datetime(2026, 3, 29, 22, 30)  # Monday there, half past midnight in summer time

    span = last_week(after, BERLIN)

    assert (span.since, span.until) == (datetime(2026, 3, 22, 23), datetime(2026, 3, 29, 22))
    assert named(span) == "2026-W13"
    assert this_week(after, BERLIN).since == span.until


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 6, 29, 4, 59), False),
        (datetime(2026, 6, 29, 5), True),
        (datetime(2026, 6, 30, 21), True),
        (datetime(2026, 7, 1, 5), False),
    ],
)
def test_the_letter_is_due_on_monday_morning_and_late_on_tuesday_at_most(
    now: datetime, due: bool
) -> None:
    assert is_due(now, BERLIN, 7) is due


class House:
    """A small demo in which something went live, was paused, and waits."""

    def __init__(self, folder: Path) -> None:
        warehouse = Path(shutil.copy(demo_file(), folder / "w.duckdb"))
        made = settings_for(folder, warehouse)
        asked = NotificationSettings(origin=ORIGIN)
        self.workspace: Workspace = open_workspace(made.model_copy(update={"notifications": asked}))
        self.at(timedelta(days=3))
        self.live, self.waits = self.propose("nudge"), self.propose("more")
        self.workspace.decide(self.live, self.person("pavel"), "approve")
        pause(self.workspace.store, "nudge", person=self.person("pavel"), now=self.now())
        self.at(timedelta(days=7, hours=7))
        self.weekly = Weekly(self.workspace, last_week(self.now(), "UTC"))

    def now(self) -> datetime:
        return self.workspace.now()

    def at(self, later: timedelta) -> None:
        """The clock stands so long after the end of the data."""
        work = self.workspace
        clock.start(work.settings.workspace, at=work.as_of() + later, wall=wall_time())

    def person(self, name: str) -> Person:
        return self.workspace.person(f"{name}@demo")

    def propose(self, key: str) -> str:
        work = self.workspace
        policy = single(work.catalog, name=f"<b>{key}</b> 😀").model_copy(update={"key": key})
        live, data = versions.live(work.store), data_changes.fingerprints(work)
        rests_on = dependencies(policy, work.catalog, live, data)
        sent = change_requests.submit(
            work.store, artifact=policy, author="ada@demo", prompt=key, dependencies=rests_on,
            now=work.now(),
        )  # fmt: skip
        return sent.id

    def digest(self, name: str) -> Digest:
        return self.weekly.of(self.person(name))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("digest"))
    yield made
    made.workspace.close()


def test_what_waits_is_for_who_may_decide_and_not_for_the_author(house: House) -> None:
    (mine,) = house.digest("pavel").section("waits").items

    assert house.waits in mine.title
    assert mine.url == f"{ORIGIN}/approvals?request={house.waits}"
    assert house.digest("ada").section("waits").items == ()


def test_what_went_live_and_what_was_paused_is_told_with_who_did_it(house: House) -> None:
    changes = house.digest("mara").section("changes").items

    told = [(one.figure, one.title) for one in changes]
    assert told[-2:] == [("Went live", "nudge version 1"), ("Paused", "nudge version 1")]
    assert changes[-1].text.startswith("By pavel@demo, ")
    assert changes[-1].url == f"{ORIGIN}/rules?rule=nudge"


def test_numbers_are_those_of_the_outcomes_with_those_of_the_period_before(house: House) -> None:
    work = house.workspace
    figures = [one for one in figures_of(work, work.as_of()) if one.value is not None]

    items = house.digest("mara").section("outcomes").items

    assert [(one.title, one.value, one.before) for one in items] == [
        (one.name, one.value, one.before) for one in figures
    ]
    assert items


def test_messages_are_counted_by_the_rule_that_sent_them_within_the_week(house: House) -> None:
    work = house.workspace
    span = last_week(work.as_of(), "UTC")
    counted = work.warehouse.fetch(
        "SELECT policy_key, COUNT(*) FROM fct_messages WHERE failed_reason IS NULL "
        "AND sent_at >= $since AND sent_at < $until GROUP BY 1",
        {"since": span.since, "until": span.until},
    )

    found = [*message_items(work, span)]

    assert found
    assert {(one.title, one.value) for one in found} == {(key, n) for key, n in counted.rows}
    assert house.digest("mara").section("messages").items == ()  # the data ended before that week


def test_both_parts_say_the_same_and_nothing_that_people_named_is_markup(house: House) -> None:
    page = page_of(house.digest("pavel"))

    text, html = as_text(page), as_html(page)

    assert page.title == "Week 27 of 2026: one waits for you"
    for said in ("Went live", f"{ORIGIN}/outcomes", "Waits for your decision"):
        assert said in text
        assert said in html
    assert "<b>more</b> 😀" in text
    assert "&lt;b&gt;more&lt;/b&gt;" in html
    assert "<b>" not in html
    assert "http" not in html.replace(ORIGIN, "")


def _mailed(house: House, server: MailServer, **asked: Any) -> None:
    wanted = {"origin": ORIGIN, "email": by_mail(server), **asked}
    work = house.workspace
    work.settings = work.settings.model_copy(
        update={
            "notifications": NotificationSettings.model_validate(wanted),
            "secrets": {"MAIL_PASSWORD": SecretStr(PASSWORD)},
        }
    )


def test_everybody_who_wants_it_gets_one_letter_a_week(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "Weekly", lambda _workspace, _span: house.weekly)
    with MailServer() as server:
        people = {"ana@demo": {"digest": False}, "ada@demo": {"address": "ada@team.example"}}
        _mailed(house, server, people=people)
        written = [mailing.once(house.workspace) for _ in range(3)]
        telling.NotifyRound(house.workspace).once()

    assert written == [3, 0, 0]
    assert sorted(one.to for one in server.taken) == [
        "ada@team.example", "mara@demo", "pavel@demo",
    ]  # fmt: skip
    assert {one.occasion[:16] for one in letters.latest(house.workspace.store)} == {
        "digest/2026-W27/"
    }


def test_one_that_is_asked_for_is_sent_at_once_and_says_when_it_was_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def weekly(_workspace: Workspace, _span: Span) -> Weekly:
        return house.weekly

    monkeypatch.setattr("ui.cli.digest.Weekly", weekly)
    words = ["digest", "--send", "--as", "pavel@demo"]
    with MailServer() as server:
        _mailed(house, server)
        done = answer([*words, "--json"], Session(served=house.workspace))
    down = answer(words, Session(served=house.workspace))

    assert done.status == 0
    assert '"sent": "sent"' in done.text
    assert [one.to for one in server.taken] == ["pavel@demo"]
    assert down.status == 1
    assert "takes no connections" in down.text


def test_where_letters_are_not_set_up_it_says_what_to_add(house: House) -> None:
    work = house.workspace
    work.settings = work.settings.model_copy(update={"notifications": NotificationSettings()})

    with pytest.raises(PilothouseError, match="Letters are not set up"):
        mailing.send(work, house.person("ada"), house.weekly)

    assert mailing.once(work) == 0
