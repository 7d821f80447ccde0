"""Which kinds of destination there are, and the destinations that a workspace has configured.

A destination is a table ``[destinations.NAME]`` of ``pilothouse.toml`` with a ``kind``; its other
keys are the fields of that kind's class. The local mailbox is there without any table.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, get_args

from pydantic import BaseModel, JsonValue, SecretStr, ValidationError

from control.store import Store
from core.conditions import Frozen
from core.errors import Code, PilothouseError, Refusal, refuse
from core.settings import Settings
from deliver.destinations.braze import Braze
from deliver.destinations.customerio import CustomerIo
from deliver.destinations.inbox import Inbox
from deliver.destinations.iterable import Iterable
from deliver.destinations.klaviyo import Klaviyo
from deliver.destinations.mailbox import MAILBOX, Mailbox
from deliver.destinations.offline_list import OfflineList
from deliver.destinations.onesignal import OneSignal
from deliver.destinations.sendgrid import SendGrid
from deliver.destinations.twilio import Twilio
from deliver.destinations.webhook import Webhook
from deliver.messages import Destination
from deliver.wire import Provider
from warehouse.catalog import nearest

SECRET = "env:"
"""How a table names the environment variable that holds a secret of its own."""


class Kept(Protocol):
    """A destination on this machine, which keeps its messages itself."""

    def opened(self, store: Store, folder: Path) -> Destination:
        """What takes the messages; ``folder`` is the workspace's."""
        ...


class LocalMailbox(Frozen):
    """Messages as files that a person can open, in the folder ``mailbox`` of the workspace."""

    kind: Literal["mailbox"] = "mailbox"

    def opened(self, store: Store, folder: Path) -> Destination:
        """The mailbox of a workspace."""
        return Mailbox(store, folder / MAILBOX)


Configured = Provider | Kept
"""A destination as it is configured: reached over HTTP, or on this machine."""

KINDS: tuple[type[Configured], ...] = (
    LocalMailbox,
    Inbox,
    Braze,
    CustomerIo,
    Iterable,
    Klaviyo,
    OfflineList,
    OneSignal,
    SendGrid,
    Twilio,
    Webhook,
)
"""Every kind, one line each: a frozen class whose field ``kind`` has its name as the default."""


class Checked(NamedTuple):
    """The destinations that are usable, by name, and why others are not."""

    usable: Mapping[str, Configured]
    refused: Mapping[str, Refusal]


def destinations_of(settings: Settings) -> Mapping[str, Configured]:
    """Every destination by name, the local mailbox first.

    Refuses with SETTINGS_INVALID, naming the key: an unknown kind or key, a missing key or
    variable, a value that is not what it must be.
    """
    found = checked(settings)
    for refusal in found.refused.values():
        raise PilothouseError(refusal)
    return found.usable


def checked(settings: Settings) -> Checked:
    """Every destination that can be used, and the refusal of each that cannot."""
    good: dict[str, Configured] = {MAILBOX: LocalMailbox()}
    refused = {}
    for name, table in settings.destinations.items():
        try:
            good[name] = _apart(name, _read(name, table, settings.secrets), good)
        except PilothouseError as error:
            refused[name] = error.refusal
    return Checked(good, refused)


def usable(settings: Settings, name: str) -> Configured:
    """One destination; refuses with what is wrong with it, whatever is wrong with others."""
    found = checked(settings)
    if name in found.refused:
        raise PilothouseError(found.refused[name])
    return named(found.usable, name)


Found = TypeVar("Found")


def named(destinations: Mapping[str, Found], name: str) -> Found:
    """One of the destinations; refuses with UNKNOWN_KEY and the nearest names."""
    if name in destinations:
        return destinations[name]
    near = nearest(name, [*destinations])
    raise refuse(
        Code.UNKNOWN_KEY,
        f"There is no destination '{name}'.",
        span=name,
        fix=f"Did you mean {' or '.join(near)}?"
        if near
        else f"Add [destinations.{name}] to pilothouse.toml, or use {', '.join(destinations)}.",
    )


def kinds() -> Mapping[str, type[Configured]]:
    """Kind → its class."""
    return {_kind(one): one for one in KINDS}


def _read(name: str, table: Mapping[str, JsonValue], secrets: Mapping[str, SecretStr]) -> Any:
    where = f"destinations.{name}"
    if name == MAILBOX:
        raise _refuse(where, f"'{MAILBOX}' is the mailbox of this machine.", "Choose another name.")
    model = _model(where, table.get("kind"))
    given = {
        key: _value(f"{where}.{key}", model, key, value, secrets) for key, value in table.items()
    }
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _invalid(where, model, error) from None


def _apart(name: str, one: Configured, others: Mapping[str, Configured]) -> Configured:
    """Refuses two lists in one folder: whoever takes one would have the addresses of both."""
    folder = getattr(one, "folder", None)
    twins = [other for other, its in others.items() if getattr(its, "folder", None) == folder]
    if folder is not None and twins:
        raise _refuse(
            f"destinations.{name}.folder",
            f"'{name}' and '{twins[0]}' write into the same folder '{folder}'.",
            "Give one of them a 'folder' of its own.",
        )
    return one


def _model(where: str, kind: JsonValue) -> type[BaseModel]:
    known = kinds()
    if isinstance(kind, str) and kind in known:
        found = known[kind]
        assert issubclass(found, BaseModel)
        return found
    said = "has no kind" if kind is None else f"is of the unknown kind '{kind}'"
    near = nearest(kind, [*known]) if isinstance(kind, str) else []
    fix = f"Did you mean {' or '.join(near)}?" if near else f"Kinds: {', '.join(known)}."
    raise _refuse(f"{where}.kind", f"The destination '{where.partition('.')[2]}' {said}.", fix)


def _value(
    where: str,
    model: type[BaseModel],
    key: str,
    value: JsonValue,
    secrets: Mapping[str, SecretStr],
) -> object:
    """A value with what ``env:`` names in its place. A secret is never written in the file."""
    if isinstance(value, list):
        return [_value(where, model, key, one, secrets) for one in value]
    if isinstance(value, dict):
        return {name: _value(where, model, key, one, secrets) for name, one in value.items()}
    if not isinstance(value, str):
        return value
    secret = key in model.model_fields and _holds_secret(model.model_fields[key].annotation)
    if not value.startswith(SECRET):
        if secret:
            fix = f'Put it into a variable and write {key} = "{SECRET}NAME".'
            raise _refuse(where, f"The secret '{where}' is written in the file.", fix)
        return value
    variable = value.removeprefix(SECRET)
    if variable not in secrets:
        fix = f"Set {variable} where Pilothouse runs."
        raise _refuse(where, f"'{where}' names the variable {variable}, which is not set.", fix)
    return secrets[variable] if secret else secrets[variable].get_secret_value()


def _holds_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_holds_secret(one) for one in get_args(annotation))


def _invalid(where: str, model: type[BaseModel], error: ValidationError) -> PilothouseError:
    """The first thing that is wrong; what was given is not repeated, for it may be a secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    path = ".".join((where, *(str(part) for part in first["loc"])))
    if first["type"] == "extra_forbidden":
        known = [one for one in model.model_fields if one != "kind"]
        near = nearest(str(first["loc"][-1]), known)
        fix = f"Did you mean {' or '.join(near)}?" if near else f"Keys: {', '.join(known)}."
        return _refuse(path, f"There is no key '{path}'.", fix)
    if first["type"] == "missing":
        return _refuse(path, f"The key '{path}' is missing.", "Add it to pilothouse.toml.")
    return _refuse(
        path,
        f"The setting '{path}' is not valid: {first['msg'].removeprefix('Value error, ')}.",
        "Correct it in pilothouse.toml.",
    )


def _refuse(span: str, message: str, fix: str) -> PilothouseError:
    return refuse(Code.SETTINGS_INVALID, message, span=span, fix=fix)


def _kind(model: type[Configured]) -> str:
    assert issubclass(model, BaseModel)
    return str(model.model_fields["kind"].default)
