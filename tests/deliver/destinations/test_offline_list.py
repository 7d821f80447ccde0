"""Lists for what leaves on paper or by telephone: each message on one of them, once."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deliver.destinations.offline_list import ListFolder, OfflineList, list_files, references
from deliver.messages import Message

NOW = datetime(2026, 6, 29, 12)
COLUMNS = {"to": "address", "text": "body"}


def message(number: int, **more: Any) -> Message:
    given = {"address": f"{number} High Street", "subject": "Hello", "body": f"Hello {number}."}
    named = {"intent_id": f"i{number}", "user_id": f"u{number}", "channel": "letter"}
    return Message(**({"decision_id": "d", "trace_id": "t"} | named | given | more))


def letters(folder: Path, columns: dict[str, str] | None = None) -> ListFolder:
    return ListFolder(folder, "reference", columns or COLUMNS)


def rows(folder: Path) -> list[list[str]]:
    found = []
    for file in list_files(folder):
        with file.open(newline="", encoding="utf-8") as opened:
            found += list(csv.reader(opened))[1:]
    return sorted(found)


def test_a_batch_is_one_file_of_its_day(tmp_path: Path) -> None:
    receipts = letters(tmp_path).send([message(1), message(2)], now=NOW)

    assert [one.outcome for one in receipts] == ["accepted", "accepted"]
    (file,) = list_files(tmp_path)
    assert file.parent.name == "2026-06-29"
    assert file.read_text(encoding="utf-8").splitlines() == [
        "reference,to,text",
        "i1,1 High Street,Hello 1.",
        "i2,2 High Street,Hello 2.",
    ]


def test_a_message_is_on_one_list_however_often_it_is_handed_over(tmp_path: Path) -> None:
    letters(tmp_path).send([message(1), message(2)], now=NOW)

    again = letters(tmp_path).send([message(2), message(3)], now=NOW + timedelta(days=1))

    assert [one.outcome for one in again] == ["accepted", "accepted"]
    assert [row[0] for row in rows(tmp_path)] == ["i1", "i2", "i3"]
    assert letters(tmp_path).holds(["i1", "i3", "i4"]) == {"i1", "i3"}


def test_only_lists_since_a_message_was_decided_on_are_looked_through(tmp_path: Path) -> None:
    letters(tmp_path).send([message(1)], now=NOW)
    (old,) = list_files(tmp_path)
    old.write_bytes(b"\xff\xff")

    again = message(2, decided_at=NOW + timedelta(days=1))
    letters(tmp_path).send([again], now=NOW + timedelta(days=2))
    (receipt,) = letters(tmp_path).send([again], now=NOW + timedelta(days=3))

    assert receipt.outcome == "accepted"
    assert len(list_files(tmp_path)) == 2


def test_half_a_file_is_never_on_the_list(tmp_path: Path) -> None:
    letters(tmp_path).send([message(1)], now=NOW)
    (file,) = list_files(tmp_path)
    file.rename(file.with_name(f".{file.stem}.making"))

    assert letters(tmp_path).holds(["i1"]) == frozenset()
    letters(tmp_path).send([message(1)], now=NOW)
    assert list(references(*list_files(tmp_path))) == ["i1"]


def test_a_column_may_be_a_variable_of_the_template(tmp_path: Path) -> None:
    columns = {"name": "variables.name", "score": "variables.score"}
    given = message(1, variables={"name": "Zoë\nNeil", "score": 3}), message(2)

    first, second = letters(tmp_path, columns).send(given, now=NOW)

    assert rows(tmp_path) == [["i1", "Zoë\nNeil", "3"]]
    assert (first.outcome, second.outcome) == ("accepted", "rejected")
    assert second.reason == "There is nothing for the column 'name' (variables.name)."


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@SUM(1)", "'@SUM(1)"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("+44 (20) 7946-0958", "+44 (20) 7946-0958"),
        ('a, "b"', 'a, "b"'),
        ("a=b", "a=b"),
    ],
)
def test_what_a_spreadsheet_would_run_is_written_as_text(
    tmp_path: Path, text: str, written: str
) -> None:
    letters(tmp_path).send([message(1, body=text)], now=NOW)

    assert rows(tmp_path) == [["i1", "1 High Street", written]]


@pytest.mark.parametrize(
    "settings",
    [
        {"columns": {"name": "first_name"}},
        {"columns": {"name": "variables."}},
        {"columns": {}},
        {"columns": {"reference": "address"}},
        {"folder": "../elsewhere"},
        {"folder": ""},
    ],
)
def test_settings_that_no_message_can_fill_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no message has|headed|at least 1|pattern"):
        OfflineList.model_validate(settings)
