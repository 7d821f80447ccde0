"""What every case and suite has, whatever its kind; each grader adds the fields of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DEMO = "workout_app"


class Case(BaseModel):
    """One prompt and what must come of it."""

    model_config = ConfigDict(extra="forbid")

    id: str
    prompt: str
    domain: str = DEMO
    """Over whose catalog and data it is asked; a suite's domain where the case names none."""
    expect: Literal["understood", "asked_back", "refused", "not_understood"] = "understood"
    may_ask: bool = False
    """Asking back is as good an answer: the prompt may honestly be read in two ways."""
    line: int = Field(default=0, exclude=True)
    """Where it stands in its file."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """Its hand-written SQL conditions over the users ``u``."""
        return ()

    @property
    def queries(self) -> tuple[str, ...]:
        """Its hand-written whole queries, each giving the ids of users."""
        return ()

    @property
    def expected(self) -> str:
        """What must come of it, for people to read."""
        return "" if self.expect == "understood" else self.expect.replace("_", " ")


class Suite(BaseModel):
    """A named list of cases of one kind."""

    name: str
    kind: str
    cases: Sequence[Case]
    file: bool = False
    """Whether it came from a file of somebody's, not with the project."""
