"""What the Staging page asks of the rest of the product: read, and done as a person.

Every action is checked again by the engine it reaches; what that refuses is shown, not raised.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from control import staging
from control.people import Person
from control.staging import Promotion, Staged
from core.errors import PilothouseError, Refusal
from orchestrate.staged.placing import MAY_STAGE
from ui import staging as engine
from ui import staging_results
from ui.console.desk import Desk
from ui.workspace import Workspace

FAILED = "staging_refusal"
"""Where a refusal waits until the page is drawn."""
DONE = "staging_done"
"""Where a sentence about what was done waits."""


class Trials:
    """Staging as one person sees it and may change it."""

    def __init__(self, office: Desk, person: Person, workspace: Workspace) -> None:
        self.office, self.person, self.workspace = office, person, workspace

    @property
    def may_change(self) -> bool:
        """Whether the person may stage and promote at all."""
        return bool(self.person.roles & MAY_STAGE)

    def there(self) -> list[Staged]:
        """What lies in staging, by key."""
        return staging.everything(self.workspace.store)

    def last_promotion(self) -> Promotion | None:
        """The newest promotion, taken back or not."""
        with self.workspace.store.read() as connection:
            return staging.last_promotion(connection)

    def state(self, there: list[Staged]) -> tuple[object, ...]:
        """What the results depend on: they change when it does."""
        tried = ((one.key, one.content_hash, one.since, one.standing) for one in there)
        warehouse = self.workspace.warehouse
        changes = (warehouse.changes, self.workspace.store.writes)
        return (str(warehouse.path), *changes, *tried)

    def add(self, target: str) -> None:
        """Put a change request or an older version into staging."""
        self._do(lambda person: engine.add(self.workspace, [target], person), f"{target} is tried.")

    def remove(self, key: str) -> None:
        """Take something out of staging."""
        self._do(lambda person: engine.remove(self.workspace, key, person), f"{key} was taken out.")

    def promote(self, key: str | None) -> None:
        """Let one rule or all of staging go live."""
        keys = None if key is None else [key]
        self._do(
            lambda person: engine.promote(self.workspace, keys, person),
            f"{key or 'Everything in staging'} is live.",
        )

    def take_back(self) -> None:
        """Put back what was live before the last promotion."""
        self._do(
            lambda person: engine.take_back(self.workspace, person),
            "What was live before is live again.",
        )

    def decide(self) -> None:
        """Have staging decide, and write its letters."""

        def decided(person: Person) -> None:
            refusal = staging_results.decide(self.workspace, person)
            if refusal is not None:
                raise PilothouseError(refusal)

        self._do(decided, "Staging has decided.")

    def _do(self, deed: Callable[[Person], object], done: str) -> None:
        try:
            # As they are now: a page that was drawn a while ago may know roles that are gone.
            deed(self.workspace.person(self.person.email))
        except PilothouseError as error:
            st.session_state[FAILED] = error.refusal
            return
        st.session_state[DONE] = done


def waiting_refusal() -> Refusal | None:
    """What was refused since the page was drawn last, told once."""
    return st.session_state.pop(FAILED, None)


def waiting_word() -> str | None:
    """What was done since the page was drawn last, told once."""
    return st.session_state.pop(DONE, None)
