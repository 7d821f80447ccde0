"""Views are files that people edit: what they may say, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from core.errors import Code, PilothouseError
from orchestrate import engine, stages
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.views import OWN_TABLES, SOURCE, create_views, load_views


def folder_of(tmp_path: Path, **views: str) -> Path:
    """A catalog folder with these views."""
    (tmp_path / "views").mkdir()
    for name, sql in views.items():
        (tmp_path / "views" / f"{name}.sql").write_text(sql)
    return tmp_path


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    file = tmp_path / "team.duckdb"
    with duckdb.connect(str(file)) as team:
        team.execute("CREATE TABLE t AS SELECT 1 AS a")
    return DuckDBWarehouse(Path(":memory:"), must_exist=False, attached={SOURCE: file})


def test_views_are_made_after_those_that_they_read(
    tmp_path: Path, warehouse: DuckDBWarehouse
) -> None:
    folder = folder_of(
        tmp_path,
        a="SELECT a + 1 AS a FROM b",
        b="WITH x AS (SELECT a FROM source.t) SELECT a FROM x",
    )

    create_views(warehouse, load_views(folder))

    assert warehouse.fetch("SELECT a FROM a").scalar() == 2


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DROP TABLE source.t", "is not one SELECT"),
        ("SELECT 1; SELECT 2", "is not one SELECT"),
        ("SELECT FROM WHERE", "cannot be read"),
        ("SELECT * FROM read_csv('/etc/passwd')", "which views may not"),
        ("SELECT getenv('HOME') AS home FROM source.t", "which views may not"),
        ("SELECT a FROM elsewhere.main.t", "which is not there"),
        ("SELECT a FROM nothing", "which is not there"),
        ("SELECT a FROM b", "in a circle"),
    ],
)
def test_a_view_that_is_more_than_a_mapping_is_refused(tmp_path: Path, sql: str, said: str) -> None:
    folder = folder_of(tmp_path, a=sql, b="SELECT a FROM a")

    with pytest.raises(PilothouseError, match=said) as refused:
        load_views(folder)

    assert refused.value.refusal.code == Code.SETTINGS_INVALID
    assert refused.value.refusal.fix


def test_a_view_over_a_column_that_is_gone_is_refused_with_its_name(
    tmp_path: Path, warehouse: DuckDBWarehouse
) -> None:
    folder = folder_of(tmp_path, a="SELECT gone FROM source.t")

    with pytest.raises(PilothouseError, match="The view a cannot be made"):
        create_views(warehouse, load_views(folder))


def test_a_view_cannot_take_the_name_of_a_table_that_pilothouse_writes(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, decisions="SELECT a FROM source.t")

    with pytest.raises(PilothouseError, match="writes itself"):
        load_views(folder)


def test_every_table_of_a_cycle_is_on_the_list_of_names_that_are_taken(
    warehouse: DuckDBWarehouse,
) -> None:
    with warehouse.cursor() as cursor:
        stages.create_tables(cursor)
        cursor.execute((Path(engine.__file__).parent / "sql" / "inputs.sql").read_text())
        made = cursor.execute(
            "SELECT table_name FROM DUCKDB_TABLES() WHERE database_name <> 'source'"
        ).fetchall()

    assert {name for (name,) in made} <= OWN_TABLES
