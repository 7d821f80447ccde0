"""Whom a tool shall be told of, and what: an allow list, held against catalog and consent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlglot import exp

from control.versions import Version
from core.assignment import share_end
from core.conditions import And, Bucket, Condition, ConsentIs, Not
from core.errors import Code, Refusal
from core.rules import EligibilityRule
from core.settings import SyncSettings
from warehouse.catalog import Catalog, Column, unknown_name
from warehouse.compile import Audiences, data_classes, select_flags

CONSENTED = "sync_consented"
_PUBLIC = "public"


def problems(
    name: str,
    sync: SyncSettings,
    catalog: Catalog,
    live: Mapping[str, Version],
    audiences: Audiences,
) -> Iterator[Refusal]:
    """Everything that is wrong with a sync; nothing leaves while there is anything."""
    columns = {**_traits(catalog), **catalog.user_columns()}
    yield from _unknown(sync, catalog, live)
    if not (sync.columns or sync.traits or sync.audiences):
        yield Refusal(
            code=Code.SETTINGS_INVALID,
            message=f"{name} tells nothing.",
            span=f"syncs.{name}",
            fix="List traits, columns or audiences.",
        )
    told = (*sync.columns, *sync.traits)
    yield from _classes(
        name, sync, {one: columns[one].data_class for one in told if one in columns}
    )
    for key in sync.audiences:
        if _is_audience(live.get(key)):
            read = data_classes((audience(live[key]),), catalog, audiences)
            yield from _classes(name, sync, {f"{key} (by {one})": of for one, of in read.items()})


def _unknown(
    sync: SyncSettings, catalog: Catalog, live: Mapping[str, Version]
) -> Iterator[Refusal]:
    users, traits = catalog.user_columns(), _traits(catalog)
    rules = [key for key, version in live.items() if _is_audience(version)]
    asked: list[tuple[Code, str, tuple[str, ...], list[str]]] = [
        (Code.UNKNOWN_COLUMN, "column of a user", sync.columns, [*users]),
        (Code.UNKNOWN_TRAIT, "trait", sync.traits, [*traits]),
        (Code.UNKNOWN_AUDIENCE, "audience in force", sync.audiences, rules),
        (Code.UNKNOWN_KEY, "channel", (sync.channel,), [*catalog.channels]),
    ]
    for code, what, names, known in asked:
        for one in names:
            if one not in known:
                yield unknown_name(code, what, one, known)


def wanted(
    sync: SyncSettings,
    catalog: Catalog,
    live: Mapping[str, Version],
    *,
    as_of: datetime,
    audiences: Audiences,
) -> exp.Select:
    """One row per consenting user: ``user_id`` and ``document``, the JSON of what is told.

    Where only audiences are told, users who are in none are left out.
    """
    conditions: dict[str, Condition] = {
        CONSENTED: ConsentIs(purpose=sync.purpose, channel=sync.channel, status="granted")
    }
    conditions |= {f"in_{key}": _told_of(live[key], catalog) for key in sync.audiences}
    flags = select_flags(conditions, catalog, as_of=as_of, audiences=audiences)
    query = (
        exp.select(
            exp.alias_(exp.cast(exp.column("user_id", "f"), "text"), "user_id"),
            exp.alias_(exp.cast(_document(sync), "text"), "document"),
        )
        .from_(flags.subquery("f"))
        .where(_is_true(CONSENTED))
    )
    query = _joined(query, sync, catalog)
    if not (sync.columns or sync.traits):
        query = query.where(exp.or_(*(_is_true(f"in_{key}") for key in sync.audiences)))
    return query


def audience(version: Version) -> Condition:
    """Who is in the audience of a rule."""
    rule = version.artifact
    assert isinstance(rule, EligibilityRule), "checked by problems"
    return rule.members


def _told_of(version: Version, catalog: Catalog) -> Condition:
    """The audience without whom a holdout keeps back: a campaign of the tool's own would spoil the
    comparison."""
    rule, everybody = version.artifact, catalog.defaults.contact_policy.global_holdout
    assert isinstance(rule, EligibilityRule), "checked by problems"
    kept_back = [one for one in (rule.holdout, everybody) if one and one.share > 0]
    return And(
        of=(
            audience(version),
            *(Not(of=Bucket(salt=one.salt, high=share_end(one.share))) for one in kept_back),
        )
    )


def _document(sync: SyncSettings) -> exp.Expr:
    values = [(name, exp.column(name, "u")) for name in sync.columns]
    values += [(name, exp.column(name, "t")) for name in sync.traits]
    inside = [
        (key, exp.func("COALESCE", _flag(f"in_{key}"), exp.false())) for key in sync.audiences
    ]
    return _object(
        [("attributes", _object(sorted(values))), ("audiences", _object(sorted(inside)))]
    )


def _object(values: list[tuple[str, exp.Expr]]) -> exp.Expr:
    given = [part for name, value in values for part in (exp.Literal.string(name), value)]
    return exp.Anonymous(this="json_object", expressions=given)


def _joined(query: exp.Select, sync: SyncSettings, catalog: Catalog) -> exp.Select:
    users, traits = catalog.layout.users, catalog.layout.traits
    for alias, table, key, needed in (
        ("u", users.table, users.key, sync.columns),
        ("t", traits.table, traits.user, sync.traits),
    ):
        if needed:
            on = exp.column(key, alias).eq(exp.column("user_id", "f"))
            query = query.join(exp.table_(table, alias=alias), on=on, join_type="left")
    return query


def _flag(name: str) -> exp.Expr:
    return exp.column(name, "f", quoted=True)


def _is_true(name: str) -> exp.Expr:
    return exp.Is(this=_flag(name), expression=exp.true())


def _classes(name: str, sync: SyncSettings, told: Mapping[str, str]) -> Iterator[Refusal]:
    for one, data_class in told.items():
        if data_class not in (_PUBLIC, *sync.classes):
            yield Refusal(
                code=Code.PROTECTED_ATTRIBUTE,
                message=f"{name} would tell {one}, which is {data_class}.",
                span=f"syncs.{name}",
                fix=f'Take it off the list, or write classes = ["{data_class}"].',
            )


def _traits(catalog: Catalog) -> Mapping[str, Column]:
    table = catalog.tables.get(catalog.layout.traits.table)
    return table.columns if table else {}


def _is_audience(version: Version | None) -> bool:
    return version is not None and isinstance(version.artifact, EligibilityRule)
