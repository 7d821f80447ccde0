"""Taking back at any provider that can: what it stopped, what was too late, what is uncertain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deliver.transport import Transport
from deliver.wire import CancelOutcome, Handed, Provider, Response, Signed, TakesBack
from tests.deliver.destinations.contract.documents import DOCUMENTS
from tests.deliver.destinations.fake import NOW, SECRET, ExpectedBack, Fake, sent
from tests.deliver.destinations.fakes import once, only, ours
from tests.deliver.loopback import BROKEN_OFF, DRIPS, DROPPED_AFTER, NOT_JSON, Fault, answers

takers = only(lambda fake: fake.takes_back)


def handed(provider: Provider, fake: Fake, many: int, transport: Transport) -> list[Handed]:
    """Messages that the provider has taken."""
    outcomes = sent(provider, ours(fake, many), transport)
    return [Handed(key, one.provider_id) for key, one in outcomes.items()]


def asked(
    provider: Any, messages: Sequence[Handed], transport: Transport
) -> dict[str, CancelOutcome]:
    """What came of asking for messages, refusals included."""
    plan = provider.plan_cancel(messages, now=NOW)
    told = list(plan.refused)
    signs = isinstance(provider, Signed)
    ready = [provider.signed(one, at=NOW) if signs else one for one in plan.requests]
    for request, answer in zip(ready, transport.send(ready), strict=True):
        if isinstance(answer, Response):
            told += provider.classify_cancel(request, answer, now=NOW)
        else:
            told += [CancelOutcome(one, "uncertain", answer.reason) for one in request.intent_ids]
    by_id = {one.intent_id: one for one in told}
    assert len(told) == len(by_id) == len(messages)
    return {one.intent_id: by_id[one.intent_id] for one in messages}


def results(outcomes: dict[str, CancelOutcome]) -> list[str]:
    return [one.result for one in outcomes.values()]


def test_a_provider_says_that_it_takes_back_where_it_does(fake: Fake, provider: Provider) -> None:
    assert provider.capabilities.cancel == fake.takes_back
    assert isinstance(provider, TakesBack) or not fake.takes_back


@takers
def test_stops_one_message_and_leaves_the_others(
    fake: Fake, provider: Provider, transport: Transport
) -> None:
    messages = handed(provider, fake, 3, transport)

    told = asked(provider, messages[:1], transport)

    assert results(told) == ["taken_back"]
    assert once(fake, ours(fake, 3)[1:])


@takers
def test_what_was_sent_on_is_too_late_and_stays(
    fake: Fake, provider: Provider, transport: Transport
) -> None:
    messages = handed(provider, fake, 2, transport)
    fake.sent_on.add(messages[0].intent_id)

    told = asked(provider, messages, transport)

    assert results(told) == ["too_late", "taken_back"]
    assert told[messages[0].intent_id].reason
    assert once(fake, ours(fake, 1))


@takers
def test_a_message_that_the_provider_does_not_have_was_not_taken_back(
    fake: Fake, provider: Provider, transport: Transport
) -> None:
    messages = [Handed("one", "nobody-knows"), Handed("two", None), Handed("three", "../../apps")]

    told = asked(provider, messages, transport)

    assert set(results(told)) == {"too_late"}
    assert all(one.reason for one in told.values())


@takers
def test_asking_twice_takes_nothing_else_back(
    fake: Fake, provider: Provider, transport: Transport
) -> None:
    messages = handed(provider, fake, 2, transport)
    asked(provider, messages[:1], transport)

    again = asked(provider, messages[:1], transport)

    assert set(results(again)) <= {"taken_back", "too_late"}
    assert once(fake, ours(fake, 2)[1:])


@takers
def test_requests_are_the_same_whenever_they_are_made_and_count_against_a_known_limit(
    fake: Fake, provider: Any, transport: Transport
) -> None:
    messages = handed(provider, fake, 3, transport)

    plan = provider.plan_cancel(messages, now=NOW)

    assert plan == provider.plan_cancel(messages, now=NOW)
    assert {one.limit for one in plan.requests} <= set(provider.rates)
    assert all(SECRET not in one.url for one in plan.requests)
    assert provider.plan_cancel([], now=NOW).requests == ()


@takers
def test_the_providers_own_words_mean_what_it_documents(
    fake: Fake, provider: Provider, transport: Transport
) -> None:
    messages = handed(provider, fake, 1, transport)
    for one in fake.expected_back:
        fake.faults.append(one.fault)
        (told,) = asked(provider, messages, transport).values()
        assert (one.name, told.result, told.pauses) == _meant(one)
        assert told.reason or told.result == "taken_back"


@takers
@pytest.mark.parametrize(
    "fault",
    [
        DROPPED_AFTER,
        BROKEN_OFF,
        DRIPS,
        NOT_JSON,
        *(answers(status, {"message": "internal"}) for status in (500, 502, 503, 504, 408)),
    ],
    ids=lambda fault: fault.name,
)
def test_without_an_answer_that_says_so_nothing_counts_as_taken_back(
    fake: Fake, provider: Provider, transport: Transport, hasty: Transport, fault: Fault
) -> None:
    messages = handed(provider, fake, 1, transport)
    fake.faults.append(fault)

    # Only what never ends is worth giving up soon: a busy machine takes its time for the rest.
    (told,) = asked(provider, messages, hasty if fault is DRIPS else transport).values()

    taken = fake.trusts_status and fault is NOT_JSON
    assert told.result == ("taken_back" if taken else "uncertain")
    assert told.reason or taken


@takers
@pytest.mark.parametrize(
    ("fault", "seconds"), [(answers(429, retry_after="7"), 7.0), (answers(429), 5.0)]
)
def test_that_it_is_too_much_says_how_long_to_wait(
    fake: Fake, provider: Provider, transport: Transport, fault: Fault, seconds: float
) -> None:
    messages = handed(provider, fake, 1, transport)
    fake.faults.append(fault)

    (told,) = asked(provider, messages, transport).values()

    assert (told.result, told.seconds, told.pauses) == ("uncertain", seconds, False)
    assert results(asked(provider, messages, transport)) == ["taken_back"]


@takers
@pytest.mark.parametrize("status", [401, 403, 302])
def test_wrong_credentials_stop_the_destination(
    fake: Fake, provider: Provider, transport: Transport, status: int
) -> None:
    messages = handed(provider, fake, 1, transport)
    fake.faults.append(answers(status))

    (told,) = asked(provider, messages, transport).values()

    assert (told.result, told.pauses) == ("uncertain", True)


@takers
@pytest.mark.parametrize("status", [404, 409, 410, 422])
def test_what_is_gone_or_in_no_state_for_it_is_too_late(
    fake: Fake, provider: Provider, transport: Transport, status: int
) -> None:
    messages = handed(provider, fake, 1, transport)
    fake.faults.append(answers(status, {"errors": ["no"]}))

    assert results(asked(provider, messages, transport)) == ["too_late"]


@takers
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from([200, 201, 204, 207, 304, 400, 404, 409, 410, 429, 500]), DOCUMENTS)
def test_whatever_is_answered_says_something_of_every_message(
    fake: Fake, provider: Any, status: int, document: Any
) -> None:
    messages = [Handed(one.intent_id, "name") for one in ours(fake, 3)]
    answer = Response(status, {}, json.dumps(document).encode())

    for request in provider.plan_cancel(messages, now=NOW).requests:
        told = provider.classify_cancel(request, answer, now=NOW)

        assert [one.intent_id for one in told] == [*request.intent_ids]
        assert all(one.reason or one.result == "taken_back" for one in told)
        assert status < 300 or all(one.result != "taken_back" for one in told)


def _meant(one: ExpectedBack) -> tuple[str, str, bool]:
    return one.name, one.result, one.pauses
