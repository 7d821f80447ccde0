"""Twilio: one form a message and state, and one for each text that somebody sends back.

It signs with HMAC-SHA1 over the address that it asked for and the sorted fields. No moment is
signed or sent: what it tells of happened when it is told.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs, parse_qsl, urlsplit

from control.receipts import Fact, Kind
from deliver.receipts.calls import Call, Read, Unreadable, needed, read_each, text
from deliver.receipts.signatures import FORGED, is_one_of

SIGNATURE = "x-twilio-signature"
KINDS: Mapping[str, Kind] = {
    "delivered": "delivered",
    "read": "opened",
    "undelivered": "bounced",
    "failed": "bounced",
}
OPTED_OUT = "21610"
"""The error of a message to somebody who had sent STOP."""
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
_MOST_FIELDS = 200


def why_not_genuine(call: Call, secrets: Sequence[str]) -> str | None:
    """Whether one of the account's tokens signed the fields, and the address they were sent to."""
    signature = call.headers.get(SIGNATURE)
    if not signature:
        return f"The request has no {SIGNATURE}."
    fields = sorted({*parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)})
    told = "".join(name + value for name, value in fields)
    expected = [_signed(secret, url + told) for secret in secrets for url in _addresses(call)]
    return None if is_one_of(signature, expected) else FORGED


def read(call: Call) -> Read:
    """What the form says; the address says of which intent, where we gave one that does."""
    try:
        fields = parse_qsl(
            call.body.decode(), keep_blank_values=True, strict_parsing=True,
            max_num_fields=_MOST_FIELDS,
        )  # fmt: skip
    except (UnicodeDecodeError, ValueError) as error:
        raise Unreadable("It is not a form that can be read.") from error
    form = dict(fields)
    asked = parse_qs(urlsplit(call.url).query)
    intent_id = asked.get("intent_id", [None])[0]
    return read_each([form | {"intent_id": intent_id}], lambda one: _facts(one, call))


def _facts(form: Mapping[str, str | None], call: Call) -> Iterator[Fact]:
    sid = needed(form, "MessageSid", "SmsSid")
    status = (text(form, "MessageStatus", "SmsStatus") or "").lower()
    intent_id, code = text(form, "intent_id"), text(form, "ErrorCode")
    fact = Fact("delivered", call.now, f"{sid}\n{status}", intent_id, sid)
    if _says_stop(form):
        who = (text(form, "From") or "").removeprefix("whatsapp:")
        yield fact._replace(
            kind="unsubscribed", told_by=sid, intent_id=None, provider_id=None,
            address=who or needed(form, "From"), channel="sms",
        )  # fmt: skip
        return
    if kind := KINDS.get(status):
        reason = f"Twilio error {code}" if code else status
        yield fact._replace(kind=kind, reason=reason if kind == "bounced" else None)
    if code == OPTED_OUT:
        yield fact._replace(kind="unsubscribed", channel="sms")


def _says_stop(form: Mapping[str, str | None]) -> bool:
    if (text(form, "MessageStatus", "SmsStatus") or "received").lower() != "received":
        return False
    said = text(form, "OptOutType") or text(form, "Body") or ""
    return said.upper().rstrip(".!") in STOP_WORDS


def _signed(secret: str, content: str) -> str:
    digest = hmac.new(secret.encode(), content.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _addresses(call: Call) -> Iterator[str]:
    """What Twilio may have asked for: a proxy in front changes the scheme, the name and the port.

    Only somebody with the token can sign any of them.
    """
    url = urlsplit(call.url)
    for scheme in ("https", "http"):
        yield url._replace(scheme=scheme).geturl()
        yield url._replace(scheme=scheme, netloc=url.hostname or "").geturl()
    if call.public_url:
        yield f"{call.public_url}?{url.query}" if url.query else call.public_url
