"""Trait models over a team's own tables: the same commands, the same gate, the team's names."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from examples.shop.build import build
from tests.ui.command_line import CommandLine, Done

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "examples" / "shop" / "models"
BY_HAND = """
    SELECT CAST(c.customer_id AS VARCHAR) AS user_id,
        CASE WHEN COUNT(o.order_id) = 0 THEN 'browsing'
            WHEN MAX(o.ordered_at) >= TIMESTAMP '{now}' - INTERVAL 30 DAY THEN 'active'
            ELSE 'lapsed' END AS customer_state,
        CAST(ROUND(COALESCE(SUM(o.total), 0), 2) AS DOUBLE) AS order_value
    FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.customer_id
    GROUP BY c.customer_id
"""


class Shop:
    """A workspace over the shop's file, and a folder of models to be edited."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "shop.duckdb"
        self.cli = CommandLine(folder / "shop")
        self.models = folder / "models"

    @classmethod
    def made(cls, folder: Path) -> Shop:
        """Read and drafted, without a model."""
        shop = cls(folder)
        build(shop.file)
        assert shop.cli("init", "--from-warehouse", f"duckdb:///{shop.file}").status == 0
        shutil.copytree(MODELS, shop.models)
        return shop

    def copy(self, folder: Path) -> Shop:
        """The same in another folder."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        settings = folder / "shop" / "pilothouse.toml"
        settings.write_text(settings.read_text().replace(str(self.folder), str(folder)))
        return Shop(folder)

    def change(self, name: str, old: str, new: str, folder: Path) -> str:
        """One model edited in a folder of its own; gives the folder for the command."""
        shutil.copytree(self.models, folder)
        file = folder / f"{name}.sql"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        return str(folder)

    def apply(self, folder: str) -> Done:
        """Proposed by one person, approved by another."""
        request = self.cli.json("model", "apply", "--dir", folder)["change_request"]["id"]
        return self.cli("approvals", "approve", request, "--as", "pavel@demo")

    def states(self) -> dict[str, int]:
        """How many customers are in which state."""
        counted = "SELECT customer_state, COUNT(*) FROM traits GROUP BY customer_state"
        return dict(self.cli.rows(counted))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A workspace without any model."""
    return Shop.made(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="module")
def shop(fresh: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The example's models, live."""
    made = fresh.copy(tmp_path_factory.mktemp("team"))
    approved = made.apply(str(made.models))
    assert approved.status == 0, approved
    return made


def test_the_first_models_are_planned_without_any_before_them(fresh: Shop) -> None:
    planned = fresh.cli.json("model", "plan", "--dir", str(fresh.models))

    assert planned["differences"]["added"] == [
        "cart_visits",
        "customer_orders",
        "customer_state",
        "order_value",
    ]
    assert planned["effect"]["users_total"] == 6_000
    assert {one["gained"] for one in planned["traits"]} == {6_000}
    assert "There are no trait models" in fresh.cli("model", "list").out


def test_the_values_are_those_of_sql_by_hand_over_the_teams_file(shop: Shop) -> None:
    now = shop.cli.rows("SELECT as_of FROM models.meta_builds WHERE state = 'live'")[0][0]
    built = shop.cli.rows("SELECT user_id, customer_state, order_value FROM traits ORDER BY 1")

    with duckdb.connect(str(shop.file), read_only=True) as team:
        by_hand = team.execute(BY_HAND.format(now=now) + " ORDER BY 1").fetchall()

    assert built == by_hand


def test_a_column_of_the_teams_is_followed_to_the_traits_that_it_makes(shop: Shop) -> None:
    document = shop.cli.json("model", "lineage", "orders.total")

    assert [one["name"] for one in document["downstream"]] == [
        "customer_orders.spent",
        "order_value",
    ]


def test_each_trait_is_held_against_the_newest_row_of_the_teams_tables(shop: Shop) -> None:
    document = shop.cli.json("model", "freshness")

    told = {one["trait"]: one["source"] for one in document}
    assert {*told.values()} <= {"customers", "orders", "events"}
    assert {*told} == {"cart_visits", "customer_state", "order_value"}


def test_a_change_is_counted_approved_and_taken_back(shop: Shop, tmp_path: Path) -> None:
    before = shop.states()
    folder = shop.change("customer_state", "orders_30d > 0", "orders > 1", tmp_path / "mine")
    planned = shop.cli.json("model", "plan", "--dir", folder)

    assert shop.apply(folder).status == 0
    after = shop.states()
    (trait,) = planned["traits"]
    assert trait["changed"] == planned["effect"]["users_changed"] > 0
    assert after != before

    rolled = shop.cli("model", "rollback", "customer_state", "1")
    assert rolled.status == 0, rolled
    assert shop.states() == before


def test_a_model_that_knows_what_came_later_is_found(shop: Shop, tmp_path: Path) -> None:
    folder = shop.change("cart_visits", " AND e.event_time < $as_of", "", tmp_path / "mine")

    found = shop.cli.json("model", "leakage", str(Path(folder) / "cart_visits.sql"), status=1)

    assert {"UNBOUNDED", "FUTURE"} == {one["kind"] for one in found}


def test_an_audit_that_fails_leaves_what_was_live(shop: Shop, tmp_path: Path) -> None:
    before = shop.states()
    folder = shop.change("order_value", "range 0 ..", "range 0 .. 10", tmp_path / "mine")

    refused = shop.apply(folder)

    assert refused.status == 1
    assert "fails its audit 'range 0 .. 10'" in refused.err
    assert shop.states() == before


def test_customers_who_are_lost_are_noticed(shop: Shop, tmp_path: Path) -> None:
    grouped = "GROUP BY c.customer_id"
    folder = shop.change(
        "customer_orders", grouped, f"WHERE c.country = 'DE' {grouped}", tmp_path / "mine"
    )

    refused = shop.apply(folder)

    assert refused.status == 1
    assert "for 6,000 users" in refused.err
    assert "Start from customers" in refused.err


@pytest.mark.parametrize("table", ["dim_users", "decisions", "employees"])
def test_only_the_tables_of_the_catalog_may_be_read(shop: Shop, tmp_path: Path, table: str) -> None:
    folder = shop.change("cart_visits", "FROM customers", f"FROM {table}", tmp_path / "mine")

    refused = shop.cli("model", "plan", "--dir", folder)

    assert refused.status == 1
    assert f"cart_visits reads {table}, which no model may read" in refused.err
    assert "Models read consent, customers, events, fct_messages, order_items" in refused.err


def test_counters_of_a_table_that_calls_its_users_otherwise_are_not_carried_on(
    shop: Shop, tmp_path: Path
) -> None:
    folder = shop.change(
        "customer_orders",
        "-- audit: every_user",
        "-- incremental: ordered_at, ordered_at",
        tmp_path / "mine",
    )
    (Path(folder) / "customer_orders.sql").write_text(
        (Path(folder) / "customer_orders.sql").read_text().split("SELECT")[0]
        + "SELECT customer_id AS user_id, COUNT(*) AS orders, COUNT(*) AS orders_30d, "
        "COUNT(*) AS spent FROM orders WHERE ordered_at < $as_of GROUP BY user_id"
    )

    refused = shop.apply(folder)

    assert refused.status == 1
    assert "customer_orders cannot be carried from day to day" in refused.err


def test_what_was_approved_stands_when_the_catalog_lists_a_table_no_more(
    shop: Shop, tmp_path: Path
) -> None:
    shop = shop.copy(tmp_path)
    file = shop.cli.workspace / "catalog" / "tables.yaml"
    file.write_text(file.read_text().replace("\norders:", "\nformer_orders:"))
    entities = shop.cli.workspace / "catalog" / "entities.yaml"
    entities.write_text(entities.read_text().replace("table: orders", "table: former_orders"))

    assert shop.cli.json("model", "build")["rows"] == 6_000
    refused = shop.cli("model", "plan", "--dir", str(shop.models))
    assert refused.status == 1
    assert "customer_orders reads orders, which no model may read" in refused.err


class TestWords:
    def test_traits_that_the_catalog_lacks_are_drafted_and_then_rules_name_them(
        self, shop: Shop, tmp_path: Path
    ) -> None:
        shop = shop.copy(tmp_path)
        added = shop.cli("model", "words", "--write")
        assert added.status == 0, added

        asked = shop.cli.json(
            "ask",
            "How many customers have an order value of at least 200 and a customer state of "
            "lapsed?",
        )

        counted = shop.cli.rows(
            "SELECT COUNT(*) FROM traits WHERE order_value >= 200 AND customer_state = 'lapsed'"
        )
        assert f"{counted[0][0]:,}" in asked["answer"], asked
        assert "lists every trait" in shop.cli("model", "words", "--write").out
        assert shop.cli.json("sql", "run", "SELECT COUNT(*) AS n FROM traits")["rows"] == [[6_000]]

    def test_a_file_that_lines_cannot_be_added_to_stays_as_it_is(
        self, shop: Shop, tmp_path: Path
    ) -> None:
        shop = shop.copy(tmp_path)
        file = shop.cli.workspace / "catalog" / "traits.yaml"
        own = "{age: {type: integer, owner: team, description: Age.}}\n"
        file.write_text(own)

        refused = shop.cli("model", "words", "--write")

        assert refused.status == 1
        assert "cannot be added to" in refused.err
        assert file.read_text() == own

    def test_a_catalog_that_comes_with_pilothouse_is_not_written(self, cli: CommandLine) -> None:
        refused = cli("model", "words", "--write")

        assert refused.status == 1
        assert "Set 'catalog' in pilothouse.toml" in refused.err

    def test_a_draft_has_type_meaning_and_values_of_the_header(self, shop: Shop) -> None:
        document = shop.cli.json("model", "words")

        assert document["customer_state"]["values"]["lapsed"] == ["lapsed"]
        assert document["cart_visits"]["type"] == "integer"
        assert document["order_value"]["phrases"] == ["order value"]


def test_what_the_teams_next_load_brings_is_in_the_next_build(shop: Shop, tmp_path: Path) -> None:
    shop = shop.copy(tmp_path)
    before = shop.states()
    with duckdb.connect(str(shop.file)) as team:
        team.execute("DELETE FROM orders WHERE customer_id % 2 = 0")

    built = shop.cli.json("model", "build")

    assert built["rows"] == 6_000
    assert shop.states()["browsing"] > before["browsing"]


def test_a_trait_that_the_catalog_lists_and_no_model_gives_cannot_be_asked_for(
    fresh: Shop, tmp_path: Path
) -> None:
    early = fresh.copy(tmp_path)
    assert early.cli("model", "words", "--dir", str(early.models), "--write").status == 0

    asked = early.cli("ask", "How many customers have an order value of at least 200?")

    assert asked.status == 1
    assert "I do not understand 'value of at least 200'" in asked.out
    assert "traits_not_built" in asked.err
    assert early.cli("sql", "run", "SELECT COUNT(*) FROM traits").status == 1
