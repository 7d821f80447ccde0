"""Logs tell an operator what broke, and nobody anything about users."""

from __future__ import annotations

import json

import pytest
import structlog

from ui import telemetry


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
