"""The answers of any provider: what it says, however it says it, and whatever it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deliver.transport import Transport
from deliver.wire import Provider, Response
from tests.deliver.destinations.contract.documents import DOCUMENTS
from tests.deliver.destinations.fake import (
    NOW,
    Expected,
    Fake,
    results,
    sent,
)
from tests.deliver.destinations.fakes import once, ours
from tests.deliver.loopback import (
    GZIPPED,
    NOT_JSON,
    SHOUTS,
    Fault,
    answers,
)

EPOCH_NOW = 1_772_447_400
"""NOW in seconds since 1970."""
LIMITS: tuple[tuple[Fault, float | None], ...] = (
    (answers(429), None),
    (answers(429, {"error": "slow down"}), None),
    (answers(429, retry_after="7"), 7),
    (answers(429, retry_after="Mon, 02 Mar 2026 10:30:09 GMT"), 9),
    (answers(429, x_ratelimit_retry_after="3.5"), 3.5),
    (answers(429, ratelimit_reset="11"), 11),
    (answers(429, x_ratelimit_reset="12"), 12),
    (answers(429, x_ratelimit_reset=str(EPOCH_NOW + 30)), 30),
    (answers(503, retry_after="5"), 5),
)


class TestAnswers:
    def test_in_the_providers_own_words_mean_what_it_documents(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        messages = ours(fake, 1)
        for one in fake.expected:
            fake.faults.append(one.fault)
            (outcome,) = sent(provider, messages, transport).values()
            assert (one.name, outcome.result, outcome.pauses) == _meant(one)
            assert outcome.reason or outcome.result == "accepted"

    @pytest.mark.parametrize(("limit", "seconds"), LIMITS, ids=lambda one: getattr(one, "name", ""))
    def test_that_it_is_too_much_say_how_long_to_wait(
        self,
        fake: Fake,
        provider: Provider,
        transport: Transport,
        limit: Fault,
        seconds: float | None,
    ) -> None:
        messages = ours(fake, 1)
        fake.faults.append(limit)

        (outcome,) = sent(provider, messages, transport).values()

        assert (outcome.result, outcome.pauses) == ("retry_after", False)
        assert outcome.seconds == pytest.approx(seconds)
        assert not fake.ledger
        assert results(sent(provider, messages, transport), messages) == ["accepted"]
        assert once(fake, messages)

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_that_it_broke_leave_open_what_became_of_it(
        self, fake: Fake, provider: Provider, transport: Transport, status: int
    ) -> None:
        messages = ours(fake, min(fake.batch, 3))
        fake.faults.append(answers(status, {"message": "internal"}))

        outcomes = sent(provider, messages, transport)

        assert set(results(outcomes, messages)) == {"ambiguous"}

    def test_to_the_wrong_credentials_stop_the_destination(
        self, fake: Fake, transport: Transport
    ) -> None:
        messages = ours(fake, 2)

        outcomes = sent(fake.provider(secret="wrong-one"), messages, transport)

        assert {(one.result, one.pauses) for one in outcomes.values()} == {("retry_after", True)}
        assert "wrong-one" not in str(outcomes)
        assert not fake.ledger

    @pytest.mark.parametrize("status", [401, 403, 410])
    def test_that_nothing_can_be_sent_stop_the_destination(
        self, fake: Fake, provider: Provider, transport: Transport, status: int
    ) -> None:
        fake.faults.append(answers(status))

        (outcome,) = sent(provider, ours(fake, 1), transport).values()

        assert (outcome.result, outcome.pauses) == ("retry_after", True)

    @pytest.mark.parametrize("status", [400, 413, 422])
    def test_that_it_cannot_be_taken_reject_it(
        self, fake: Fake, provider: Provider, transport: Transport, status: int
    ) -> None:
        messages = ours(fake, 1)
        fake.faults.append(answers(status, {"message": "no"}))

        assert results(sent(provider, messages, transport), messages) == ["rejected"]

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_that_lead_elsewhere_are_not_followed(
        self, fake: Fake, provider: Provider, transport: Transport, status: int
    ) -> None:
        messages = ours(fake, 1)
        fake.faults.append(answers(status, location=f"{fake.url}/elsewhere"))

        told = sent(provider, messages, transport)

        assert results(told, messages) == ["retry_after"]
        assert all(one.pauses for one in told.values())
        assert len(fake.calls) == 1
        assert not fake.ledger

    @pytest.mark.parametrize("fault", [GZIPPED, SHOUTS], ids=lambda fault: fault.name)
    def test_may_be_packed_and_shout(
        self, fake: Fake, provider: Provider, transport: Transport, fault: Fault
    ) -> None:
        messages = ours(fake, min(fake.batch, 3))
        fake.faults.append(fault)

        assert set(results(sent(provider, messages, transport), messages)) == {"accepted"}
        assert once(fake, messages)

    @pytest.mark.parametrize(
        "fault",
        [NOT_JSON, *(answers(200, one) for one in (b"[1]", b"null", b'"ok"', b"[" * 5_000))],
        ids=lambda fault: str(fault.reply.body()[:9]),
    )
    def test_that_cannot_be_read_leave_it_open(
        self, fake: Fake, provider: Provider, transport: Transport, fault: Fault
    ) -> None:
        messages = ours(fake, min(fake.batch, 2))
        fake.faults.append(fault)

        outcomes = sent(provider, messages, transport)

        meant = "accepted" if fake.trusts_status else "ambiguous"
        assert set(results(outcomes, messages)) == {meant}


class TestAnyAnswer:
    """Providers change their minds: no answer may stop a run, or leave a message without a word."""

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.sampled_from([200, 201, 202, 204, 207, 304, 400, 404, 409, 429, 500]), DOCUMENTS)
    def test_says_something_of_every_message(
        self, fake: Fake, provider: Provider, status: int, document: Any
    ) -> None:
        messages = ours(fake, min(fake.batch, 3))
        answer = Response(status, {}, json.dumps(document).encode())

        for request in provider.plan(messages, now=NOW).requests:
            told = provider.classify(request, answer, now=NOW)

            assert [one.intent_id for one in told] == [*request.intent_ids]
            assert all(one.reason or one.result == "accepted" for one in told)
            assert all(isinstance(one.provider_id, str | None) for one in told)


def _meant(one: Expected) -> tuple[str, str, bool]:
    return one.name, one.result, one.pauses
