"""A provider on 127.0.0.1: real HTTP, a ledger of what it stored, and faults on demand."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Call(NamedTuple):
    """A request as it came in. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Reply(NamedTuple):
    """What the provider answers."""

    status: int = 200
    document: Any = None
    """Sent as JSON, unless it is bytes."""
    headers: Mapping[str, str] = {}

    def body(self) -> bytes:
        if isinstance(self.document, bytes):
            return self.document
        return b"" if self.document is None else json.dumps(self.document).encode()


class Fault(NamedTuple):
    """What goes wrong with one call.

    ``handled``: whether the provider did its part first: it then has what it was sent.
    """

    name: str
    handled: bool
    reply: Reply | None = None
    """Answered in place of its own; None: by its name, as in ``_spoiled``."""


def answers(status: int, document: Any = None, **headers: str) -> Fault:
    """The call is not handled, and answered like this. ``retry_after`` names ``retry-after``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(f"{status} {named or ''}".strip(), False, Reply(status, document, named))


DROPPED_BEFORE = Fault("connection dropped before it was handled", handled=False)
DROPPED_AFTER = Fault("connection dropped after it was handled", handled=True)
SILENT = Fault("no answer after it was handled", handled=True)
DRIPS = Fault("one byte at a time", handled=True)
ENDLESS = Fault("an answer without end", handled=True)
NOT_JSON = Fault("an answer that is not JSON", handled=True, reply=Reply(200, b"{'success'"))
SHOUTS = Fault("header names in upper case", handled=True)
GZIPPED = Fault("a gzipped answer", handled=True)
BROKEN_OFF = Fault("half an answer", handled=True)


class Loopback:
    """Serves ``handle`` on a port of its own, as a context manager.

    A fake of a provider subclasses it: ``handle`` checks what the provider checks (credentials,
    sizes, shapes), writes what it takes into its own ledger and answers in the provider's words.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.faults: deque[Fault] = deque()
        """What goes wrong with the next calls, in order."""
        self.guard = threading.Lock()
        self._over = threading.Event()

    def handle(self, call: Call) -> Reply:
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Where it is reached, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Loopback:
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, call: Call, handler: BaseHTTPRequestHandler) -> None:
        """Handle one call, with the fault that is next in line."""
        with self.guard:
            self.calls.append(call)
            fault = self.faults.popleft() if self.faults else None
            reply = self.handle(call) if fault is None or fault.handled else Reply()
        if fault is None:
            _send(handler, reply)
        elif fault.reply is not None:
            _send(handler, fault.reply)
        else:
            self._spoil(fault, reply, handler)

    def _spoil(self, fault: Fault, reply: Reply, handler: BaseHTTPRequestHandler) -> None:
        if fault in (SHOUTS, GZIPPED):
            _send(handler, _dressed(fault, reply), shout=fault == SHOUTS)
            return
        handler.close_connection = True
        with suppress(OSError):
            for part in _spoiled(fault, reply):
                handler.wfile.write(part)
                handler.wfile.flush()
                if fault == DRIPS and self._over.wait(0.05):
                    return
            if fault == SILENT:
                self._over.wait(30)
            handler.connection.shutdown(socket.SHUT_RDWR)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _handler(provider: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            provider.answer(Call(self.command, self.path, headers, body), self)

        do_POST = do_GET = do_PUT = do_DELETE = do_PATCH = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a test says what it wants to know."""

    return Handler


def _send(handler: BaseHTTPRequestHandler, reply: Reply, *, shout: bool = False) -> None:
    body = reply.body()
    handler.send_response(reply.status)
    headers = {
        "Content-Type": "application/json",
        **reply.headers,
        "Content-Length": str(len(body)),
    }
    for name, value in headers.items():
        handler.send_header(name.upper() if shout else name, value)
    handler.end_headers()
    handler.wfile.write(body)


def _dressed(fault: Fault, reply: Reply) -> Reply:
    if fault == SHOUTS:
        return reply
    packed = {**reply.headers, "Content-Encoding": "gzip"}
    return Reply(reply.status, gzip.compress(reply.body()), packed)


def _spoiled(fault: Fault, reply: Reply) -> Iterator[bytes]:
    body = reply.body() or b"{}"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    if fault == DRIPS:
        whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        yield from (whole[i : i + 1] for i in range(len(whole)))
    elif fault == ENDLESS:
        yield head + b"Content-Length: 2000000000\r\n\r\n"
        for _ in range(20_000):
            yield b" " * 100_000
    elif fault == BROKEN_OFF:
        yield head + b"Content-Length: %d\r\n\r\n" % (len(body) + 10) + body
