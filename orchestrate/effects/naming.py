"""Live rules that name an audience in whichever version is live: another audience, another rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from core.conditions import Condition
from core.errors import PilothouseError
from core.rules import EligibilityRule
from orchestrate.effects.sides import Artifact, side_of
from orchestrate.simulation import LiveRule
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, expand

Sides = Mapping[str, tuple[Condition, Condition]]
"""Key of a rule → whom it is for now, and whom it would be for; no audience is named in them."""


def named_by(
    artifact: Artifact, live: Iterable[LiveRule], catalog: Catalog, audiences: Audiences
) -> Sides:
    """The other live rules that would be for other people, were the artifact live.

    Rules that name a version of it stay as they are, and so do all where it is no audience.
    """
    if not isinstance(artifact, EligibilityRule) or audiences(artifact.key, None) is None:
        return {}
    proposed = artifact.members

    def then(key: str, number: int | None) -> Condition | None:
        return proposed if key == artifact.key and number is None else audiences(key, number)

    found = {}
    for one in live:
        member = side_of([one.artifact]).member
        try:
            sides = expand(member, catalog, audiences), expand(member, catalog, then)
        except PilothouseError:
            # What cannot be decided as it is stands still: it is for nobody before and after.
            continue
        if one.key != artifact.key and sides[0] != sides[1]:
            found[one.key] = sides
    return found
