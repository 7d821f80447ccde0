"""What the laws of countries ask of messages: one YAML file a jurisdiction, read and checked once.

A file maps a key to the fields of ``core.regulations.Regulation``. It is a check-list with its
sources, not legal advice.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from core.regulations import Regulation

FOLDER = Path(__file__).parent
_FILE: TypeAdapter[dict[str, Regulation]] = TypeAdapter(dict[str, Regulation])


@cache
def regulations() -> tuple[Regulation, ...]:
    """Every regulation, by file and in the order of the file."""
    return tuple(
        regulation for file in sorted(FOLDER.glob("*.yaml")) for regulation in _read(file).values()
    )


def _read(file: Path) -> dict[str, Regulation]:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return _FILE.validate_python({key: {"key": key, **body} for key, body in content.items()})
