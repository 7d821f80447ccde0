"""Other named audiences and channels: whom live rules mean then, and which consent is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from control import versions
from control.hashing import content_hash
from control.versions import JourneyVersion, Rule, Version
from core.artifacts import Finding
from core.conditions import And, Condition, InAudience, Or, leaves
from core.data_changes import ChangedPart, DataEffect, Downstream
from core.proposal import conditions_of
from core.rules import EligibilityRule
from core.who_policies import ChannelMove, MeantMove, audience_findings, channel_findings
from orchestrate.counting import count_true
from orchestrate.journeys.checks import conditions_of as asked_by
from orchestrate.journeys.checks import refusals
from orchestrate.policy_checks import gone
from ui.channel_routes import senders
from ui.file_parts import Files
from warehouse.catalog import Catalog

if TYPE_CHECKING:
    from ui.workspace import Workspace


def audiences_effect(
    workspace: Workspace, before: Files, after: Files
) -> tuple[DataEffect, tuple[Finding, ...]]:
    """How many users each changed audience means, and each live rule that names one."""
    keys = _differing(before.catalog.audiences, after.catalog.audiences)
    reading = [
        one
        for one in versions.live(workspace.store)
        if _named(conditions_of(one.artifact), before.catalog, keys)
    ]
    moves = [*_meant(workspace, before.catalog, after.catalog, keys, reading)]
    effect = DataEffect(
        summary=_said(moves, keys),
        as_of=workspace.as_of().isoformat(),
        changed=tuple(
            _part("audience", key, before.catalog.audiences, after.catalog.audiences)
            for key in keys
        ),
        downstream=tuple(
            Downstream(
                kind=one.kind,
                key=one.key,
                name=one.name,
                reads=tuple(keys),
                broken=one.broken,
                before=one.before,
                after=one.after,
            )
            for one in moves
        ),
        notes=("A journey that names one of these asks by it from then on, too.",),
    )
    return effect, audience_findings(moves)


def channels_effect(
    workspace: Workspace, before: Files, after: Files
) -> tuple[DataEffect, tuple[Finding, ...]]:
    """Who sends by each changed channel, and which consent and address it asks for."""
    old, new = before.catalog.channels, after.catalog.channels
    keys = _differing(old, new)
    using = {
        key: tuple(
            version.artifact.name
            for _, version, actions in senders(workspace)
            if any(key in action.channels for action in actions)
        )
        for key in keys
    }
    moves = [
        ChannelMove(
            name=key,
            senders=using[key],
            gone=key not in new,
            purpose_before=old[key].consent_purpose if key in old else None,
            purpose_after=new[key].consent_purpose if key in new else None,
            address_before=old[key].address if key in old else None,
            address_after=new[key].address if key in new else None,
            is_new=key not in old,
        )
        for key in keys
    ]
    effect = DataEffect(
        summary=f"Other channels: {', '.join(keys)}.",
        as_of=workspace.as_of().isoformat(),
        changed=tuple(_part("channel", key, old, new) for key in keys),
        downstream=tuple(_sending(workspace, keys)),
        notes=("Messages that wait are asked about again before they leave.",),
    )
    return effect, channel_findings(moves)


def relies_on(workspace: Workspace, _effect: DataEffect) -> dict[str, str]:
    """The rules and journeys in force: who names what was counted with these."""
    found = {f"{kind}:{one.key}": one.content_hash for kind, one, _ in senders(workspace)}
    return {"in_force": content_hash(found)}


def _meant(
    workspace: Workspace, old: Catalog, new: Catalog, keys: list[str], reading: list[Version]
) -> Iterator[MeantMove]:
    for key in keys:
        sides = [one.audiences.get(key) for one in (old, new)]
        counts = [
            _count(workspace, catalog, side.condition) if side else None
            for catalog, side in zip((old, new), sides, strict=True)
        ]
        yield MeantMove(kind="audience", key=key, name=key, before=counts[0], after=counts[1])
    named = versions.audiences(workspace.store)
    for rule in reading:
        broken = [one.message for one in gone(conditions_of(rule.artifact), new, named)]
        meant = _meant_by(rule.artifact)
        yield MeantMove(
            kind="rule",
            key=rule.key,
            name=rule.artifact.name,
            before=_count(workspace, old, meant),
            after=None if broken else _count(workspace, new, meant),
            broken=" ".join(broken) or None,
        )
    for journey in _journeys(workspace, old, keys):
        wrong = [one.message for one in refusals(journey.artifact, new, named)]
        yield MeantMove(
            kind="journey",
            key=journey.key,
            name=journey.artifact.name,
            broken=" ".join(wrong) or None,
        )


def _meant_by(artifact: Rule) -> Condition:
    """Whom a rule or a policy is for."""
    if isinstance(artifact, EligibilityRule):
        return artifact.members
    entries = tuple(entry.eligibility for entry in artifact.entries)
    return And(of=(artifact.population, Or(of=entries)))


def _journeys(workspace: Workspace, catalog: Catalog, keys: list[str]) -> Iterator[JourneyVersion]:
    for journey in versions.journeys(workspace.store):
        if journey.state == "live" and _named(asked_by(journey.artifact), catalog, keys):
            yield journey


def _count(workspace: Workspace, catalog: Catalog, condition: Condition) -> int:
    """For how many users a condition holds now."""
    scope: dict[str, Any] = {
        "as_of": workspace.as_of(),
        "audiences": versions.audiences(workspace.store),
    }
    runner = workspace.runner()
    return count_true({"meant": condition}, runner, catalog, "who an audience means", scope)[
        "meant"
    ]


def _named(asked: Iterable[Condition], catalog: Catalog, keys: list[str]) -> bool:
    """Whether conditions name one of the audiences, themselves or through another audience."""
    waiting, seen = [*asked], set[str]()
    while waiting:
        for leaf in leaves(waiting.pop()):
            if isinstance(leaf, InAudience) and leaf.key not in seen:
                seen.add(leaf.key)
                if inside := catalog.audiences.get(leaf.key):
                    waiting.append(inside.condition)
    return bool(seen & {*keys})


def _sending(workspace: Workspace, keys: list[str]) -> Iterator[Downstream]:
    for kind, version, actions in senders(workspace):
        used = {key for action in actions for key in action.channels if key in keys}
        if used:
            yield Downstream.model_validate(
                {
                    "kind": kind,
                    "key": version.key,
                    "name": version.artifact.name,
                    "reads": tuple(sorted(used)),
                }
            )


def _differing(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]


def _part(kind: str, key: str, old: dict[str, Any], new: dict[str, Any]) -> ChangedPart:
    change = "changed" if key in old and key in new else "added" if key in new else "removed"
    return ChangedPart.model_validate({"kind": kind, "name": key, "change": change})


def _said(moves: list[MeantMove], keys: list[str]) -> str:
    rules = [one for one in moves if one.kind != "audience"]
    if not rules:
        return f"Other audiences: {', '.join(keys)}, which no live rule names."
    names = ", ".join(one.name for one in rules)
    return f"{names} would ask otherwise: {', '.join(keys)}."
