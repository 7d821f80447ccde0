"""A real PostgreSQL as a source: one snapshot, read only, and no word of its password."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest

from core.errors import Code, PilothouseError, Refusal
from tests.warehouse.connect.imports_world import ImportsWorld
from tests.warehouse.connect.postgres_server import PASSWORD
from warehouse.connect.imports import Since, read_up_to
from warehouse.connect.postgres import PostgresTable, source_name

TICKETS = 'crm."Support Tickets"'


@pytest.fixture
def crm(postgres_url: str) -> Iterator[psycopg.Connection]:
    """A CRM with tickets in a schema of its own; it goes away with the test."""
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute(
            """
            CREATE SCHEMA crm;
            CREATE TABLE crm."Support Tickets" (
                id BIGINT, "RequesterId" TEXT, category TEXT, created TIMESTAMPTZ, csat NUMERIC,
                notes JSONB, updated_at TIMESTAMPTZ
            );
            INSERT INTO crm."Support Tickets" VALUES
                (1, 'u1', 'Payment', '2026-03-04 10:00+02', 5, '{"a": 1}', '2026-03-04 10:00+00'),
                (2, 'u2', 'say "hi", a
second line', '2026-03-05 00:00+00', 3.5, NULL, '2026-03-05 10:00+00'),
                (3, NULL, '', '2026-03-05 00:00+00', NULL, NULL, '2026-03-06 10:00+00');
            """
        )
        yield owner
        owner.execute("DROP SCHEMA crm CASCADE")


def refused(url: str, table: str = TICKETS, since: Since | None = None) -> Refusal:
    with pytest.raises(PilothouseError) as error:
        PostgresTable(url, table, since)
    assert PASSWORD not in str(error.value)
    return error.value.refusal


def test_rows_of_a_table_come_in_typed_and_what_does_not_fit_is_rejected(
    world: ImportsWorld, postgres_url: str, crm: psycopg.Connection
) -> None:
    source = PostgresTable(postgres_url, TICKETS)

    done = world.bring("fct_support", source)

    assert world.rows("SELECT ticket_id, user_id, ticket_reason, created_at FROM fct_support") == [
        ("1", "u1", "billing", datetime(2026, 3, 4, 8))
    ]
    assert [(row[1], row[2]) for row in world.rejected()] == [
        ("csat_score", "3.5"),
        ("user_id", ""),
    ]
    assert done.ignored == ("notes", "updated_at")
    assert PASSWORD not in done.source
    assert world.bring("fct_support", PostgresTable(postgres_url, TICKETS)).counts.unchanged == 1


def test_the_next_import_reads_from_where_the_last_one_ended(
    world: ImportsWorld, postgres_url: str, crm: psycopg.Connection
) -> None:
    name = source_name(postgres_url, TICKETS)

    def again() -> int:
        since = read_up_to(world.warehouse, "fct_support", name, "updated_at")
        return world.bring("fct_support", PostgresTable(postgres_url, TICKETS, since)).counts.rows

    assert (again(), again()) == (3, 1)
    crm.execute(
        """
        INSERT INTO crm."Support Tickets" VALUES
            (4, 'u4', 'bug', '2026-03-07', 1, NULL, '2026-03-06 10:00+00'),
            (5, 'u5', 'bug', '2026-03-07', 1, NULL, '2026-03-08 10:00+00')
        """
    )
    assert (again(), again()) == (3, 1)
    assert world.rows("SELECT ticket_id FROM fct_support ORDER BY 1") == [("1",), ("4",), ("5",)]


def test_a_dry_run_does_not_move_where_the_next_import_starts(
    world: ImportsWorld, postgres_url: str, crm: psycopg.Connection
) -> None:
    source = PostgresTable(postgres_url, TICKETS, Since("updated_at", None))

    world.bring("fct_support", source, dry_run=True)

    name = source_name(postgres_url, TICKETS)
    assert read_up_to(world.warehouse, "fct_support", name, "updated_at").value is None


def test_the_source_is_read_and_never_written(
    world: ImportsWorld, postgres_url: str, crm: psycopg.Connection
) -> None:
    crm.execute(
        """
        CREATE FUNCTION crm.meddle() RETURNS TEXT LANGUAGE plpgsql AS
        $$ BEGIN DELETE FROM crm."Support Tickets"; RETURN 'u1'; END $$;
        CREATE VIEW crm.tricky AS SELECT 1 AS id, crm.meddle() AS user_id, now() AS created_at;
        """
    )

    with pytest.raises(PilothouseError, match="read-only transaction"):
        world.bring("fct_support", PostgresTable(postgres_url, "crm.tricky"))

    assert crm.execute('SELECT COUNT(*) FROM crm."Support Tickets"').fetchone() == (3,)


@pytest.mark.parametrize(
    "table", ["crm.tickets", "nowhere.tickets", "a.b.c", "", 'x"; DROP TABLE y']
)
def test_a_table_that_is_not_there_is_refused(
    postgres_url: str, crm: psycopg.Connection, table: str
) -> None:
    assert refused(postgres_url, table).code in (Code.UNKNOWN_TABLE, Code.INVALID_ARGUMENT)


def test_a_column_to_go_on_from_that_is_not_there_is_refused(
    postgres_url: str, crm: psycopg.Connection
) -> None:
    found = refused(postgres_url, since=Since("updated", None))

    assert found.code is Code.UNKNOWN_COLUMN
    assert "updated_at" in str(found.fix)


def test_who_may_not_read_or_is_not_known_is_told_what_to_do(
    postgres_url: str, crm: psycopg.Connection
) -> None:
    crm.execute(
        "DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA crm TO guest"
    )
    guest, nobody = (postgres_url.replace("owner:", f"{name}:") for name in ("guest", "nobody"))

    assert "GRANT SELECT" in str(refused(guest).fix)
    assert 'role "nobody" does not exist' in refused(nobody).message


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://owner:{PASSWORD}@127.0.0.1:1/postgres",
        f"postgresql://owner:{PASSWORD}@no-such-host.invalid/postgres",
        f"postgresql://owner:{PASSWORD}@127.0.0.1:port/postgres",
        f"mysql://owner:{PASSWORD}@127.0.0.1/postgres",
        "not a url",
    ],
)
def test_a_server_that_is_not_there_is_named_without_the_password(url: str) -> None:
    assert refused(url).fix
