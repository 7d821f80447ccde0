"""The example reporter: what the receiver took is told back, signed, and counts once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from control.receipts import Fact
from deliver.receipts import calls as receipts
from deliver.receipts import webhook as webhook_receipts
from deliver.transport import Transport
from examples.webhook_receiver import reporter
from tests.deliver.example_receiver import OLD, Running, ids, sent_to, serving, webhook_to
from tests.deliver.loopback import DROPPED_AFTER, Call, Fault, Loopback, Reply, answers


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with serving(tmp_path) as one:
        yield one


@pytest.fixture(scope="module")
def transport() -> Iterator[Transport]:
    with Transport() as made:
        yield made


class Pilothouse(Loopback):
    """Takes receipts of the destination ``hook``."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: list[Fact] = []

    def __enter__(self) -> Pilothouse:
        super().__enter__()
        return self

    def handle(self, call: Call) -> Reply:
        asked = receipts.Call(
            self.url + call.path, call.headers, call.body, datetime.now(UTC).replace(tzinfo=None)
        )
        if webhook_receipts.why_not_genuine(asked, [OLD]):
            return Reply(401)
        self.facts += webhook_receipts.read(asked).facts
        return Reply(200, {})


class TestReporting:
    def test_what_was_taken_is_told_and_told_once(
        self, running: Running, transport: Transport, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sent_to(webhook_to(running.url), transport, many=3)
        with Pilothouse() as pilothouse:
            for _ in range(2):
                _report(running, pilothouse.url)

        assert sorted(str(one.intent_id) for one in pilothouse.facts) == ids(3)
        assert {one.kind for one in pilothouse.facts} == {"delivered"}
        assert capsys.readouterr().out == "3 told\n"

    @pytest.mark.parametrize("fault", [answers(503), answers(401), DROPPED_AFTER])
    def test_what_nobody_confirmed_is_told_again_under_the_same_name(
        self, running: Running, transport: Transport, fault: Fault
    ) -> None:
        sent_to(webhook_to(running.url), transport)
        with Pilothouse() as pilothouse:
            pilothouse.faults.append(fault)
            with pytest.raises(SystemExit, match="Not told"):
                _report(running, pilothouse.url)
            _report(running, pilothouse.url)

        assert len({one.told_by for one in pilothouse.facts}) == 1


def _report(running: Running, url: str) -> None:
    files = ["--secrets", str(running.secrets), "--database", str(running.database)]
    reporter.main([f"{url}/v1/receipts/hook", *files, "--once"])
