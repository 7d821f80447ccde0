"""Messages through any destination: each arrives once, as it was written, or is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deliver.transport import Transport
from deliver.wire import Outcome, Plan, Provider
from tests.deliver.destinations.fake import (
    NOW,
    POISON,
    Fake,
    letter,
    results,
    sent,
)
from tests.deliver.destinations.fakes import once, only, ours

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
        assert (
            _refused_alone(
                fake, provider, transport, body="half a pair: \ud83d", subject="\ud83d"
            ).result
            == "rejected"
        )

    @only(lambda fake: fake.carries_text)
    def test_that_are_too_long_are_refused_and_the_others_leave(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        assert _refused_alone(fake, provider, transport, body="x" * fake.too_long).reason

    def test_to_nobody_are_refused_and_the_others_leave(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        assert (
            _refused_alone(fake, provider, transport, user_id="", address="").result == "rejected"
        )

    @only(lambda fake: fake.knows_templates)
    def test_by_a_template_that_nobody_mapped_are_refused_by_its_name(
        self, fake: Fake, provider: Provider, transport: Transport
    ) -> None:
        unmapped = {"template": "unmapped", "action_key": "unmapped_too"}

        assert "unmapped" in str(_refused_alone(fake, provider, transport, **unmapped).reason)

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


def _refused_alone(fake: Fake, provider: Provider, transport: Transport, **odd: Any) -> Outcome:
    """What became of an odd message between two others, which arrive."""
    messages = ours(fake, 3)
    messages[1] = messages[1]._replace(**odd)
    outcomes = sent(provider, messages, transport)
    assert results(outcomes, messages) == ["accepted", "rejected", "accepted"]
    assert once(fake, [messages[0], messages[2]])
    return outcomes[messages[1].intent_id]


def _intents(plan: Plan) -> list[str]:
    return [one for request in plan.requests for one in request.intent_ids]


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
