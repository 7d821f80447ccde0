"""What a follow-up may ask for: one closed set, each with the words that are still to be read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from core.conditions import Frozen


class Exclude(Frozen):
    """Leave these people out as well."""

    kind: Literal["exclude"] = "exclude"
    words: str


class Require(Frozen):
    """Ask this of everybody as well."""

    kind: Literal["require"] = "require"
    words: str


class Widen(Frozen):
    """Let these people in as well. ``sure``: nobody could have meant to ask more of everybody."""

    kind: Literal["widen"] = "widen"
    words: str
    sure: bool = False


class About(Frozen):
    """For these instead, or only: 'only iOS', 'and for Android?', 'last month instead'."""

    kind: Literal["about"] = "about"
    words: str


class Drop(Frozen):
    """Without this condition, entry, suppression, period or holdout."""

    kind: Literal["drop"] = "drop"
    words: str


class Amount(Frozen):
    """Another number. ``about``: which one, where that is said."""

    kind: Literal["amount"] = "amount"
    words: str
    about: str = ""


class Period(Frozen):
    """Another period. ``about``: of what, where that is said."""

    kind: Literal["period"] = "period"
    words: str
    about: str = ""


class HoldOut(Frozen):
    """Another share held out; 0 is nobody."""

    kind: Literal["holdout"] = "holdout"
    percent: float = Field(ge=0, le=100)


class Through(Frozen):
    """Other channels, in order."""

    kind: Literal["through"] = "through"
    words: str


class Rename(Frozen):
    """Another name."""

    kind: Literal["rename"] = "rename"
    words: str


class Swap(Frozen):
    """Two entries of an order change places."""

    kind: Literal["swap"] = "swap"
    one: str
    other: str


class Put(Frozen):
    """One entry of an order goes elsewhere; ``than`` is the entry it goes before or after."""

    kind: Literal["put"] = "put"
    what: str
    place: Literal["first", "last", "before", "after"]
    than: str = ""


class By(Frozen):
    """The same question, for each value of something."""

    kind: Literal["by"] = "by"
    words: str


class Against(Frozen):
    """A diagnosis against another control."""

    kind: Literal["against"] = "against"
    words: str


class CapIs(Frozen):
    """At most so many messages: a limit of the workspace, which no draft holds."""

    kind: Literal["cap"] = "cap"
    n: int = Field(ge=0)


Edit = Annotated[
    Exclude | Require | Widen | About | Drop | Amount | Period | HoldOut | Through | Rename | Swap
    | Put | By | Against | CapIs,
    Field(discriminator="kind"),
]  # fmt: skip


class Edits(Frozen):
    """One or more changes, said in one breath, made in this order."""

    kind: Literal["edits"] = "edits"
    of: tuple[Edit, ...] = Field(min_length=1)


class WhatIf(Frozen):
    """What the changes would do; the draft stays as it is."""

    kind: Literal["what_if"] = "what_if"
    of: tuple[Edit, ...] = Field(min_length=1)


class WhyFew(Frozen):
    """Which condition removes most people."""

    kind: Literal["why_few"] = "why_few"


class Undo(Frozen):
    """Back to the draft before."""

    kind: Literal["undo"] = "undo"


class StartOver(Frozen):
    """The draft is set aside."""

    kind: Literal["start_over"] = "start_over"


class Submit(Frozen):
    """To the approvers; it approves nothing."""

    kind: Literal["submit"] = "submit"


class Pick(Frozen):
    """One of the choices that a question offered, by its number (from 1)."""

    kind: Literal["pick"] = "pick"
    number: int = Field(ge=1)


class Like(Frozen):
    """Something verified before, perhaps with changes."""

    kind: Literal["like"] = "like"
    words: str
    of: tuple[Edit, ...] = ()


FollowUp = Edits | WhatIf | WhyFew | Undo | StartOver | Submit | Pick | Like
