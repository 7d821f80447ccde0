"""Letters handed to a mail server: RFC 5321, with TLS before anything is said, and an end to time.

What comes of one is an outcome as of every destination. A server without the TLS that was asked
for gets no letter, and its certificate is checked.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as RFC_5322
from email.utils import parseaddr
from pathlib import Path
from threading import Timer
from typing import Literal, NamedTuple

from deliver.wire import Outcome

_WHOLE = 4.0
"""How many times the seconds of one answer a whole hand-over may take."""
_REFUSES_FOR_GOOD = frozenset({550, 551, 552, 553, 554, 555, 556})
"""Answers about a recipient or a letter that asking again does not change (RFC 5321, 4.2)."""
_CLOSING = 421


class Server(NamedTuple):
    """A mail server, and how to be let in. ``seconds`` bounds each of its answers."""

    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    seconds: float = 10.0


class Letter(NamedTuple):
    """One letter to one address: ``key`` stays the same however often it is handed over."""

    key: str
    sender: str
    to: str
    subject: str
    text: str
    html: str | None
    date: str
    """As RFC 5322 writes it."""


def hand_over(server: Server, letter: Letter) -> Outcome:
    """Hand one letter over. Raises nothing: why it was not taken is the outcome's reason.

    ``ambiguous`` is only what broke after the letter had left: the same key tells a mail client
    that a second one is the same. ``pauses``: it was the server, and not this letter: the next
    one would fare no better.
    """
    try:
        message = _message(letter)
    except ValueError as error:
        return Outcome(letter.key, "rejected", f"It is no letter: {error}.")
    left: list[bool] = []
    try:
        with _connected(server) as connection:
            _let_in(server, connection)
            return _sent(connection, letter, message, lambda: left.append(True))
    except smtplib.SMTPDataError as error:
        return _refused(letter, error.smtp_code, error.smtp_error)
    except smtplib.SMTPAuthenticationError as error:
        why = f"It does not let us in: {_said(error)}"
        return Outcome(letter.key, "retry_after", why, pauses=True)
    except _NoTls as error:
        return Outcome(letter.key, "retry_after", str(error), pauses=True)
    except ssl.SSLError as error:
        why = f"There is no TLS with {server.host}: {error.reason or error}."
        return Outcome(letter.key, "retry_after", why, pauses=True)
    except smtplib.SMTPResponseException as error:
        return Outcome(letter.key, "retry_after", _said(error), pauses=True)
    except (smtplib.SMTPException, OSError) as error:
        why = _broke(server, error)
        return Outcome(letter.key, "ambiguous" if left else "retry_after", why, pauses=True)


class _NoTls(Exception):
    """A server that offers no TLS, or lets nobody in, is told nothing."""


@contextmanager
def _connected(server: Server) -> Iterator[smtplib.SMTP]:
    """A connection with TLS as asked for, which is cut when its time is over, however it drips."""
    context = ssl.create_default_context(cafile=server.ca_file)
    where: tuple[str, int] = (server.host, server.port)
    connection: smtplib.SMTP = (
        smtplib.SMTP_SSL(*where, timeout=server.seconds, context=context)
        if server.tls == "tls"
        else smtplib.SMTP(*where, timeout=server.seconds)
    )
    end = Timer(server.seconds * _WHOLE, _cut, [connection])
    end.daemon = True
    end.start()
    try:
        if server.tls == "starttls":
            _start_tls(server, connection, context)
        yield connection
        _quit(connection)
    finally:
        end.cancel()
        connection.close()


def _start_tls(server: Server, connection: smtplib.SMTP, context: ssl.SSLContext) -> None:
    connection.ehlo_or_helo_if_needed()
    if not connection.has_extn("starttls"):
        raise _NoTls(f"{server.host} offers no STARTTLS: nothing is sent in the clear.")
    code, said = connection.starttls(context=context)
    if code != 220:
        raise smtplib.SMTPResponseException(code, said)


def _let_in(server: Server, connection: smtplib.SMTP) -> None:
    if server.username is None or server.password is None:
        return
    try:
        connection.login(server.username, server.password)
    except smtplib.SMTPNotSupportedError:
        raise _NoTls(f"{server.host} asks for no password, but one is set up.") from None


def _sent(
    connection: smtplib.SMTP, letter: Letter, message: EmailMessage, leaves: Callable[[], None]
) -> Outcome:
    """Sender, recipient, letter: what the server says of each is about this letter alone."""
    connection.ehlo_or_helo_if_needed()
    _, sender = parseaddr(letter.sender)
    wide = not (sender.isascii() and letter.to.isascii())
    if wide and not connection.has_extn("smtputf8"):
        why = f"The server takes no address such as {letter.to}."
        return Outcome(letter.key, "rejected", why)
    for code, said in (
        connection.mail(sender, ["SMTPUTF8"] if wide else []),
        connection.rcpt(letter.to),
    ):
        if code not in (250, 251):
            return _refused(letter, code, said)
    leaves()
    code, said = connection.data(message.as_bytes(policy=RFC_5322.clone(utf8=wide)))
    return Outcome(letter.key, "accepted") if code == 250 else _refused(letter, code, said)


def _refused(letter: Letter, code: int, said: bytes | str) -> Outcome:
    why = _told(code, said)
    if code in _REFUSES_FOR_GOOD:
        return Outcome(letter.key, "rejected", why)
    return Outcome(letter.key, "retry_after", why, pauses=code == _CLOSING)


def _message(letter: Letter) -> EmailMessage:
    """The letter as RFC 5322 has it; raises ValueError for a header that is none."""
    message = EmailMessage(policy=RFC_5322)
    name, address = parseaddr(letter.sender)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = letter.date
    message["Message-ID"] = f"<{letter.key}@{address.partition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    if letter.html is not None:
        message.add_alternative(letter.html, subtype="html")
    return message


def _cut(connection: smtplib.SMTP) -> None:
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it ended by itself just now


def _quit(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (smtplib.SMTPException, OSError):
        return  # the letter is taken: whether the server says good-bye changes nothing


def _broke(server: Server, error: Exception) -> str:
    place = f"{server.host}:{server.port}"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return f"{place} does not answer within {server.seconds:g} seconds."
    if isinstance(error, ConnectionRefusedError):
        return f"{place} takes no connections."
    return f"There is no connection to {place}: {error}."


def _said(error: smtplib.SMTPResponseException) -> str:
    return _told(error.smtp_code, error.smtp_error)


def _told(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"[:300]
