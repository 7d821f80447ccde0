"""Checking a long audit log, notes included, beside only reading its rows.

``PILOTHOUSE_BENCH_ENTRIES`` sets how many entries (1,000,000 unless told).
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from benchmarks.measured import Measured
from control.audit_check import check
from control.audit_entries import GENESIS, AuditEntry, commitment, seal
from control.audit_rows import with_texts
from control.audit_tables import audit_head, audit_texts
from control.store import Store, open_store
from control.tables import audit

ENTRIES = int(os.environ.get("PILOTHOUSE_BENCH_ENTRIES", "1000000"))
AT_ONCE = 20_000
LIMIT_SECONDS = 20.0
BEGAN = datetime(2026, 6, 29)


def measure() -> list[Measured]:
    """Seconds of checking the whole log, and CPU as a multiple of reading it."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'control.db'}")
        _fill(store)
        reading = time.process_time()
        with store.read() as connection:
            for _ in connection.execute(with_texts().execution_options(yield_per=5_000)):
                pass
        reading = time.process_time() - reading
        wall, cpu = time.perf_counter(), time.process_time()
        found = check(store)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if found.breaks:
            raise RuntimeError(f"the log that was made does not hold: {found.breaks[0].why}")
        store.close()
    what = f"audit verify over {ENTRIES:,} entries with notes"
    return [Measured(what, wall, "s", LIMIT_SECONDS, cpu, cpu / reading, "reading the entries")]


def _fill(store: Store) -> None:
    entries = islice(_entries(), ENTRIES)
    with store.write() as connection:
        while some := list(islice(entries, AT_ONCE)):
            connection.execute(audit.insert(), [entry._asdict() for entry, _ in some])
            connection.execute(audit_texts.insert(), [texts for _, texts in some])
            head = {"place": 1, "seq": some[-1][0].seq, "hash": some[-1][0].hash}
        connection.execute(audit_head.insert().values(head))


def _entries() -> Iterator[tuple[AuditEntry, dict[str, object]]]:
    number, previous = 0, GENESIS
    while True:
        number += 1
        salt, note = f"{number:032x}", f"email: {number % 977}, push: {number % 31}"
        stored = commitment("note", salt, note)
        at = BEGAN + timedelta(seconds=number)
        after = f"{number:064x}"
        entry = AuditEntry(
            number, at, "pilothouse", "send", f"{number % 977} messages", None, after, stored,
            previous, "",
        )  # fmt: skip
        entry = entry._replace(hash=seal(entry))
        previous = entry.hash
        yield entry, {"seq": number, "salt": salt, "subject": None, "note": note}
