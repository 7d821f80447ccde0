"""Requests over HTTP, with an end to everything: time, bytes, redirects.

What comes of one is a response, or why there is none: ``NotSent`` when the provider cannot have
it (no name, no connection, no TLS; ``Withheld``: it was kept back), ``NoAnswer`` when it may.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple

import httpx

from deliver.public_urls import is_public
from deliver.wire import Request, Response

MOST_BYTES = 1_000_000
"""No provider answers with more; the rest of an endless answer is not read."""


class NotSent(NamedTuple):
    """The request did not leave: it may be made again."""

    reason: str


class NoAnswer(NamedTuple):
    """The request left, or may have, and what came back says nothing."""

    reason: str


class Withheld(NotSent):
    """By the time there was a connection the request was not to be made any more."""


Answer = Response | NotSent | NoAnswer


class _Kept(Exception):
    """Raised inside a request, right before its first byte."""


def always() -> bool:
    """A request that nothing keeps back."""
    return True


class Transport:
    """A pool of connections. Of one thread; several requests are under way at once.

    ``seconds`` bounds each request as a whole, however slowly its answer drips.
    """

    def __init__(
        self, *, seconds: float = 20.0, connections: int = 32, verify: bool | str = True
    ) -> None:
        self._seconds = seconds
        self._room = asyncio.Semaphore(connections)
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            timeout=httpx.Timeout(None, connect=min(seconds, 5.0)),
            limits=httpx.Limits(max_connections=connections),
            verify=verify,
            trust_env=False,
        )

    def send(
        self, requests: Sequence[Request], *, still: Callable[[], bool] = always
    ) -> list[Answer]:
        """Make requests side by side; one answer each, in their order.

        ``still`` is asked right before the first byte of each, once there is a connection.
        """
        return self._runner.run(self._all(requests, still))

    def close(self) -> None:
        """Let go of every connection."""
        self._runner.run(self._client.aclose())
        self._runner.close()

    def __enter__(self) -> Transport:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def _all(self, requests: Sequence[Request], still: Callable[[], bool]) -> list[Answer]:
        return list(await asyncio.gather(*(self._one(request, still) for request in requests)))

    async def _one(self, request: Request, still: Callable[[], bool]) -> Answer:
        async with self._room:
            try:
                async with asyncio.timeout(self._seconds):
                    return await self._made(request, still)
            except _Kept:
                return Withheld("Something was stopped meanwhile.")
            except (httpx.ConnectError, httpx.ConnectTimeout, socket.gaierror) as error:
                return NotSent(f"There is no connection: {_told(error)}.")
            except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError) as error:
                return NotSent(f"The request cannot be made: {_told(error)}.")
            except UnicodeError as error:  # a host that is no name: an empty label, say
                return NotSent(f"The request cannot be made: {_told(error)}.")
            except (TimeoutError, httpx.TimeoutException):
                return NoAnswer(f"No whole answer within {self._seconds:g} seconds.")
            except httpx.HTTPError as error:
                return NoAnswer(f"The connection broke: {_told(error)}.")

    async def _made(self, request: Request, still: Callable[[], bool]) -> Answer:
        url, headers = httpx.URL(request.url), dict(request.headers)
        extensions: dict[str, Any] = {"trace": _asking(still)}
        if request.public_only:
            address = await _public_address(url)
            if isinstance(address, NotSent):
                return address
            # To the address that was looked at: the name may mean another one a moment later.
            headers["Host"] = url.netloc.decode("ascii")
            extensions["sni_hostname"] = url.host
            url = url.copy_with(host=address)
        async with self._client.stream(
            request.method, url, headers=headers, content=request.body, extensions=extensions
        ) as answer:
            return await _read(answer)


def _asking(still: Callable[[], bool]) -> Callable[[str, Mapping[str, Any]], Awaitable[None]]:
    async def heard(event: str, _about: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started") and not still():
            raise _Kept

    return heard


async def _read(answer: httpx.Response) -> Response | NoAnswer:
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            return NoAnswer(f"The answer is longer than {MOST_BYTES:,} bytes.")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.status_code, headers, bytes(body))


async def _public_address(url: httpx.URL) -> str | NotSent:
    """One address of a host of which every address is on the public Internet."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    private = [one for one in addresses if not is_public(one)]
    if private or not addresses:
        return NotSent(
            f"{url.host} is not on the public Internet ({', '.join(private)}): nothing is sent "
            "there unless the destination says allow_private."
        )
    return addresses[0]


def _told(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
