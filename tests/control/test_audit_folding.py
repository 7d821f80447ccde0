"""Old entries are folded into a file, and what is left of the log still holds."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from control import audit
from control.audit_check import check
from control.audit_export import lines
from control.audit_folding import fold
from control.store import Store
from control.tables import audit as log
from core.errors import PilothouseError
from tests.control_stores import without_guards

START = datetime(2026, 1, 1)


@pytest.fixture
def ten_days(store: Store) -> Store:
    with store.write() as connection:
        for day in range(10):
            at = START + timedelta(days=day)
            audit.append(connection, audit.Act(at, "mara@demo", "ask", f"r{day}", note="about u-7"))
    return store


def test_old_entries_lie_in_a_file_and_the_chain_goes_on_from_them(
    ten_days: Store, tmp_path: Path
) -> None:
    before = [json.loads(line) for line in lines(ten_days, texts=False)]
    day = timedelta(days=1)

    folded = fold(ten_days, tmp_path, before=START + 4 * day, who="ada@demo", now=START + 10 * day)

    assert folded is not None
    assert (folded.first, folded.last) == (1, 4)
    content = Path(folded.file).read_bytes()
    assert [json.loads(line) for line in content.splitlines()] == before[:4]
    assert b"u-7" not in content
    checked = check(ten_days)
    assert (checked.first, checked.entries, checked.breaks) == (5, 7, ())
    last = audit.entries(ten_days)[-1]
    assert (last.what, last.subject) == ("audit_folded", "1-4")
    assert last.after_hash == hashlib.sha256(content).hexdigest() == folded.sha256
    assert last.before_hash == before[3]["hash"]
    again = fold(ten_days, tmp_path, before=START + 6 * day, who="ada@demo", now=START + 11 * day)
    assert again is not None
    assert (again.first, again.last, check(ten_days).breaks) == (5, 6, ())
    with pytest.raises(IntegrityError), ten_days.write() as connection:
        connection.execute(log.delete())


def test_what_is_removed_beside_the_folding_is_found(ten_days: Store, tmp_path: Path) -> None:
    fold(ten_days, tmp_path, before=START + timedelta(days=4), who="ada@demo", now=START)

    without_guards(ten_days, "DELETE FROM audit WHERE seq = 5")

    assert [(one.kind, one.seq, one.last) for one in check(ten_days).breaks] == [("missing", 5, 5)]


def test_nothing_is_folded_while_the_log_does_not_hold(ten_days: Store, tmp_path: Path) -> None:
    without_guards(ten_days, "UPDATE audit SET who = 'eve@demo' WHERE seq = 2")

    with pytest.raises(PilothouseError, match="does not hold"):
        fold(ten_days, tmp_path, before=START + timedelta(days=4), who="ada@demo", now=START)

    assert [*tmp_path.glob("entries*")] == []
    with ten_days.read() as connection:
        count = sa.select(sa.func.count()).select_from(log)
        assert connection.execute(count).scalar_one() == 10


def test_a_log_without_old_entries_is_left_as_it_is(ten_days: Store, tmp_path: Path) -> None:
    assert fold(ten_days, tmp_path, before=START, who="ada@demo", now=START) is None
