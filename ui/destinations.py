"""The destinations of a workspace: what is configured, what each can do, and which is reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from pydantic import BaseModel, SecretStr

from core.settings import Settings
from deliver.registry import Configured, checked
from deliver.wire import Capabilities

CONNECT_SECONDS = 5.0


def listed(settings: Settings) -> list[dict[str, Any]]:
    """Every destination as plain data, the local mailbox first; secrets are not in it."""
    found = checked(settings)
    usable = [_told(name, one) for name, one in found.usable.items()]
    broken = [
        {"name": name, "kind": settings.destinations[name].get("kind")}
        | {"url": None, "refusal": refusal.model_dump(mode="json")}
        for name, refusal in found.refused.items()
    ]
    return usable + broken


def reached(settings: Settings) -> Mapping[str, str | None]:
    """Destination over HTTP → why nobody answers there; None: somebody does.

    Asks without credentials and without a message: any HTTP answer will do.
    """
    urls = {name: reached_at(one) for name, one in checked(settings).usable.items()}
    return {name: _unreachable(url) for name, url in urls.items() if url is not None}


def abilities(can: Capabilities) -> Iterator[str]:
    """What a provider does for whoever is not sure whether a message arrived, in words."""
    if can.remembers_key is not None:
        hours = can.remembers_key.total_seconds() / 3600
        yield f"knows a key for {hours:g} h"
    if can.lookup:
        yield "can be asked for a message"
    if can.cancel:
        yield "takes messages back"
    if can.per_item_errors != "none":
        yield "says which message of a batch is wrong"


def _told(name: str, one: Configured) -> dict[str, Any]:
    assert isinstance(one, BaseModel)
    can = getattr(one, "capabilities", None)
    return {
        "name": name,
        "kind": type(one).model_fields["kind"].default,
        "url": reached_at(one),
        "can": [*abilities(can)] if isinstance(can, Capabilities) else ["keeps messages here"],
        "refusal": None,
    }


def reached_at(one: object) -> str | None:
    """Where it is reached, without what a URL may hold of a secret."""
    url = getattr(one, "url", None)
    if url is None or isinstance(url, SecretStr):
        return None
    parsed = httpx.URL(str(url))
    return str(parsed.copy_with(username=None, password=None, query=None))


def _unreachable(url: str) -> str | None:
    try:
        httpx.head(url, timeout=CONNECT_SECONDS, trust_env=False, follow_redirects=False)
    except httpx.HTTPError as error:
        return str(error) or type(error).__name__
    return None
