"""What the YAML files of rudder-cli hold: events, properties, custom types, one tracking plan.

Both spellings are read: ``rudder/v1`` (``#event:signup``) and ``rudder/0.1``
(``#/events/group/signup``). Categories describe and check nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import Code, PilothouseError, refuse

_LISTS = {
    "events": "events",
    "properties": "properties",
    "custom-types": "types",
    "categories": "categories",
}
_REFERENCE = re.compile(r"#(?:/(?P<kind>[a-z-]+)/(?P<group>[^/]+)/|(?P<word>[a-z-]+):)(?P<id>.+)")
_WORDS = {"event": "events", "property": "properties", "custom-type": "custom-types"}


class Place(NamedTuple):
    """Where something stands: file, and path inside it."""

    file: Path
    path: str

    def at(self, step: str) -> Place:
        """One step further in."""
        return Place(self.file, f"{self.path}.{step}" if self.path else step)


class LeftOut(NamedTuple):
    """Something that the plan does not hold, where it stands, and what becomes of it."""

    place: Place
    what: str

    def __str__(self) -> str:
        return f"{self.place.file.name}, {self.place.path}: {self.what}"


class Entry(NamedTuple):
    """A thing with an id."""

    place: Place
    content: dict[str, Any]


@dataclass
class Files:
    """Everything that a set of files defines; ids are unique within a kind, or within its group."""

    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    plans: list[Entry] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def find(self, reference: object, kind: str, place: Place) -> Entry:
        """What a reference points at; refuses one that points nowhere."""
        found = _REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
        if found is None:
            raise invalid(place, f"'{reference}' is no reference such as #event:signup")
        named = found["kind"] or _WORDS.get(found["word"], found["word"])
        key = f"{found['group']}/{found['id']}" if found["group"] else found["id"]
        entry = self.entries.get((kind, key)) if named == kind else None
        if entry is None:
            raise invalid(place, f"'{reference}' points at no entry of {kind}")
        return entry

    def leave_out(self, place: Place, what: str) -> None:
        """Tell that something is not taken over."""
        self.left_out.append(LeftOut(place, what))


def is_rudder(document: object) -> bool:
    """Whether a YAML document is one of rudder-cli's."""
    return isinstance(document, dict) and str(document.get("version", "")).startswith("rudder/")


def collected(documents: Iterable[tuple[Path, Any]]) -> Files:
    """The entries of all files together; refuses what has no shape, with file and path."""
    files = Files()
    for file, document in documents:
        place = Place(file, "spec")
        kind = document.get("kind")
        spec = document.get("spec")
        if kind in ("tp", "tracking-plan"):
            files.plans.append(Entry(place, require(dict, spec, place)))
        elif kind in _LISTS:
            metadata = document.get("metadata")
            group = metadata.get("name") if isinstance(metadata, dict) else None
            listed = require(dict, spec, place).get(_LISTS[kind])
            _add(files, kind, group, require(list, listed, place.at(_LISTS[kind])), place)
        else:
            files.leave_out(Place(file, "kind"), f"files of kind {kind} are not read")
    return files


def _add(files: Files, kind: str, group: object, listed: list[Any], place: Place) -> None:
    for number, content in enumerate(listed):
        here = place.at(f"{_LISTS[kind]}.{number}")
        given = require(dict, content, here)
        identity = str(given.get("id") or "")
        if not identity:
            raise invalid(here.at("id"), "an id is required")
        if (kind, identity) in files.entries and (kind, f"{group}/{identity}") in files.entries:
            raise invalid(here.at("id"), f"there are two {kind} with the id '{identity}'")
        files.entries[kind, identity] = Entry(here, given)
        files.entries[kind, f"{group}/{identity}"] = Entry(here, given)


def require(shape: type, value: object, place: Place) -> Any:
    """A list or an object where one must stand; refuses anything else."""
    if not isinstance(value, shape):
        raise invalid(place, f"a {'list' if shape is list else 'mapping'} is expected here")
    return value


def invalid(place: Place, why: str) -> PilothouseError:
    """A refusal that says which file and where in it."""
    return refuse(
        Code.SETTINGS_INVALID,
        f"The tracking plan {place.file.name} is not valid: {why}.",
        span=place.path,
        fix="Correct the file.",
    )
