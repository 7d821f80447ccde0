"""What an HTTP answer says by its status alone, and how long a provider asks to be left alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from deliver.wire import CancelOutcome, Outcome, Request, Response, Result, TakenBack

LONGEST_WAIT_SECONDS = 24 * 3600.0
"""A provider that asks for more is asked again after a day."""
_EPOCH = 1_000_000_000.0
"""A number of seconds above this is a moment, not a while."""
_WAITS = ("retry-after", "x-ratelimit-retry-after", "ratelimit-reset", "x-ratelimit-reset")
"""Where providers say how long to wait, the surest first."""
_UNSAID_WAIT = 5.0
"""Seconds to leave a provider alone that is asked for messages back and says it is too much."""
_SHOWN = 300


def by_status(request: Request, response: Response, *, now: datetime) -> list[Outcome] | None:
    """What became of every message of a request that did not succeed; None where it did (2xx).

    429 and 503 with a wait were not processed. 401, 403, 410 and a redirect, which is never
    followed, stop the destination. After any other 5xx nobody can tell.
    """
    status = response.status
    if 200 <= status < 300:
        return None
    why = f"{status}: {said(response)}" if response.body else f"The answer was {status}."
    if status == 429 or (status == 503 and "retry-after" in response.headers):
        return every(request, "retry_after", why, seconds=wait(response.headers, now=now))
    if status in (401, 403, 410) or 300 <= status < 400:
        return every(request, "retry_after", why, pauses=True)
    if status >= 500 or status in (408, 425):
        return every(request, "ambiguous", why)
    return every(request, "rejected", why)


def cancel_by_status(
    request: Request, response: Response, *, now: datetime
) -> list[CancelOutcome] | None:
    """What came of asking for messages back where that did not succeed; None where it did (2xx).

    What is not there, or not in a state to be taken back, is too late. What may have worked, and
    what surely did not but may later, is uncertain.
    """
    told = by_status(request, response, now=now)
    if told is None:
        return None
    first = told[0]
    if response.status in (404, 410) or first.result == "rejected":
        return every_back(request, "too_late", first.reason)
    waits = first.result == "retry_after" and not first.pauses
    seconds = (first.seconds or _UNSAID_WAIT) if waits else None
    return every_back(request, "uncertain", first.reason, seconds=seconds, pauses=first.pauses)


def every_back(
    request: Request,
    result: TakenBack,
    reason: str | None = None,
    *,
    seconds: float | None = None,
    pauses: bool = False,
) -> list[CancelOutcome]:
    """The same for every message of a request that asks for messages back."""
    return [CancelOutcome(one, result, reason, seconds, pauses) for one in request.intent_ids]


def every(
    request: Request,
    result: Result,
    reason: str | None = None,
    *,
    seconds: float | None = None,
    pauses: bool = False,
    provider_id: str | None = None,
) -> list[Outcome]:
    """The same outcome for every message of a request."""
    return [
        Outcome(one, result, reason, provider_id, seconds, pauses) for one in request.intent_ids
    ]


def but_for(request: Request, wrong: Mapping[int, str]) -> list[Outcome]:
    """A request that was refused as a whole for some of its messages: place → what is wrong.

    Those are rejected. Of the others nothing was processed: they may go again without them.
    """
    why = "It was refused together with a message that is not valid."
    return [
        Outcome(one, "rejected", wrong[place])
        if place in wrong
        else Outcome(one, "retry_after", why, seconds=0.0)
        for place, one in enumerate(request.intent_ids)
    ]


def all_but(request: Request, wrong: Mapping[int, str]) -> list[Outcome]:
    """A request that was taken but for some of its items: place → what is wrong."""
    return [
        Outcome(one, "rejected", wrong[place]) if place in wrong else Outcome(one, "accepted")
        for place, one in enumerate(request.intent_ids)
    ]


def wait(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds to wait: from a number, a moment since 1970, or an HTTP date; None: it says none.

    ``now`` is naive UTC.
    """
    for name in _WAITS:
        seconds = _seconds(headers.get(name, ""), now)
        if seconds is not None:
            return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)
    return None


def document(response: Response) -> Any:
    """The body as JSON; None where it is none."""
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None


def said(response: Response) -> str:
    """The beginning of what a provider answered, for a person."""
    text = " ".join(response.body.decode("utf-8", "replace").split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _seconds(text: str, now: datetime) -> float | None:
    moment = now.replace(tzinfo=UTC)
    try:
        number = float(text)
    except ValueError:
        return _until(text, moment)
    if number != number or number in (float("inf"), float("-inf")):
        return None
    return number - moment.timestamp() if number > _EPOCH else number


def _until(text: str, moment: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp() - moment.timestamp()
