"""SendGrid: e-mail, up to 1,000 messages a request where they share a template or a text.

SendGrid knows no keys and refuses a request as a whole for one bad address. Which one it was is
in the errors, so the others go again without it. A message is found again by its intent's id,
which is its only custom argument: those are kept in the clear and must not be personal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import AfterValidator, Field

from core.conditions import Frozen
from deliver.answers import but_for, by_status, document, every, said
from deliver.chunks import Item, Unfit, cut, framed, grouped, intent_ids, items, theirs
from deliver.endpoints import Endpoint, Key, over
from deliver.messages import Message
from deliver.receipts.proofs import ReceiptKey
from deliver.wire import Capabilities, Outcome, Plan, Rate, Request, Response

MOST_MESSAGES = 1_000
MOST_BYTES = 30_000_000
MOST_ITEM_BYTES = 1_000_000
_ROOM = 12 * MOST_ITEM_BYTES
"""Bytes of a body that are not messages: text, HTML and settings, escaped."""
RATES = {"mail": Rate(burst=100, per_second=100)}
"""SendGrid says how much is left in its answers, and publishes no number."""
_EMAIL = re.compile(r"[^\s@<>,;:\"\x00-\x1f]+@[^\s@<>,;:\"\x00-\x1f]+\.[^\s@<>,;:\"\x00-\x1f]+")
_PLACE = re.compile(r"personalizations\.([0-9]{1,4})(?:\.|$)", re.ASCII)
_OF_SETTINGS = ("from", "reply_to", "asm")


class _Shared(NamedTuple):
    """What messages of one request have in common."""

    template: str | None
    text: str
    html: str | None
    group: int | None


class SendGrid(Frozen):
    """Settings of a SendGrid account, and what is sent there."""

    kind: Literal["sendgrid"] = "sendgrid"
    url: Endpoint = "https://api.sendgrid.com"
    """``https://api.eu.sendgrid.com`` for subusers in the EU."""
    api_key: Key
    receipt_public_key: ReceiptKey | None = None
    """The verification key of the event webhook, which tells what became of messages."""
    sender: str = Field(pattern=r"^[^\s@]+@[^\s@]+$")
    """A verified sender, or an address of an authenticated domain."""
    sender_name: str | None = None
    reply_to: str | None = Field(default=None, pattern=r"^[^\s@]+@[^\s@]+$")
    unsubscribe_group: int | None = Field(default=None, ge=1)
    """The group that marketing messages belong to, and that their recipients can leave."""
    templates: Mapping[str, Annotated[str, Field(pattern=r"^d-")]] = {}
    """Our template or action → the id of a dynamic template; else the text is ours."""
    rates: Annotated[Mapping[str, Rate], AfterValidator(over(RATES))] = RATES

    capabilities: ClassVar[Capabilities] = Capabilities(remembers_key=None)

    @property
    def lacks(self) -> tuple[str, ...]:
        """What it adds to no marketing message, whatever a channel declares: without a group it
        writes no link to leave by."""
        return ("unsubscribe",) if self.unsubscribe_group is None else ()

    def plan(self, messages: Sequence[Message], *, now: datetime) -> Plan:
        """Requests of up to 1,000 messages that share a template, or the very same text."""
        fit, refused = items(messages, self._item, most_bytes=MOST_ITEM_BYTES)
        return Plan(tuple(self._requests(fit)), tuple(refused))

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """202 is taken; a refusal counts for the messages that it names."""
        errors = _errors(response) if response.status == 400 else []
        wrong = _by_place(errors, len(request.intent_ids))
        if wrong:
            return but_for(request, wrong)
        if any(field.partition(".")[0] in _OF_SETTINGS for field, _ in errors):
            return every(request, "retry_after", f"400: {said(response)}", pauses=True)
        if response.status == 404:
            return every(request, "retry_after", f"404: there is no {request.url}.", pauses=True)
        failed = by_status(request, response, now=now)
        if failed is not None:
            return failed
        if response.status != 202:
            # 200 is what a request in sandbox mode is answered with, which is never delivered.
            return every(request, "ambiguous", f"SendGrid answered {response.status}, not 202.")
        alone = len(request.intent_ids) == 1
        return every(
            request, "accepted", provider_id=response.headers.get("x-message-id") if alone else None
        )

    def _item(self, message: Message) -> Mapping[str, Any] | Unfit:
        if not _EMAIL.fullmatch(message.address):
            return Unfit("The address is not an e-mail address.")
        item: dict[str, Any] = {
            "to": [{"email": message.address}],
            "custom_args": {"intent_id": message.intent_id},
        }
        if self._template(message):
            told = {"subject": message.subject, "body": message.body}
            return {**item, "dynamic_template_data": {**told, **message.variables}}
        if not message.subject.strip() or not message.body.strip():
            return Unfit("The message has no subject or no text.")
        if not all(_is_text(one) for one in (message.body, message.html or "")):
            return Unfit(f"The text is none, or longer than {MOST_ITEM_BYTES:,} bytes.")
        return {**item, "subject": " ".join(message.subject.split())}

    def _template(self, message: Message) -> str | None:
        found = theirs(message, self.templates)
        return found if isinstance(found, str) else None

    def _shared(self, message: Message) -> _Shared:
        group = self.unsubscribe_group if message.message_class == "marketing" else None
        template = self._template(message)
        if template:
            return _Shared(template, "", None, group)
        return _Shared(None, message.body, message.html, group)

    def _requests(self, fit: Sequence[Item]) -> Iterator[Request]:
        for shared, group in grouped(fit, self._shared):
            around = self._around(shared)
            size = MOST_BYTES - _ROOM
            for chunk in cut(group, count=MOST_MESSAGES, size=size, apart=(_mailbox,)):
                yield Request(
                    "POST",
                    f"{self.url}/v3/mail/send",
                    {
                        "authorization": f"Bearer {self.api_key.get_secret_value()}",
                        "content-type": "application/json",
                    },
                    framed(around, "personalizations", chunk),
                    intent_ids(chunk),
                    "mail",
                )

    def _around(self, shared: _Shared) -> Mapping[str, Any]:
        name = {"name": self.sender_name} if self.sender_name else {}
        around: dict[str, Any] = {"from": {"email": self.sender, **name}}
        if self.reply_to:
            around["reply_to"] = {"email": self.reply_to}
        if shared.group:
            around["asm"] = {"group_id": shared.group}
        if shared.template:
            return {**around, "template_id": shared.template}
        content = [{"type": "text/plain", "value": shared.text}]
        if shared.html:
            content.append({"type": "text/html", "value": shared.html})
        return {**around, "content": content}


def _is_text(text: str) -> bool:
    try:
        return len(text.encode()) <= MOST_ITEM_BYTES
    except UnicodeEncodeError:
        return False


def _mailbox(message: Message) -> str:
    return message.address.casefold()


def _errors(response: Response) -> list[tuple[str, str]]:
    """Field and message of each error."""
    answer = document(response)
    errors = answer.get("errors") if isinstance(answer, dict) else None
    told = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    return [(str(one.get("field") or ""), str(one.get("message"))) for one in told]


def _by_place(errors: Sequence[tuple[str, str]], many: int) -> dict[int, str]:
    """Place in the request → what is wrong there; empty where an error is about all of it."""
    found: dict[int, str] = {}
    for field, why in errors:
        place = _PLACE.match(field)
        if place is None or int(place[1]) >= many:
            return {}
        found.setdefault(int(place[1]), why)
    return found
