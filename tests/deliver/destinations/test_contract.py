"""What every destination owes, held against a loopback of every provider with all its faults.

A provider joins by a line in FAKES. Of a message that a fake has twice, or that it has while
nobody says so, these tests know from its ledger alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deliver.transport import Transport
from deliver.wire import Plan, Provider, Response
from tests.deliver.destinations.fake import (
    NOW,
    POISON,
    SECRET,
    Case,
    Expected,
    Fake,
    letter,
    letters,
    results,
    sent,
)
from tests.deliver.destinations.fake_braze import CASES as BRAZE
from tests.deliver.destinations.fake_customerio import CASES as CUSTOMERIO
from tests.deliver.destinations.fake_iterable import CASES as ITERABLE
from tests.deliver.destinations.fake_klaviyo import CASES as KLAVIYO
from tests.deliver.destinations.fake_onesignal import CASES as ONESIGNAL
from tests.deliver.destinations.fake_sendgrid import CASES as SENDGRID
from tests.deliver.destinations.fake_twilio import CASES as TWILIO
from tests.deliver.destinations.fake_webhook import CASES as WEBHOOK
from tests.deliver.loopback import (
    BROKEN_OFF,
    DRIPS,
    DROPPED_AFTER,
    DROPPED_BEFORE,
    ENDLESS,
    GZIPPED,
    NOT_JSON,
    SHOUTS,
    SILENT,
    Fault,
    answers,
)

FAKES: list[Case] = [
    *BRAZE,
    *CUSTOMERIO,
    *ITERABLE,
    *KLAVIYO,
    *ONESIGNAL,
    *SENDGRID,
    *TWILIO,
    *WEBHOOK,
]

LOST = (DROPPED_BEFORE, DROPPED_AFTER, SILENT, DRIPS, ENDLESS, BROKEN_OFF)
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


WORDS = (
    "message errors index input_array type dispatch_id id batch_index reason code msg params "
    "failCount successCount failedUpdates notFoundUserIds invalidUserIds disallowedEventNames "
    "invalid_aliases external_id delivery_id status sid error_code data attributes detail success"
).split()
"""What answers are made of, at any provider."""
LETTERS = st.characters(exclude_categories=()) | st.sampled_from("\ud83d\0")
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(LETTERS, max_size=5)
DOCUMENTS = st.recursive(
    LEAVES | st.sampled_from(["success", "Success", "events", "user-0", "pilothouse_message"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=8,
)


TEXTS = st.text(alphabet=st.characters(), max_size=6) | st.sampled_from(
    ["", "a@b.co", "+15550001234", "weekly", "\ud83d", "a\r\nb", "{{ name }}", "{% endraw %}"]
)
MESSAGES = st.fixed_dictionaries(
    dict.fromkeys(("user_id", "address", "subject", "body", "action_key", "channel"), TEXTS),
    optional={
        "template": st.none() | TEXTS,
        "html": st.none() | TEXTS,
        "variables": st.dictionaries(
            TEXTS, TEXTS | st.integers() | st.floats() | st.booleans(), max_size=3
        ),
        "decided_at": st.datetimes(),
    },
)
"""A message as far as people and their data write it."""


@pytest.fixture(scope="module")
def transport() -> Iterator[Transport]:
    with Transport(seconds=20) as made:
        yield made


@pytest.fixture(scope="module")
def hasty() -> Iterator[Transport]:
    """For answers that never come: it gives up soon."""
    with Transport(seconds=0.25) as made:
        yield made


@pytest.fixture(params=FAKES, ids=lambda case: case.name)
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    case: Case = request.param
    with case.make() as running:
        yield running


def only(which: Callable[[type[Fake]], bool]) -> pytest.MarkDecorator:
    """The providers that a test is about, where it is not about every one."""
    cases = [case for case in FAKES if which(case.make)]
    return pytest.mark.parametrize("fake", cases, indirect=True, ids=lambda case: case.name)


@pytest.fixture
def provider(fake: Fake) -> Provider:
    return fake.provider()


def once(fake: Fake, messages: Any) -> bool:
    """Whether the provider has each of these messages exactly once, and nothing else."""
    return {one: len(stored) for one, stored in fake.ledger.items() if stored} == {
        message.intent_id: 1 for message in messages
    }


def ours(fake: Fake, many: int, **changes: Any) -> Any:
    return letters(many, **{"channel": fake.channel, **changes})


class TestRequests:
    def test_are_the_same_bytes_whenever_and_wherever_they_are_made(
        self, fake: Fake, provider: Provider
    ) -> None:
        messages = ours(fake, 3 * fake.batch + 1)
        first = provider.plan(messages, now=NOW)

        assert provider.plan(messages, now=NOW) == first
        assert fake.provider().plan(messages, now=NOW) == first

    def test_keep_the_order_and_leave_nobody_out(self, fake: Fake, provider: Provider) -> None:
        messages = ours(fake, 2 * fake.batch + 1)

        plan = provider.plan(messages, now=NOW)

        assert _intents(plan) == [one.intent_id for one in messages]

    def test_hold_as_many_messages_as_the_provider_takes(
        self, fake: Fake, provider: Provider
    ) -> None:
        plan = provider.plan(ours(fake, 2 * fake.batch + 1), now=NOW)

        assert [len(one.intent_ids) for one in plan.requests] == [fake.batch, fake.batch, 1]

    @only(lambda fake: fake.batch > 1 and fake.carries_text)
    def test_hold_as_many_bytes_as_the_provider_takes(self, fake: Fake, provider: Provider) -> None:
        messages = ours(fake, 2 * fake.batch, body="é" * 14_000)

        plan = provider.plan(messages, now=NOW)

        assert _intents(plan) == [one.intent_id for one in messages]
        assert max(len(one.body) for one in plan.requests) <= fake.batch_bytes

    def test_are_none_for_no_messages(self, provider: Provider) -> None:
        assert provider.plan([], now=NOW) == Plan(())

    def test_count_against_limits_that_the_destination_has(
        self, fake: Fake, provider: Provider
    ) -> None:
        plan = provider.plan(ours(fake, 2), now=NOW)

        assert {one.limit for one in plan.requests} <= set(provider.rates)
        assert all(one.burst >= 1 and one.per_second > 0 for one in provider.rates.values())

    def test_do_not_show_the_secret_to_whoever_prints_the_destination(
        self, fake: Fake, provider: Provider
    ) -> None:
        assert SECRET not in repr(provider)
        assert all(SECRET not in one.url for one in provider.plan(ours(fake, 1), now=NOW).requests)

    def test_say_what_the_provider_is_capable_of(self, fake: Fake, provider: Provider) -> None:
        capabilities = provider.capabilities
        assert (capabilities.remembers_key is not None) == fake.remembers
        assert capabilities.per_item_errors == fake.errors_by
        assert capabilities.lookup == hasattr(provider, "lookup")


class TestMessages:
    def test_arrive_once_each(self, fake: Fake, provider: Provider, transport: Transport) -> None:
        messages = ours(fake, 2 * fake.batch + 1)

        outcomes = sent(provider, messages, transport)

        assert set(results(outcomes, messages)) == {"accepted"}
        assert once(fake, messages)

    def test_to_the_same_user_in_one_run_all_arrive(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        messages = ours(fake, 3, user_id="user-0", address="user-0@example.com")

        outcomes = sent(provider, messages, transport)

        assert set(results(outcomes, messages)) == {"accepted"}
        assert once(fake, messages)

    @pytest.mark.parametrize(
        "text",
        ["Zoë's “week” 🏃🏽‍♀️ — ١٢ שלום", 'a "quote", a \\ and a\ttab & <b>', "line\nbreak", "𝔘𝔫𝔦"],
    )
    def test_arrive_as_they_were_written(
        self, fake: Fake, provider: Provider, transport: Transport, text: str
    ) -> None:
        messages = ours(fake, 1, body=text, variables={"name": text})

        outcomes = sent(provider, messages, transport)

        assert results(outcomes, messages) == ["accepted"]
        if fake.carries_text:
            assert text in [*_texts(fake.ledger[messages[0].intent_id])]

    @only(lambda fake: fake.carries_text)
    def test_that_are_no_text_are_refused_and_the_others_leave(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        messages = ours(fake, 3)
        messages[1] = messages[1]._replace(body="half a pair: \ud83d", subject="\ud83d")

        outcomes = sent(provider, messages, transport)

        assert results(outcomes, messages) == ["accepted", "rejected", "accepted"]
        assert once(fake, [messages[0], messages[2]])

    @only(lambda fake: fake.carries_text)
    def test_that_are_too_long_are_refused_and_the_others_leave(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        messages = ours(fake, 3)
        messages[1] = messages[1]._replace(body="x" * fake.too_long)

        outcomes = sent(provider, messages, transport)

        assert results(outcomes, messages) == ["accepted", "rejected", "accepted"]
        assert outcomes[messages[1].intent_id].reason
        assert once(fake, [messages[0], messages[2]])

    def test_to_nobody_are_refused_and_the_others_leave(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        messages = ours(fake, 3)
        messages[1] = messages[1]._replace(user_id="", address="")

        outcomes = sent(provider, messages, transport)

        assert results(outcomes, messages) == ["accepted", "rejected", "accepted"]
        assert once(fake, [messages[0], messages[2]])

    @only(lambda fake: fake.knows_templates)
    def test_by_a_template_that_nobody_mapped_are_refused_by_its_name(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        messages = ours(fake, 3)
        messages[1] = messages[1]._replace(template="unmapped", action_key="unmapped_too")

        outcomes = sent(provider, messages, transport)

        assert results(outcomes, messages) == ["accepted", "rejected", "accepted"]
        assert "unmapped" in str(outcomes[messages[1].intent_id].reason)

    @only(lambda fake: fake.knows_templates)
    def test_by_several_templates_all_arrive(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        messages = [
            letter(i, channel=fake.channel, template=("weekly", "other")[i % 2]) for i in range(6)
        ]

        outcomes = sent(provider, messages, transport)

        assert set(results(outcomes, messages)) == {"accepted"}
        assert once(fake, messages)

    @only(lambda fake: fake.errors_by != "none")
    def test_that_the_provider_does_not_take_are_told_from_the_others(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        messages = ours(fake, 5)
        for place in (1, 3):
            messages[place] = messages[place]._replace(user_id=POISON)

        outcomes = sent(provider, messages, transport)

        taken = [messages[i] for i in (0, 2, 4)]
        assert set(results(outcomes, taken)) == {"accepted"}
        assert set(results(outcomes, [messages[1], messages[3]])) == {"rejected"}
        assert outcomes[messages[1].intent_id].reason
        assert once(fake, taken)


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


class TestAnyMessage:
    """What people write reaches nobody by surprise: a message leaves or is refused, by itself."""

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.lists(MESSAGES, min_size=1, max_size=4))
    def test_leaves_or_is_refused(self, provider: Provider, written: list[dict[str, Any]]) -> None:
        messages = [letter(place, **one) for place, one in enumerate(written)]

        plan = provider.plan(messages, now=NOW)

        told = [*_intents(plan), *(one.intent_id for one in plan.refused)]
        assert sorted(told) == sorted(one.intent_id for one in messages)
        assert all(one.reason and one.result == "rejected" for one in plan.refused)
        assert plan == provider.plan(messages, now=NOW)


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


class TestLostAnswers:
    @pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
    def test_leave_it_open_and_a_key_settles_it(
        self,
        fake: Fake,
        provider: Provider,
        transport: Transport,
        hasty: Transport,
        fault: Fault,
    ) -> None:
        messages = ours(fake, min(fake.batch, 2))
        fake.faults.append(fault)
        fake.faults.extend([fault] if fake.batch == 1 and len(messages) > 1 else [])

        lost = sent(provider, messages, hasty)

        assert set(results(lost, messages)) == {"ambiguous"}
        assert all(len(stored) == 1 for stored in fake.ledger.values())
        if fake.remembers:
            again = sent(provider, messages, transport)
            assert set(results(again, messages)) == {"accepted"}
            assert once(fake, messages)


@pytest.mark.parametrize("case", FAKES, ids=lambda case: case.name)
def test_where_nobody_listens_nothing_was_sent_and_all_may_be_sent_again(
    case: Case, transport: Transport
) -> None:
    with case.make() as gone:
        provider = gone.provider()
    messages = ours(gone, 3)

    outcomes = sent(provider, messages, transport)

    assert {(one.result, one.pauses) for one in outcomes.values()} == {("retry_after", False)}


class TestKeys:
    @only(lambda fake: fake.remembers)
    def test_used_again_give_the_same_answer_and_send_nothing(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        messages = ours(fake, min(fake.batch, 3))
        first = sent(provider, messages, transport)

        again = sent(provider, messages, transport)

        assert set(results(again, messages)) == set(results(first, messages)) == {"accepted"}
        assert once(fake, messages)

    @only(lambda fake: fake.remembers)
    def test_used_again_in_other_company_send_nothing_twice(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        messages = ours(fake, 4)
        sent(provider, messages[:3], transport)

        again = sent(provider, [messages[3], messages[1]], transport)

        assert {one.result for one in again.values()} == {"accepted"}
        assert once(fake, messages)

    @only(lambda fake: fake.remembers)
    def test_used_for_something_else_send_nothing(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        messages = ours(fake, 1)
        sent(provider, messages, transport)
        other = [messages[0]._replace(subject="Else", body="Else.", variables={"name": "Else"})]

        outcomes = sent(provider, other, transport)

        assert results(outcomes, other) == [fake.reused]
        assert once(fake, messages)


def _intents(plan: Plan) -> list[str]:
    return [one for request in plan.requests for one in request.intent_ids]


def _meant(one: Expected) -> tuple[str, str, bool]:
    return one.name, one.result, one.pauses


def _texts(document: Any) -> Iterator[str]:
    """Every text in a document, JSON within texts included."""
    if isinstance(document, dict):
        document = [*document.values()]
    if isinstance(document, list):
        for one in document:
            yield from _texts(one)
    elif isinstance(document, str):
        yield document
        if document.startswith(("{", "[")):
            yield from _texts(json.loads(document))
