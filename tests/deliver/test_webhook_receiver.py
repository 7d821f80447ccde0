"""The example receiver, over real HTTP, with what our own destination sends it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from control.receipts import Fact
from deliver.destinations.webhook import Webhook
from deliver.receipts import calls as receipts
from deliver.receipts import webhook as webhook_receipts
from deliver.transport import Answer, Transport
from deliver.wire import Outcome, Request, Response
from examples.webhook_receiver import receiver as example
from examples.webhook_receiver import reporter
from tests.deliver.destinations.fake import letter, letters
from tests.deliver.loopback import DROPPED_AFTER, Call, Fault, Loopback, Reply, answers

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
        return _took(self.database)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    one = Running(tmp_path)
    thread = threading.Thread(target=one.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield one
    one.server.shutdown()
    one.server.server_close()
    one.inbox.close()


@pytest.fixture(scope="module")
def transport() -> Iterator[Transport]:
    with Transport() as made:
        yield made


def _webhook(url: str, *secrets: str) -> Webhook:
    settings = {"url": url, "secrets": secrets or (OLD,), "allow_private": True}
    return Webhook.model_validate(settings | {"receiver_remembers_hours": 720})


def _sent(
    webhook: Webhook, transport: Transport, *, at: datetime = NOW, many: int = 1
) -> list[Outcome]:
    plan = webhook.plan(letters(many), now=NOW)
    requests = [webhook.signed(one, at=at) for one in plan.requests]
    answers = [_is_response(one) for one in transport.send(requests)]
    return [
        one
        for request, answer in zip(requests, answers, strict=True)
        for one in webhook.classify(request, answer, now=at)
    ]


def _answer(transport: Transport, request: Request) -> Response:
    (answer,) = transport.send([request])
    return _is_response(answer)


def _is_response(answer: Answer) -> Response:
    assert isinstance(answer, Response), answer
    return answer


def _took(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("select webhook_id from received order by webhook_id").fetchall()
    return [row[0] for row in rows]


def _ids(many: int) -> list[str]:
    return sorted(letter(i).intent_id for i in range(many))


class TestTaking:
    def test_messages_are_taken_and_kept(self, running: Running, transport: Transport) -> None:
        outcomes = _sent(_webhook(running.url), transport, many=20)

        assert {one.result for one in outcomes} == {"accepted"}
        assert running.took() == _ids(20)

    def test_a_message_that_comes_again_is_taken_once(
        self, running: Running, transport: Transport
    ) -> None:
        webhook = _webhook(running.url)
        _sent(webhook, transport, many=3)
        running.now = NOW + timedelta(hours=10)
        outcomes = _sent(webhook, transport, at=running.now, many=3)

        assert {one.result for one in outcomes} == {"accepted"}
        assert running.took() == _ids(3)
        assert sorted(line.split()[0] for line in running.said) == ["known"] * 3 + ["taken"] * 3

    def test_the_log_names_neither_address_nor_text(
        self, running: Running, transport: Transport
    ) -> None:
        _sent(_webhook(running.url), transport)

        assert not {"user-0", "@", "workouts"} & {*" ".join(running.said).split()}
        assert "@" not in "".join(running.said)

    def test_what_cannot_be_kept_is_sent_again(
        self, running: Running, transport: Transport
    ) -> None:
        with closing(sqlite3.connect(running.database)) as connection:
            connection.execute("drop table received")
            (outcome,) = _sent(_webhook(running.url), transport)
            assert (outcome.result, outcome.seconds) == ("retry_after", 30)
            connection.execute(example.TABLE)
        (outcome,) = _sent(_webhook(running.url), transport)
        assert outcome.result == "accepted"


class TestSignatures:
    @pytest.mark.parametrize("minutes", [-5, -1, 0, 5])
    def test_clocks_may_differ_by_five_minutes(
        self, running: Running, transport: Transport, minutes: int
    ) -> None:
        (outcome,) = _sent(_webhook(running.url), transport, at=NOW + timedelta(minutes=minutes))
        assert outcome.result == "accepted"

    @pytest.mark.parametrize("seconds", [-301, 301, -86_400, 10**9])
    def test_a_request_of_another_time_is_refused(
        self, running: Running, transport: Transport, seconds: int
    ) -> None:
        (outcome,) = _sent(_webhook(running.url), transport, at=NOW + timedelta(seconds=seconds))
        assert (outcome.result, outcome.pauses) == ("retry_after", True)
        assert "clock" in str(outcome.reason)
        assert not running.took()

    def test_a_recording_that_is_played_again_is_refused(
        self, running: Running, transport: Transport
    ) -> None:
        webhook = _webhook(running.url)
        (planned,) = webhook.plan(letters(1), now=NOW).requests
        recorded = webhook.signed(planned, at=NOW)
        assert _answer(transport, recorded).status == 200
        running.now = NOW + timedelta(minutes=6)
        assert _answer(transport, recorded).status == 401

    def test_a_secret_is_changed_without_a_stop(
        self, running: Running, transport: Transport
    ) -> None:
        def result(*secrets: str) -> str:
            return _sent(_webhook(running.url, *secrets), transport)[0].result

        assert result(OLD) == "accepted"
        assert result(NEW, OLD) == "accepted"  # the sender first
        running.write(NEW, OLD)
        assert (result(OLD), result(NEW)) == ("accepted", "accepted")
        running.write(NEW)
        assert (result(NEW, OLD), result(OLD)) == ("accepted", "retry_after")

    def test_a_foreign_secret_is_refused(self, running: Running, transport: Transport) -> None:
        (outcome,) = _sent(_webhook(running.url, FOREIGN), transport)
        assert outcome.pauses
        assert not running.took()

    @pytest.mark.parametrize(
        "spoilt",
        [
            {"webhook-id": "other"},
            {"webhook-id": "a.b"},
            {"webhook-id": ""},
            {"webhook-timestamp": "soon"},
            {"webhook-timestamp": "9" * 400},
            {"webhook-timestamp": "²"},
            {"webhook-signature": ""},
            {"webhook-signature": "v1,AAAA v2,BBBB"},
        ],
    )
    def test_a_changed_request_is_refused(
        self, running: Running, transport: Transport, spoilt: dict[str, str]
    ) -> None:
        webhook = _webhook(running.url)
        (planned,) = webhook.plan(letters(1), now=NOW).requests
        request = webhook.signed(planned, at=NOW)
        changed: Any = {**request.headers, **{k: v.encode("latin-1") for k, v in spoilt.items()}}
        assert _answer(transport, request._replace(headers=changed)).status == 401
        assert _answer(transport, request._replace(body=request.body + b" ")).status == 401
        assert not running.took()

    def test_without_its_secrets_nothing_is_lost(
        self, running: Running, transport: Transport
    ) -> None:
        running.secrets.unlink()
        (outcome,) = _sent(_webhook(running.url), transport)
        assert (outcome.result, outcome.pauses) == ("retry_after", False)


class TestOtherRequests:
    @pytest.mark.parametrize(
        "body",
        [b"", b"{}", b"[]", b"[" * 5_000, b"\xff", b'{"type":"a b","data":{}}', b'{"type":1}'],
    )
    def test_a_signed_body_that_is_no_message_is_refused(
        self, running: Running, transport: Transport, body: bytes
    ) -> None:
        request = _webhook(running.url).signed(
            Request("POST", running.url, {}, body, ("i1",)), at=NOW
        )
        assert _answer(transport, request).status == 400

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("GET", "", b"", 405),
            ("DELETE", "", b"", 405),
            ("POST", "/elsewhere", b"{}", 404),
            ("POST", "", b"x" * 64_001, 413),
            ("POST", "", b"{}", 401),
        ],
    )
    def test_what_is_no_webhook_is_told_so(
        self,
        running: Running,
        transport: Transport,
        method: str,
        path: str,
        body: bytes,
        status: int,
    ) -> None:
        request = Request(method, running.url + path, {}, body, ("i1",))
        assert _answer(transport, request).status == status


@contextmanager
def _process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    script = Path(example.__file__)
    command = [sys.executable, str(script), "--port", "0", "--secrets", "secrets.txt"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().rpartition(" ")[2].strip()
        finally:
            process.kill()


def test_what_was_taken_is_known_after_a_kill(tmp_path: Path, transport: Transport) -> None:
    (tmp_path / "secrets.txt").write_text(f"{OLD}\n", encoding="utf-8")
    for _ in range(2):
        with _process(tmp_path) as (process, url):
            at = datetime.now(UTC).replace(tzinfo=None)
            (outcome,) = _sent(_webhook(url), transport, at=at)
            assert outcome.result == "accepted"
            os.kill(process.pid, signal.SIGKILL)
    assert _took(tmp_path / "received.sqlite") == _ids(1)


class Pilothouse(Loopback):
    """Takes receipts of the destination ``hook``."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: list[Fact] = []

    def handle(self, call: Call) -> Reply:
        asked = receipts.Call(
            self.url + call.path, call.headers, call.body, datetime.now(UTC).replace(tzinfo=None)
        )
        if webhook_receipts.why_not_genuine(asked, [OLD]):
            return Reply(401)
        self.facts += webhook_receipts.read(asked).facts
        return Reply(200, {})


class TestReporting:
    def test_what_was_taken_is_told_and_told_once(
        self, running: Running, transport: Transport, capsys: pytest.CaptureFixture[str]
    ) -> None:
        _sent(_webhook(running.url), transport, many=3)
        with Pilothouse() as pilothouse:
            for _ in range(2):
                _report(running, pilothouse.url)

        assert sorted(str(one.intent_id) for one in pilothouse.facts) == _ids(3)
        assert {one.kind for one in pilothouse.facts} == {"delivered"}
        assert capsys.readouterr().out == "3 told\n"

    @pytest.mark.parametrize("fault", [answers(503), answers(401), DROPPED_AFTER])
    def test_what_nobody_confirmed_is_told_again_under_the_same_name(
        self, running: Running, transport: Transport, fault: Fault
    ) -> None:
        _sent(_webhook(running.url), transport)
        with Pilothouse() as pilothouse:
            pilothouse.faults.append(fault)
            with pytest.raises(SystemExit, match="Not told"):
                _report(running, pilothouse.url)
            _report(running, pilothouse.url)

        assert len({one.told_by for one in pilothouse.facts}) == 1


def _report(running: Running, url: str) -> None:
    files = ["--secrets", str(running.secrets), "--database", str(running.database)]
    reporter.main([f"{url}/v1/receipts/hook", *files, "--once"])


def test_it_makes_secrets_that_our_destination_takes(capsys: pytest.CaptureFixture[str]) -> None:
    example.main(["--new-secret"])
    secret = capsys.readouterr().out.strip()
    assert _webhook("http://127.0.0.1:1/", secret).secrets[0].get_secret_value() == secret


def test_without_a_secret_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--new-secret"):
        example.main(["--secrets", str(tmp_path / "none.txt")])
