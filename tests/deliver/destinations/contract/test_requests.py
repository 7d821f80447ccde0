"""The requests of any destination: the same ones from the same messages, cut as it takes them."""

from __future__ import annotations

from deliver.wire import Plan, Provider
from tests.deliver.destinations.fake import (
    NOW,
    SECRET,
    Fake,
)
from tests.deliver.destinations.fakes import only, ours


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


def _intents(plan: Plan) -> list[str]:
    return [one for request in plan.requests for one in request.intent_ids]
