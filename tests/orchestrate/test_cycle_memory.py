"""What a cycle holds at once: a chunk of users, however many chunks there are."""

from __future__ import annotations

import gc
import weakref

import duckdb
import numpy as np
import pytest

from warehouse.handed import handed


def test_an_open_transaction_lets_go_of_the_arrays_of_a_chunk_that_is_done():
    with duckdb.connect() as connection:
        connection.execute("BEGIN")
        users = np.array(["ann", "bob"], object)
        gone = weakref.ref(users)

        with handed(connection, "chunk_arrays", {"user_id": users}):
            told = connection.execute("SELECT user_id FROM chunk_arrays ORDER BY 1").fetchall()
        del users
        gc.collect()

        assert told == [("ann",), ("bob",)]
        assert gone() is None


def test_arrays_that_were_handed_over_are_no_table_afterwards():
    with duckdb.connect() as connection:
        with handed(connection, "draws", {"row": np.arange(3)}):
            pass

        with pytest.raises(duckdb.CatalogException):
            connection.execute("FROM draws")


def test_a_chunk_that_fails_keeps_the_error_that_stopped_it():
    with duckdb.connect() as connection:
        connection.execute("BEGIN")

        with (
            pytest.raises(duckdb.ConversionException),
            handed(connection, "draws", {"word": np.array(["three"], object)}),
        ):
            connection.execute("SELECT CAST(word AS INTEGER) FROM draws").fetchall()
