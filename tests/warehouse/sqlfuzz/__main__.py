"""Throws random statements at the SQL check for as long as wanted, and says what got through.

python -m tests.warehouse.sqlfuzz --variants 100000 --seed 1 [--corpus FILE.sql]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.warehouse.sqlfuzz.hunt import hunt


def main() -> int:
    """Print the figures and every fault; 1 when there is one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--variants", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="statements of yours, one a line")
    given = parser.parse_args()
    more = given.corpus.read_text().splitlines() if given.corpus else []
    with tempfile.TemporaryDirectory() as folder:
        found = hunt(Path(folder), given.variants, given.seed, tuple(filter(None, more)))
    print(f"{found.variants:,} variants, {found.passed:,} passed the check, {found.ran:,} ran")
    for sql, checked, fault in found.faults:
        print(f"\n{fault}\n  written: {sql}\n  checked: {checked}")
    return 1 if found.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
