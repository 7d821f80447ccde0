"""Providers that tell of messages in their own words, signed as each of them signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from deliver import signing
from deliver.receipts import sendgrid, twilio

TOKEN = "a-token-of-the-team"
WEBHOOK_SECRET = signing.secret_of(b"0123456789abcdef0123456789abcdef")
_KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC_KEY = base64.b64encode(
    _KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


class Told(NamedTuple):
    """A request that a provider makes."""

    headers: Mapping[str, str]
    body: bytes


def by_sendgrid(*events: Mapping[str, Any], at: datetime) -> Told:
    body = json.dumps(events).encode()
    seconds = _seconds(at)
    signature = base64.b64encode(_KEY.sign(seconds.encode() + body, ec.ECDSA(SHA256()))).decode()
    return Told({sendgrid.SIGNATURE: signature, sendgrid.TIMESTAMP: seconds}, body)


def by_twilio(url: str, *, secret: str = TOKEN, **form: str) -> Told:
    content = url + "".join(name + value for name, value in sorted(form.items()))
    digest = hmac.new(secret.encode(), content.encode(), hashlib.sha1).digest()
    headers = {
        twilio.SIGNATURE: base64.b64encode(digest).decode(),
        "content-type": "application/x-www-form-urlencoded",
    }
    return Told(headers, urlencode(form).encode())


def by_customerio(event: Mapping[str, Any], *, at: datetime) -> Told:
    body, seconds = json.dumps(event).encode(), _seconds(at)
    signed = hmac.new(TOKEN.encode(), f"v0:{seconds}:".encode() + body, hashlib.sha256)
    return Told({"x-cio-signature": signed.hexdigest(), "x-cio-timestamp": seconds}, body)


def by_klaviyo(*events: Mapping[str, Any], at: datetime) -> Told:
    body, seconds = json.dumps({"data": events, "meta": {}}).encode(), _seconds(at)
    signed = hmac.new(TOKEN.encode(), body + seconds.encode(), hashlib.sha256)
    return Told({"klaviyo-signature": signed.hexdigest(), "klaviyo-timestamp": seconds}, body)


def by_webhook(
    document: Mapping[str, Any],
    *,
    at: datetime,
    identifier: str = "r-1",
    secret: str = WEBHOOK_SECRET,
) -> Told:
    body = json.dumps(document).encode()
    return Told(signing.signed_headers(identifier, body, [secret], at=at), body)


def with_token(document: Any, *, scheme: str = "Bearer ") -> Told:
    return Told({"authorization": f"{scheme}{TOKEN}"}, json.dumps(document).encode())


def _seconds(at: datetime) -> str:
    return str(int(at.replace(tzinfo=UTC).timestamp()))
