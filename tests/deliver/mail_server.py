"""A mail server on 127.0.0.1: real SMTP with TLS, what it took, and faults on demand."""

from __future__ import annotations

import base64
import email
import ssl
import threading
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from tempfile import mkdtemp
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "pilothouse", "letters-and-no-more"


class Fault(NamedTuple):
    """What goes wrong the next time that a command comes: an answer, or none within ``seconds``."""

    verb: str
    answer: str = ""
    seconds: float = 0.0


class Taken(NamedTuple):
    """A letter that it took."""

    sender: str
    to: str
    message: EmailMessage
    secure: bool
    user: str | None


class MailServer:
    """Serves SMTP on a port of its own, as a context manager. ``tls`` as the settings name it."""

    def __init__(self, tls: str = "starttls", *, auth: bool = True) -> None:
        self.tls, self.auth = tls, auth
        self.taken: list[Taken] = []
        self.faults: deque[Fault] = deque()
        self.connections = 0

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def ca_file(self) -> Path:
        """What vouches for it."""
        return certificate()

    def __enter__(self) -> MailServer:
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, owner: MailServer) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.owner = owner


class _Conversation(StreamRequestHandler):
    server: _Server
    secure = False
    user: str | None = None
    sender = to = ""

    def handle(self) -> None:
        owner = self.server.owner
        owner.connections += 1
        with suppress(OSError, ssl.SSLError, EOFError):
            if owner.tls == "tls":
                self._secure()
            self._say("220 mail.example ESMTP")
            while line := self.rfile.readline():
                words = line.decode("utf-8", "replace").strip()
                verb = words.partition(" ")[0].upper()
                if not self._goes_wrong(verb):
                    getattr(self, f"_{verb.lower()}", self._fine)(words)
        if self.secure:
            self.connection.close()

    def _fine(self, _words: str) -> None:
        self._say("250 ok")

    def _ehlo(self, _words: str) -> None:
        owner = self.server.owner
        offers = ["mail.example", "SMTPUTF8", "8BITMIME"]
        offers += ["STARTTLS"] if owner.tls == "starttls" and not self.secure else []
        offers += ["AUTH PLAIN"] if owner.auth and self.secure else []
        self._say(*[f"250-{one}" for one in offers[:-1]], f"250 {offers[-1]}")

    def _starttls(self, _words: str) -> None:
        self._say("220 go ahead")
        self._secure()

    def _auth(self, words: str) -> None:
        _, user, word = base64.b64decode(words.split()[2]).decode().split("\0")
        good = (user, word) == (USER, PASSWORD)
        self.user = user if good else None
        self._say("235 welcome" if good else "535 5.7.8 wrong password")

    def _mail(self, words: str) -> None:
        self.sender = _address(words)
        self._say("250 ok")

    def _rcpt(self, words: str) -> None:
        self.to = _address(words)
        self._say("250 ok")

    def _data(self, _words: str) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        if self._goes_wrong("."):
            return
        message = email.message_from_bytes(b"".join(lines), policy=default)
        assert isinstance(message, EmailMessage)
        taken = Taken(self.sender, self.to, message, self.secure, self.user)
        self.server.owner.taken.append(taken)
        self._say("250 taken")

    def _quit(self, _words: str) -> None:
        self._say("221 bye")
        raise EOFError

    def _goes_wrong(self, verb: str) -> bool:
        faults = self.server.owner.faults
        if not faults or faults[0].verb != verb:
            return False
        fault = faults.popleft()
        time.sleep(fault.seconds)
        if not fault.answer:
            raise EOFError
        self._say(fault.answer)
        return True

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        self.wfile.flush()

    def _secure(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(), certificate().with_suffix(".key"))
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb")
        self.secure = True


def _address(words: str) -> str:
    return words.partition("<")[2].partition(">")[0]


@cache
def certificate() -> Path:
    """A certificate for 127.0.0.1 that vouches for itself; its key lies beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = Path(mkdtemp(prefix="mail-")) / "server.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    file.with_suffix(".key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file
