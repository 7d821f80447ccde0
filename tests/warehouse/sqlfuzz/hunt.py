"""One hunt: random statements against the check, and those that pass against the planted data."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.warehouse.attack_fixture import ALLOWED, ATTACKS, attack_catalog, refused_by_kind
from tests.warehouse.sqlfuzz.mutations import mutated
from tests.warehouse.sqlfuzz.planted import Planted
from tests.warehouse.sqlfuzz.random_queries import Writer
from warehouse.sqlcheck import CheckedQuery, check

_EFFECTS_EVERY = 50


@dataclass
class Found:
    """What a hunt came to."""

    variants: int = 0
    passed: int = 0
    ran: int = 0
    faults: list[tuple[str, str, str]] = field(default_factory=list)
    """What was written, what the check made of it, and what that would have done."""


def hunt(folder: Path, variants: int, seed: int, more: tuple[str, ...] = ()) -> Found:
    """Try so many random statements, the same ones for the same seed, after those given."""
    home = Path.cwd()
    planted = Planted(folder)
    found = Found()
    try:
        for sql in (*more, *_statements(variants, Random(seed), more)):
            _try(sql, planted, found)
    finally:
        os.chdir(home)
    return found


def _statements(variants: int, random: Random, more: tuple[str, ...]) -> list[str]:
    benign = [*ALLOWED, *(case["sql"] for case in ATTACKS if case["must"] == "allow")]
    hostile = [sql for kind in refused_by_kind().values() for sql in kind if len(sql) < 600]
    hostile += [case["sql"] for case in ATTACKS if len(case["sql"]) < 600]
    writer = Writer(random)
    pools = (benign, benign, [*benign, *hostile], [*benign, *more] if more else benign)
    return [
        writer.statement() if random.random() < 0.4 else mutated(random.choice(pools), random)
        for _ in range(variants)
    ]


def _try(sql: str, planted: Planted, found: Found) -> None:
    found.variants += 1
    checked = check(sql, CATALOG, role="analyst", row_limit=1_000)
    if not isinstance(checked, CheckedQuery):
        return
    found.passed += 1
    # The clock is the one thing that differs between two runs of an honest query.
    if any(word in checked.sql.upper() for word in ("NOW(", "TODAY(", "CURRENT_", "AGE(")):
        return
    found.ran += 1
    fault = planted.fault(checked.sql, checked.columns)
    if fault is None and found.ran % _EFFECTS_EVERY == 0:
        fault = planted.change()
    if fault is not None:
        found.faults.append((sql, checked.sql, fault))


CATALOG = attack_catalog()
