"""The benches of the tests: each domain is opened once in a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evals.domains import Benches


@pytest.fixture(scope="package")
def benches() -> Iterator[Benches]:
    with Benches() as opened:
        yield opened
