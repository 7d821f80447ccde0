"""Run as a process: tells which receipts are on disk as they are, until it is killed.

``python dies_while_writing.py CONTROL_URL``
"""

from __future__ import annotations

import sys
from datetime import datetime
from itertools import count

from control.receipts import Batch, Fact
from control.store import open_store
from deliver.receipts.writing import Writer

NOW = datetime(2026, 3, 2, 12)


def main(url: str) -> None:
    """Write receipts several requests at a time, and say so after each that is on disk."""
    writer = Writer(open_store(url), lambda: NOW)
    for first in count(step=20):
        under_way = [
            writer.keep(Batch("mail", (Fact("opened", NOW, str(first + number)),)))
            for number in range(20)
        ]
        for number, future in enumerate(under_way):
            future.result()
            print(first + number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
