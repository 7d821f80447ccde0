"""A receiver of signed webhooks, to run, to read and to copy. Standard library only.

It does the four things that every receiver owes its sender:

1. It believes nobody: a request counts only if one of its signatures is by a secret of the file.
2. It takes each message once: the ``webhook-id`` stays the same however often it is sent.
3. It says "taken" only when the message is on disk: whoever hears nothing sends again.
4. It answers at once: what is done with a message is done later, from the table.

See README.md for how to start it, and for what to do with what it took.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

PATH = "/hooks/pilothouse"
MOST_BYTES = 64_000
TOLERANCE_SECONDS = 300
"""Clocks differ, but an older request may be a recording that somebody plays again."""
EVENT_TYPE = re.compile(r"[A-Za-z0-9_.]{1,100}", re.ASCII)
LENGTH = re.compile(r"[0-9]{1,9}", re.ASCII)
TABLE = """
create table if not exists received (
    webhook_id text primary key,
    received_at integer not null,
    type text not null,
    body text not null,
    done_at integer
)
"""
TAKE = """
insert into received (webhook_id, received_at, type, body) values (?, ?, ?, ?)
on conflict (webhook_id) do nothing
"""


class Answer(NamedTuple):
    """What the sender is told."""

    status: int
    said: str
    headers: Mapping[str, str] = {}


class Inbox:
    """The messages that were taken, in a file that survives the process."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._connection.execute("pragma journal_mode = wal")
        # Without this the last messages before a power cut may be gone, though we said "taken".
        self._connection.execute("pragma synchronous = full")
        self._connection.execute(TABLE)
        self._one_at_a_time = threading.Lock()

    def take(self, webhook_id: str, kind: str, body: str, *, now: int) -> bool:
        """Keep a message; whether it is new. The key decides, so two at once are one too."""
        with self._one_at_a_time:
            return self._connection.execute(TAKE, (webhook_id, now, kind, body)).rowcount == 1

    def close(self) -> None:
        """Let go of the file."""
        with self._one_at_a_time:
            self._connection.close()


class Receiver:
    """Decides what becomes of a request."""

    def __init__(
        self,
        inbox: Inbox,
        secrets: Callable[[], Sequence[bytes]],
        *,
        clock: Callable[[], float] = time.time,
        say: Callable[[str], object] = sys.stdout.write,
    ) -> None:
        self._inbox = inbox
        self._secrets = secrets
        self._clock = clock
        self._say = say

    def receive(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """One request, whole: its headers by names in lower case, and its body as it came."""
        now = int(self._clock())
        try:
            why = forged(headers, body, self._secrets(), now=now)
        except (OSError, ValueError):
            return Answer(503, "The secrets cannot be read.", {"Retry-After": "30"})
        if why is not None:
            return Answer(401, why)
        document = _document(body)
        if document is None:
            return Answer(400, 'The body is not {"type": …, "timestamp": …, "data": {…}}.')
        return self._kept(headers["webhook-id"], document, body.decode(), now)

    def _kept(self, webhook_id: str, document: Mapping[str, Any], body: str, now: int) -> Answer:
        try:
            new = self._inbox.take(webhook_id, document["type"], body, now=now)
        except sqlite3.Error:
            return Answer(503, "It could not be kept: send it again.", {"Retry-After": "30"})
        word = "taken" if new else "known"
        # Not to whom, nor what it says: logs live longer than they should.
        self._say(f"{word} {webhook_id} {document['type']}\n")
        return Answer(200, word)


def forged(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], *, now: int
) -> str | None:
    """Why a request is not to be believed; None: it is genuine (Standard Webhooks 1.0)."""
    webhook_id = headers.get("webhook-id", "")
    moment = headers.get("webhook-timestamp", "")
    if not webhook_id or "." in webhook_id or not (moment.isascii() and moment.isdigit()):
        return "webhook-id or webhook-timestamp is missing or odd."
    if len(moment) > 12 or abs(now - int(moment)) > TOLERANCE_SECONDS:
        return "webhook-timestamp is too far from this clock."
    signed = f"{webhook_id}.{moment}.".encode() + body
    expected = [_signature(secret, signed) for secret in secrets]
    given = headers.get("webhook-signature", "").split(" ")
    # Every pair is compared, and each in constant time: how long it takes tells nothing.
    same = [hmac.compare_digest(one.encode(), two.encode()) for one in expected for two in given]
    return None if any(same) else "No webhook-signature is by a secret that is known here."


def secrets_of(file: Path) -> list[bytes]:
    """The secrets of a file, one a line. It is read at each request: changing one needs no stop.

    Raises ValueError where a line is none, and OSError where there is no file.
    """
    lines = [one.strip() for one in file.read_text(encoding="utf-8").splitlines()]
    return [_key(one) for one in lines if one and not one.startswith("#")]


def serve(receiver: Receiver, *, port: int) -> ThreadingHTTPServer:
    """A server on this machine; port 0 is any that is free. It runs once ``serve_forever`` does."""
    return _Server(("127.0.0.1", port), _handler(receiver))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """Connections that wait to be taken up; beyond that senders are turned away."""


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10
        """Seconds that a sender may be silent for."""

        def do_POST(self) -> None:
            self._answer(self._received())

        def do_GET(self) -> None:
            self._answer(Answer(405, "Messages come by POST.", {"Allow": "POST"}))

        do_PUT = do_PATCH = do_DELETE = do_GET

        def _received(self) -> Answer:
            length = self.headers.get("Content-Length", "")
            if not LENGTH.fullmatch(length):
                return Answer(411, "Content-Length is missing.", {"Connection": "close"})
            if int(length) > MOST_BYTES:
                # Who is cut off in the middle of a body does not hear the answer.
                self.rfile.read(min(int(length), 16 * MOST_BYTES))
                return Answer(413, f"More than {MOST_BYTES} bytes.", {"Connection": "close"})
            body = self.rfile.read(int(length))
            if self.path.partition("?")[0] != PATH:
                return Answer(404, f"Messages come to {PATH}.")
            headers = {name.lower(): value for name, value in self.headers.items()}
            return receiver.receive(headers, body)

        def _answer(self, answer: Answer) -> None:
            body = json.dumps({"said": answer.said}).encode()
            self.send_response(answer.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
            for name, value in (headers | dict(answer.headers)).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the receiver says what it took."""

    return Handler


def _document(body: bytes) -> Mapping[str, Any] | None:
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("data"), dict):
        return None
    return document if EVENT_TYPE.fullmatch(str(document.get("type"))) else None


def _signature(secret: bytes, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a secret is whsec_ and base64") from None


def _opened(receiver: Receiver, port: int) -> ThreadingHTTPServer:
    try:
        return serve(receiver, port=port)
    except OSError as error:
        raise SystemExit(f"Port {port} cannot be opened ({error}): choose another one.") from None


def main(arguments: Sequence[str] | None = None) -> None:
    """Receive until it is stopped."""
    parser = argparse.ArgumentParser(description="Receives signed webhooks on this machine.")
    parser.add_argument("--secrets", type=Path, default=Path("secrets.txt"), metavar="FILE")
    parser.add_argument("--database", type=Path, default=Path("received.sqlite"), metavar="FILE")
    parser.add_argument("--port", type=int, default=9400)
    parser.add_argument("--new-secret", action="store_true", help="print a secret, and stop")
    given = parser.parse_args(arguments)
    if given.new_secret:
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        sys.stdout.write(f"{secret}\n")
        return
    try:
        usable = bool(secrets_of(given.secrets))
    except (OSError, ValueError):
        usable = False
    if not usable:
        raise SystemExit(f"{given.secrets} must hold a secret a line: see --new-secret.")
    with closing(Inbox(given.database)) as inbox:
        receiver = Receiver(inbox, lambda: secrets_of(given.secrets))
        with _opened(receiver, given.port) as server:
            port = server.server_address[1]
            sys.stdout.write(f"Receiving at http://127.0.0.1:{port}{PATH}\n")
            sys.stdout.flush()
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                sys.stdout.write("Stopped.\n")


if __name__ == "__main__":
    main()
