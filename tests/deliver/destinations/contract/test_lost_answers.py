"""Answers of any provider that never come, and the keys that settle what became of a message."""

from __future__ import annotations

import pytest

from deliver.transport import Transport
from deliver.wire import Provider
from tests.deliver.destinations.fake import (
    Case,
    Fake,
    results,
    sent,
)
from tests.deliver.destinations.fakes import FAKES, once, only, ours
from tests.deliver.loopback import (
    BROKEN_OFF,
    DRIPS,
    DROPPED_AFTER,
    DROPPED_BEFORE,
    ENDLESS,
    SILENT,
    Fault,
)

LOST = (DROPPED_BEFORE, DROPPED_AFTER, SILENT, DRIPS, ENDLESS, BROKEN_OFF)


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
        # Whoever is given up on before the request is read leaves the fault to the next one.
        fake.faults.clear()
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
