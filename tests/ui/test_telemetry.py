"""Logs tell an operator what broke, and nobody anything about users."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from ui import telemetry


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Nobody after this test writes into what it caught."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_the_log_of_a_fault_names_its_place_and_holds_no_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telemetry.configure_logging()
    address = "ann@mail.example"
    try:
        raise LookupError("no such row")
    except LookupError:
        structlog.get_logger().exception("round_failed", about=len(address))

    line = capsys.readouterr().err

    (fault,) = json.loads(line)["exception"]
    assert (fault["exc_type"], fault["exc_value"]) == ("LookupError", "no such row")
    assert fault["frames"][-1]["name"].startswith("test_the_log_of_a_fault")
    assert address not in line
