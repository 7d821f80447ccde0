"""What the tools are bound to when they are built: data, limits and the person asking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from control.people import Person
from control.store import Store
from control.versions import Rule
from core.conditions import Frozen
from core.effects import Effect
from core.errors import PilothouseError, Refusal
from tools.sending_facts import Surroundings
from warehouse.catalog import Catalog
from warehouse.glossary import Term
from warehouse.rows import Rows
from warehouse.runner import CheckedRunner
from warehouse.sqlcheck import CheckedQuery


class Refused(Frozen):
    """A tool's answer when it will not do what was asked: why, and what to do next."""

    refusals: tuple[Refusal, ...]


@dataclass(frozen=True)
class ToolContext:
    """One prompt's surroundings. Tools hold this and nothing global."""

    catalog: Catalog
    store: Store
    runner: CheckedRunner
    """Runs what we compile, checked, on the warehouse."""
    sandbox: Callable[[CheckedQuery], Rows]
    """Runs what a person or a model wrote, in a process of its own over the published copy."""
    search: Callable[[str, int], list[Term]]
    explain: Callable[[str, str | None], dict[str, Any]]
    """Runs the decision engine's own stages for one user: the document of ``explain --json``."""
    effect: Callable[[Rule], Effect]
    """Measures what a rule would change beside everything that is live."""
    person: Person
    as_of: datetime
    now: datetime
    surroundings: Surroundings
    fingerprints: Mapping[str, str]
    """Of each trait's model and all that it reads: what an approval of a rule stands on."""
    thread_id: str
    smallest_group: int
    """Numbers of fewer users are not told to whoever asks a question."""
    seen: dict[str, Any] = field(default_factory=dict)
    """What was simulated for this prompt, by the hash of the rule, whatever anybody says of it."""


def refused(error: PilothouseError) -> Refused:
    """The refusal that an exception carries, as a tool's answer."""
    return Refused(refusals=(error.refusal,))
