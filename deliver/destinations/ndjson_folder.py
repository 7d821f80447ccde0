"""A folder of NDJSON files on this machine: one file a batch, whole or not there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


class NdjsonFolder:
    """Writes ``folder/<batch>.ndjson``; the same batch again is the same file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, batch: str, payloads: Sequence[str]) -> None:
        """Hand over a batch of JSON documents; on disk when it returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / f".{batch}"
        with unfinished.open("w", encoding="utf-8") as file:
            file.writelines(f"{payload}\n" for payload in payloads)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.folder / f"{batch}.ndjson")
