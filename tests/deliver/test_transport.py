"""Requests over HTTP: what is known of each when something goes wrong."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from deliver.transport import NoAnswer, NotSent, Transport
from deliver.wire import Request, Response
from tests.deliver.loopback import (
    BROKEN_OFF,
    DRIPS,
    DROPPED_AFTER,
    DROPPED_BEFORE,
    ENDLESS,
    GZIPPED,
    SHOUTS,
    SILENT,
    Call,
    Fault,
    Loopback,
    Reply,
    answers,
)


class Echo(Loopback):
    """Answers with what it was sent."""

    def handle(self, call: Call) -> Reply:
        return Reply(200, {"got": call.body.decode()}, {"X-Request": "1"})


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        assert isinstance(server, Echo)
        yield server


@pytest.fixture
def transport() -> Iterator[Transport]:
    with Transport(seconds=0.5) as made:
        yield made


def _request(url: str, body: bytes = b"hello", **more: bool) -> Request:
    return Request("POST", url, {"content-type": "text/plain"}, body, ("i1",), **more)  # type: ignore[arg-type]


def test_an_answer_comes_back_whole_with_header_names_in_lower_case(
    echo: Echo, transport: Transport
) -> None:
    echo.faults.append(SHOUTS)
    (answer,) = transport.send([_request(echo.url)])
    assert isinstance(answer, Response)
    assert (answer.status, answer.body) == (200, b'{"got": "hello"}')
    assert answer.headers["x-request"] == "1"


def test_a_gzipped_answer_is_read(echo: Echo, transport: Transport) -> None:
    echo.faults.append(GZIPPED)
    (answer,) = transport.send([_request(echo.url)])
    assert isinstance(answer, Response)
    assert answer.body == b'{"got": "hello"}'


@pytest.mark.parametrize(
    "fault",
    [DROPPED_BEFORE, DROPPED_AFTER, SILENT, DRIPS, ENDLESS, BROKEN_OFF],
    ids=lambda fault: fault.name,
)
def test_after_a_request_left_a_lost_answer_leaves_it_open(
    echo: Echo, transport: Transport, fault: Fault
) -> None:
    echo.faults.append(fault)
    (answer,) = transport.send([_request(echo.url)])
    assert isinstance(answer, NoAnswer)


def test_a_redirect_is_an_answer_and_is_not_followed(echo: Echo, transport: Transport) -> None:
    echo.faults.append(answers(302, location=f"{echo.url}/elsewhere"))
    (answer,) = transport.send([_request(echo.url)])
    assert isinstance(answer, Response)
    assert (answer.status, len(echo.calls)) == (302, 1)


def test_without_a_connection_nothing_was_sent(transport: Transport) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
        (answer,) = transport.send([_request(nobody)])
    assert isinstance(answer, NotSent)


def test_a_name_that_does_not_exist_is_not_sent_to(transport: Transport) -> None:
    (answer,) = transport.send([_request("http://nowhere.invalid/")])
    assert isinstance(answer, NotSent)


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".com", "xn--a.com", "xn--.com", "."])
@pytest.mark.parametrize("public_only", [False, True])
def test_what_is_no_name_at_all_is_not_sent_to(
    echo: Echo, transport: Transport, host: str, public_only: bool
) -> None:
    odd, fine = _request(f"http://{host}/", public_only=public_only), _request(echo.url)
    answers_ = transport.send([odd, fine])
    assert isinstance(answers_[0], NotSent)
    assert isinstance(answers_[1], Response)


def test_where_one_address_of_a_name_is_private_nothing_is_sent(
    echo: Echo, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 80)) for one in ("8.8.8.8", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    (answer,) = transport.send([_request("http://hooks.example.com/", public_only=True)])
    assert isinstance(answer, NotSent)
    assert "127.0.0.1" in answer.reason
    assert not echo.calls


def test_where_tls_fails_nothing_was_sent(echo: Echo, transport: Transport) -> None:
    (answer,) = transport.send([_request(echo.url.replace("http:", "https:"))])
    assert isinstance(answer, NotSent)
    assert not echo.calls


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"]
)
def test_what_must_be_public_is_not_sent_to_this_machine(
    echo: Echo, transport: Transport, host: str
) -> None:
    port = echo.url.rpartition(":")[2]
    (answer,) = transport.send([_request(f"http://{host}:{port}/", public_only=True)])
    assert isinstance(answer, NotSent)
    assert not echo.calls


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.1", "192.168.1.1", "100.64.0.1"])
def test_what_must_be_public_is_not_sent_into_a_private_network(
    transport: Transport, host: str
) -> None:
    (answer,) = transport.send([_request(f"http://{host}/", public_only=True)])
    assert isinstance(answer, NotSent)
    assert "allow_private" in answer.reason


def test_requests_are_made_side_by_side_and_answered_in_their_order(echo: Echo) -> None:
    asked = [_request(echo.url, str(i).encode()) for i in range(100)]
    with Transport(seconds=20) as patient:
        got = [one.body for one in patient.send(asked) if isinstance(one, Response)]
    assert got == [b'{"got": "%d"}' % i for i in range(100)]
