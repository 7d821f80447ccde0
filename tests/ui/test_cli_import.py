"""``pilothouse import``: what a person sees, and what other commands then read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.command_line import CommandLine

CAMPAIGNS = "campaign,Budget,team\nspring,100,x\nautumn,much,y\n"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "campaigns.csv"
    path.write_text(CAMPAIGNS)
    return str(path)


def test_an_import_prints_its_counts_and_queries_read_it(cli: CommandLine, file: str) -> None:
    done = cli("import", "dim_campaigns", file)

    assert done.status == 0
    assert "2 rows = 1 inserted + 0 updated + 0 unchanged + 0 repeated + 1 rejected" in done.out
    assert "ignored  team" in done.out
    found = cli.json("sql", "run", "SELECT campaign_key, budget FROM dim_campaigns")
    assert found["rows"] == [["spring", 100.0]]
    (again,) = cli.json("import", "dim_campaigns", file)
    assert (again["counts"]["unchanged"], again["counts"]["rejected"]) == (1, 1)
    rejected = Path(again["rejected_file"])
    assert rejected.is_relative_to(cli.workspace)
    assert "not a number" in rejected.read_text()


def test_a_dry_run_changes_neither_tables_nor_decisions(cli: CommandLine, file: str) -> None:
    before = cli.contents()[0]

    (done,) = cli.json("import", "dim_campaigns", file, "--dry-run")

    assert done["counts"]["inserted"] == 1
    assert cli.rows("SELECT COUNT(*) FROM dim_campaigns") == [(0,)]
    assert cli.contents()[0] == before


def test_an_import_of_which_nothing_was_taken_fails(cli: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("key,budget\na,x\n")

    assert cli("import", "dim_campaigns", str(path)).status == 1


@pytest.mark.parametrize(
    "words",
    [
        ("nowhere", "x.csv"),
        ("decisions", "x.csv"),
        ("dim_campaigns",),
        ("dim_campaigns", "missing.csv"),
        ("dim_campaigns", "x.csv", "--map", "nothing"),
        ("dim_campaigns", "x.csv", "--from", "postgresql://localhost/x", "--table", "t"),
        ("dim_campaigns", "--from", "postgresql://localhost/x"),
        ("dim_campaigns", "--from", "postgresql://127.0.0.1:1/x", "--table", "t"),
        ("dim_campaigns", "--from", "postgresql://127.0.0.1:1/x", "--table", "t", "--since", "u"),
    ],
)
def test_an_import_that_cannot_be_is_refused(cli: CommandLine, words: tuple[str, ...]) -> None:
    refused = cli("import", *words)

    assert (refused.status, refused.out) == (1, "")
    assert refused.err.split(":")[0] in {"UNKNOWN_TABLE", "INVALID_FILE", "INVALID_ARGUMENT"}
