"""Asking again when a server is busy: as often as allowed, and no sooner than it wants."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar

import openai

LONGEST_WAIT = 20.0
"""In seconds: a server that wants more is given up, and the person is told."""
FIRST_WAIT = 0.5
Result = TypeVar("Result")


def patiently(call: Callable[[], Result], *, retries: int, seconds: float) -> Result:
    """The result of a call, made again while the server is busy and for ``seconds`` at most.

    Raises the last error of the OpenAI library; a time-out is not tried again, it took its time.
    """
    started = time.monotonic()
    for attempt in range(retries + 1):
        try:
            return call()
        except openai.APIError as error:
            wait = wait_after(error, attempt)
            spent = time.monotonic() - started
            if wait is None or attempt == retries or spent + wait > seconds:
                raise
            time.sleep(wait)
    raise AssertionError("the last attempt returns or raises")


def wait_after(error: openai.APIError, attempt: int) -> float | None:
    """How many seconds to wait before the next attempt; None when another would not help."""
    if isinstance(error, openai.APITimeoutError):
        return None
    if isinstance(error, openai.APIStatusError):
        # A quota that is used up does not come back by waiting.
        passing = error.status_code in (408, 409, 429) or error.status_code >= 500
        if not passing or error.code == "insufficient_quota":
            return None
        asked = asked_wait(error)
        if asked is not None:
            return asked if asked <= LONGEST_WAIT else None
    elif not isinstance(error, openai.APIConnectionError):
        return None
    # Spread out, so that many threads do not come back at the same moment.
    return float(FIRST_WAIT * 2**attempt * random.uniform(0.5, 1.0))


def asked_wait(error: openai.APIStatusError) -> float | None:
    """The seconds that the server asks to wait: ``retry-after-ms``, or ``Retry-After`` as a number
    or a date. None when it asks for nothing that can be read."""
    headers = error.response.headers
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    try:
        until = parsedate_to_datetime(headers["retry-after"])
        # By the server's own clock: ours may be off.
        return max(0.0, (until - parsedate_to_datetime(headers["date"])).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None
