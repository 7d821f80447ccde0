"""Braze: what leaves for each way of sending."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from deliver.destinations.braze import Braze
from deliver.wire import Response
from tests.deliver.destinations.fake import NOW, letter, letters

TEMPLATES = {"weekly": "c-1"}


def braze(send: str, **more: Any) -> Braze:
    given = {
        "api_key": "k",
        "send": send,
        "templates": TEMPLATES,
        "app_id": "a",
        "sender": "S <s@x>",
    }
    return Braze.model_validate({**given, **more})


def bodies(provider: Braze, *messages: Any) -> list[Any]:
    plan = provider.plan(messages, now=NOW)
    assert not plan.refused
    return [json.loads(one.body) for one in plan.requests]


def why_not(provider: Braze, message: Any) -> str:
    (refused,) = provider.plan([message], now=NOW).refused
    assert refused.result == "rejected"
    return str(refused.reason)


class TestCampaigns:
    def test_show_the_variables_and_say_which_intent_it_was(self) -> None:
        message = letter(1, variables={"name": "Zoë", "subject": "Theirs", "intent_id": "forged"})

        (body,) = bodies(braze("campaign"), message)

        told = body["recipients"][0]["trigger_properties"]
        assert (told["name"], told["subject"], told["body"]) == ("Zoë", "Theirs", message.body)
        assert told["intent_id"] == message.intent_id

    def test_go_to_nobody_but_the_named_recipients(self) -> None:
        (body,) = bodies(braze("campaign"), letter(1), letter(2))

        assert body["broadcast"] is False
        assert not {"audience", "segment_id"} & body.keys()
        assert [one["external_user_id"] for one in body["recipients"]] == ["user-1", "user-2"]

    def test_keep_one_user_and_one_address_apart_because_braze_drops_the_second(self) -> None:
        same_user = letters(2, user_id="u", address="")
        same_address = letters(2, address="family@example.com")

        assert len(bodies(braze("campaign"), *same_user)) == 2
        assert len(bodies(braze("campaign"), *same_address)) == 2
        assert len(bodies(braze("campaign"), *letters(2, address=""))) == 1

    def test_of_actions_without_a_template_are_found_by_the_action(self) -> None:
        provider = braze("campaign", templates={"weekly_nudge": "c-2"})

        (body,) = bodies(provider, letter(1, template=None))

        assert body["campaign_id"] == "c-2"


def test_a_canvas_is_entered_with_properties_under_the_name_that_it_uses() -> None:
    (old,) = bodies(braze("canvas"), letter(1))
    (new,) = bodies(braze("canvas", canvas_properties="context"), letter(1))

    assert old["canvas_id"] == "c-1"
    assert old["recipients"][0]["canvas_entry_properties"] == new["recipients"][0]["context"]


class TestEvents:
    def test_happened_when_it_was_decided(self) -> None:
        (body,) = bodies(braze("event"), letter(1))

        assert body["events"][0]["time"] == "2026-03-02T09:00:00Z"

    def test_happened_at_the_first_attempt_where_nobody_says_when_it_was_decided(self) -> None:
        message = letter(1, decided_at=datetime.min)
        later = NOW + timedelta(microseconds=5)

        (plan,) = braze("event").plan([message], now=later).requests

        assert json.loads(plan.body)["events"][0]["time"] == "2026-03-02T10:30:00.000005Z"

    def test_are_fewer_in_a_request_where_the_plan_of_the_account_says_so(self) -> None:
        provider = braze("event", most_events=50)

        assert [len(one["events"]) for one in bodies(provider, *letters(101))] == [50, 50, 1]

    def test_that_are_named_in_a_refusal_of_all_do_not_cost_the_others(self) -> None:
        provider = braze("event")
        (request,) = provider.plan(letters(3), now=NOW).requests
        errors = [{"type": "'time' is not valid", "input_array": "events", "index": 1}]
        said = {"message": "Valid data must be provided", "errors": errors}

        told = provider.classify(request, Response(400, {}, json.dumps(said).encode()), now=NOW)

        assert [one.result for one in told] == ["retry_after", "rejected", "retry_after"]

    def test_that_are_named_outside_the_request_leave_all_of_it_uncertain(self) -> None:
        provider = braze("event")
        (request,) = provider.plan(letters(2), now=NOW).requests
        errors = [{"type": "no", "input_array": "events", "index": 2}]
        answer = Response(201, {}, json.dumps({"message": "success", "errors": errors}).encode())

        told = provider.classify(request, answer, now=NOW)

        assert [one.result for one in told] == ["ambiguous", "ambiguous"]


class TestTextOfOurs:
    def test_is_shown_and_not_carried_out(self) -> None:
        message = letter(1, body="Hi {{ ${first_name} }}", subject="{% connected_content x %}")

        (body,) = bodies(braze("message"), message)

        mail = body["messages"]["email"]
        assert mail["subject"] == "{% raw %}{% connected_content x %}{% endraw %}"
        assert mail["plaintext_body"] == "{% raw %}Hi {{ ${first_name} }}{% endraw %}"
        assert mail["body"].startswith("{% raw %}")

    def test_that_would_end_the_quoting_is_refused(self) -> None:
        assert "endraw" in why_not(braze("message"), letter(1, body="{%endraw%}{{x}}"))
        assert "endraw" in why_not(braze("message"), letter(1, html="{%- endraw -%}{{x}}"))

    def test_is_html_where_the_template_has_some_and_escaped_where_not(self) -> None:
        plain, rich = letter(1, body="1 < 2\nand"), letter(2, html="<b>Hi</b>")

        first, second = bodies(braze("message"), plain, rich)

        assert first["messages"]["email"]["body"] == "1 &lt; 2<br>\nand"
        assert second["messages"]["email"]["body"] == "<b>Hi</b>"

    def test_goes_to_those_who_unsubscribed_only_where_it_is_transactional(self) -> None:
        marketing, receipt = letter(1), letter(2, message_class="transactional")

        first, second = bodies(braze("message"), marketing, receipt)

        assert first["recipient_subscription_state"] == "subscribed"
        assert first["override_frequency_capping"] is False
        assert second["recipient_subscription_state"] == "all"

    def test_goes_to_both_kinds_of_phones_as_a_push(self) -> None:
        message = letter(1, channel="push")

        (body,) = bodies(braze("message"), message)

        pushes = body["messages"]
        assert pushes["apple_push"]["alert"] == {"title": message.subject, "body": message.body}
        assert pushes["android_push"]["alert"] == message.body
        assert {one["extra"]["intent_id"] for one in pushes.values()} == {message.intent_id}

    def test_for_another_channel_or_without_a_sender_is_refused(self) -> None:
        assert "sms" in why_not(braze("message"), letter(1, channel="sms"))
        assert "sender" in why_not(braze("message", sender=""), letter(1))


@pytest.mark.parametrize("status", [200, 201, 400, 409])
def test_a_key_that_braze_knows_already_counts_as_taken_under_any_status(status: int) -> None:
    provider = braze("transactional")
    (request,) = provider.plan([letter(1)], now=NOW).requests
    said = b'{"message":"The external reference has been queued.  Please retry to obtain send_id."}'

    (outcome,) = provider.classify(request, Response(status, {}, said), now=NOW)

    assert outcome.result == "accepted"


def test_the_name_of_a_campaign_cannot_lead_elsewhere() -> None:
    provider = braze("transactional", templates={"weekly": "../../users/delete?x"})

    (request,) = provider.plan([letter(1)], now=NOW).requests

    assert request.url.endswith("/transactional/v1/campaigns/..%2F..%2Fusers%2Fdelete%3Fx/send")


@pytest.mark.parametrize(
    "wrong", [{"send": "broadcast"}, {"url": "http://rest.example.com"}, {"most_events": 76}]
)
def test_settings_that_braze_would_not_take_are_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Braze.model_validate({"api_key": "k", **wrong})
