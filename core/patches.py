"""Making the edits of a finding to an artifact, as JSON: a copy that is right instead of wrong."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from core.artifacts import Edit


def patched(document: dict[str, Any], edits: Iterable[Edit]) -> dict[str, Any]:
    """The document with every edit made, in order; what was given stays as it is.

    A place that is there is replaced, a field of an object may be new, ``-`` appends to a list.
    Raises ValueError for a pointer that leads nowhere.
    """
    made = copy.deepcopy(document)
    for edit in edits:
        *way, last = (_name(token) for token in edit.path[1:].split("/"))
        inside: Any = made
        for name in way:
            inside = _inside(inside, name, edit)
        _set(inside, last, edit)
    return made


def _name(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")


def _inside(holder: Any, name: str, edit: Edit) -> Any:
    try:
        return holder[int(name)] if isinstance(holder, list) else holder[name]
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise _nowhere(edit) from error


def _set(holder: Any, name: str, edit: Edit) -> None:
    value = copy.deepcopy(edit.value)
    if isinstance(holder, list) and name == "-":
        holder.append(value)
    elif isinstance(holder, list) and name.isdigit() and int(name) < len(holder):
        holder[int(name)] = value
    elif isinstance(holder, dict):
        holder[name] = value
    else:
        raise _nowhere(edit)


def _nowhere(edit: Edit) -> ValueError:
    return ValueError(f"'{edit.path}' leads nowhere in the artifact")
