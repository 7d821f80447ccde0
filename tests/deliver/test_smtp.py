"""Letters to a mail server that speaks real SMTP, and what becomes of them when it does not."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from deliver.smtp import Letter, Server, hand_over
from deliver.wire import Outcome
from tests.deliver.mail_server import PASSWORD, USER, Fault, MailServer

LETTER = Letter(
    "01J",
    "Pilothouse <pilothouse@team.example>",
    "ada@team.example",
    "A canary was taken back",
    "It was.\n",
    "<p>It was.</p>",
    "Mon, 29 Jun 2026 07:00:00 +0000",
)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as made:
        yield made


def at(server: MailServer, **changes: Any) -> Server:
    asked: dict[str, Any] = {"tls": server.tls, "username": USER, "password": PASSWORD}
    asked |= {"ca_file": server.ca_file, "seconds": 2.0} | changes
    return Server("127.0.0.1", server.port, **asked)


def sent(server: MailServer, letter: Letter = LETTER, **changes: Any) -> Outcome:
    return hand_over(at(server, **changes), letter)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_letter_goes_over_tls_with_a_plain_and_an_html_part(tls: str) -> None:
    with MailServer(tls) as server:
        outcome = sent(server)

    (taken,) = server.taken
    assert outcome == Outcome("01J", "accepted")
    assert (taken.secure, taken.user, taken.to) == (True, USER, "ada@team.example")
    assert taken.message["Subject"] == "A canary was taken back"
    assert taken.message["Message-ID"] == "<01J@team.example>"
    assert taken.message["Auto-Submitted"] == "auto-generated"
    plain, html = taken.message.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")


def test_letters_of_every_script_arrive_as_they_were_written(server: MailServer) -> None:
    words = "„Grüße“ 😀 مرحبا.\n.\n.. a line that begins with dots\n"

    sent(server, LETTER._replace(subject="Größe\r\nBcc: all@x.example 😀", text=words, html=None))

    (taken,) = server.taken
    assert taken.message["Subject"] == "Größe Bcc: all@x.example 😀"
    assert taken.message["Bcc"] is None
    assert taken.message.get_content().replace("\r\n", "\n") == words


def test_a_server_without_tls_is_told_nothing() -> None:
    with MailServer("none", auth=False) as server:
        outcome = sent(server, tls="starttls")

    assert (outcome.result, outcome.pauses, server.taken) == ("retry_after", True, [])
    assert "offers no STARTTLS" in str(outcome.reason)


def test_a_certificate_that_nobody_vouches_for_ends_it(server: MailServer) -> None:
    outcome = sent(server, ca_file=None)

    assert (outcome.result, outcome.pauses, server.taken) == ("retry_after", True, [])
    assert "certificate" in str(outcome.reason).lower()


def test_a_wrong_password_is_said_without_the_password(server: MailServer) -> None:
    outcome = sent(server, password="wrong-one")

    assert (outcome.result, outcome.pauses) == ("retry_after", True)
    assert "535" in str(outcome.reason)
    assert "wrong-one" not in str(outcome.reason)


def test_a_sender_that_is_not_known_is_put_off_and_tries_again(server: MailServer) -> None:
    server.faults.append(Fault("RCPT", "451 4.7.1 greylisted, come back later"))

    first, second = sent(server), sent(server)

    assert (first.result, first.pauses) == ("retry_after", False)
    assert "greylisted" in str(first.reason)
    assert second.result == "accepted"


@pytest.mark.parametrize(
    ("verb", "answer"), [("RCPT", "550 5.1.1 no such user"), (".", "554 5.6.0 not wanted")]
)
def test_what_is_refused_for_good_is_not_tried_again(
    server: MailServer, verb: str, answer: str
) -> None:
    server.faults.append(Fault(verb, answer))

    outcome = sent(server)

    assert (outcome.result, outcome.reason) == ("rejected", answer)


def test_nobody_at_the_port_is_said_in_words() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])

    outcome = hand_over(Server("127.0.0.1", port, "none"), LETTER)

    assert (outcome.result, outcome.pauses) == ("retry_after", True)
    assert outcome.reason == f"127.0.0.1:{port} takes no connections."


def test_a_silent_server_is_left_after_its_seconds(server: MailServer) -> None:
    server.faults.append(Fault("MAIL", seconds=1.0))
    begun = time.monotonic()

    outcome = sent(server, seconds=0.2)

    assert time.monotonic() - begun < 0.9
    assert outcome.result == "retry_after"
    assert "does not answer within 0.2 seconds" in str(outcome.reason)


def test_a_connection_that_breaks_after_the_letter_left_may_have_delivered_it(
    server: MailServer,
) -> None:
    server.faults.append(Fault("."))

    assert sent(server).result == "ambiguous"


def test_an_address_that_is_none_is_refused_before_anybody_is_asked(server: MailServer) -> None:
    outcome = sent(server, LETTER._replace(to="ada@team.example\r\nRCPT TO:<eve@x.example>"))

    assert outcome.result == "rejected"
    assert server.connections == 0
