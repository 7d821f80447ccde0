"""A workspace over a team's own warehouse, from the command line."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from examples.shop.build import build
from tests.ui.command_line import CommandLine, give
from tests.warehouse.introspect.shapes import GERMAN, STAR, make

HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"


@pytest.fixture(scope="module")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("team") / "shop.duckdb"
    build(file)
    return file


@pytest.fixture(scope="module")
def shop(shop_file: Path, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    workspace = CommandLine(tmp_path_factory.mktemp("ws") / "shop")
    done = workspace("init", "--from-warehouse", f"duckdb:///{shop_file}", "--json")
    assert done.status == 0, done
    return workspace


def test_a_draft_is_told_with_what_it_is_sure_of_and_what_to_confirm(
    shop_file: Path, tmp_path: Path, plain_environment: object
) -> None:
    words = ("init", "--from-warehouse", f"duckdb:///{shop_file}")

    done = give(*words, "--workspace", str(tmp_path / "mine"))

    assert done.status == 0
    assert "was read and not changed" in done.out
    assert "are yours to confirm" in done.out
    assert "home_viewed → product_viewed" in done.out
    assert "Next:" in done.out


def test_what_a_draft_could_not_find_is_said_with_what_it_means(
    tmp_path: Path, plain_environment: object
) -> None:
    url = make(tmp_path, STAR)

    done = give("init", "--from-warehouse", url, "--workspace", str(tmp_path / "mine"))

    assert "Missing: a funnel" in done.out
    assert "How many users buy in the last 30 days?" in done.out


def test_the_draft_as_a_document_has_every_choice_with_its_reasons(
    shop_file: Path, tmp_path: Path, plain_environment: object
) -> None:
    words = ("init", "--from-warehouse", f"duckdb:///{shop_file}", "--json")
    document = give(*words, "--workspace", str(tmp_path / "mine")).document

    assert {"workspace", "source", "catalog", "choices", "to_confirm", "views"} == set(document)
    users = next(one for one in document["choices"] if one["about"] == "users")
    assert users["value"] == "customers"
    assert users["reasons"]
    assert all(one["confidence"] != "high" for one in document["to_confirm"])


def test_a_draft_answers_a_debug_prompt_before_anybody_edits_it(shop: CommandLine) -> None:
    answer = shop.json("ask", "Why did conversion drop on mobile this week?")

    assert answer["artifact"]["causes"][0]["value"] == "3.2.0"


def test_doctor_finds_the_teams_users(shop: CommandLine) -> None:
    checks = {check["name"]: check for check in shop.json("doctor")["checks"]}

    assert checks["warehouse"]["fine"]
    assert "6,000 rows in customers" in checks["warehouse"]["detail"]


def test_a_workspace_over_a_teams_tables_has_no_trait_models_and_says_so(
    shop: CommandLine,
) -> None:
    listed, built = shop("model", "list"), shop("model", "build")

    assert (listed.status, shop("model", "history").status) == (0, 0)
    assert "no trait models" in listed.out
    assert built.status == 1
    assert "no trait models" in built.err


def test_a_query_reads_the_teams_tables_under_their_own_names(shop: CommandLine) -> None:
    document = shop.json("sql", "run", "SELECT COUNT(*) AS n FROM order_items")

    assert document["rows"][0][0] == 15_005


def test_a_query_sees_what_the_teams_load_changed(
    shop_file: Path, tmp_path: Path, plain_environment: object
) -> None:
    file = tmp_path / "copy.duckdb"
    shutil.copy(shop_file, file)
    shop = CommandLine(tmp_path / "mine")
    shop("init", "--from-warehouse", f"duckdb:///{file}")
    count = ("sql", "run", "SELECT COUNT(*) AS n FROM order_items")
    before = shop.json(*count)["rows"][0][0]

    with duckdb.connect(str(file)) as team:
        team.execute("DELETE FROM order_items WHERE order_item_id % 2 = 0")

    assert shop.json(*count)["rows"][0][0] < before


def test_the_teams_file_is_never_written(
    shop_file: Path, tmp_path: Path, plain_environment: object
) -> None:
    before = hashlib.sha256(shop_file.read_bytes()).hexdigest()
    shop = CommandLine(tmp_path / "mine")

    shop("init", "--from-warehouse", f"duckdb:///{shop_file}")
    shop("ask", "How many customers placed an order in the last 30 days?")
    shop("cycle", "run")

    assert hashlib.sha256(shop_file.read_bytes()).hexdigest() == before


def test_a_view_that_somebody_broke_is_named(
    shop_file: Path, tmp_path: Path, plain_environment: object
) -> None:
    shop = CommandLine(tmp_path / "mine")
    shop("init", "--from-warehouse", f"duckdb:///{shop_file}")
    view = shop.workspace / "catalog" / "views" / "orders.sql"
    view.write_text(view.read_text().replace("ordered_at", "order_time"))

    done = shop("ask", "How many customers placed an order?")

    assert done.status == 1
    assert "The view orders cannot be made" in done.err


def test_a_relative_path_starts_where_the_person_stands(
    shop_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain_environment: object
) -> None:
    monkeypatch.chdir(shop_file.parent)

    done = give(
        "init", "--from-warehouse", "duckdb:///shop.duckdb", "--workspace", str(tmp_path / "mine")
    )

    assert done.status == 0, done


def test_a_workspace_that_is_there_is_left_alone(
    shop_file: Path, tmp_path: Path, plain_environment: object
) -> None:
    mine = CommandLine(tmp_path / "mine")
    mine("init")

    done = mine("init", "--from-warehouse", f"duckdb:///{shop_file}")

    assert done.status == 1
    assert "a workspace at" in done.err


def test_a_file_that_somebody_writes_is_refused_with_what_to_do(
    tmp_path: Path, plain_environment: object
) -> None:
    url = make(tmp_path, GERMAN)
    file = url.removeprefix("duckdb:///")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        done = give("init", "--from-warehouse", url, "--workspace", str(tmp_path / "mine"))
        holder.stdin.close()

    assert done.status == 1
    assert "is in use by" in done.err
    assert "give a copy" in done.err
    assert not (tmp_path / "mine" / "pilothouse.toml").exists()


@pytest.mark.parametrize(
    "url", ["mysql://shop/db", "duckdb:///nowhere.duckdb", "shop.duckdb", "duckdb:///"]
)
def test_what_is_no_duckdb_file_is_refused_and_nothing_is_made(
    tmp_path: Path, url: str, plain_environment: object
) -> None:
    done = give("init", "--from-warehouse", url, "--workspace", str(tmp_path / "mine"))

    assert done.status == 1
    assert not (tmp_path / "mine" / "pilothouse.toml").exists()


def test_naming_tables_without_a_warehouse_is_a_wrong_usage(
    tmp_path: Path, plain_environment: object
) -> None:
    done = give("init", "--users", "people", "--workspace", str(tmp_path / "mine"))

    assert done.status == 2
