"""The stamp of the control store: whoever keeps what it read of the store relies on it."""

from __future__ import annotations

import time
from pathlib import Path

from control.people import add_demo_people, get
from control.stamps import PAUSE_SECONDS, Stamp
from control.store import open_store


def test_a_stamp_moves_with_every_write_and_with_nothing_else(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/control.db"
    store, other = open_store(url), open_store(url)
    stamp = Stamp(store)
    first = stamp.value()
    assert stamp.value() == first

    add_demo_people(store)
    second = stamp.value()
    get(store, "mara@demo")
    assert second != first
    assert stamp.value() == second

    with other.write() as connection:
        connection.exec_driver_sql("UPDATE people SET name = 'Other' WHERE email = 'mara@demo'")
    time.sleep(2 * PAUSE_SECONDS)
    assert stamp.value() != second
    stamp.close()


def test_a_store_that_cannot_tell_may_always_have_changed() -> None:
    stamp = Stamp(open_store("sqlite://"))

    assert stamp.value() != stamp.value()
