"""Who agreed to what: a table of consents, or yes-or-no columns of users; nobody when neither."""

from __future__ import annotations

from typing import NamedTuple

from sqlglot import exp

from warehouse.introspect.choices import Choice
from warehouse.introspect.columns import MappedColumn
from warehouse.introspect.mapping import Mapping
from warehouse.introspect.roles import Owned, Roles
from warehouse.introspect.words import parts

PURPOSE = "marketing"
_AGREEING = frozenset(
    """
    consent optin opt newsletter marketing subscribed subscribe allows accepts agreed permission
    einwilligung zustimmung werbung
    """.split()
)
_CHANNELS = {
    "sms": ("sms", "text", "phone", "mobile"),
    "push": ("push",),
    "email": ("email", "mail", "newsletter"),
}
_YES = frozenset("granted yes true opted_in optin subscribed active accepted given 1 y".split())


class DraftedConsent(NamedTuple):
    """The view of consents, with what speaks for it."""

    view: exp.Query
    channels: tuple[str, ...]
    choices: tuple[Choice, ...]


def find_consent(roles: Roles, mapping: Mapping, signup: str | None) -> DraftedConsent:
    """The consent view: user, purpose, channel, status and since when."""
    for owned in roles.owned:
        found = _of_table(owned, mapping.names[owned.table.label])
        if found is not None:
            return found
    flags = {
        name: column
        for name, column in roles.columns.items()
        if column.type == "boolean" and set(parts(column.facts.name)) & _AGREEING
    }
    if flags:
        return _of_flags(roles, mapping.names[roles.users.label], flags, signup)
    users = mapping.names[roles.users.label]
    nobody = _row(roles.key_name, users, "email", exp.Literal.string("withdrawn"), None)
    told = Choice(
        "consent",
        "nobody agreed to anything",
        "low",
        ("no column or table says who may be written to: marketing reaches nobody",),
    )
    return DraftedConsent(nobody.where(exp.false()), (), (told,))


def _of_flags(
    roles: Roles, users: str, flags: dict[str, MappedColumn], signup: str | None
) -> DraftedConsent:
    branches, choices, channels = [], [], []
    for name, column in flags.items():
        channel, certain = _channel(column)
        since = _since(roles, column) or signup
        said = exp.Case()
        agreed = exp.column(name)
        said = said.when(agreed, exp.Literal.string("granted"))
        said = said.else_(exp.Literal.string("withdrawn"))
        row = _row(roles.key_name, users, channel, said, since)
        branches.append(row.where(agreed.copy().is_(exp.null()).not_()))
        channels.append(channel)
        reasons = [f"{column.facts.name} is a yes or no and its name says so"]
        reasons.append(f"since {since}" if since else "since when is not known: for ever")
        choices.append(
            Choice(
                "consent",
                f"{PURPOSE} by {channel} from {users}.{name}",
                "medium" if certain and since != signup else "low",
                tuple(reasons),
            )
        )
    view: exp.Query = branches[0]
    for other in branches[1:]:
        view = exp.union(view, other, distinct=False)
    return DraftedConsent(view, tuple(dict.fromkeys(channels)), tuple(choices))


def _channel(column: MappedColumn) -> tuple[str, bool]:
    words = set(parts(column.facts.name))
    for channel, known in _CHANNELS.items():
        if words & set(known):
            return channel, True
    return "email", False


def _since(roles: Roles, column: MappedColumn) -> str | None:
    """A time column that shares words with the flag: ``newsletter_changed_at``."""
    words = set(parts(column.facts.name)) - {"opt", "in", "is", "has"}
    for name, other in roles.columns.items():
        if other.type == "timestamp" and words & set(parts(other.facts.name)):
            return name
    return None


def _row(key: str, table: str, channel: str, status: exp.Expr, since: str | None) -> exp.Select:
    when = exp.column(since) if since else exp.cast(exp.Literal.string("1970-01-01"), "timestamp")
    return exp.select(
        exp.alias_(exp.column(key), "user_id"),
        exp.alias_(exp.Literal.string(PURPOSE), "purpose"),
        exp.alias_(exp.Literal.string(channel), "channel"),
        exp.alias_(status, "status"),
        exp.alias_(when, "effective_at"),
    ).from_(exp.table_(table))


def _of_table(owned: Owned, view: str) -> DraftedConsent | None:
    """A table of consents: its name says so, and a column says yes or no."""
    if not set(parts(owned.table.name)) & _AGREEING or owned.time is None:
        return None
    state = next((n for n, c in owned.columns.items() if _says_yes(c)), None)
    if state is None:
        return None
    agreed = owned.columns[state]
    yes: exp.Expr = exp.column(state)
    if agreed.type != "boolean":
        granted = [v for v in agreed.facts.values if v.lower() in _YES]
        yes = exp.In(this=yes, expressions=[exp.Literal.string(v) for v in granted])
    said = exp.Case().when(yes, exp.Literal.string("granted"))
    row = _row(
        owned.user_name, view, "email", said.else_(exp.Literal.string("withdrawn")), owned.time
    )
    channel = next((n for n, c in owned.columns.items() if _is_channel(c)), None)
    channels: tuple[str, ...] = ("email",)
    if channel is not None:
        place = next(one for one in row.expressions if one.alias == "channel")
        place.set("this", exp.func("LOWER", exp.column(channel)))
        channels = tuple(v.lower() for v in owned.columns[channel].facts.values)
    told = Choice("consent", f"table {view}", "medium", (f"{state} says yes or no",))
    return DraftedConsent(row, channels, (told,))


def _says_yes(column: MappedColumn) -> bool:
    if column.type == "boolean":
        return True
    low = {value.lower() for value in column.facts.values}
    return column.type == "string" and bool(low & _YES) and len(low) <= 6


def _is_channel(column: MappedColumn) -> bool:
    return column.facts.name.lower() in ("channel", "medium") and bool(column.facts.values)
