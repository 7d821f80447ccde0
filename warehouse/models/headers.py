"""The header of a model file: comment lines that say what the model is, each checked.

``-- key: value``, one a line, before the SQL. What a model reads is not written
there: it is derived from its SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from core.errors import Code, PilothouseError, refuse

KEYS = (
    "name",
    "kind",
    "grain",
    "type",
    "values",
    "owner",
    "freshness",
    "incremental",
    "audit",
    "meaning",
)
REQUIRED = ("name", "grain", "owner", "freshness", "meaning")
KINDS = ("trait", "staging")
TYPES = ("string", "number", "integer", "boolean", "timestamp")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NUMBER = r"-?\d+(?:\.\d+)?"
_AUDIT = re.compile(
    rf"(?P<kind>not_null|range|every_user)(?:\((?P<column>[a-z][a-z0-9_]*)\))?"
    rf"(?: (?P<low>{_NUMBER})? ?\.\. ?(?P<high>{_NUMBER})?)?"
)


class Audit(NamedTuple):
    """What must hold of the rows of a model, as its header says."""

    kind: str
    """not_null, range or every_user."""
    column: str
    low: float | None = None
    high: float | None = None


def read(text: str, file: str) -> dict[str, Any]:
    """The checked fields of a header; refuses with MODEL_INVALID, naming file and line."""
    lines = dict(_lines(text, file))
    staging = [value for _, value in lines.get("kind", ())] == ["staging"]
    required = REQUIRED if staging else (*REQUIRED, "type")
    missing = [key for key in required if key not in lines]
    if missing:
        raise invalid(
            f"The header of {file} lacks {', '.join(missing)}.",
            at(file, 1),
            f"Add a line '-- {missing[0]}: …' before the SQL.",
        )
    fields: dict[str, Any] = {key: found[0][1] for key, found in lines.items() if key != "audit"}
    _check_words(lines, file)
    fields["grain"] = _listed(lines, "grain")
    fields["values"] = _listed(lines, "values")
    fields["incremental"] = _listed(lines, "incremental")
    fields["freshness"] = _seconds(lines, file)
    fields["audits"] = tuple(
        _audit(line, value, fields["name"], file) for line, value in lines.get("audit", ())
    )
    return fields


def at(file: str, line: int) -> str:
    """A place in a model file as people and editors write it."""
    return f"{file}:{line}"


def invalid(message: str, span: str, fix: str) -> PilothouseError:
    """The refusal of a model file."""
    return refuse(Code.MODEL_INVALID, message, span=span, fix=fix)


Lines = dict[str, list[tuple[int, str]]]


def _lines(text: str, file: str) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Each key with its lines: one, or several for audits."""
    found: Lines = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("--"):
            break
        key, colon, value = line.removeprefix("--").strip().partition(":")
        if not colon or key not in KEYS or not value.strip():
            raise invalid(
                f"'{line.strip()}' is no header line.",
                at(file, number),
                f"Write '-- key: value' with one of {', '.join(KEYS)}; "
                "leave an empty line before other comments.",
            )
        if key in found and key != "audit":
            raise invalid(
                f"The header says '{key}' twice.", at(file, number), "Remove one of the two lines."
            )
        found.setdefault(key, []).append((number, value.strip()))
    yield from found.items()


def _check_words(lines: Lines, file: str) -> None:
    """Names are names, and closed sets hold their words."""
    for key in ("name", "grain", "incremental"):
        for line, value in lines.get(key, ()):
            for word in value.split(", "):
                if not _NAME.fullmatch(word):
                    raise invalid(
                        f"'{word}' is no name.",
                        at(file, line),
                        "Use small letters, digits and underscores, a letter first.",
                    )
    for key, allowed in (("kind", KINDS), ("type", TYPES)):
        for line, value in lines.get(key, ()):
            if value not in allowed:
                raise invalid(
                    f"There is no {key} '{value}'.",
                    at(file, line),
                    f"Use one of {', '.join(allowed)}.",
                )


def _listed(lines: Lines, key: str) -> tuple[str, ...]:
    return tuple(lines[key][0][1].split(", ")) if key in lines else ()


def _seconds(lines: Lines, file: str) -> int:
    line, value = lines["freshness"][0]
    if not value.isdecimal() or int(value) == 0:
        raise invalid(
            f"The freshness '{value}' is no number of seconds.",
            at(file, line),
            "Say how old the newest source row may be, such as 86400 for a day.",
        )
    return int(value)


def _audit(line: int, value: str, name: str, file: str) -> Audit:
    found = _AUDIT.fullmatch(value)
    bounds = (found["low"], found["high"]) if found else (None, None)
    wrong_bounds = found is not None and (found["kind"] == "range") != any(bounds)
    if found is None or wrong_bounds:
        raise invalid(
            f"'{value}' is no audit.",
            at(file, line),
            "Write not_null, range 0 .. 100, range(column) 0 .. or every_user.",
        )
    low, high = (None if bound is None else float(bound) for bound in bounds)
    return Audit(found["kind"], found["column"] or name, low, high)
