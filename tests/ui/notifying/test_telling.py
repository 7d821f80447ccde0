"""People are told once when something begins and once when it is over, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from control import letters, people
from core.alerts import Alert, AlertKind, alert
from core.errors import PilothouseError
from deliver.signing import why_not_genuine
from tests.deliver.loopback import SILENT, answers
from tests.deliver.mail_server import Fault, MailServer
from tests.ui.notifying.told_team import ORIGIN, SECRET, Hook, ToldTeam, by_hook, by_mail
from ui.alerts.safety import notifications_failing
from ui.notifying import telling
from ui.notifying.telling import NotifyRound
from ui.workspace_clock import wall_time

PAVEL, ADA, MARA = "pavel@team.example", "ada@team.example", "mara@team.example"
ANA = "ana@team.example"
STOPPED = alert(
    AlertKind.CANARY_STOPPED, "win_back", "Version 3 of win_back was taken back.",
    "pilothouse canary show win_back",
)  # fmt: skip
PAUSED = alert(
    AlertKind.DESTINATION_PAUSED, "mail", "Nothing is sent to mail: 401.",
    "pilothouse deliver resume mail",
)  # fmt: skip


def stale(name: str) -> Alert:
    return alert(AlertKind.TRAIT_STALE, name, f"The trait {name} is old.", "pilothouse status")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as made:
        yield made


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as made:
        assert isinstance(made, Hook)
        yield made


@pytest.fixture
def team(server: MailServer, tmp_path: Path) -> ToldTeam:
    return ToldTeam(tmp_path, email=by_mail(server))


def told(server: MailServer) -> list[tuple[str, str]]:
    return [(one.to, str(one.message["Subject"])) for one in server.taken]


def text(server: MailServer, place: int = -1) -> str:
    body = server.taken[place].message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_whoever_acts_is_told_once_when_it_begins_and_once_when_it_is_over(
    team: ToldTeam, server: MailServer
) -> None:
    team.board.open = (STOPPED,)
    for _ in range(3):
        team.round(minutes=15)
    team.board.open = ()
    for _ in range(3):
        team.round(minutes=15)

    said = "A canary was taken back"
    assert told(server) == [(MARA, said), (MARA, f"Over: {said.lower()}")]
    assert "Version 3 of win_back was taken back." in text(server, 0)
    assert f"{ORIGIN}/rules?rule=win_back" in text(server, 0)


def test_a_new_change_request_goes_to_those_who_may_decide_and_never_to_its_author(
    team: ToldTeam, server: MailServer
) -> None:
    request = team.propose(author=ADA)
    team.round()

    assert told(server) == [(PAVEL, "A change waits for your decision")]
    assert f"{ORIGIN}/approvals?request={request}" in text(server)
    assert f"proposed by {ADA}" in text(server)


def test_of_a_verdict_the_author_is_told_without_what_was_said_of_it(
    team: ToldTeam, server: MailServer
) -> None:
    request = team.propose()
    team.round()
    team.decide(request, PAVEL)
    team.round(minutes=15)

    assert sorted(to for to, _ in told(server)) == sorted([PAVEL, ADA, PAVEL, ADA, MARA])
    (mine,) = [at for at, one in enumerate(server.taken) if one.to == MARA]
    assert f"It was rejected by {PAVEL}." in text(server, mine)
    assert "Between us" not in text(server, mine)


def test_a_server_that_starts_again_knows_what_it_told_before_it_looks(
    team: ToldTeam, server: MailServer
) -> None:
    team.board.open = (STOPPED,)
    team.round()
    team.board.open, team.board.looked = (), False  # a new process, before its first look
    team.round(minutes=15)
    team.board.open, team.board.looked = (STOPPED,), True
    team.round(minutes=15)

    assert len(server.taken) == 1


def test_what_could_not_be_looked_at_is_not_said_to_be_over(
    team: ToldTeam, server: MailServer
) -> None:
    team.board.open = (STOPPED,)
    team.round()
    team.board.open = (alert(AlertKind.LOOK_FAILED, "canaries", "Nobody can tell.", "x"),)
    team.round(minutes=15)

    assert [to for to, _ in told(server)] == [MARA, ADA]


def test_a_flood_is_one_letter_a_person_and_says_how_many_there_are(
    team: ToldTeam, server: MailServer
) -> None:
    team.board.open = tuple(stale(f"trait_{number}") for number in range(60))
    team.round()
    team.board.open += tuple(stale(f"late_{number}") for number in range(5))
    team.round(minutes=1)
    team.round(minutes=10)

    assert told(server) == [
        (ANA, "A trait is stale and 59 more"),
        (ANA, "A trait is stale and 4 more"),
    ]
    assert "And 40 more." in text(server, 0)
    assert len(text(server, 0)) < 10_000


def test_what_needs_somebody_now_does_not_wait_for_the_bundle(
    team: ToldTeam, server: MailServer
) -> None:
    team.board.open = (alert(AlertKind.BACKUP_OLD, "store", "Old.", "x"),)
    team.round()
    team.board.open += (PAUSED,)
    team.round(minutes=2)

    assert [subject for _, subject in told(server)] == [
        "The last backup is old",
        "Now: A destination is paused",
    ]


def test_what_came_and_went_between_two_letters_is_told_as_over(
    team: ToldTeam, server: MailServer
) -> None:
    team.board.open = (stale("first"),)
    team.round()
    team.board.open = (stale("first"), stale("short"))
    team.round(minutes=1)
    team.board.open = (stale("first"),)
    team.round(minutes=12)

    assert told(server)[1:] == [(ANA, "Over: a trait is stale")]
    assert "That was so from" in text(server)


def test_nobody_hears_of_what_they_do_not_want_and_anybody_may_hear_of_everything(
    server: MailServer, tmp_path: Path
) -> None:
    wishes = {
        MARA: {"topics": []},
        ANA: {"everyones": True, "only_urgent": True, "address": "oncall@team.example"},
    }
    team = ToldTeam(tmp_path, email=by_mail(server), people=wishes)
    team.board.open = (STOPPED, PAUSED, stale("trait"))
    team.round()

    assert sorted(to for to, _ in told(server)) == [ADA, "oncall@team.example"]
    assert "trait" not in text(server)


def test_an_approver_who_comes_later_hears_of_what_waits_still(
    team: ToldTeam, server: MailServer
) -> None:
    team.propose(author=ADA)
    team.round()
    pavel = people.get(team.store, PAVEL)
    people.add(team.store, [pavel.model_copy(update={"email": "new@team.example"})])
    team.round(minutes=1)

    assert [to for to, _ in told(server)] == [PAVEL, "new@team.example"]


def test_no_address_of_a_user_is_in_a_letter(team: ToldTeam, server: MailServer) -> None:
    words = f"Receipts of jo.user@mail.example wait; {MARA} knows."
    team.board.open = (alert(AlertKind.RECEIPTS_WAITING, "r", words, "x"),)
    team.round()

    assert "jo.user" not in text(server)
    assert MARA in text(server)


def test_what_people_named_cannot_break_out_of_a_letter(team: ToldTeam, server: MailServer) -> None:
    team.propose(name='<img src=x onerror="alert(1)"> 😀 مرحبا')
    team.round()

    html = server.taken[0].message.get_body(("html",))
    assert html is not None
    assert "<img" not in html.get_content()
    assert "&lt;img src=x" in html.get_content()


def test_a_server_that_puts_letters_off_gets_each_of_them_once(
    team: ToldTeam, server: MailServer
) -> None:
    server.faults.append(Fault("RCPT", "451 greylisted"))
    team.board.open = (STOPPED,)
    team.round()
    (waiting,) = team.sent()
    assert (waiting.state, waiting.attempts, waiting.why) == ("waiting", 1, "451 greylisted")
    team.round(seconds=5)
    team.round(seconds=30)
    team.round(minutes=30)

    (sent,) = team.sent()
    assert (sent.state, sent.attempts) == ("sent", 2)
    assert len(server.taken) == 1


def test_a_server_that_is_down_is_asked_less_and_less_and_an_admin_learns_of_it(
    team: ToldTeam, server: MailServer
) -> None:
    team.board.open = (STOPPED, stale("a"))
    server.faults.extend(Fault("MAIL", "421 closing") for _ in range(8))
    waits = []
    for _ in range(3):
        team.round(hours=1)
        first, second = team.sent()
        assert first.next_at is not None
        waits.append(first.next_at - team.now())

    assert waits == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert server.connections == 3  # one letter asks, the other waits with it
    assert first.why == second.why == "421 closing"
    (failing,) = notifications_failing(team, team.now())  # type: ignore[arg-type]
    assert failing.sentence == "2 letters by email did not arrive: 421 closing"
    server.faults.clear()
    team.round(hours=1)
    assert [*notifications_failing(team, team.now())] == []  # type: ignore[arg-type]


def test_a_letter_that_nobody_takes_for_days_is_given_up_and_told(
    team: ToldTeam, server: MailServer
) -> None:
    server.faults.extend(Fault("RCPT", "451 later") for _ in range(3))
    team.board.open = (STOPPED,)
    team.round()
    team.round(hours=73)

    (given_up,) = team.sent()
    assert given_up.state == "given_up"
    (failing,) = notifications_failing(team, given_up.created_at)  # type: ignore[arg-type]
    assert "451 later" in failing.sentence


def test_two_servers_that_look_at_once_write_one_letter(team: ToldTeam, server: MailServer) -> None:
    team.board.open = (STOPPED, PAUSED)
    rounds = [threading.Thread(target=NotifyRound(team).once) for _ in range(4)]
    for one in rounds:
        one.start()
    for one in rounds:
        one.join()

    assert sorted(to for to, _ in told(server)) == [ADA, MARA]


def test_a_crash_while_a_letter_leaves_is_made_good(team: ToldTeam, server: MailServer) -> None:
    team.board.open = (STOPPED,)
    NotifyRound(team, stopping=lambda: True).once()
    (first,) = letters.claim(team.store, now=team.now())  # and here the process ends
    team.round(minutes=5)
    assert server.taken == []
    team.round(minutes=6)

    assert server.taken[0].message["Message-ID"] == f"<{first.id}@team.example>"


def test_a_webhook_gets_signed_json_once(hook: Hook, tmp_path: Path) -> None:
    team = ToldTeam(tmp_path, webhooks={"chat": by_hook(hook)})
    team.board.open = (PAUSED,)
    request = team.propose()
    team.round()
    team.round(minutes=15)

    (call,) = hook.calls
    assert why_not_genuine(call.headers, call.body, [SECRET], now=wall_time()) is None
    document = call.json()
    assert document["type"] == "notification"
    assert f"{ORIGIN}/approvals?request={request}" in document["text"]
    urgent, waits = document["data"]["items"]
    assert (urgent["kind"], urgent["state"], urgent["urgent"]) == (
        "destination-paused", "open", True,
    )  # fmt: skip
    assert waits["subject"] == request


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (answers(429, None, retry_after="120"), timedelta(minutes=2)),
        (answers(503), timedelta(seconds=30)),
        (answers(302, None, location="https://elsewhere.example/"), timedelta(seconds=30)),
        (SILENT, timedelta(seconds=30)),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_a_webhook_that_does_not_take_it_is_asked_again_when_it_says(
    fault: Any, wait: timedelta, hook: Hook, tmp_path: Path
) -> None:
    team = ToldTeam(tmp_path, webhooks={"chat": by_hook(hook, timeout_seconds=0.3)})
    team.board.open = (PAUSED,)
    hook.faults.append(fault)
    team.round()
    (waiting,) = team.sent()
    assert waiting.next_at is not None
    assert (waiting.state, waiting.next_at - team.now()) == ("waiting", wait)
    team.round(seconds=wait.total_seconds())

    first, second = hook.calls
    assert team.sent()[0].state == "sent"
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert {one.path for one in hook.calls} == {"/in"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"url": "http://chat.example/in"}, "must begin with https://"),
        ({"url": "https://10.0.0.7/in"}, "not on the public Internet"),
        ({"url": "http://10.0.0.7/in", "allow_private": True}, "must begin with https://"),
        ({"secrets": ["env:NOT_SET"]}, "NOT_SET, which is not set"),
        ({"secrets": ["env:MAIL_PASSWORD"]}, "a signing secret is base64"),
    ],
)
def test_a_webhook_that_cannot_be_used_is_told_and_stops_nobody_else(
    change: dict[str, Any], why: str, hook: Hook, server: MailServer, tmp_path: Path
) -> None:
    asked = {"email": by_mail(server), "webhooks": {"chat": by_hook(hook) | change}}
    team = ToldTeam(tmp_path, **asked)
    team.board.open = (STOPPED,)
    team.round()

    (failing,) = notifications_failing(team, team.now())  # type: ignore[arg-type]
    assert why in failing.sentence
    assert (len(server.taken), hook.calls) == (1, [])


def test_a_test_goes_to_whoever_asks_by_every_way(
    hook: Hook, server: MailServer, tmp_path: Path
) -> None:
    asked = {"email": by_mail(server), "webhooks": {"chat": by_hook(hook)}}
    team = ToldTeam(tmp_path, **asked)
    server.faults.append(Fault("RCPT", "550 no such user"))

    done = telling.test(team, people.get(team.store, ADA))

    assert [(one.way, one.state, one.why) for one in done] == [
        ("email", "refused", "550 no such user"),
        ("chat", "sent", ""),
    ]
    assert hook.calls[0].json()["type"] == "notification.test"


def test_a_test_where_nothing_is_set_up_says_what_to_add(tmp_path: Path) -> None:
    team = ToldTeam(tmp_path)

    with pytest.raises(PilothouseError, match="No way of telling people") as refused:
        telling.test(team, people.get(team.store, ADA))

    assert "[notifications.email]" in str(refused.value.refusal.fix)


def test_nothing_is_kept_where_nothing_is_set_up(tmp_path: Path) -> None:
    team = ToldTeam(tmp_path)
    team.board.open = (STOPPED,)
    team.round()

    assert team.sent() == []
