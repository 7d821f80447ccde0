"""Changes of what rules stand on that people approve like rules, and what each does.

A change carries the whole live content of its key (every trait model, the whole
tracking plan, every template), so that a change of several parts is one decision.
"""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field, JsonValue

from core.conditions import Frozen

DataKind = Literal[
    "trait_models",
    "tracking_plan",
    "channel_routes",
    "contact_policy",
    "templates",
    "destinations",
    "syncs",
    "funnels",
    "audiences",
    "channels",
]
DATA_KINDS: frozenset[str] = frozenset(get_args(DataKind))
"""The kinds, which are also the keys: each has one line of versions, and no rule may have its key.
"""


class TraitModelsChange(Frozen):
    """Every trait model as it shall be: name → the whole SQL file."""

    kind: Literal["trait_models"] = "trait_models"
    key: Literal["trait_models"] = "trait_models"
    name: str = Field(min_length=1)
    """What the change is called for people."""
    models: dict[str, str] = Field(min_length=1)


class TrackingPlanChange(Frozen):
    """The tracking plan as it shall be, as a document."""

    kind: Literal["tracking_plan"] = "tracking_plan"
    key: Literal["tracking_plan"] = "tracking_plan"
    name: str = Field(min_length=1)
    """What the change is called for people."""
    plan: dict[str, JsonValue] = Field(min_length=1)


class ChannelRoutesChange(Frozen):
    """Where the messages of each channel go, as it shall be."""

    kind: Literal["channel_routes"] = "channel_routes"
    key: Literal["channel_routes"] = "channel_routes"
    name: str = Field(min_length=1)
    """What the change is called for people."""
    routes: dict[str, str]
    """Channel → the name of its destination. A channel that is not here goes to the mailbox."""


class FileChange(Frozen):
    """A part of the catalog or of the settings as it shall be: its whole content as a document."""

    name: str = Field(min_length=1)
    """What the change is called for people."""
    content: dict[str, JsonValue]


class ContactPolicyChange(FileChange):
    """Caps, minimum gap, quiet hours and global holdout."""

    kind: Literal["contact_policy"] = "contact_policy"
    key: Literal["contact_policy"] = "contact_policy"


class TemplatesChange(FileChange):
    """Every template: key → what it says."""

    kind: Literal["templates"] = "templates"
    key: Literal["templates"] = "templates"


class DestinationsChange(FileChange):
    """Every destination: name → its table, secrets only by the names of variables."""

    kind: Literal["destinations"] = "destinations"
    key: Literal["destinations"] = "destinations"


class SyncsChange(FileChange):
    """Every sync: name → what a tool is told of users."""

    kind: Literal["syncs"] = "syncs"
    key: Literal["syncs"] = "syncs"


class FunnelsChange(FileChange):
    """Every funnel and metric, under ``funnels`` and ``metrics``."""

    kind: Literal["funnels"] = "funnels"
    key: Literal["funnels"] = "funnels"


class AudiencesChange(FileChange):
    """Every named audience of the catalog: key → its condition."""

    kind: Literal["audiences"] = "audiences"
    key: Literal["audiences"] = "audiences"


class ChannelsChange(FileChange):
    """Every channel: which consent it asks for, and which address it needs."""

    kind: Literal["channels"] = "channels"
    key: Literal["channels"] = "channels"


AnyFileChange = (
    ContactPolicyChange
    | TemplatesChange
    | DestinationsChange
    | SyncsChange
    | FunnelsChange
    | AudiencesChange
    | ChannelsChange
)
DataChange = TraitModelsChange | TrackingPlanChange | ChannelRoutesChange | AnyFileChange


class TableRows(Frozen):
    """How many rows a table has and would have."""

    table: str
    before: int = Field(ge=0)
    after: int = Field(ge=0)


class ChangedPart(Frozen):
    """A trait, an event, a channel or another named part that the change touches."""

    kind: Literal[
        "trait",
        "event",
        "channel",
        "contact",
        "template",
        "destination",
        "sync",
        "funnel",
        "audience",
    ]
    name: str
    change: Literal["added", "changed", "renamed", "rebuilt", "removed"]
    """``rebuilt``: its own definition stays, but something that it reads changes."""
    note: str = ""
    """What happens to it, as one sentence."""


class Downstream(Frozen):
    """Something that reads a changed part, and what becomes of it."""

    kind: Literal["rule", "audience", "trait", "journey"]
    key: str
    name: str
    reads: tuple[str, ...]
    """The changed traits or events that it reads, or the channels that it sends by."""
    broken: str | None = None
    """Why it could not be decided any more, as one sentence; None when it goes on working."""
    before: int | None = Field(default=None, ge=0)
    """Users it means today; None where that was not counted."""
    after: int | None = Field(default=None, ge=0)
    """Users it would mean."""


class Sample(Frozen):
    """One value as it is and as it would be: of a user, or of an event."""

    subject: str
    """The user or the event."""
    what: str
    """The trait or the property."""
    before: str | None
    after: str | None


class DataEffect(Frozen):
    """What a data change would do on the pinned snapshot."""

    kind: Literal["data_effect"] = "data_effect"
    summary: str
    """What changes for people, as one sentence."""
    as_of: str
    """The moment of the data, ISO 8601 UTC without offset."""
    tables: tuple[TableRows, ...] = ()
    changed: tuple[ChangedPart, ...] = ()
    downstream: tuple[Downstream, ...] = ()
    users_total: int | None = Field(default=None, ge=0)
    """Canonical users of the warehouse."""
    users_changed: int | None = Field(default=None, ge=0)
    """Users for whom at least one value would differ; None where that was not counted."""
    samples: tuple[Sample, ...] = ()
    notes: tuple[str, ...] = ()
