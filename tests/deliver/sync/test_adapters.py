"""What each tool is told of users, word for word, and what its answers mean."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from deliver.destinations.braze import Braze
from deliver.destinations.customerio import CustomerIo
from deliver.destinations.iterable import Iterable
from deliver.destinations.klaviyo import Klaviyo
from deliver.destinations.twilio import Twilio
from deliver.destinations.webhook import Webhook
from deliver.sync.adapters import profiles_of
from deliver.sync.profiles import ProfileChange, Profiles, change_of
from deliver.wire import Response
from tests.deliver.destinations.fake_webhook import signing_secret

NOW = datetime(2026, 3, 2, 10, 30)
ADA = ProfileChange("ada", {"plan": "pro", "score": None}, ("fans",), (), ("fans",))
BOB = ProfileChange("bob", {"score": 1.5}, (), ("fans",), ())


def told(destination: object) -> Profiles:
    found = profiles_of(destination)
    assert found is not None
    return found


def make(kind: Any, **fields: Any) -> Profiles:
    return told(kind.model_validate(fields))


BRAZE = make(Braze, api_key="k")
ITERABLE = make(Iterable, api_key="k")
CUSTOMERIO = make(CustomerIo, site_id="s", api_key="k")
KLAVIYO = make(Klaviyo, api_key="k")
WEBHOOK = make(Webhook, url="https://example.com/hook", secrets=[signing_secret("words")])
ALL = {
    "braze": BRAZE,
    "iterable": ITERABLE,
    "customerio": CUSTOMERIO,
    "klaviyo": KLAVIYO,
    "webhook": WEBHOOK,
}


def bodies(profiles: Profiles) -> list[Any]:
    return [json.loads(one.body) for one in profiles.plan([ADA, BOB], now=NOW).requests]


def results(profiles: Profiles, status: int, answer: Any) -> list[str]:
    (request, *_) = profiles.plan([ADA, BOB], now=NOW).requests
    response = Response(status, {}, json.dumps(answer).encode())
    return [one.result for one in profiles.classify(request, response, now=NOW)]


def test_braze_is_told_attributes_of_users_that_it_has() -> None:
    assert bodies(BRAZE) == [
        {
            "attributes": [
                {
                    "external_id": "ada",
                    "_update_existing_only": True,
                    "plan": "pro",
                    "score": None,
                    "pilothouse_audiences": ["fans"],
                },
                {
                    "external_id": "bob",
                    "_update_existing_only": True,
                    "score": 1.5,
                    "pilothouse_audiences": [],
                },
            ]
        }
    ]


def test_iterable_is_told_data_fields() -> None:
    (document,) = bodies(ITERABLE)

    assert document["users"][0] == {
        "userId": "ada",
        "preferUserId": True,
        "mergeNestedObjects": False,
        "dataFields": {"plan": "pro", "score": None, "pilothouse_audiences": ["fans"]},
    }


def test_customerio_is_told_attributes_of_people() -> None:
    (document,) = bodies(CUSTOMERIO)

    assert document["batch"][1] == {
        "type": "person",
        "action": "identify",
        "identifiers": {"id": "bob"},
        "attributes": {"score": 1.5, "pilothouse_audiences": []},
    }


def test_klaviyo_is_told_a_profile_a_request_and_what_to_unset() -> None:
    first, second = bodies(KLAVIYO)

    assert first["data"]["attributes"]["external_id"] == "ada"
    assert first["data"]["attributes"]["properties"] == {
        "plan": "pro",
        "pilothouse_audiences": ["fans"],
    }
    assert first["data"]["meta"] == {"patch_properties": {"unset": ["score"]}}
    assert "meta" not in second["data"]


def test_a_webhook_is_told_who_joined_and_left() -> None:
    (document,) = bodies(WEBHOOK)

    assert document["type"] == "profiles.update"
    assert {*document} == {"type", "timestamp", "data"}
    assert document["data"]["profiles"][1] == {
        "user_id": "bob",
        "attributes": {"score": 1.5},
        "audiences": [],
        "joined": [],
        "left": ["fans"],
        "gone": False,
    }


@pytest.mark.parametrize("name", ALL)
def test_the_same_changes_give_the_same_requests(name: str) -> None:
    first, again = (ALL[name].plan([ADA, BOB], now=NOW) for _ in range(2))

    assert first == again


@pytest.mark.parametrize("name", ALL)
def test_a_change_that_json_cannot_say_is_refused_and_the_others_leave(name: str) -> None:
    odd = ADA._replace(user_id="odd", attributes={"score": float("nan")})

    plan = ALL[name].plan([odd, BOB], now=NOW)

    assert [(one.intent_id, one.result) for one in plan.refused] == [("odd", "rejected")]
    assert [user for one in plan.requests for user in one.intent_ids] == ["bob"]


@pytest.mark.parametrize("name", ALL)
def test_no_request_is_larger_than_the_tool_takes(name: str) -> None:
    many = [ADA._replace(user_id=f"u{i:05}") for i in range(3_000)]

    plan = ALL[name].plan(many, now=NOW)

    most = {"braze": 75, "iterable": 1_000, "customerio": 1_000, "klaviyo": 1, "webhook": 100}
    assert max(len(one.intent_ids) for one in plan.requests) <= most[name]
    assert [user for one in plan.requests for user in one.intent_ids] == [
        one.user_id for one in many
    ]
    if name == "webhook":
        assert max(len(one.body) for one in plan.requests) < 20_000


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("status", "result"),
    [(401, "retry_after"), (429, "retry_after"), (500, "ambiguous"), (400, "rejected")],
)
def test_what_failed_is_by_status(name: str, status: int, result: str) -> None:
    assert set(results(ALL[name], status, {"message": "no"})) == {result}


def test_braze_names_by_index_whom_it_did_not_take() -> None:
    errors = [{"type": "blacklisted", "input_array": "attributes", "index": 1}]

    assert results(BRAZE, 201, {"message": "success", "errors": errors}) == [
        "accepted",
        "rejected",
    ]
    assert results(BRAZE, 201, {"message": "Invalid"}) == ["rejected", "rejected"]


@pytest.mark.parametrize(
    ("name", "status", "answer"),
    [
        ("braze", 201, {"message": "success", "errors": ["something"]}),
        ("iterable", 200, {"successCount": 1, "failCount": 1}),
        ("customerio", 207, {"errors": [{"reason": "invalid"}]}),
    ],
)
def test_errors_that_name_nobody_leave_it_open(name: str, status: int, answer: Any) -> None:
    assert set(results(ALL[name], status, answer)) == {"ambiguous"}


def test_iterable_names_by_id_whom_it_did_not_take() -> None:
    answer = {"successCount": 1, "failCount": 1, "failedUpdates": {"notFoundUserIds": ["ada"]}}

    assert results(ITERABLE, 200, answer) == ["rejected", "accepted"]


def test_customerio_names_by_place_whom_it_did_not_take() -> None:
    errors = [{"batch_index": 0, "reason": "invalid", "message": "no"}]

    assert results(CUSTOMERIO, 207, {"errors": errors}) == ["rejected", "accepted"]
    assert results(CUSTOMERIO, 207, {}) == ["ambiguous", "ambiguous"]


def test_only_what_differs_is_a_change() -> None:
    before = (
        '{"attributes": {"plan": "free", "city": "Oslo"}, "audiences": {"a": true, "b": false}}'
    )
    after = '{"attributes": {"plan": "pro", "city": "Oslo"}, "audiences": {"a": false, "b": true}}'

    assert change_of("ada", before, after) == ProfileChange(
        "ada", {"plan": "pro"}, joined=("b",), left=("a",), audiences=("b",)
    )


def test_whoever_is_gone_loses_everything_that_was_told() -> None:
    before = '{"attributes": {"plan": "free"}, "audiences": {"a": true}}'

    found = change_of("ada", before, None)

    assert found == ProfileChange("ada", {"plan": None}, (), ("a",), (), gone=True)


def test_what_does_not_know_profiles_is_told_nothing() -> None:
    twilio = Twilio.model_validate(
        {
            "account_sid": f"AC{'0' * 32}",
            "auth_token": "t",
            "messaging_service_sid": f"MG{'0' * 32}",
        }
    )
    assert profiles_of(twilio) is None
    assert profiles_of(Iterable.model_validate({"api_key": "k", "known_by": "email"})) is None
