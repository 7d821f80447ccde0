"""Where the canonical things are: which tables and columns play which part.

A catalog names them once, so that rules, cycles and diagnoses read a workout
app and a shop alike. A part that a warehouse lacks is None: whoever needs it
goes without.
"""

from __future__ import annotations

from pydantic import Field
from sqlglot import exp

from core.conditions import Frozen


class Users(Frozen):
    """Which table lists users, and which of its rows count as people."""

    table: str
    key: str
    canonical: str
    """SQL over the table: true for canonical users."""
    signup: str | None = None
    """When the user came."""
    zone: str | None = None
    """The user's IANA time zone."""
    country: str | None = None
    """The user's country, an ISO 3166 code of two letters."""
    age: str | None = None
    """The user's age in years."""
    platform: str | None = None
    """The column whose values have versions of their own: the operating system, the device."""
    dimensions: tuple[str, ...] = ()
    """The columns by which a diagnosis asks who came and for whom a step fell."""


class EventsTable(Frozen):
    """Where events are."""

    table: str
    user: str
    name: str
    time: str
    properties: str
    received: str | None = None
    """When it arrived; None: as soon as it happened."""
    version: str | None = None
    """The version of the app or site that sent it."""
    platform: str | None = None
    """The platform that sent it."""


class Releases(Frozen):
    """When each version came out."""

    table: str
    version: str
    released: str
    platform: str | None = None


class Sales(Frozen):
    """What the server itself knows of a goal: it is checked against the events."""

    table: str
    user: str
    time: str
    event: str
    """The event that reports it."""
    product: str | None = None
    price: str | None = None
    ended: str | None = None
    """When it ended; None: never, as far as is known."""
    renews: dict[str, int] = Field(default_factory=dict)
    """Product → days after which its price is paid again while it runs; any other is paid once."""


class Spend(Frozen):
    """What acquiring users cost."""

    table: str
    day: str
    amount: str
    source: str | None = None
    """What was paid for."""
    user_source: str | None = None
    """The users' column that says by which of these they came."""


class TraitsTable(Frozen):
    """Where trait values are, one row a user."""

    table: str
    user: str


class Consent(Frozen):
    """Where consent is recorded."""

    table: str
    user: str
    purpose: str
    channel: str
    status: str
    effective_at: str


class Layout(Frozen):
    """Where the canonical things are."""

    users: Users
    events: EventsTable
    traits: TraitsTable
    consent: Consent
    releases: Releases | None = None
    sales: Sales | None = None
    spend: Spend | None = None


def zones(layout: Layout) -> exp.Select:
    """``user_id, timezone`` of every user; without such a column the zone is unknown."""
    users = layout.users
    zone = exp.column(users.zone) if users.zone else exp.cast(exp.null(), "text")
    columns = (exp.alias_(exp.column(users.key), "user_id"), exp.alias_(zone, "timezone"))
    return exp.select(*columns).from_(exp.table_(users.table))


def consents(layout: Layout) -> exp.Select:
    """``user_id, purpose, channel, status, effective_at`` of every word on consent."""
    consent = layout.consent
    named = {"user_id": consent.user, "purpose": consent.purpose, "channel": consent.channel}
    named |= {"status": consent.status, "effective_at": consent.effective_at}
    columns = (exp.alias_(exp.column(own), name) for name, own in named.items())
    return exp.select(*columns).from_(exp.table_(consent.table))
