"""What the plan says about the value of one property: its type, and bounds on it."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, Self

import duckdb
from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from core.conditions import Frozen

PropertyType = Literal[
    "string", "number", "integer", "boolean", "timestamp", "object", "array", "any"
]

_NUMBERS: tuple[PropertyType, ...] = ("number", "integer")
_TEXTS: tuple[PropertyType, ...] = ("string", "timestamp")


class PlannedProperty(Frozen):
    """A property of an event; what can be read as its type without doubt is coerced."""

    type: PropertyType = "any"
    required: bool = False
    nullable: bool = False
    """Whether null counts as given; otherwise null is the same as not given."""
    description: str = ""
    enum: tuple[StrictBool | StrictInt | StrictFloat | StrictStr, ...] | None = Field(
        default=None, min_length=1
    )
    pattern: str | None = None
    """A regular expression (RE2) that must match somewhere in the text."""
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = Field(default=None, ge=0)
    max_length: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _bounds_fit(self) -> Self:
        lengths = (self.min_length, self.max_length)
        self._only_for("a length", lengths, (*_TEXTS, "array", "any"))
        self._only_for("a pattern", (self.pattern,), (*_TEXTS, "any"))
        self._only_for("a minimum or maximum", (self.minimum, self.maximum), (*_NUMBERS, "any"))
        self._only_for("an enum", (self.enum,), ("boolean", *_NUMBERS, *_TEXTS, "any"))
        _in_order(self.minimum, self.maximum)
        _in_order(*lengths)
        if self.pattern is not None and (problem := _unreadable(self.pattern)):
            raise ValueError(f"the pattern {self.pattern} cannot be read: {problem}")
        return self

    def _only_for(
        self, what: str, bounds: tuple[object, ...], types: tuple[PropertyType, ...]
    ) -> None:
        if self.type not in types and any(bound is not None for bound in bounds):
            raise ValueError(f"a property of type {self.type} cannot have {what}")

    @property
    def is_bounded(self) -> bool:
        """Whether values of the right type may still be refused."""
        bounds = (self.enum, self.pattern, self.minimum, self.maximum)
        return any(one is not None for one in (*bounds, self.min_length, self.max_length))

    @property
    def texts(self) -> list[str] | None:
        """The allowed values as JSON writes them, without quotes."""
        if self.enum is None:
            return None
        return [str(one).lower() if isinstance(one, bool) else str(one) for one in self.enum]

    @property
    def numbers(self) -> list[float] | None:
        """The allowed values that are numbers."""
        found = [
            float(one)
            for one in self.enum or ()
            if isinstance(one, int | float) and not isinstance(one, bool)
        ]
        return found or None


def _in_order(low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError(f"nothing is at least {low} and at most {high}")


@lru_cache(maxsize=1024)
def _unreadable(pattern: str) -> str | None:
    """Why the engine cannot read a pattern; None when it can."""
    with duckdb.connect() as engine:
        try:
            engine.execute("SELECT REGEXP_MATCHES('', $pattern)", {"pattern": pattern})
        except duckdb.InvalidInputException as error:
            return str(error).removeprefix("Invalid Input Error: ")
    return None
