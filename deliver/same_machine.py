"""Whether a destination's table differs from another one only by a port of this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx
from pydantic import JsonValue

Table = Mapping[str, JsonValue]
_LOOPBACK = re.compile(r"127(\.[0-9]{1,3}){3}")


def same_place(one: Table, other: Table) -> bool:
    """Whether both are the same table, whichever port of this machine they name.

    What is sent to an address of this machine stays on it.
    """
    if one == other:
        return True
    here = _without_port(one)
    return here is not None and here == _without_port(other)


def with_port_of(kept: Table, given: Table) -> Table:
    """The kept table, at the port of this machine that the given one names if that is all."""
    return given if same_place(kept, given) else kept


def _without_port(table: Table) -> dict[str, JsonValue] | None:
    """The table with its port left out; None where it names no address of this machine."""
    url = table.get("url")
    try:
        parsed = httpx.URL(url) if isinstance(url, str) else None
    except httpx.InvalidURL:
        return None
    if parsed is None or not _is_here(parsed.host):
        return None
    return {**table, "url": str(parsed.copy_with(port=None))}


def _is_here(host: str) -> bool:
    return host in ("localhost", "::1") or bool(_LOOPBACK.fullmatch(host))
