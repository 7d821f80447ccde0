"""Who may tell of the messages of a destination: how its kind tells, and what proves it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from pydantic import BaseModel, SecretStr

from control.receipts import Batch
from deliver.receipts import (
    braze,
    customerio,
    iterable,
    klaviyo,
    onesignal,
    sendgrid,
    twilio,
    webhook,
)
from deliver.receipts.calls import Call, Read, Reader

READERS: Mapping[str, Reader] = {
    "braze": braze,
    "customerio": customerio,
    "iterable": iterable,
    "klaviyo": klaviyo,
    "onesignal": onesignal,
    "sendgrid": sendgrid,
    "twilio": twilio,
    "webhook": webhook,
}
"""Kind of destination → how it tells of its messages, one line each."""
_PROOFS = ("receipt_public_key", "receipt_secret", "receipt_secrets")
"""The fields of a destination's settings that hold what its receipts are proved by."""
_OWN_PROOFS: Mapping[str, tuple[str, ...]] = {
    "twilio": ("auth_token",),
    "webhook": ("secrets", "secret"),
}
"""The fields that prove it where the settings name none: what a request is signed with anyway."""


_ADDRESS = re.compile(r"[^\s<>@\"']+@[^\s<>@\"']+|\+[0-9]{7,15}")


class Receiver(NamedTuple):
    """What receives the receipts of one destination."""

    reader: Reader
    secrets: tuple[str, ...]
    public_url: str | None = None

    def why_not_genuine(self, call: Call) -> str | None:
        """Why a request is not to be trusted, as a sentence; None: the provider made it."""
        return self.reader.why_not_genuine(self._asked(call), self.secrets)

    def read(self, call: Call) -> Read:
        """What a genuine request says; raises ``Unreadable``."""
        return self.reader.read(self._asked(call))

    def _asked(self, call: Call) -> Call:
        return call._replace(public_url=self.public_url)


def receiver_of(configured: object) -> Receiver | None:
    """What receives for a destination; None: its kind tells nothing, or nothing would prove it."""
    kind = getattr(configured, "kind", None)
    reader = READERS.get(str(kind))
    if reader is None or not isinstance(configured, BaseModel):
        return None
    own = _OWN_PROOFS.get(str(kind), ())
    secrets = _secrets(configured, _PROOFS) or _secrets(configured, own)
    url = getattr(configured, "status_callback", None)
    return Receiver(reader, secrets, url) if secrets else None


def batch_of(destination: str, read: Read, *, shift: timedelta = timedelta(0)) -> Batch:
    """What a request says, as it is kept; ``shift`` is from the provider's clock to ours."""
    facts = tuple(
        one._replace(at=one.at + shift, reason=_without_addresses(one.reason)) for one in read.facts
    )
    return Batch(destination, facts, read.ignored, len(read.malformed))


def _without_addresses(reason: str | None) -> str | None:
    """Why a message failed, without whom: mail servers repeat the address that they refuse."""
    return _ADDRESS.sub("…", reason) if reason else None


def _secrets(configured: BaseModel, names: tuple[str, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        value = getattr(configured, name, None)
        values = value if isinstance(value, tuple | list) else (value,)
        found += [
            one.get_secret_value() if isinstance(one, SecretStr) else str(one)
            for one in values
            if one
        ]
    return tuple(found)
