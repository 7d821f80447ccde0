"""The ways by which people are told: letters through a mail server, and signed webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from control.letters import Written
from core.errors import Code, PilothouseError, Refusal, refuse
from core.notifications import EMAIL, SECRET, EmailSettings, WebhookSettings, is_here
from core.settings import Settings
from deliver.answers import by_status, every
from deliver.chunks import encoded
from deliver.public_urls import why_not_called
from deliver.signing import key, signed_headers
from deliver.smtp import Letter, Server, hand_over
from deliver.transport import NotSent, Transport
from deliver.wire import Outcome, Request, Response, Result


class Way(Protocol):
    """Takes letters that are written to somewhere."""

    @property
    def place(self) -> str:
        """Where it leads, for a person."""
        ...

    def hand_over(self, letter: Written, *, at: datetime) -> Outcome:
        """Hand one over; ``at`` is the wall clock's time (naive UTC). Raises nothing."""
        ...


class Ways(NamedTuple):
    """What is set up and can be used, by name, and why the rest cannot."""

    usable: Mapping[str, Way]
    refused: Mapping[str, Refusal]

    @property
    def any(self) -> bool:
        """Whether anything is set up at all."""
        return bool(self.usable or self.refused)


def ways_of(settings: Settings) -> Ways:
    """Every way that the settings name."""
    usable: dict[str, Way] = {}
    refused: dict[str, Refusal] = {}
    asked = settings.notifications
    try:
        if asked.email is not None:
            usable[EMAIL] = _mail(settings, asked.email)
    except PilothouseError as error:
        refused[EMAIL] = error.refusal
    for name, one in asked.webhooks.items():
        try:
            usable[name] = _hook(settings, f"notifications.webhooks.{name}", one)
        except PilothouseError as error:
            refused[name] = error.refusal
    return Ways(usable, refused)


class MailWay:
    """A mail server that takes letters to people by their address."""

    def __init__(self, server: Server, settings: Settings) -> None:
        self._server, self._asked = server, settings.notifications

    @property
    def place(self) -> str:
        """The server and its TLS."""
        return f"{self._server.host}:{self._server.port} ({self._server.tls})"

    def hand_over(self, letter: Written, *, at: datetime) -> Outcome:
        """One letter, with its plain and its HTML part."""
        assert self._asked.email is not None
        date = format_datetime(at.replace(tzinfo=UTC))
        to = self._asked.address_of(letter.recipient)
        sender, content = self._asked.email.sender, letter.content
        parts = (letter.subject, content["text"], content.get("html"), date)
        return hand_over(self._server, Letter(letter.id, sender, to, *parts))


class HookWay:
    """A URL that takes signed JSON (Standard Webhooks). No redirect is followed."""

    def __init__(self, asked: WebhookSettings, secrets: tuple[str, ...], *, public: bool) -> None:
        self._asked, self._secrets, self._public = asked, secrets, public

    @property
    def place(self) -> str:
        """Its host: what stands behind it may be a secret."""
        return urlsplit(self._asked.url).netloc

    def hand_over(self, letter: Written, *, at: datetime) -> Outcome:
        """One request. Under the same ``webhook-id`` it is the same letter, however often."""
        body = encoded(letter.content["json"])
        headers = {"content-type": "application/json"}
        headers |= signed_headers(letter.id, body, self._secrets, at=at)
        url, public = self._asked.url, self._public
        request = Request("POST", url, headers, body, (letter.id,), public_only=public)
        with Transport(seconds=self._asked.timeout_seconds, connections=1) as transport:
            (answer,) = transport.send([request])
        if isinstance(answer, Response):
            (outcome,) = by_status(request, answer, now=at) or every(request, "accepted")
            return outcome
        result: Result = "retry_after" if isinstance(answer, NotSent) else "ambiguous"
        return Outcome(letter.id, result, answer.reason)


def _mail(settings: Settings, asked: EmailSettings) -> Way:
    where = "notifications.email"
    if asked.ca_file is not None and not asked.ca_file.is_file():
        raise _refuse(f"{where}.ca_file", f"There is no file {asked.ca_file}.", "Name the file.")
    named = asked.password
    password = _secret(settings.secrets, f"{where}.password", named) if named else None
    server = Server(
        asked.host,
        asked.port_in_use,
        asked.tls,
        asked.username,
        password,
        asked.ca_file,
        asked.timeout_seconds,
    )
    return MailWay(server, settings)


def _hook(settings: Settings, where: str, asked: WebhookSettings) -> Way:
    here = is_here(urlsplit(asked.url).hostname or "")
    inside = here or asked.allow_private
    why = why_not_called(asked.url, allow_private=inside)
    if why is None and not here and urlsplit(asked.url).scheme != "https":
        why = "must begin with https://"
    if why is not None:
        fix = "Use https; inside your own network set allow_private = true."
        raise _refuse(f"{where}.url", f"The url of '{where}' {why}.", fix)
    secrets = tuple(_secret(settings.secrets, f"{where}.secrets", one) for one in asked.secrets)
    for one in secrets:
        try:
            key(one)
        except ValueError as error:
            fix = "Make one with: openssl rand -base64 32"
            raise _refuse(f"{where}.secrets", f"'{where}': {error}.", fix) from None
    return HookWay(asked, secrets, public=not inside)


def _secret(secrets: Mapping[str, SecretStr], where: str, named: str) -> str:
    variable = named.removeprefix(SECRET)
    if variable not in secrets:
        said = f"'{where}' names the variable {variable}, which is not set."
        raise _refuse(where, said, f"Set {variable} where Pilothouse runs.")
    return secrets[variable].get_secret_value()


def _refuse(span: str, message: str, fix: str) -> PilothouseError:
    return refuse(Code.SETTINGS_INVALID, message, span=span, fix=fix)
