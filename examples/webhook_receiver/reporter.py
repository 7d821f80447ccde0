"""Acts on what the receiver took, and tells Pilothouse what became of it. Standard library only.

The receiver answers and this acts: a request is never waited for. What acting is, is yours, in
``act``; here every message counts as delivered. A row is done only after Pilothouse has said that
it knows, so whatever stops in between is told once more, under the same id, and counts once.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import sqlite3
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any

AT_ONCE = 500
SECONDS_BETWEEN = 1.0
WAITING = """
select webhook_id, body from received where done_at is null
order by received_at, webhook_id limit ?
"""
DONE = "update received set done_at = ? where webhook_id = ?"


def act(message: dict[str, Any]) -> str:
    """What is done with a message, and what became of it.

    One of delivered, opened, clicked, bounced, unsubscribed, complained.
    """
    return "delivered"


def report(connection: sqlite3.Connection, secret: bytes, url: str, *, now: int) -> int:
    """Act on what waits and tell of it; how many it were.

    Raises OSError where Pilothouse does not say that it knows: nothing is done then.
    """
    rows = connection.execute(WAITING, (AT_ONCE,)).fetchall()
    if not rows:
        return 0
    at = datetime.fromtimestamp(now, UTC).isoformat()
    told = [
        {
            "id": f"{webhook_id}/acted",
            "intent_id": webhook_id,
            "at": at,
            "kind": act(json.loads(body)),
        }
        for webhook_id, body in rows
    ]
    document = {"type": "message.reported", "timestamp": at, "data": told}
    _post(url, json.dumps(document).encode(), secret, now)
    connection.execute("begin immediate")
    connection.executemany(DONE, [(now, webhook_id) for webhook_id, _ in rows])
    connection.execute("commit")
    return len(rows)


def _post(url: str, body: bytes, secret: bytes, now: int) -> None:
    identifier = f"report_{hashlib.sha256(body).hexdigest()[:32]}"
    signed = f"{identifier}.{now}.".encode() + body
    signature = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{signature}",
    }
    request = urllib.request.Request(url, body, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        answer.read()


def _first_secret(file: Path) -> bytes:
    lines = [one.strip() for one in file.read_text(encoding="utf-8").splitlines()]
    written = next((one for one in lines if one and not one.startswith("#")), "")
    return base64.b64decode(written.removeprefix("whsec_"), validate=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Report until it is stopped."""
    parser = argparse.ArgumentParser(description="Tells Pilothouse what became of messages.")
    parser.add_argument("url", help="http://127.0.0.1:8501/v1/receipts/NAME")
    parser.add_argument("--secrets", type=Path, default=Path("secrets.txt"), metavar="FILE")
    parser.add_argument("--database", type=Path, default=Path("received.sqlite"), metavar="FILE")
    parser.add_argument("--once", action="store_true", help="tell of what waits now, and stop")
    given = parser.parse_args(arguments)
    if not given.url.startswith(("http://", "https://")) or not given.database.is_file():
        raise SystemExit("It needs a URL that begins with http, and the receiver's database.")
    with closing(sqlite3.connect(given.database, isolation_level=None)) as connection:
        while True:
            try:
                secret = _first_secret(given.secrets)
                many = report(connection, secret, given.url, now=int(time.time()))
                sys.stdout.write(f"{many} told\n" if many else "")
            except (OSError, HTTPException, binascii.Error, sqlite3.OperationalError) as error:
                if given.once:
                    raise SystemExit(f"Not told: {error}") from None
                many = 0
                sys.stderr.write(f"Not told, tried again: {error}\n")
            if given.once and many < AT_ONCE:
                return
            if not many:
                time.sleep(SECONDS_BETWEEN)


if __name__ == "__main__":
    main()
