"""The regulations that ship: every one has a source, and the page lists them as the files do."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.regulations import Regulation
from warehouse.regulations import regulations

ALL = regulations()


def test_every_regulation_has_a_key_of_its_own() -> None:
    assert len({one.key for one in ALL}) == len(ALL) >= 20


@pytest.mark.parametrize("needs", ["opt_in", "hours", "sender", "unsubscribe", "age"])
def test_every_need_has_a_regulation(needs: str) -> None:
    assert [one for one in ALL if one.needs == needs]


def test_advertising_needs_consent_in_the_states_of_the_union_and_the_kingdom() -> None:
    asking = {code for one in ALL if one.needs == "opt_in" for code in one.countries}

    assert {"DE", "FR", "GB", "CA", "AU"} <= asking
    assert not any(one.needs == "opt_in" and "email" in one.media for one in _of("US"))


def test_texts_in_the_states_have_hours() -> None:
    (hours,) = [one for one in _of("US") if one.hours]

    assert hours.hours is not None
    assert (hours.hours.start, hours.hours.end) == ("08:00", "21:00")
    assert {"sms", "call"} == {*hours.media}


def test_the_page_of_regulations_says_what_the_files_say(repository: Path) -> None:
    page = (repository / "docs" / "regulations.md").read_text(encoding="utf-8")

    assert [row(one) for one in ALL] == [
        line for line in page.splitlines() if line.startswith("| `")
    ]


def row(one: Regulation) -> str:
    """A regulation as the page lists it."""
    limit = f"{one.hours.start}–{one.hours.end}" if one.hours else str(one.minimum_age or "")
    cells = (
        f"`{one.key}`",
        f"{one.law}, [{one.section}]({one.source})",
        " ".join(one.countries),
        ", ".join(one.media),
        one.needs.replace("_", " ") + (f" {limit}" if limit else ""),
        one.severity,
        one.seen,
        one.says,
    )
    return f"| {' | '.join(cells)} |"


def _of(country: str) -> list[Regulation]:
    return [one for one in ALL if country in one.countries]
