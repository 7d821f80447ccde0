"""Other templates: which rules say something else then, and what somebody would read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from control.versions import JourneyVersion, Version
from core.artifacts import Finding
from core.data_changes import ChangedPart, DataEffect, Downstream, Sample
from core.rules import Action
from core.template_policies import template_findings
from core.templates import Template
from core.wording_policies import WordsMove, wording_findings
from ui.channel_routes import senders
from ui.file_parts import Files
from ui.previewing import somebody_reads
from warehouse.template_sources import facts_of

if TYPE_CHECKING:
    from ui.workspace import Workspace

Using = tuple[str, Version | JourneyVersion, tuple[Action, ...]]


def effect_of(
    workspace: Workspace, before: Files, after: Files
) -> tuple[DataEffect, tuple[Finding, ...]]:
    """Which templates change, who sends them, and what a user would read before and after."""
    old, new = before.catalog.templates, after.catalog.templates
    keys = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
    using = [*_using(workspace, keys)]
    names = tuple(version.artifact.name for _, version, _ in using)
    in_use = {action.template_key for _, _, actions in using for action in actions}
    move = WordsMove(
        problems=tuple(_problems(using, after)),
        personal=tuple(
            key
            for key in keys
            if key in in_use and _is_personal(new.get(key)) and not _is_personal(old.get(key))
        ),
        senders=names,
    )
    broken = " ".join(move.problems) or None
    effect = DataEffect(
        summary=_summary(keys, names),
        as_of=workspace.as_of().isoformat(),
        changed=tuple(_changed(keys, old, new)),
        downstream=tuple(_downstream(one, broken) for one in using),
        samples=tuple(_samples(workspace, keys, old, new)),
        notes=("Messages that wait say the new words. What was sent stays as it was.",),
    )
    return effect, wording_findings(move)


def relies_on(workspace: Workspace, effect: DataEffect) -> dict[str, str]:
    """Every rule and journey that sends one of the templates."""
    keys = [part.name for part in effect.changed]
    return {f"{kind}:{one.key}": one.content_hash for kind, one, _ in _using(workspace, keys)}


def _using(workspace: Workspace, keys: list[str]) -> Iterator[Using]:
    for kind, version, actions in senders(workspace):
        ours = tuple(action for action in actions if action.template_key in keys)
        if ours:
            yield kind, version, ours


def _problems(using: list[Using], after: Files) -> Iterator[str]:
    facts = {key: facts_of(one, after.catalog) for key, one in after.catalog.templates.items()}
    for _, version, actions in using:
        for finding in template_findings(actions, facts):
            yield f"{version.artifact.name}: {finding.message}"


def _is_personal(template: Template | None) -> bool:
    return template is not None and any(one.personal for one in template.variables.values())


def _changed(
    keys: list[str], old: dict[str, Template], new: dict[str, Template]
) -> Iterator[ChangedPart]:
    for key in keys:
        change = "changed" if key in old and key in new else "added" if key in new else "removed"
        yield ChangedPart.model_validate({"kind": "template", "name": key, "change": change})


def _downstream(one: Using, broken: str | None) -> Downstream:
    kind, version, actions = one
    named = sorted({action.template_key for action in actions if action.template_key})
    return Downstream.model_validate(
        {
            "kind": kind,
            "key": version.key,
            "name": version.artifact.name,
            "reads": tuple(named),
            "broken": broken,
        }
    )


def _samples(
    workspace: Workspace, keys: list[str], old: dict[str, Template], new: dict[str, Template]
) -> Iterator[Sample]:
    """What the first user would read of each, with personal data withheld."""
    for key in keys:
        before, after = (
            somebody_reads(workspace, key, side[key]) if key in side else {} for side in (old, new)
        )
        for what in ("subject", "body", "html"):
            if before.get(what) != after.get(what):
                yield Sample(subject=key, what=what, before=before.get(what), after=after.get(what))


def _summary(keys: list[str], senders_of: tuple[str, ...]) -> str:
    said = ", ".join(keys)
    if not senders_of:
        return f"Other words in {said}, which nothing live sends."
    return f"{', '.join(senders_of)} would say something else: {said}."
