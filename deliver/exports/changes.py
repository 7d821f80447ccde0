"""What changed since an earlier export: the rows to add to a list at a vendor, and to remove."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp, parse_one

from core.errors import Code, PilothouseError, refuse
from deliver.exports.selecting import EXPORTED, make_temporary
from deliver.exports.vendors import Column, Vendor
from deliver.exports.writing import MANIFEST
from warehouse.engines.duckdb import DIALECT

AUDIENCE = "audience"
"""The file of a whole export, without its ending."""
EARLIER = "earlier"
_BYTES = 1 << 20
_CSV = "SELECT * FROM read_csv($file, header = TRUE, all_varchar = TRUE, delim = ',', quote = '\"')"
_NDJSON = "SELECT json FROM read_ndjson_objects($file)"


def read_earlier(
    cursor: duckdb.DuckDBPyConnection,
    folder: Path,
    key: str,
    vendor: Vendor,
    columns: Sequence[Column],
) -> dict[str, Any]:
    """Make the table ``earlier`` of an export's rows on this connection; gives its manifest.

    Refuses with INVALID_FILE what is no export of this audience for this vendor, with these
    columns, or was changed since it was written.
    """
    manifest = _manifest(folder)
    wanted: dict[str, Any] = {"audience": key, "for": vendor.name, "rules": vendor.rules}
    wanted |= {"columns": [one.name for one in columns]}
    found = {name: manifest.get(name) for name in wanted}
    found["columns"] = [one.get("name") for one in manifest.get("columns", [])]
    if found != wanted:
        other = next(name for name in wanted if found[name] != wanted[name])
        raise _no_export(folder, f"its '{other}' is {found[other]}, not {wanted[other]}")
    file = folder / f"{AUDIENCE}.{vendor.suffix}"
    if not file.is_file() or _digest(file) != manifest["files"].get(file.name, {}).get("sha256"):
        raise _no_export(folder, f"{file.name} is not what its manifest says")
    _load(cursor, file, vendor, columns)
    return manifest


def added() -> exp.Select:
    """Rows that were not there."""
    return _without(EXPORTED, EARLIER)


def removed() -> exp.Select:
    """Rows that are not there any more."""
    return _without(EARLIER, EXPORTED)


def _without(these: str, those: str) -> exp.Select:
    rows = exp.except_(exp.select("*").from_(these), exp.select("*").from_(those))
    return exp.select("*").from_(rows.subquery("changed"))


def _load(
    cursor: duckdb.DuckDBPyConnection, file: Path, vendor: Vendor, columns: Sequence[Column]
) -> None:
    """Every value as text, and none as NULL."""
    given: dict[str, object] = {"file": str(file)}
    if vendor.suffix == "csv":
        make_temporary(cursor, EARLIER, parse_one(_CSV, dialect=DIALECT), given)
        return
    values = (
        exp.alias_(
            exp.func(
                "json_extract_string", exp.column("json"), exp.Literal.string(f"$.{one.name}")
            ),
            one.name,
        )
        for one in columns
    )
    rows = parse_one(_NDJSON, dialect=DIALECT, into=exp.Select)
    make_temporary(cursor, EARLIER, exp.select(*values).from_(rows.subquery("read")), given)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _no_export(folder, f"there is no {MANIFEST} that can be read") from None
    if not isinstance(content, dict):
        raise _no_export(folder, f"its {MANIFEST} is of another kind")
    return content


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while part := opened.read(_BYTES):
            digest.update(part)
    return digest.hexdigest()


def _no_export(folder: Path, why: str) -> PilothouseError:
    return refuse(
        Code.INVALID_FILE,
        f"{folder} is no earlier export of this audience for this channel: {why}.",
        span=str(folder),
        fix="Name the folder of an earlier export, as it was written.",
    )
