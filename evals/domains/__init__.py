"""Domains: catalogs and small made-up warehouses that the cases are asked over.

A folder each: ``domain.yaml``, ``catalog/`` as a team would write it, ``data.sql`` that makes the
tables, and ``reference.sql`` with shorthands for the hand-written references. The workout app's
catalog and data are those of the demo.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import duckdb
import yaml

from core.conditions import Frozen
from core.errors import Code, refuse
from evals.bench import Bench
from warehouse.catalog import Catalog, load_catalog
from warehouse.demo.generate import AS_OF, generate

FOLDER = Path(__file__).parent
DEMO_USERS = 3_000


class Domain(Frozen):
    """What a domain's file says of it."""

    description: str
    as_of: date = AS_OF
    data: Literal["demo", "sql"] = "sql"


def domain_names() -> list[str]:
    """The domains there are."""
    return sorted(file.parent.name for file in FOLDER.glob("*/domain.yaml"))


def domain_catalog(name: str) -> Catalog:
    """The catalog of a domain; raises a refusal for an unknown one."""
    if _described(name).data == "demo":
        return load_catalog()
    return load_catalog(FOLDER / name / "catalog").model_copy(update={"name": name})


def open_bench(name: str) -> Bench:
    """A domain's warehouse, made in memory; whoever asked closes its connection."""
    domain, catalog = _described(name), domain_catalog(name)
    as_of = datetime.combine(domain.as_of, datetime.min.time())
    bench = Bench(name, duckdb.connect(":memory:", config={"threads": "1"}), catalog, as_of)
    if domain.data == "demo":
        generate(bench.connection, users=DEMO_USERS)
    else:
        bench.prepare((FOLDER / name / "data.sql").read_text(encoding="utf-8"))
    bench.prepare((FOLDER / name / "reference.sql").read_text(encoding="utf-8"))
    return bench


class Benches:
    """The benches of one run: each domain is opened when first asked for, and once."""

    def __init__(self) -> None:
        self._open: dict[str, Bench] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for bench in self._open.values():
            bench.connection.close()

    def of(self, name: str) -> Bench:
        """The bench of a domain; raises a refusal for an unknown one."""
        if name not in self._open:
            self._open[name] = open_bench(name)
        return self._open[name]


def _described(name: str) -> Domain:
    if name not in domain_names():
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no domain '{name}'.",
            span=name,
            fix=f"Domains: {', '.join(domain_names())}.",
        )
    text = (FOLDER / name / "domain.yaml").read_text(encoding="utf-8")
    return Domain.model_validate(yaml.safe_load(text))
