"""The example receiver as it runs in a test, and what our own destination sends it."""

from __future__ import annotations

import sqlite3
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from deliver.destinations.webhook import Webhook
from deliver.transport import Answer, Transport
from deliver.wire import Outcome, Request, Response
from examples.webhook_receiver import receiver as example
from tests.deliver.destinations.fake import letter, letters

NOW = datetime(2026, 3, 2, 10, 30)
OLD, NEW, FOREIGN = ("whsec_" + b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))


class Running:
    """A receiver that runs, with a clock and a file of secrets that a test can change."""

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.said: list[str] = []
        self.secrets = folder / "secrets.txt"
        self.database = folder / "received.sqlite"
        self.write(OLD)
        self.inbox = example.Inbox(self.database)
        receiver = example.Receiver(
            self.inbox,
            lambda: example.secrets_of(self.secrets),
            clock=lambda: self.now.replace(tzinfo=UTC).timestamp(),
            say=self.said.append,
        )
        self.server = example.serve(receiver, port=0)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}{example.PATH}"

    def write(self, *secrets: str) -> None:
        self.secrets.write_text("# newest first\n" + "\n".join(secrets) + "\n", encoding="utf-8")

    def took(self) -> list[str]:
        return took_by(self.database)


def webhook_to(url: str, *secrets: str) -> Webhook:
    settings = {"url": url, "secrets": secrets or (OLD,), "allow_private": True}
    return Webhook.model_validate(settings | {"receiver_remembers_hours": 720})


def sent_to(
    webhook: Webhook, transport: Transport, *, at: datetime = NOW, many: int = 1
) -> list[Outcome]:
    plan = webhook.plan(letters(many), now=NOW)
    requests = [webhook.signed(one, at=at) for one in plan.requests]
    answers = [is_response(one) for one in transport.send(requests)]
    return [
        one
        for request, answer in zip(requests, answers, strict=True)
        for one in webhook.classify(request, answer, now=at)
    ]


def answer_to(transport: Transport, request: Request) -> Response:
    (answer,) = transport.send([request])
    return is_response(answer)


def is_response(answer: Answer) -> Response:
    assert isinstance(answer, Response), answer
    return answer


def took_by(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("select webhook_id from received order by webhook_id").fetchall()
    return [row[0] for row in rows]


def ids(many: int) -> list[str]:
    return sorted(letter(i).intent_id for i in range(many))


@contextmanager
def serving(folder: Path) -> Iterator[Running]:
    """A receiver whose files are in a folder."""
    one = Running(folder)
    thread = threading.Thread(target=one.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield one
    one.server.shutdown()
    one.server.server_close()
    one.inbox.close()
