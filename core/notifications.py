"""Notifications as settings, and who is told what: by what it is about, their roles and wishes.

Secrets are named, never written: ``env:`` and the name of a variable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from core.alerts import AlertKind
from core.conditions import Frozen
from core.lifecycle import Role
from core.wall_clock import check_zone

SECRET = "env:"


class Topic(StrEnum):
    """What a notification is about."""

    REQUESTS = "requests"
    """A change request that waits for a decision of whoever is told."""
    CHANGES = "changes"
    CANARIES = "canaries"
    SAFETY = "safety"
    DECISIONS = "decisions"
    SENDING = "sending"
    DATA = "data"


TOPIC_OF: Mapping[AlertKind, Topic] = {
    AlertKind.REVIEW_OVERDUE: Topic.CHANGES,
    AlertKind.REQUEST_SUSPENDED: Topic.CHANGES,
    AlertKind.EFFECT_DRIFTED: Topic.CHANGES,
    AlertKind.APPROVED_NOT_LIVE: Topic.CHANGES,
    AlertKind.WINDOW_MISSED: Topic.CHANGES,
    AlertKind.CANARY_STOPPED: Topic.CANARIES,
    AlertKind.CANARY_WAITS: Topic.CANARIES,
    AlertKind.CERTIFICATION_DUE: Topic.CHANGES,
    AlertKind.RULE_UNCERTIFIED: Topic.CHANGES,
    AlertKind.EMERGENCY_UNREVIEWED: Topic.SAFETY,
    AlertKind.KILL_SWITCH_ON: Topic.SAFETY,
    AlertKind.TOKEN_EXPIRING: Topic.SAFETY,
    AlertKind.AUDIT_BROKEN: Topic.SAFETY,
    AlertKind.STORE_HELD: Topic.SAFETY,
    AlertKind.BACKUP_OLD: Topic.SAFETY,
    AlertKind.NOTIFICATIONS_FAILING: Topic.SAFETY,
    AlertKind.CYCLE_HELD: Topic.DECISIONS,
    AlertKind.DECISIONS_SLOW: Topic.DECISIONS,
    AlertKind.DECISIONS_DIFFER: Topic.DECISIONS,
    AlertKind.DESTINATION_PAUSED: Topic.SENDING,
    AlertKind.DESTINATION_UNUSABLE: Topic.SENDING,
    AlertKind.MESSAGES_STUCK: Topic.SENDING,
    AlertKind.MESSAGES_UNCERTAIN: Topic.SENDING,
    AlertKind.RECEIPTS_WAITING: Topic.SENDING,
    AlertKind.PIPELINE_FAILED: Topic.DATA,
    AlertKind.DATA_AUDIT_FAILED: Topic.DATA,
    AlertKind.DATA_STALE: Topic.DATA,
    AlertKind.TRAIT_STALE: Topic.DATA,
    AlertKind.DATA_DRIFTED: Topic.DATA,
    AlertKind.DEAD_LETTERS: Topic.DATA,
    AlertKind.LEDGER_UNBALANCED: Topic.DATA,
    AlertKind.LOOK_FAILED: Topic.SAFETY,
}


def is_here(host: str) -> bool:
    """Whether a host is this machine, by its name or its address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _named(secret: str) -> str:
    if not secret.startswith(SECRET) or secret == SECRET:
        raise ValueError(f'put the secret into a variable and write "{SECRET}NAME"')
    return secret


Named = Annotated[str, AfterValidator(_named)]
"""The variable that holds a secret: ``env:`` and its name."""


class Wishes(Frozen):
    """What somebody wants to be told of what they act on."""

    topics: tuple[Topic, ...] = tuple(Topic)
    """Nothing but these; none at all is silence."""
    only_urgent: bool = False
    """Only what needs somebody now; and change requests, which wait for nobody else."""
    everyones: bool = False
    """Also what somebody of another role acts on."""

    def cover(self, topic: Topic, *, urgent: bool) -> bool:
        """Whether something of a topic is wanted."""
        needed = urgent or topic is Topic.REQUESTS or not self.only_urgent
        return topic in self.topics and needed


class PersonWishes(Wishes):
    """What one person wants; it takes the place of what their roles say."""

    address: str | None = None
    """Where their letters go, when not to the address that they sign in with."""
    digest: bool = True
    """Whether they get the letter of the week."""


class EmailSettings(Frozen):
    """The mail server that letters are handed to."""

    host: str = Field(min_length=1)
    port: int | None = Field(default=None, ge=1, le=65535)
    """None: 587 with starttls, 465 with tls, 25 with none."""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    """``none`` only on this machine: a letter never leaves it in the clear."""
    username: str | None = None
    password: Named | None = None
    sender: str = Field(min_length=3)
    """An address, or a name and an address in angle brackets."""
    ca_file: Path | None = None
    """Certificates that vouch for the server, when it is not one of a public authority."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=120)

    @model_validator(mode="after")
    def _in_the_clear_only_on_this_machine(self) -> Self:
        if self.tls == "none" and not is_here(self.host):
            raise ValueError(f"a letter to {self.host} needs tls: 'starttls' or 'tls'")
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together")
        return self

    @property
    def port_in_use(self) -> int:
        """The port, or the usual one."""
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.tls]


class WebhookSettings(Frozen):
    """Somewhere that takes notifications as signed JSON: a chat, a pager."""

    url: str
    secrets: tuple[Named, ...] = Field(min_length=1, max_length=5)
    """Each request is signed with all of them."""
    topics: tuple[Topic, ...] = tuple(Topic)
    roles: tuple[Role, ...] = tuple(Role)
    """Only what somebody of these roles acts on."""
    only_urgent: bool = False
    allow_private: bool = False
    """Whether the receiver is inside the own network."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=120)

    def wants(self, topic: Topic, who: Role, *, urgent: bool) -> bool:
        """Whether something is to be told there."""
        wishes = Wishes(topics=self.topics, only_urgent=self.only_urgent)
        return who in self.roles and wishes.cover(topic, urgent=urgent)


class NotificationSettings(Frozen):
    """Who is told of what, and how: ``[notifications]`` of ``pilothouse.toml``."""

    origin: str | None = None
    """How people's browsers reach the console; None: where the server listens."""
    email: EmailSettings | None = None
    webhooks: dict[str, WebhookSettings] = Field(default_factory=dict)
    roles: dict[Role, Wishes] = Field(default_factory=dict)
    people: dict[str, PersonWishes] = Field(default_factory=dict)
    """By the address that they sign in with."""
    bundle_minutes: float = Field(default=10.0, ge=1, le=24 * 60)
    """What follows a letter within so long comes with the next one, unless it is urgent."""
    give_up_hours: float = Field(default=72.0, ge=1, le=24 * 14)
    """How long a letter is tried again."""
    digest: bool = True
    """Whether a letter of the week goes out."""
    digest_hour: int = Field(default=7, ge=0, le=23)
    """From this hour of Monday on."""
    zone: str = "UTC"
    """Whose Monday, and whose times letters tell."""

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        check_zone(self.zone)
        if self.origin is not None:
            found = urlsplit(self.origin)
            if found.scheme not in ("http", "https") or not found.hostname:
                raise ValueError("origin is an address such as https://pilothouse.example.com")
        for name in self.webhooks:
            if name == EMAIL:
                raise ValueError(f"a webhook cannot be called '{EMAIL}'")
        return self

    def wishes_of(self, email: str, roles: Iterable[Role]) -> tuple[tuple[Role, Wishes], ...]:
        """What somebody wants for each role that they hold."""
        own = self.people.get(email)
        return tuple((role, own or self.roles.get(role, Wishes())) for role in roles)

    def wants(
        self, email: str, roles: Iterable[Role], topic: Topic, who: Role, *, urgent: bool
    ) -> bool:
        """Whether somebody is told of something that a role acts on."""
        return any(
            (role is who or wishes.everyones) and wishes.cover(topic, urgent=urgent)
            for role, wishes in self.wishes_of(email, roles)
        )

    def address_of(self, email: str) -> str:
        """Where somebody's letters go."""
        own = self.people.get(email)
        return (own.address if own else None) or email

    def wants_digest(self, email: str) -> bool:
        """Whether somebody gets the letter of the week."""
        own = self.people.get(email)
        return self.digest and (own is None or own.digest)


EMAIL = "email"
"""The way that letters go; every other way has the name of its webhook."""
