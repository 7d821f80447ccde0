"""Which reader a file needs, told by its name."""

from __future__ import annotations

from pathlib import Path

from core.errors import Code, refuse
from warehouse.connect.csv_file import CsvFile
from warehouse.connect.ndjson_file import NdjsonFile
from warehouse.connect.parquet_file import ParquetFile
from warehouse.connect.source import Source

SEPARATED = {".csv": None, ".tsv": "\t", ".txt": None}


def opened(
    path: Path, spool: Path, *, encoding: str | None = None, separator: str | None = None
) -> Source:
    """The file as a source, with an empty folder to work in; refuses a kind nothing here reads."""
    kind = path.suffix.lower()
    if kind in SEPARATED:
        return CsvFile(path, encoding=encoding, separator=separator or SEPARATED[kind])
    if kind in (".ndjson", ".jsonl"):
        return NdjsonFile(path)
    if kind == ".parquet":
        return ParquetFile(path, spool)
    raise refuse(
        Code.INVALID_FILE,
        f"What is in {path.name} is not known from its name.",
        span=path.name,
        fix="Give a file that ends in .csv, .tsv, .txt, .ndjson, .jsonl or .parquet.",
    )
