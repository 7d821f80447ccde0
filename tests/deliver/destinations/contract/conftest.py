"""What every destination owes, held against a loopback of every provider with all its faults.

Of a message that a fake has twice, or that it has while nobody says so, these tests know from its
ledger alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deliver.transport import Transport
from deliver.wire import Provider
from tests.deliver.destinations.fake import Case, Fake
from tests.deliver.destinations.fakes import FAKES


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


@pytest.fixture
def provider(fake: Fake) -> Provider:
    return fake.provider()
