"""Whether a destination's table may be stored: it names its secrets and holds none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, JsonValue, SecretStr

from core.errors import Code, Refusal
from deliver.registry import SECRET, kinds


def secret_in(name: str, table: Mapping[str, JsonValue]) -> Refusal | None:
    """Why a table may not be stored: it has a secret, or a place of which nobody knows whether it
    is one."""
    where = f"destinations.{name}"
    kind = table.get("kind")
    model = kinds().get(kind) if isinstance(kind, str) else None
    if model is None or not issubclass(model, BaseModel):
        return _refusal(f"{where}.kind", f"The destination '{name}' is of no known kind.")
    for key, value in table.items():
        field = model.model_fields.get(key)
        place = f"{where}.{key}"
        if field is None:
            return _refusal(place, f"There is no key '{place}'.")
        secret = _holds_secret(field.annotation)
        if any((secret and not one.startswith(SECRET)) or _has_login(one) for one in _texts(value)):
            return _refusal(place, f"The secret '{place}' is written in the file.")
    return None


def _refusal(place: str, why: str) -> Refusal:
    return Refusal(
        code=Code.SETTINGS_INVALID,
        message=why,
        span=place,
        fix=f'Write a secret as "{SECRET}NAME" and set the variable where Pilothouse runs.',
    )


def _holds_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_holds_secret(one) for one in get_args(annotation))


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _has_login(text: str) -> bool:
    """Whether it is an address with a name or a password in it."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.netloc and (parts.username or parts.password))
