"""The rulebook as files in a folder: one a rule, policy or journey, to be kept in git and reviewed.

Writing gives the same bytes for the same versions. Reading trusts nothing: what a file says is
typed like every proposal, and what it was written from is compared with what is in force.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError

from control.versions import Versioned
from core.errors import Code, PilothouseError, Refusal, refuse
from core.journeys import Journey
from core.rules import DecisionPolicy, EligibilityRule
from ui import rulebook_yaml
from ui.rulebook_yaml import Unreadable

Filed = EligibilityRule | DecisionPolicy | Journey
FOLDERS: dict[str, str] = {
    "eligibility_rule": "rules",
    "decision_policy": "policies",
    "journey": "journeys",
}
"""Kind → the folder of its files."""
SUFFIXES = (".yaml", ".yml", ".json")
LARGEST_BYTES = 1_000_000
MARK = "# Pilothouse rulebook: "
"""How a file that was written from the rulebook begins."""
BASED_ON = "based_on"
_DIGITS = 12
_BASE = re.compile(rf"([1-9][0-9]*)@([0-9a-f]{{{_DIGITS}}})")
_FILED: TypeAdapter[Filed] = TypeAdapter(Annotated[Filed, Field(discriminator="kind")])


class Base(NamedTuple):
    """The version that a file was written from."""

    version: int
    content: str
    """The first digits of its content hash: another workspace may have another version 3."""

    @classmethod
    def of(cls, version: Versioned[Any]) -> Base:
        """What a file that is written from this version says."""
        return cls(version.version, version.content_hash[:_DIGITS])

    def __str__(self) -> str:
        return f"{self.version}@{self.content}"


class RuleFile(NamedTuple):
    """What a file proposes."""

    file: Path
    artifact: Filed
    based_on: Base | None
    """None: it was written by hand."""


class Written(NamedTuple):
    """What writing the rulebook did to a folder."""

    files: tuple[Path, ...]
    removed: tuple[Path, ...]
    """Files written before, of what is no longer in force."""


def write(folder: Path, versions: Sequence[Versioned[Any]]) -> Written:
    """Write every version as a file; refuses with INVALID_FILE what cannot be written to.

    Files that an earlier writing left of other keys are removed; a person's own files stay.
    """
    texts = {folder / FOLDERS[one.kind] / f"{one.key}.yaml": text_of(one) for one in versions}
    stale = [file for file in _ours(folder) if file not in texts]
    try:
        for file, text in texts.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            new = file.with_suffix(".new")
            new.write_text(text, encoding="utf-8")
            new.replace(file)
        for file in stale:
            file.unlink()
    except OSError as error:
        raise refuse(
            Code.INVALID_FILE,
            f"The rulebook cannot be written to {folder}: {error.strerror}.",
            span=str(folder),
            fix="Name a folder that may be written.",
        ) from error
    return Written(tuple(texts), tuple(stale))


def text_of(version: Versioned[Any]) -> str:
    """A version as the text of its file."""
    request = f" in {version.change_request_id}" if version.change_request_id else ""
    head = (
        f"{MARK}version {version.version} of {version.key}, approved by "
        f"{version.published_by}{request}, {version.state} since "
        f"{version.published_at:%Y-%m-%d %H:%M} UTC.\n"
        "# Edit it, then 'pilothouse import rulebook FILE': a change request, nothing goes live.\n"
    )
    document = {BASED_ON: str(Base.of(version))} | rulebook_yaml.short(version.artifact)
    return head + rulebook_yaml.written(document)


def read(paths: Iterable[Path]) -> tuple[list[RuleFile], dict[Path, Refusal]]:
    """What files, and folders of files, propose; and why some cannot be read."""
    found: list[RuleFile] = []
    refused: dict[Path, Refusal] = {}
    for file in _files(paths):
        try:
            found.append(read_file(file))
        except PilothouseError as error:
            refused[file] = error.refusal
    refused |= _twice(found)
    return [one for one in found if one.file not in refused], refused


def read_file(file: Path) -> RuleFile:
    """What one file proposes, as YAML or JSON; refuses with INVALID_FILE and the place in it."""
    document = _document(file)
    if isinstance(document, dict) and isinstance(document.get("artifact"), dict):
        document = document["artifact"]
    if not isinstance(document, dict):
        raise _unfit(file, "is no rule, policy or journey: it holds no names with values")
    based_on = _base(file, document.pop(BASED_ON, None))
    try:
        return RuleFile(file, _FILED.validate_python(document), based_on)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        why = first["msg"].removeprefix("Value error, ")
        raise _unfit(file, f"is no rule, policy or journey: {place}: {why}", place) from error


def _base(file: Path, said: Any) -> Base | None:
    if said is None:
        return None
    if not (isinstance(said, str) and (found := _BASE.fullmatch(said))):
        raise _unfit(file, f"says {BASED_ON}: {said!r}, which is no version", BASED_ON)
    return Base(int(found[1]), found[2])


def _document(file: Path) -> Any:
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise _unfit(file, f"has more than {LARGEST_BYTES:,} bytes")
        text = file.read_text(encoding="utf-8")
        return json.loads(text) if file.suffix == ".json" else rulebook_yaml.read(text)
    except OSError as error:
        raise _unfit(file, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _unfit(file, "is no text in UTF-8") from error
    except (Unreadable, json.JSONDecodeError, RecursionError) as error:
        raise _unfit(file, f"cannot be read: {error}") from error


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES)
        if not inside:
            raise _unfit(path, "holds no YAML and no JSON file")
        yield from inside


def _twice(found: Sequence[RuleFile]) -> dict[Path, Refusal]:
    """Files that say something of a key of which another file says something too."""
    first: dict[str, Path] = {}
    refused: dict[Path, Refusal] = {}
    for one in found:
        other = first.setdefault(one.artifact.key, one.file)
        if other is not one.file:
            why = f"has the key '{one.artifact.key}', which {other.name} has too"
            refused[one.file] = _unfit(one.file, why, one.artifact.key).refusal
    return refused


def _ours(folder: Path) -> list[Path]:
    """Files of the folder that an earlier writing left."""
    candidates = (file for name in FOLDERS.values() for file in (folder / name).glob("*.yaml"))
    return sorted(file for file in candidates if file.is_file() and _is_ours(file))


def _is_ours(file: Path) -> bool:
    with file.open(encoding="utf-8", errors="replace") as lines:
        return lines.readline().startswith(MARK)


def _unfit(file: Path, why: str, span: str | None = None) -> PilothouseError:
    return refuse(
        Code.INVALID_FILE,
        f"{file.name} {why}.",
        span=span or str(file),
        fix="See docs/rulebook-files.md for the shape of these files.",
    )
