"""Why nothing was decided for a user."""

from __future__ import annotations

from core.errors import Code, PilothouseError, refuse


def unknown(user: str) -> PilothouseError:
    """The refusal for somebody who is no user of their own."""
    return refuse(
        Code.UNKNOWN_USER,
        "The warehouse has no such user.",
        span=user,
        fix="Send an event of this user first, or ask by an id that is known.",
    )


def busy(seconds: float) -> PilothouseError:
    """The refusal when a cycle did not end in time."""
    return refuse(
        Code.WAREHOUSE_LOCKED,
        f"Nothing could be decided for {seconds:,.0f} s: a cycle is being decided.",
        fix="Ask again when it has ended.",
    )
