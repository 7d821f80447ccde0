"""Whom somebody sees who is limited to some users: asked of the warehouse, in one query."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from control.requests import ChangeRequest
from core.artifacts import Preview
from core.data_changes import DataEffect
from core.errors import Code, refuse
from core.masking import Sight
from warehouse.engines.duckdb import DIALECT
from warehouse.visible import visible_users

if TYPE_CHECKING:
    from ui.workspace import Workspace

FEW = 100
"""Users that are named in the query; of more, everybody within the limits is read."""


def within(workspace: Workspace, sight: Sight, users: Collection[str]) -> frozenset[str]:
    """Those of the users whom somebody may see."""
    if not sight.limits or not users:
        return frozenset(users)
    named = users if len(users) <= FEW else None
    query = visible_users(workspace.catalog, sight.limits, named)
    rows = workspace.warehouse.fetch(query.sql(DIALECT)).rows
    return frozenset(users) & {str(row[0]) for row in rows}


def require_within(workspace: Workspace, sight: Sight, user: str | None) -> None:
    """Refuses with NOT_ALLOWED to show a user outside; nobody known is outside of every limit."""
    if sight.limits and not within(workspace, sight, [user] if user else []):
        raise refuse(
            Code.NOT_ALLOWED,
            f"You may not see this user: you see only those of {_words(sight)}.",
            fix="Ask somebody who sees them, or an admin to widen your limit.",
        )


def require_unlimited(sight: Sight, what: str) -> None:
    """Refuses with NOT_ALLOWED what cannot be cut to some users; completes "may not …"."""
    if sight.limits:
        raise refuse(
            Code.NOT_ALLOWED,
            f"You may not {what}: you see only users of {_words(sight)}.",
            fix="Ask somebody who sees everybody.",
        )


def unnamed(request: ChangeRequest) -> ChangeRequest:
    """A change request without the users that were picked to show what it does."""
    effect = request.effect
    if isinstance(effect, Preview) and effect.effect:
        without = effect.effect.model_copy(update={"sample": ()})
        return request.model_copy(update={"effect": effect.model_copy(update={"effect": without})})
    if isinstance(effect, DataEffect):
        return request.model_copy(update={"effect": effect.model_copy(update={"samples": ()})})
    return request


def _words(sight: Sight) -> str:
    return " and ".join(
        f"{column} {' or '.join(values)}" for column, values in sorted(sight.limits.items())
    )
