"""``pilothouse offline``: from a list for the post to what is known of its letters."""

from __future__ import annotations

import contextlib
import csv
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from tests.ui.command_line import ELIGIBILITY, CommandLine

SETTINGS = """
[destinations.letters]
kind = "offline_list"
folder = "post"
columns = {to = "address", text = "body"}
"""


@pytest.fixture(scope="module")
def sent(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose upgrade nudges went onto a list; copied before it is changed."""
    folder = tmp_path_factory.mktemp("sent") / "workspace"
    shutil.copytree(demo_workspace, folder)
    (folder / "pilothouse.toml").write_text(SETTINGS)
    cli = CommandLine(folder)
    for words in (("ask", ELIGIBILITY), ("destinations", "route", "push", "letters")):
        change = cli.json(*words)["change_request"]["id"]
        assert cli("approvals", "approve", change, "--as", "pavel@demo").status == 0
    assert cli("cycle", "run").status == 0
    assert cli("deliver", "run").status == 0
    return folder


@pytest.fixture
def cli(sent: Path, tmp_path: Path, plain_environment: object) -> CommandLine:
    shutil.copytree(sent, tmp_path / "workspace")
    return CommandLine(tmp_path / "workspace")


def _listed(cli: CommandLine) -> dict[str, Any]:
    (found,) = cli.json("offline", "list")
    return dict(found)


def _letters(cli: CommandLine) -> list[dict[str, str]]:
    """The letters of the day, as the printer reads them."""
    out = cli.workspace / "day.csv"
    out.unlink(missing_ok=True)
    assert (
        cli("offline", "take", "letters", "--day", _listed(cli)["day"], "--out", str(out)).status
        == 0
    )
    with out.open(newline="") as file:
        return list(csv.DictReader(file))


def _results(cli: CommandLine, *rows: str, head: str = "reference,result,at,reason") -> str:
    file = cli.workspace / "results.csv"
    file.write_text("\n".join((head, *rows)) + "\n")
    return str(file)


def _known(cli: CommandLine, letter: str) -> tuple[Any, ...]:
    columns = "delivered_at::VARCHAR, opened_at::VARCHAR, clicked_at::VARCHAR, failed_reason"
    sql = f"SELECT {columns} FROM fct_messages WHERE message_id = '{letter}'"
    (row,) = cli.rows(sql)
    return row


def test_a_day_of_a_list_is_one_file(cli: CommandLine) -> None:
    letters = _letters(cli)

    assert len(letters) == _listed(cli)["messages"] > 0
    assert len({one["reference"] for one in letters}) == len(letters)
    assert [*letters[0]] == ["reference", "to", "text"]
    assert "Unlock every plan" in letters[0]["text"]


def test_only_an_approver_or_an_admin_takes_a_list(cli: CommandLine) -> None:
    out = cli.workspace / "day.csv"
    day = _listed(cli)["day"]
    words = ("offline", "take", "letters", "--day", day, "--out", str(out))

    assert "may not take a list" in cli(*words, "--as", "mara@demo").err
    assert not out.exists()
    assert cli(*words).status == 0
    assert cli.json("audit", "list")[-1]["what"] == "take list"
    assert "cannot be written" in cli(*words).err
    assert "no list 'letters' of 2020-01-01" in cli(*words[:4], "2020-01-01", *words[5:]).err
    assert "no destination 'leters'" in cli("offline", "take", "leters", *words[3:]).err


def test_a_list_that_cannot_be_put_on_record_is_not_taken(cli: CommandLine) -> None:
    out, day = cli.workspace / "day.csv", _listed(cli)["day"]
    with contextlib.closing(sqlite3.connect(cli.workspace / "control.db")) as control:
        control.execute(
            "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"
        )

    with pytest.raises(IntegrityError):
        cli("offline", "take", "letters", "--day", day, "--out", str(out))

    assert out.read_text() == ""


def test_what_became_of_letters_is_known_of_their_messages(cli: CommandLine) -> None:
    one, two, three, four, *_ = (letter["reference"] for letter in _letters(cli))
    file = _results(
        cli,
        f"{one},posted,2026-06-29T00:00:00.5,",
        f"{one},Answered,2026-06-29 00:00:00.6,",
        f"{two},wrong number,2026-06-29T00:00:00.7,no such street says jo@example.com",
        f"{three},no answer,2026-06-29T00:00:00.7,",
        f"{four},replied,2026-06-29T00:00:00.8,",
    )

    (found,) = cli.json("offline", "import", file)

    assert found["by_result"] == {"bounced": 1, "clicked": 1, "delivered": 1, "opened": 1}
    assert (found["new"], found["nothing"], found["rejected"]) == (4, 1, 0)
    assert _known(cli, one)[1] == "2026-06-29 00:00:00.6"
    assert _known(cli, two)[3] == "no such street says …"
    assert _known(cli, four)[2] == "2026-06-29 00:00:00.8"


def test_the_same_file_again_changes_nothing(cli: CommandLine) -> None:
    letter = _letters(cli)[0]["reference"]
    row = f"{letter},answered,2026-06-29T00:00:00.6,"
    file = _results(cli, row, row)

    (first,), (second,) = cli.json("offline", "import", file), cli.json("offline", "import", file)

    assert (first["new"], first["known"], first["repeated"]) == (1, 0, 1)
    assert (second["new"], second["known"], second["repeated"]) == (0, 1, 1)


def test_rows_that_cannot_be_true_go_to_a_file_with_the_reason(cli: CommandLine) -> None:
    letter = _letters(cli)[0]["reference"]
    file = _results(
        cli,
        "nobody,answered,2026-06-29,",
        f"{letter},danced,2026-06-29,",
        f"{letter},answered,2126-06-29,",
        f"{letter},answered,soon,",
        f"{letter},,2026-06-29,",
        f"{letter},answered,2026-06-29T00:00:00.6,",
    )

    (found,) = cli.json("offline", "import", file)

    assert (found["rows"], found["new"], found["rejected"]) == (6, 1, 5)
    rejected = Path(found["rejected_file"])
    assert rejected == cli.workspace / "rejected" / "offline-results.csv.csv"
    with rejected.open(newline="") as opened:
        reasons = [(row["row"], row["column"], row["reason"]) for row in csv.DictReader(opened)]
    assert [row[:2] for row in reasons] == [
        ("2", "reference"),
        ("3", "result"),
        ("4", "at"),
        ("5", "at"),
        ("6", "result"),
    ]
    assert "no message of an offline list" in reasons[0][2]


def test_who_asks_for_no_more_letters_gets_none(cli: CommandLine) -> None:
    letter = _letters(cli)[0]["reference"]
    ((user, channel),) = cli.rows(
        f"SELECT user_id, channel FROM fct_messages WHERE message_id = '{letter}'"
    )

    cli("offline", "import", _results(cli, f"{letter},opt out,2026-06-29T00:00:00.9,"))

    said = cli.rows(
        f"SELECT status FROM fct_consent WHERE user_id = '{user}' AND channel = '{channel}' "
        "ORDER BY effective_at DESC LIMIT 1"
    )
    assert said == [("withdrawn",)]


def test_a_file_without_references_is_refused_with_what_it_has(cli: CommandLine) -> None:
    done = cli("offline", "import", _results(cli, "x,1", head="letter,what"))

    assert done.status == 1
    assert "--map" in done.err


def test_forgetting_somebody_takes_them_off_the_lists(cli: CommandLine) -> None:
    letter = _letters(cli)[0]
    ((user,),) = cli.rows(
        f"SELECT user_id FROM fct_messages WHERE message_id = '{letter['reference']}'"
    )
    before = _listed(cli)["messages"]

    assert cli("forget", user, "--reason", "asked to").status == 0

    assert _listed(cli)["messages"] < before
    for file in (cli.workspace / "offline").rglob("*.csv"):
        assert letter["to"] not in file.read_text()
