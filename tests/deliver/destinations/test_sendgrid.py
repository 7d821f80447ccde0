"""SendGrid: who shares a request with whom, and what one bad address does to the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from deliver.destinations.sendgrid import SendGrid
from deliver.transport import Transport
from deliver.wire import Request, Response
from tests.deliver.destinations.fake import NOW, POISON, letter, letters, results, sent
from tests.deliver.destinations.fake_sendgrid import GROUP, FakeSendGrid, FakeSendGridText

SETTINGS: dict[str, Any] = {"api_key": "key", "sender": "hello@example.com"}


@pytest.fixture
def fake() -> Iterator[FakeSendGrid]:
    with FakeSendGrid() as running:
        yield running


@pytest.fixture
def texts() -> Iterator[FakeSendGridText]:
    with FakeSendGridText() as running:
        yield running


@pytest.fixture(scope="module")
def transport() -> Iterator[Transport]:
    with Transport() as made:
        yield made


def _mails(settings: dict[str, Any], *messages: Any) -> list[Any]:
    plan = SendGrid.model_validate(SETTINGS | settings).plan(messages, now=NOW)
    assert not plan.refused
    return [json.loads(one.body) for one in plan.requests]


def _told(errors: Any, intents: tuple[str, ...] = ("a", "b", "c"), status: int = 400) -> Any:
    request = Request("POST", "https://x", {}, b"", intents)
    answer = Response(status, {"x-message-id": "m1"}, json.dumps({"errors": errors}).encode())
    return SendGrid.model_validate(SETTINGS).classify(request, answer, now=NOW)


class TestRequests:
    def test_share_a_template_and_have_their_own_data(self) -> None:
        (mail,) = _mails({"templates": {"weekly": "d-1"}}, *letters(2))
        assert mail["template_id"] == "d-1"
        first = mail["personalizations"][0]
        assert first["dynamic_template_data"]["name"] == "Name 0"
        assert first["dynamic_template_data"]["subject"] == "Your week"
        assert first["custom_args"] == {"intent_id": letter(0).intent_id}
        assert "content" not in mail

    def test_share_a_text_only_where_it_is_the_same(self) -> None:
        same, other = letters(2), letter(2, body="Another text.", subject="Another\nweek")
        first, second = _mails({}, *same, other)
        assert len(first["personalizations"]) == 2
        assert first["content"] == [{"type": "text/plain", "value": "Three workouts to go."}]
        assert second["personalizations"][0]["subject"] == "Another week"

    def test_have_html_where_the_message_has(self) -> None:
        (mail,) = _mails({}, letter(1, html="<p>Three</p>"))
        assert mail["content"][1] == {"type": "text/html", "value": "<p>Three</p>"}

    def test_let_people_leave_the_group_of_marketing_only(self) -> None:
        service = letter(2, message_class="service")
        marketing, other = _mails({"unsubscribe_group": GROUP}, letter(1), service)
        assert marketing["asm"] == {"group_id": GROUP}
        assert "asm" not in other

    def test_name_each_address_once_however_it_is_written(self) -> None:
        same = [letter(1, address="a@x.org"), letter(2, address="A@X.org")]
        assert [len(one["personalizations"]) for one in _mails({}, *same)] == [1, 1]

    @pytest.mark.parametrize(
        "address", ["", "nobody", "a b@x.org", "a@x", "a@b@x.org", "a@x.org\n"]
    )
    def test_are_none_without_an_address(self, address: str) -> None:
        plan = SendGrid.model_validate(SETTINGS).plan([letter(1, address=address)], now=NOW)
        assert not plan.requests
        assert "e-mail address" in str(plan.refused[0].reason)

    def test_are_none_without_a_subject_where_the_text_is_ours(self) -> None:
        plan = SendGrid.model_validate(SETTINGS).plan([letter(1, subject=" ")], now=NOW)
        assert not plan.requests
        assert "no subject" in str(plan.refused[0].reason)


class TestOneBadAddress:
    @pytest.mark.parametrize("kind", ["fake", "texts"])
    def test_is_rejected_and_the_others_arrive_without_it(
        self, kind: str, request: pytest.FixtureRequest, transport: Transport
    ) -> None:
        provider = request.getfixturevalue(kind)
        messages = letters(5)
        messages[2] = messages[2]._replace(address=f"{POISON}@example.com")

        first = sent(provider.provider(), messages, transport)
        again = [one for one in messages if first[one.intent_id].result == "retry_after"]
        second = sent(provider.provider(), again, transport)

        assert first[messages[2].intent_id].result == "rejected"
        assert results(second, again) == ["accepted"] * 4
        assert {one: len(stored) for one, stored in provider.ledger.items() if stored} == {
            one.intent_id: 1 for one in again
        }

    def test_is_told_from_the_others_by_its_place(self) -> None:
        errors = [{"field": "personalizations.1.to.0.email", "message": "invalid"}]
        assert [(one.result, one.reason) for one in _told(errors)][1] == ("rejected", "invalid")
        assert [one.result for one in _told(errors)] == ["retry_after", "rejected", "retry_after"]

    @pytest.mark.parametrize(
        "errors",
        [
            [{"field": "personalizations.9.to", "message": "no"}],
            [{"field": "personalizations", "message": "no"}],
            [{"field": "personalizations.1x", "message": "no"}],
            [
                {"field": "personalizations.1.to", "message": "no"},
                {"field": "content", "message": ""},
            ],
            [{"field": None, "message": "Bad Request", "help": None}],
            [],
            None,
            ["personalizations.1"],
        ],
    )
    def test_that_is_not_named_rejects_them_all(self, errors: Any) -> None:
        assert {one.result for one in _told(errors)} == {"rejected"}


class TestAnswers:
    def test_give_a_name_to_a_message_that_was_alone(self) -> None:
        assert [one.provider_id for one in _told([], ("a",), 202)] == ["m1"]
        assert [one.provider_id for one in _told([], ("a", "b"), 202)] == [None, None]

    @pytest.mark.parametrize("field", ["from", "from.email", "asm.group_id", "reply_to.email"])
    def test_about_the_settings_stop_the_destination(self, field: str) -> None:
        told = _told([{"field": field, "message": "no"}])
        assert {(one.result, one.pauses) for one in told} == {("retry_after", True)}

    def test_about_a_template_reject_its_messages_only(self) -> None:
        told = _told([{"field": "template_id", "message": "no"}])
        assert {(one.result, one.pauses) for one in told} == {("rejected", False)}


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "Pilothouse <hello@example.com>"},
        {"sender": ""},
        {"templates": {"weekly": "5d0b7d4e"}},
        {"unsubscribe_group": 0},
        {"url": "http://api.sendgrid.com"},
        {"rates": {"mail": (0, 10)}},
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        SendGrid.model_validate(SETTINGS | changes)
