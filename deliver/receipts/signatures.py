"""The ways in which providers sign, apart from Standard Webhooks. No clock here."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from deliver.receipts.calls import Call

AHEAD = timedelta(minutes=5)
"""How far a provider's clock may run ahead of ours."""
OLDEST = timedelta(days=8)
"""Providers try again for up to a week, and not all of them sign anew: an old request that comes
again changes nothing, because every saying counts once."""
FORGED = "The signature is by none of the secrets that are known here."


def hmac_sha256(secret: str, *parts: bytes) -> str:
    """The signature of the parts one after the other, in hexadecimal."""
    return hmac.new(secret.encode(), b"".join(parts), hashlib.sha256).hexdigest()


def is_one_of(given: str, expected: Iterable[str]) -> bool:
    """Whether a text is one of those expected; how long it takes tells nothing of which."""
    shown = given.encode(errors="surrogateescape")
    same = [hmac.compare_digest(shown, one.encode()) for one in expected]
    return any(same)


def why_off(seconds: str, now: datetime) -> str | None:
    """Why a moment of signing cannot be right, as a sentence; None: it can."""
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 11):
        return "The moment of signing is not a number of seconds since 1970."
    age = now.replace(tzinfo=UTC).timestamp() - int(seconds)
    if age < -AHEAD.total_seconds():
        return "The moment of signing lies ahead of this clock: one of the two clocks is wrong."
    if age > OLDEST.total_seconds():
        return f"The request was signed more than {OLDEST.days} days ago."
    return None


def why_not_shared(call: Call, secrets: Sequence[str]) -> str | None:
    """Why a request does not show the shared secret: the last word of ``Authorization``."""
    shown = call.headers.get("authorization", "").rpartition(" ")[2]
    if not shown:
        return "The request has no Authorization header."
    return None if is_one_of(shown, secrets) else "The secret in Authorization is not known here."


def public_key(given: str) -> EllipticCurvePublicKey:
    """A key of an elliptic curve, in base64 with or without its PEM frame; raises ValueError."""
    lines = [line for line in given.strip().splitlines() if not line.startswith("-----")]
    try:
        key = load_der_public_key(base64.b64decode("".join(lines), validate=True))
    except (binascii.Error, ValueError):
        raise ValueError("This is no public key.") from None
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("This is a public key of another kind than ECDSA.")
    return key


def is_signed(key: EllipticCurvePublicKey, signature: str, content: bytes) -> bool:
    """Whether the owner of a key signed the content; the signature is in base64."""
    try:
        key.verify(base64.b64decode(signature, validate=True), content, ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
