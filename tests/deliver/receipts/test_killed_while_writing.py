"""Killed at any moment, a server has every receipt that it said it has."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from control.receipt_tables import receipts
from control.receipts import Fact, key_of, standing
from control.store import open_store
from tests.deliver.receipts.dies_while_writing import NOW

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("after", [1, 57, 240])
def test_what_was_answered_with_200_is_there_after_a_kill(tmp_path: Path, after: int) -> None:
    url = f"sqlite:///{tmp_path}/control.db"
    script = Path(__file__).parent / "dies_while_writing.py"
    told: list[str] = []
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(script), url],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            told.append(line.strip())
            if len(told) == after:
                running.send_signal(signal.SIGKILL)
                break
        told += [line.strip() for line in running.stdout if line.endswith("\n")]

    store = open_store(url)
    with store.read() as connection:
        kept = set(connection.execute(sa.select(receipts.c.key)).scalars())
    (here,) = standing(store)
    store.close()

    assert {key_of("mail", Fact("opened", NOW, number)) for number in told} <= kept
    assert here.counts == {"new": len(kept)}
