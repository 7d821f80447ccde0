"""Standard Webhooks 1.0: a request is signed with a shared secret, and told from a forged one.

What is signed is ``{id}.{moment}.{body}``, with HMAC-SHA256. One request may carry several
signatures and a receiver may know several secrets, so that a secret can be changed while
requests are under way. No clock here: the moment comes in, as naive UTC.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""How far the moment of a request may lie from the receiver's clock, either way."""
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_PREFIX = "whsec_"
_FEWEST, _MOST = 24, 64
"""Bytes of a secret."""
_SCHEME = "v1,"
_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)
_EPOCH = datetime(1970, 1, 1)


def signed_headers(
    identifier: str, body: bytes, secrets: Sequence[str], *, at: datetime
) -> dict[str, str]:
    """The three headers of a request that is made at ``at``, with one signature a secret.

    ``identifier`` stays the same however often the request is made. Raises ValueError where it
    has a full stop or a secret is none.
    """
    if _unusable(identifier):
        raise ValueError(f"{identifier!r} cannot name a request: use letters, digits, - and _")
    seconds = str(_seconds(at))
    signatures = [_signature(key(one), identifier, seconds, body) for one in secrets]
    return {ID: identifier, TIMESTAMP: seconds, SIGNATURE: " ".join(signatures)}


def why_not_genuine(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[str],
    *,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> str | None:
    """Why a request is not to be trusted, as a sentence; None: one of the secrets signed it.

    ``headers`` has names in lower case; ``body`` is the bytes that came in, before any parsing.
    A request that was captured may be sent again within the tolerance: whoever acts on it keeps
    the ``webhook-id`` of what was acted on.
    """
    identifier, seconds, signatures = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    missing = [name for name in (ID, TIMESTAMP, SIGNATURE) if not headers.get(name)]
    if missing:
        return f"The request has no {' and no '.join(missing)}."
    if _unusable(identifier):
        return f"{ID} has a full stop, a blank or a sign outside ASCII."
    if not _SECONDS.fullmatch(seconds):
        return f"{TIMESTAMP} is not a number of seconds since 1970."
    return _off(int(seconds), now, tolerance) or _forged(
        signatures, [_signature(key(one), identifier, seconds, body) for one in secrets]
    )


def key(secret: str) -> bytes:
    """The bytes of a secret, which is base64 with or without ``whsec_`` in front.

    Raises ValueError, without the secret in it, unless it is 24 to 64 bytes.
    """
    text = secret.removeprefix(_PREFIX).rstrip("=")
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a signing secret is base64, with whsec_ in front") from None
    if not _FEWEST <= len(decoded) <= _MOST:
        raise ValueError(
            f"a signing secret has {_FEWEST} to {_MOST} bytes; this one has {len(decoded)}"
        )
    return decoded


def secret_of(random: bytes) -> str:
    """Random bytes, 24 to 64 of them, as a secret to hand to the other side."""
    secret = _PREFIX + base64.b64encode(random).decode("ascii")
    key(secret)
    return secret


def _signature(secret: bytes, identifier: str, seconds: str, body: bytes) -> str:
    content = f"{identifier}.{seconds}.".encode() + body
    digest = hmac.new(secret, content, hashlib.sha256).digest()
    return _SCHEME + base64.b64encode(digest).decode("ascii")


def _off(seconds: int, now: datetime, tolerance: timedelta) -> str | None:
    age = timedelta(seconds=_seconds(now) - seconds)
    if age > tolerance:
        return "The request is too old: its moment lies too far back."
    if -age > tolerance:
        return "The request is too new: its moment lies too far ahead of this clock."
    return None


def _forged(signatures: str, expected: Sequence[str]) -> str | None:
    given = [one.encode("utf-8", "replace") for one in signatures.split(" ")]
    # No early end: how long it takes says nothing about which one matched.
    same = [hmac.compare_digest(one.encode(), other) for one in expected for other in given]
    return None if any(same) else "No signature of the request is by a secret that is known here."


def _unusable(identifier: str) -> bool:
    # With a full stop, parts of the identifier could pass as the moment, or as the body.
    odd = {".", " "} & {*identifier}
    return bool(odd) or not (identifier and identifier.isascii() and identifier.isprintable())


def _seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)
