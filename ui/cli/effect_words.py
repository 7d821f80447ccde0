"""The effect of a proposed rule, and what it rests on, as lines of the command line."""

from __future__ import annotations

from collections.abc import Sequence

from control.requests import ChangeRequest
from core.artifacts import Finding
from core.effects import Effect
from ui.console.view import effect as words
from ui.console.view.ground import ground_of

MOST_VALUES = 4


def rule_effect_lines(request: ChangeRequest) -> list[str]:
    """What changes beside what is live, by whom, with a few people; then what it rests on."""
    found = request.preview.effect if request.preview else None
    rests = [
        f"Rests on   {one.what}: {one.name} ({one.hash})" for one in ground_of(request.dependencies)
    ]
    return [*(_told(found) if found else []), *rests]


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """What the guardrails found, each with what to do about it."""
    told = []
    for one in findings:
        told.append(f"Finding    {one.severity}: {one.message}")
        told += [f"           Fix: {one.fix}"] if one.fix else []
    return told


def _told(effect: Effect) -> list[str]:
    told = [f"Effect     {_bare(line)}" for line in words.sentences(effect, str)]
    told += [f"Instead    {after} for {before}: {n}" for before, after, n in words.moves(effect)]
    told += [line for one in effect.by if (line := _by(one.by, words.rows_of(one, effect)))]
    told += [f"Person     {one.user_id} {one.change}: {one.why}" for one in effect.sample]
    return told + [f"Week       {_bare(line)}" for line in words.week_sentences(effect, str)]


def _by(name: str, rows: tuple[words.Row, ...]) -> str:
    parts = [f"{row.value} {_change(row)}" for row in rows[:MOST_VALUES]]
    more = len(rows) - len(parts)
    return f"By {words.phrase(name)}: {'; '.join(parts)}{f'; {more} more' if more > 0 else ''}"


def _change(row: words.Row) -> str:
    parts = [
        f"{sign}{n}"
        for sign, n in (("+", row.enter), ("−", row.leave), ("↔", row.other))
        if n not in ("0", words.FOLDED)
    ]
    return " ".join(parts) or words.FOLDED


def _bare(line: str) -> str:
    return line.replace("**", "")
