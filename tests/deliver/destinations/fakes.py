"""Every fake of a provider: it joins the contract suite by a line in ``FAKES``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.deliver.destinations.fake import Case, Fake, letters
from tests.deliver.destinations.fake_braze import CASES as BRAZE
from tests.deliver.destinations.fake_customerio import CASES as CUSTOMERIO
from tests.deliver.destinations.fake_iterable import CASES as ITERABLE
from tests.deliver.destinations.fake_klaviyo import CASES as KLAVIYO
from tests.deliver.destinations.fake_onesignal import CASES as ONESIGNAL
from tests.deliver.destinations.fake_sendgrid import CASES as SENDGRID
from tests.deliver.destinations.fake_twilio import CASES as TWILIO
from tests.deliver.destinations.fake_webhook import CASES as WEBHOOK

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


def only(which: Callable[[type[Fake]], bool]) -> pytest.MarkDecorator:
    """The providers that a test is about, where it is not about every one."""
    cases = [case for case in FAKES if which(case.make)]
    return pytest.mark.parametrize("fake", cases, indirect=True, ids=lambda case: case.name)


def once(fake: Fake, messages: Any) -> bool:
    """Whether the provider has each of these messages exactly once, and nothing else."""
    return {one: len(stored) for one, stored in fake.ledger.items() if stored} == {
        message.intent_id: 1 for message in messages
    }


def ours(fake: Fake, many: int, **changes: Any) -> Any:
    return letters(many, **{"channel": fake.channel, **changes})
